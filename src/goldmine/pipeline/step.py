"""A step of the job: one notebook with what it reads and what it makes, as a row of ``pipelines/definitions.py``."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import typer

from goldmine.core.fingerprint import of_value
from goldmine.pipeline.notebook import run_notebook
from goldmine.pipeline.snapshot import Snapshot
from goldmine.pipeline.step_ledger import StepLedger, code_inputs


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
        What it makes, for Dagster's pages.
    notebook : str
        Name of the notebook that it runs; empty where `call` makes it.
    after : tuple of str
        Steps that it needs: ``scores`` those of every use case, ``longtail/scores`` those of one.
    reads : tuple of callable
        Fingerprints of what it reads, each under the name of its function; see `goldmine.pipeline.inputs`. Its code,
        the texts, the suites and the locked packages count in any case.
    makes : callable
        Files that it has made, inside the work folder; asked once it has run.
    parameters : callable
        Parameters of its notebook, next to ``work``, ``as_of``, ``language`` and what it is for each of.
    suites : tuple of str
        Great Expectations suites that its notebook runs; each is a blocking check of its asset.
    for_each : str
        ``use_case``: an asset for each use case; ``campaign``: one asset that runs the notebook for each campaign
        completed in the month.
    off : callable
        Why this bank goes without it; an empty text where it does not.
    on_request : bool
        Whether only the quarter's job and a command of its own run it. The quarter's job goes on without it where the
        bank is too small for it.
    jobs : tuple of str
        Jobs that it belongs to.
    call : callable, optional
        What makes it, in place of a notebook; gives figures for Dagster's pages.
    """

    name: str
    description: str
    notebook: str = ""
    after: tuple[str, ...] = ()
    reads: tuple[Callable[[Snapshot], Any], ...] = ()
    makes: Callable[[Snapshot], Iterable[Path]] = _no_files
    parameters: Callable[[Snapshot], Mapping[str, Any]] = _no_parameters
    suites: tuple[str, ...] = ()
    for_each: Literal["", "use_case", "campaign"] = ""
    off: Callable[[Snapshot], str] = _never
    on_request: bool = False
    jobs: tuple[str, ...] = ("retrain", "score")
    call: Callable[[Snapshot], Mapping[str, Any]] | None = None


@dataclass(frozen=True)
class StepResult:
    """How a step was made.

    Parameters
    ----------
    mlflow_run : str
        Id of the MLflow run that made it.
    reused : bool
        Whether that was an earlier run, and nothing had changed since.
    """

    mlflow_run: str
    reused: bool


def run_step(step: Step, run: Snapshot) -> StepResult:
    """Run a step's notebook, unless what it reads, its code and what it made are unchanged."""
    subject = {"use_case": run.use_case, "campaign": run.campaign.name if run.campaign else ""}
    subject = {name: value for name, value in subject.items() if value}
    parameters: dict[str, Any] = {"work": str(run.work.root), "as_of": str(run.as_of), "language": run.language}
    parameters |= {**subject, **step.parameters(run), **run.parameters}
    title = "_".join([step.notebook, *subject.values()])
    inputs = {**code_inputs(step.notebook), "parameters": of_value(parameters)}
    inputs |= {read.__name__: of_value(read(run)) for read in step.reads}
    made_by, reused = StepLedger(run.work, run.as_of, title, inputs).run(
        run.bank_name,
        lambda: run_notebook(step.notebook, parameters, run.work, run.as_of, bank=run.bank_name),
        lambda: step.makes(run),
    )
    if reused:
        typer.echo(f"  {title:<20} unchanged, taken as it is", err=True)
    return StepResult(made_by, reused)
