"""Which steps of a run are still fresh: a ledger a step of what it was made from and what it made."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from goldmine.core.code_fingerprint import code_fingerprint
from goldmine.core.files import read_json, write_json
from goldmine.core.fingerprint import of_code, of_file
from goldmine.core.i18n import LOCALE
from goldmine.core.workspace import Workspace, home
from goldmine.pipeline.notebook import Executed, notebook_path
from goldmine.pipeline.tracked_run import run_exists


@dataclass(frozen=True)
class StepLedger:
    """One step for one snapshot.

    Parameters
    ----------
    work, as_of, name : Workspace, date, str
        Whose, when and which; the ledger is ``<work>/steps/<as_of>/<name>.json``.
    inputs : mapping of str to str
        Fingerprints of all that it is made from, by what they are.
    """

    work: Workspace
    as_of: date
    name: str
    inputs: Mapping[str, str]

    @property
    def ledger(self) -> Path:
        """Where the last run of the step is written down."""
        return self.work.root / "steps" / str(self.as_of) / f"{self.name}.json"

    def fresh(self) -> str | None:
        """The MLflow run that made the step, if its inputs are the same and all it made is still there, unchanged."""
        entry = read_json(self.ledger)
        if entry is None or entry["inputs"] != dict(self.inputs):
            return None
        made = {name: self.work.root / name for name in entry["outputs"]}
        if any(not path.is_file() or of_file(path) != entry["outputs"][name] for name, path in made.items()):
            return None
        run: str = entry["mlflow_run"]
        return run if run_exists(entry["bank"], run) else None

    def run(self, bank: str, make: Callable[[], Executed], outputs: Callable[[], Iterable[Path]]) -> tuple[str, bool]:
        """Make the step, or take it as it is.

        Parameters
        ----------
        bank : str
            Name of the bank, whose experiment holds the step's MLflow run.
        make : callable
            Runs the step's notebook.
        outputs : callable
            Files that the step has made, inside the work folder; asked after `make`.

        Returns
        -------
        tuple of str and bool
            The MLflow run that made the step, and whether the step was taken as it is.
        """
        run = self.fresh()
        if run is not None:
            return run, True
        self.ledger.unlink(missing_ok=True)
        done = make()
        files = [done.notebook, done.html, *outputs()]
        entry = {
            "bank": bank,
            "mlflow_run": done.mlflow_run,
            "inputs": dict(self.inputs),
            "outputs": {str(file.relative_to(self.work.root)): of_file(file) for file in files},
        }
        write_json(self.ledger, entry)
        return done.mlflow_run, False


def code_inputs(notebook: str) -> dict[str, str]:
    """Fingerprints of a notebook with all the code it imports, the texts in other languages, the suites, the packages.

    Parameters
    ----------
    notebook : str
        Name of the step's notebook.
    """
    return {
        "code": code_fingerprint(notebook_path(notebook)),
        "texts": of_code(LOCALE),
        "expectations": of_code(home() / "expectations"),
        "packages": of_code(home() / "requirements.lock"),
    }
