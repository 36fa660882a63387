"""What must hold after any fault: a whole release or the old one, the rows of an undisturbed run, nothing left over."""

import os
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

import pyarrow.parquet as pq

from goldmine.core.errors import ReleaseError
from goldmine.core.fingerprint import of_file
from goldmine.publishing.release_store import read_latest
from tests.faults.matrix import Row
from tests.faults.project import UNDISTURBED, Project

_END_SECONDS = 20.0
ENDED = ("SUCCESS", "FAILURE", "CANCELED")


def release(project: Project) -> str:
    """Id of the current release after all its checksums were compared; empty where there is none."""
    if not (project.work.releases / "latest.json").exists():
        return ""
    return read_latest(project.work).manifest.release_id


def after_the_fault(project: Project, before: str = "") -> Iterator[str]:
    """What is wrong right after a fault: a release that is not whole, or neither the old nor the right new one."""
    try:
        current = release(project)
    except ReleaseError as error:
        yield f"no whole release: {error.what}"
    else:
        if current not in ("", before, release_of(project.folder / UNDISTURBED)):
            yield f"another release is current: {current}"


def after_the_next_run(project: Project, code: int) -> Iterator[str]:
    """What is wrong after the run that followed a fault."""
    if code != 0:
        yield f"the next run ended with {code}"
    yield from after_the_fault(project)
    if code == 0:
        if not release(project):
            yield "the next run published nothing"
        yield from different_rows(project)
    yield from left_over(project)


def next_run(project: Project, variables: Mapping[str, str] | None = None) -> Row:
    """The run that follows a fault, without a hand at anything."""
    run = project.run(variables=variables)
    happened = f"ended with {run.code}, release {release(project) or 'none'}{(run.code and f': {run.words()}') or ''}"
    return Row("", "the next run", happened, tuple(after_the_next_run(project, run.code)))


def different_rows(project: Project) -> Iterator[str]:
    """Tables that hold other rows than after an undisturbed run."""
    whole, here = project.folder / UNDISTURBED / "work", project.work.root
    expected, found = ({path.relative_to(root): path for path in _tables(root)} for root in (whole, here))
    for name in sorted(expected.keys() | found.keys()):
        if name not in found or name not in expected:
            yield f"{name} is {'missing' if name in expected else 'too many'}"
        elif of_file(found[name]) != of_file(expected[name]) and not _same_rows(found[name], expected[name]):
            yield f"{name} has other rows"


def left_over(project: Project) -> Iterator[str]:
    """Processes, runs that stores call running, and temporary files that outlived a run."""
    until = time.monotonic() + _END_SECONDS
    while (alive := list(project.processes())) and time.monotonic() < until:
        time.sleep(0.2)
    yield from (f"left over: a process {process.name()}" for process in alive)
    store = project.root / "mlruns" / "mlflow.db"
    yield from (f"left over: a run that MLflow calls {state}" for state in _open(store, ("FINISHED", "FAILED")))
    runs = project.work.dagster / "history" / "runs.db"
    yield from (f"left over: a run that Dagster calls {state}" for state in _open(runs, ENDED))
    for path in [*project.temporary.iterdir(), *_unfinished(project.root)]:
        yield f"left over: {path.name}"


def release_of(root: Path) -> str:
    """Id of the release that a saved state names."""
    from goldmine.core.workspace import Workspace

    return read_latest(Workspace(root / "work")).manifest.release_id


def _tables(root: Path) -> list[Path]:
    return [path for path in root.rglob("*.parquet") if path.is_file()]


def _same_rows(one: Path, other: Path) -> bool:
    return bool(pq.read_table(one).equals(pq.read_table(other)))


def _open(store: Path, ended: tuple[str, ...]) -> list[str]:
    """States of a store's runs that have not ended."""
    if not store.exists():
        return []
    with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as connection:
        return [state for (state,) in connection.execute("SELECT status FROM runs") if state not in ended]


def _unfinished(root: Path) -> Iterator[Path]:
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name not in ("bank", "notebooks", "artifacts")]
        for name in [*folders, *names]:
            if name.endswith(".part") or name.startswith(".intake"):
                yield Path(folder, name)
