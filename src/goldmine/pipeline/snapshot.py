"""One bank at one month end: where a run reads and writes, and fingerprints of what its steps read."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from time import time_ns
from typing import Any

from goldmine.contract.bank import Bank
from goldmine.contract.intake import load_bank
from goldmine.contract.mapping import FILE, load_mapping
from goldmine.contract.sources import PostgresSource
from goldmine.core.engine import Engine, engine_of
from goldmine.core.fingerprint import of_file, of_value
from goldmine.core.project import home
from goldmine.core.workspace import Workspace
from goldmine.pipeline.echo import tell
from goldmine.pipeline.notebook import run_notebook
from goldmine.pipeline.steps import Step, code_inputs


@dataclass(frozen=True)
class Made:
    """What a step came to.

    Parameters
    ----------
    mlflow_run : str
        Id of the MLflow run that made it.
    reused : bool
        Whether that was an earlier run, and nothing had changed since.
    """

    mlflow_run: str
    reused: bool


@dataclass(frozen=True)
class Snapshot:
    """What a run is about.

    Parameters
    ----------
    source : Path
        The bank's folder.
    work : Workspace
        Its work folder.
    as_of : date
        The month end that the books are read at.
    language : str
        ``en`` or ``zh``, of figures and lists.
    use_cases : tuple of str
        Those asked for; none means all that the bank's tables can carry.
    parameters : mapping of str to str
        More parameters for the steps' notebooks, as text.
    asked_engine, asked_master : str
        Engine and Spark's master in place of those in ``bank.yaml``; empty: as that says.
    """

    source: Path
    work: Workspace
    as_of: date
    language: str = "en"
    use_cases: tuple[str, ...] = ()
    parameters: Mapping[str, str] = field(default_factory=dict)
    asked_engine: str = ""
    asked_master: str = ""

    @cached_property
    def engine(self) -> Engine:
        """Where activity, features and scores are made.

        Raises
        ------
        SettingsError
            If there is no such engine or master.
        """
        said = load_mapping(self.source).engine
        return engine_of(self.asked_engine or said.name, self.asked_master or said.spark_master)

    @cached_property
    def bank_name(self) -> str:
        """The bank's name, from its ``bank.yaml``."""
        return load_mapping(self.source).name

    @property
    def bank(self) -> Bank:
        """The bank's canonical tables, once they have been taken in."""
        return load_bank(self.work)

    def run(
        self,
        notebook: str,
        *,
        reads: Mapping[str, Any],
        makes: Callable[[], Iterable[Path]],
        **parameters: Any,
    ) -> Made:
        """Run a step's notebook, unless what it reads, its code and what it made are unchanged.

        Parameters
        ----------
        notebook : str
            Name of the step's notebook.
        reads : mapping
            Fingerprints, or small JSON-like values, of what the step reads.
        makes : callable
            Files that the step has made; asked after it.
        **parameters
            The notebook's parameters, next to ``work``, ``as_of`` and ``language``.

        Returns
        -------
        Made
            The MLflow run that made the step.
        """
        given = {"work": str(self.work.root), "as_of": str(self.as_of), "language": self.language}
        given |= {**parameters, **self.parameters}
        title = "_".join([notebook, *(parameters[about] for about in ("use_case", "campaign") if about in parameters)])
        inputs = {**code_inputs(notebook), "parameters": of_value(given)}
        inputs |= {name: of_value(value) for name, value in reads.items()}
        step = Step(self.work, self.as_of, title, inputs)
        run, reused = step.run(
            self.bank_name,
            lambda: run_notebook(notebook, given, self.work, self.as_of, bank=self.bank_name),
            makes,
        )
        if reused:
            tell(f"  {title:<20} unchanged, taken as it is")
        return Made(run, reused)


def source_mark(source: Path) -> list[Any]:
    """What tells whether a bank's own tables have changed: the mapping, and each file's size and time of change.

    A database server has no such thing: what it holds is read each time.
    """
    mapping = load_mapping(source)
    files = [file for one in mapping.sources.values() for file in one.files()]
    states = [[str(file), file.stat().st_size, file.stat().st_mtime_ns] for file in files]
    settings = (source / FILE).read_text("utf-8") if (source / FILE).exists() else ""
    server = any(isinstance(one, PostgresSource) for one in mapping.sources.values())
    return [settings, str(mapping.data_until), states, time_ns() if server else 0]


def file_mark(path: Path) -> str:
    """Fingerprint of a file; empty where there is none."""
    return of_file(path) if path.exists() else ""


def bank_mark(bank: Bank) -> dict[str, Any]:
    """Fingerprints of a bank's canonical tables."""
    tables = {name: [table.columns, sorted(f.fingerprint for f in table.files)] for name, table in bank.tables.items()}
    return {"name": bank.name, "data_until": str(bank.data_until), "tables": tables}


def use_case_mark(name: str) -> str:
    """The text of a use case's file."""
    return (home() / "pipelines" / "use_cases" / f"{name}.yaml").read_text("utf-8")
