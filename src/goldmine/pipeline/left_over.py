"""What a killed run left over: runs that the stores still call running, and files that lived for it alone.

Only what is provably dead is touched: a work folder has one run at a time, which holds the folder's lock, and kernels
hold it as long as they live.
"""

import os
import shutil
import tempfile
import time
from collections.abc import Iterable
from multiprocessing.util import Finalize
from pathlib import Path
from typing import Any

from goldmine.core.files import disk_errors
from goldmine.core.processes import is_alive, process_mark
from goldmine.core.workspace import Workspace
from goldmine.pipeline.environment import QUIET, environment

PROCESS_TAG = "goldmine/process"
"""Tag of a Dagster run: the process that carries it out, once it holds the work folder."""
WORK_TAG = "goldmine.work"
"""Tag of an MLflow run: the work folder that its notebook's run held."""
START_SECONDS = 300.0
"""Time that a scheduled run may take to load its code before it takes the lock."""
_DIED = "Its process died; the run after it, or the watch over runs, closed it."
_PREFIX = "goldmine-run-"
_AFTER_MULTIPROCESSING = -200
"""When the run's folder is removed: Python's own folder in it, at -100, goes first and is missed otherwise."""


def close_dagster_runs(instance: Any, own_run: str = "") -> list[str]:
    """Close the runs of a work folder's Dagster store whose process is dead; the folder's lock is held or free.

    Parameters
    ----------
    instance : DagsterInstance
        The store of the work folder.
    own_run : str
        The run that asks, which is alive.

    Returns
    -------
    list of str
        Ids of the runs that are closed as failed.
    """
    import dagster as dg

    running = dg.RunsFilter(
        statuses=[
            *(dg.DagsterRunStatus.NOT_STARTED, dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED),
            dg.DagsterRunStatus.CANCELING,
        ]
    )
    closed = []
    for record in instance.get_run_records(running):
        run = record.dagster_run
        mark = run.tags.get(PROCESS_TAG, "")
        young = time.time() - record.create_timestamp.timestamp() < START_SECONDS
        if run.run_id == own_run or (is_alive(mark) if mark else young):
            continue
        instance.report_run_failed(run, _DIED)
        closed.append(run.run_id)
    return closed


def end_late_runs(instance: Any, wait_minutes: int) -> list[str]:
    """End the queued runs that have waited for another run for too long, each with a message; returns their ids."""
    import dagster as dg

    queued = instance.get_run_records(dg.RunsFilter(statuses=[dg.DagsterRunStatus.QUEUED]))
    late = [
        record.dagster_run for record in queued if time.time() - record.create_timestamp.timestamp() > 60 * wait_minutes
    ]
    for run in late:
        instance.report_run_failed(run, f"Another run was at work on the work folder for {wait_minutes} minutes.")
    return [run.run_id for run in late]


def close_mlflow_runs(work: Workspace, bank: str) -> int:
    """Close MLflow runs of notebooks, and their nested runs, that were running when their run was killed.

    The work folder's lock is held, and no notebook of this run has begun.

    Returns
    -------
    int
        Number of runs that are closed as failed.
    """
    if not (work.root / "notebooks").exists():
        return 0
    with environment(QUIET):
        from goldmine.models.tracking import use_tracking

        experiment = use_tracking(bank)
        import mlflow

        client = mlflow.MlflowClient()
        tag = str(work.root.resolve()).replace("'", "\\'")
        running = client.search_runs([experiment], f"attributes.status = 'RUNNING' and tags.`{WORK_TAG}` = '{tag}'")
        nested = [
            child
            for run in running
            for child in client.search_runs(
                [experiment],
                f"attributes.status = 'RUNNING' and tags.`mlflow.parentRunId` = '{run.info.run_id}'",
            )
        ]
        for run in [*running, *nested]:
            client.set_tag(run.info.run_id, "mlflow.note.content", f"**Failed.** {_DIED}")
            client.set_terminated(run.info.run_id, "FAILED")
    return len(running) + len(nested)


def require_own_store(work: Workspace, bank: str) -> None:
    """Refuse a tracking store that was deleted or replaced before a step is made for it.

    Raises
    ------
    ModelError
        If the journals of the bank's models belong to another store.
    """
    if (work.root / "notebooks").exists():
        with environment(QUIET):
            from goldmine.governance import journal_check

            journal_check.require_own_store(bank)


def use_run_folder() -> Path:
    """Keep what lives as long as this process in a folder of its own: sockets, keys of kernels, translated notebooks.

    It is removed when the process ends, or by the next run if it was killed. A process has one.
    """
    held = os.environ.get("TMPDIR", "")
    if Path(held).name.startswith(f"{_PREFIX}{_name_of(process_mark())}"):
        return Path(held)
    below = Path(tempfile.gettempdir())
    sweep_run_folders(below)
    with disk_errors(below):
        folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{_name_of(process_mark())}-", dir=below))
    os.environ |= {"TMPDIR": str(folder), "JUPYTER_RUNTIME_DIR": str(folder / "kernels")}
    tempfile.tempdir = None
    Finalize(None, shutil.rmtree, (folder,), {"ignore_errors": True}, exitpriority=_AFTER_MULTIPROCESSING)
    return folder


def sweep_run_folders(below: Path | None = None) -> list[Path]:
    """Remove the folders of this user's processes that were killed; returns them."""
    dead = [path for path in _run_folders(below or Path(tempfile.gettempdir())) if is_alive(_mark_of(path)) is False]
    for path in dead:
        shutil.rmtree(path, ignore_errors=True)
    return dead


def _run_folders(below: Path) -> Iterable[Path]:
    for path in below.glob(f"{_PREFIX}*"):
        if path.is_dir() and not path.is_symlink() and path.stat().st_uid == os.getuid():
            yield path


def _name_of(mark: str) -> str:
    return mark.replace(":", "+")


def _mark_of(path: Path) -> str:
    return path.name.removeprefix(_PREFIX).rpartition("-")[0].replace("+", ":")
