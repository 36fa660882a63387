"""What a killed run left over: runs that the stores still call running, and files that lived for it alone.

Only what is provably dead is touched: a work folder has one run at a time, which holds the folder's lock, and kernels
hold it as long as they live.
"""

import os
import shutil
import socket
import tempfile
import time
from collections.abc import Iterable
from multiprocessing.util import Finalize
from pathlib import Path
from typing import Any

from goldmine.core.files import disk_errors
from goldmine.core.fingerprint import of_value
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
_DRAWN = "x" * 8
"""As many letters as Python draws for the name of a temporary file."""
_SOCKET_BYTES = 103
"""Longest path of a socket that Linux and macOS allow."""
_SYSTEM_TEMPORARY = Path("/tmp")
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

    The processes that it starts use the folder too. It is removed when the process ends, or by the next run if it was
    killed. A process has one. It is in the system's ``/tmp`` where a socket in the user's ``TMPDIR`` would have a
    longer path than a system allows.
    """
    held = Path(os.environ.get("TMPDIR", ""))
    if held.name.startswith(_own_prefix()):
        return held
    below = _place()
    sweep_run_folders(below)
    with disk_errors(below):
        folder = Path(tempfile.mkdtemp(prefix=_own_prefix(), dir=below))
    os.environ |= {"TMPDIR": str(folder), "JUPYTER_RUNTIME_DIR": str(folder / "kernels")}
    tempfile.tempdir = None
    Finalize(None, _end_run_folder, (folder,), exitpriority=_AFTER_MULTIPROCESSING)
    return folder


def sweep_run_folders(below: Path | None = None) -> list[Path]:
    """Remove the folders of this user's processes that were killed, with all that they had started; returns them."""
    dead = [path for path in _run_folders(below or _place()) if _is_dead(path)]
    for path in dead:
        shutil.rmtree(path, ignore_errors=True)
    return dead


def _place() -> Path:
    """Where run folders are."""
    below = Path(tempfile.gettempdir())
    if below.name.startswith(_PREFIX):  # of the process that started this one: beside it, not within
        below = below.parent
    listener = below / f"{_own_prefix()}{_DRAWN}" / f"pymp-{_DRAWN}" / f"listener-{_DRAWN}"
    return below if len(os.fsencode(listener)) <= _SOCKET_BYTES else _SYSTEM_TEMPORARY


def _end_run_folder(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    sweep_run_folders(folder.parent)  # a run's that was killed a moment before this one began


def _run_folders(below: Path) -> Iterable[Path]:
    for path in below.glob(f"{_PREFIX}*"):
        if path.is_dir() and not path.is_symlink() and path.stat().st_uid == os.getuid():
            yield path


def _own_prefix() -> str:
    """How the folder of this process begins: machine, number and beginning of the process."""
    number, began = process_mark().split(":")[-2:]
    return f"{_PREFIX}{_machine()}+{number}+{began}-"


def _machine() -> str:
    """The machine in eight digits, however long its name is: the path of a socket is short."""
    return of_value(socket.gethostname())[:8]


def _is_dead(folder: Path) -> bool:
    """Whether the process of a folder, and all that were started to use it, have ended for certain."""
    machine, _plus, began = folder.name.removeprefix(_PREFIX).rpartition("-")[0].partition("+")
    if machine != _machine() or is_alive(f"{socket.gethostname()}:{began.replace('+', ':')}") is not False:
        return False
    return not any(_uses(process, folder) for process in Path("/proc").glob("[0-9]*"))


def _uses(process: Path, folder: Path) -> bool:
    """Whether a process was started with this temporary folder; of another user's, which could not, nothing is told."""
    try:
        return f"TMPDIR={folder}".encode() in (process / "environ").read_bytes().split(b"\0")
    except OSError:
        return False
