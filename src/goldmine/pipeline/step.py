"""A step of the job: one notebook with what it reads and what it makes, as a row of ``pipelines/definitions.py``.

A ledger for each step and snapshot records what the step was made from and what it made, so that an unchanged step is
not made again.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal

from goldmine.contract.manifest import known_contents
from goldmine.core.code_fingerprint import code_fingerprint
from goldmine.core.errors import ParameterError
from goldmine.core.file_names import file_name
from goldmine.core.files import read_json, write_json
from goldmine.core.fingerprint import of_code, of_value
from goldmine.core.i18n import LOCALE, _
from goldmine.core.workspace import Workspace, home
from goldmine.labels.use_case import names_by_model
from goldmine.pipeline.notebook import Executed, notebook_path, run_notebook
from goldmine.pipeline.proof import made_files, suite_marks
from goldmine.pipeline.snapshot import Snapshot
from goldmine.pipeline.tracked_run import run_exists

CAMPAIGN = ("campaign", "published")
"""Parameters that choose what is measured; the step that measures has read them before."""


def _no_parameters(run: Snapshot) -> Mapping[str, Any]:
    return {}


def _no_files(run: Snapshot) -> Iterable[Path]:
    return ()


def _never(run: Snapshot) -> str:
    return ""


@dataclass(frozen=True)
class Step:
    """A row of the table of steps.

    Parameters
    ----------
    name : str
        The step's name, and the last part of its asset's key.
    description : str
        What the step makes, for Dagster's pages.
    group : str
        Its group on Dagster's pages, which are sorted by name, so that a number keeps the order of the flow; for a step
        of use cases, the use case follows.
    notebook : str
        Name of the notebook that it runs; empty where it has a `call`.
    after : tuple of str
        Steps that it needs: ``scores`` of every use case, or ``longtail/scores`` of one.
    reads : tuple of callable
        Fingerprints of what it reads, each under its function's name; see `goldmine.pipeline.inputs`. Its code,
        the translations, the suites and the locked packages always count.
    makes : callable
        Files that it makes, inside the work folder; called after it has run. It refuses one that was made from
        something else than what is there now.
    parameters : callable
        Parameters of its notebook, besides ``work``, ``as_of``, ``language`` and the use case or campaign.
    suites : tuple of str
        Great Expectations suites that its notebook runs; each is a blocking check of its asset.
    for_each : str
        ``use_case``: an asset for each use case; ``campaign``: one asset that runs the notebook for each campaign
        that is complete and not measured yet; see `goldmine.pipeline.campaign_step`.
    without_model : bool
        Of a step for each use case: whether it is for those whose file states the expected rate, and not for those with
        a model.
    off : callable
        Why the step is switched off for this bank; empty if it is not.
    on_request : bool
        Whether only the quarter's job and a command of its own run it. The quarter's job goes on without it where the
        bank is too small for it.
    jobs : tuple of str
        Jobs that it belongs to.
    call : callable, optional
        Runs in place of a notebook; returns figures for Dagster's pages.
    """

    name: str
    description: str
    group: str
    notebook: str = ""
    after: tuple[str, ...] = ()
    reads: tuple[Callable[[Snapshot], Any], ...] = ()
    makes: Callable[[Snapshot], Iterable[Path]] = _no_files
    parameters: Callable[[Snapshot], Mapping[str, Any]] = _no_parameters
    suites: tuple[str, ...] = ()
    for_each: Literal["", "use_case", "campaign"] = ""
    without_model: bool = False
    off: Callable[[Snapshot], str] = _never
    on_request: bool = False
    jobs: tuple[str, ...] = ("retrain", "score")
    call: Callable[[Snapshot], Mapping[str, Any]] | None = None

    def use_cases(self) -> list[str]:
        """Names of the use cases that it runs for, one after the other; none for a step that serves all."""
        return names_by_model(has_model=not self.without_model) if self.for_each == "use_case" else []

    @property
    def makes_files(self) -> bool:
        """Whether it makes files."""
        return self.makes is not _no_files


@dataclass(frozen=True)
class StepResult:
    """The result of a step.

    Parameters
    ----------
    mlflow_run : str
        Id of the MLflow run that made it.
    reused : bool
        Whether that was an earlier run and nothing has changed since.
    """

    mlflow_run: str
    reused: bool


def run_step(step: Step, run: Snapshot) -> StepResult:
    """Run a step's notebook, unless what it reads, its code and what it made are unchanged.

    Raises
    ------
    GoldmineError
        If a cell raised it, a table changed meanwhile, or it is not proved that the step made its files; see
        `goldmine.pipeline.proof`.
    """
    parameters: dict[str, Any] = {"work": str(run.work.root), "as_of": str(run.as_of), "language": run.language}
    parameters |= {**_subject(run), **step.parameters(run)}
    _refuse_own(step, parameters, run.parameters)
    parameters |= run.parameters
    inputs = {**code_inputs(step.notebook), "parameters": of_value(parameters)}
    with _unchanged_tables(step, run):
        inputs |= {read.__name__: of_value(read(run)) for read in step.reads}
    ledger = step_ledger(step, run, inputs)
    before = suite_marks(step, run)

    def make() -> Executed:
        with _unchanged_tables(step, run):
            return run_notebook(step.notebook, parameters, run.work, run.as_of, bank=run.bank_name, cores=run.cores)

    made_by, reused = ledger.run(run.bank_name, make, lambda: made_files(step, run, before))
    if reused:
        run.tell(ledger.name, _("unchanged, taken as it is"))
    return StepResult(made_by, reused)


@contextmanager
def _unchanged_tables(step: Step, run: Snapshot) -> Iterator[None]:
    """Refuse what a block made of tables that changed meanwhile, whatever else it found; the first step takes them in.

    Raises
    ------
    ContractError
        Names the table.
    """
    bank = run.bank if step.after else None
    try:
        yield
    finally:
        if bank is not None:
            bank.require_unchanged()


def _refuse_own(step: Step, own: Mapping[str, Any], given: Mapping[str, str]) -> None:
    """Refuse a parameter that the run sets itself: the step would run for something else than its ledger says."""
    for name in given:
        if name in own and name not in CAMPAIGN:
            raise ParameterError(
                _("{notebook}: parameter {name} is set by the run itself.", notebook=step.notebook, name=repr(name)),
                _(
                    "Give it as an option of the command, --{option}.",
                    option=name.replace("_", "-").removesuffix("s"),
                ),
            )


def _subject(run: Snapshot) -> dict[str, str]:
    """What a step runs for, as parameters of its notebook: a use case, or a campaign of a release."""
    subject = {"use_case": run.use_case} if run.use_case else {}
    if run.campaign is not None:
        subject |= {"campaign": run.campaign.name, "published": str(run.campaign.as_of)}
    return subject


def step_ledger(step: Step, run: Snapshot, inputs: Mapping[str, str] | None = None) -> "StepLedger":
    """The ledger of a step for a run's use case or campaign."""
    return StepLedger(run.work, run.as_of, "_".join([step.notebook, *_subject(run).values()]), inputs or {})


