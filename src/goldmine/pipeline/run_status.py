"""What the last runs of the jobs did: from Dagster's store, the ledgers of steps and the executed notebooks."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from goldmine.core.workspace import Workspace
from goldmine.pipeline.failure import is_ours

USER_TAG = "goldmine/user"
"""Tag of a Dagster run that names who started it."""
_RUNS = 100
_LONGEST = 600


@dataclass(frozen=True)
class JobRun:
    """The last run of a job.

    Parameters
    ----------
    job, run_id, status : str
        Job, run and Dagster's word for its state.
    as_of : str
        Snapshot.
    who : str
        Who started it; ``schedule`` for a schedule, empty where the run does not say.
    started, ended : datetime, optional
        None: not yet.
    failures : tuple of (str, str)
        Steps that failed, each with its message.
    """

    job: str
    run_id: str
    status: str
    as_of: str
    who: str
    started: datetime | None
    ended: datetime | None
    failures: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class NotebookRun:
    """An executed notebook.

    Parameters
    ----------
    as_of, name : str
        Snapshot and step.
    done : bool
        Whether its step is in the ledger: every cell ran and every output is there.
    at : datetime
        When the copy was written last.
    cell, message : str
        The failed cell as JupyterLab shows it, and its error; empty where none failed.
    """

    as_of: str
    name: str
    done: bool
    at: datetime
    cell: str
    message: str


def last_runs(work: Workspace) -> list[JobRun]:
    """The last run of each job, the newest first; none where no job ran yet."""
    if not (work.dagster / "history").exists():
        return []
    import dagster as dg

    with dg.DagsterInstance.from_config(str(work.dagster.absolute())) as instance:
        newest: dict[str, Any] = {}
        for record in instance.get_run_records(limit=_RUNS):
            newest.setdefault(record.dagster_run.job_name, record)
        return [_job_run(instance, record) for record in newest.values()]


def notebook_runs(work: Workspace, snapshots: int = 2) -> list[NotebookRun]:
    """The executed notebooks of the newest snapshots, in the order of the flow."""
    folders = sorted((work.root / "notebooks").glob("????-??-??"), reverse=True)[:snapshots]
    return [_notebook_run(work, path) for folder in folders for path in sorted(folder.glob("*.ipynb"))]


def started_by(tags: Mapping[str, str]) -> str:
    """Who started a run, by its tags: ``schedule`` for a schedule, empty where they do not say."""
    return "schedule" if "dagster/schedule_name" in tags else tags.get(USER_TAG, "")


def _job_run(instance: Any, record: Any) -> JobRun:
    run = record.dagster_run
    return JobRun(
        job=run.job_name,
        run_id=run.run_id,
        status=run.status.value,
        as_of=run.tags.get("dagster/partition", ""),
        who=started_by(run.tags),
        started=_moment(record.start_time),
        ended=_moment(record.end_time),
        failures=tuple(_failures(instance, run.run_id)) if run.status.value == "FAILURE" else (),
    )


def _failures(instance: Any, run_id: str) -> Iterator[tuple[str, str]]:
    import dagster as dg

    events = instance.get_records_for_run(run_id, of_type=dg.DagsterEventType.STEP_FAILURE).records
    for event in (record.event_log_entry.dagster_event for record in events):
        failure = event.event_specific_data
        described = failure.user_failure_data.description if failure.user_failure_data else None
        message = described or (failure.error.message if failure.error else "")
        yield event.step_key or "", (message or "").strip()[:_LONGEST]


def _notebook_run(work: Workspace, path: Path) -> NotebookRun:
    as_of = path.parent.name
    done = (work.root / "steps" / as_of / f"{path.stem}.json").exists()
    cell, message = ("", "") if done else _failed_cell(path)
    at = datetime.fromtimestamp(path.stat().st_mtime).astimezone()
    return NotebookRun(as_of, path.stem, done, at, cell, message)


def _failed_cell(path: Path) -> tuple[str, str]:
    import nbformat

    try:
        cells = nbformat.read(path, as_version=4).cells
    except ValueError:  # cut short, where the disk was full
        return "", ""
    for cell in cells:
        for output in cell.get("outputs", ()):
            if output.output_type == "error":
                said = f": {output.evalue}" if is_ours(output.ename, output.traceback) else ""
                return f"[{cell.execution_count}]", f"{output.ename}{said}".splitlines()[0][:_LONGEST]
    return "", ""


def _moment(seconds: float | None) -> datetime | None:
    return datetime.fromtimestamp(seconds).astimezone() if seconds else None