@dataclass(frozen=True)
class StepLedger:
    """The ledger of one step for one snapshot.

    Parameters
    ----------
    work, as_of, name : Workspace, date, str
        Work folder, snapshot and step; the ledger is ``<work>/steps/<as_of>/<name>.json``.
    inputs : mapping of str to str
        Fingerprints of all that the step is made from, by name.
    """

    work: Workspace
    as_of: date
    name: str
    inputs: Mapping[str, str]

    @property
    def ledger(self) -> Path:
        """The file that records the step's last run."""
        return self.work.root / "steps" / str(self.as_of) / f"{file_name(self.name)}.json"

    def fresh(self) -> str | None:
        """The MLflow run that made the step, if the inputs are the same and every output is still there, unchanged."""
        entry = read_json(self.ledger, {})
        if not entry or entry["inputs"] != dict(self.inputs):
            return None
        paths = {name: self.work.root / name for name in entry["outputs"]}
        content = known_contents(self.work)
        if any(not path.is_file() or content(path) != entry["outputs"][name] for name, path in paths.items()):
            return None
        run: str = entry["mlflow_run"]
        return run if run_exists(entry["bank"], run) else None

    def run(self, bank: str, make: Callable[[], Executed], outputs: Callable[[], Iterable[Path]]) -> tuple[str, bool]:
        """Run the step, unless it is fresh.

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
            The MLflow run that made the step, and whether the step was fresh.
        """
        run = self.fresh()
        if run is not None:
            return run, True
        self.ledger.unlink(missing_ok=True)
        done = make()
        files = [done.notebook, done.html, *outputs()]
        content = known_contents(self.work)
        entry = {
            "bank": bank,
            "mlflow_run": done.mlflow_run,
            "inputs": dict(self.inputs),
            "outputs": {str(file.relative_to(self.work.root)): content(file) for file in files},
        }
        write_json(self.ledger, entry)
        return done.mlflow_run, False


def code_inputs(notebook: str) -> dict[str, str]:
    """Fingerprints of a notebook with the code it imports, and of the translations, the suites and the locked packages.

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
