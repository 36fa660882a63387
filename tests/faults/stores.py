"""The two stores locked, slow, damaged, gone or misnamed; a full or read-only disk; another user; two runs at once."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.faults.afterwards import after_the_fault, after_the_next_run, next_run, release
from tests.faults.matrix import Row
from tests.faults.project import NEW, NOTEBOOKS, SCORED, Project, Run

SETTINGS_ERROR, CONTRACT_ERROR, WORK_FOLDER_ERROR, DISK_ERROR, MODEL_ERROR = 3, 10, 16, 17, 18
NOBODY = 65534
_MLFLOW, _DAGSTER = "mlflow.db", "runs.db"
_NO_DATABASE = b"no database" * 1000


def mlflow_store(project: Project) -> Iterator[Row]:
    """MLflow's database in each bad state, before the release; it is put right, and the next run publishes."""
    project.restore(SCORED)
    path, garbage = project.root / "mlruns" / _MLFLOW, {"MLFLOW_TRACKING_URI": "garbage"}
    with _replaced(path, _NO_DATABASE):
        yield _refused(project, f"{_MLFLOW} damaged", MODEL_ERROR)
    with _locked(path, for_seconds=3600):
        yield _refused(project, f"{_MLFLOW} locked", MODEL_ERROR)
    with _replaced(path, None):
        yield _refused(project, f"{_MLFLOW} gone, the journal holds a promotion", MODEL_ERROR)
    yield _refused(project, "MLFLOW_TRACKING_URI=garbage", SETTINGS_ERROR, variables=garbage)
    with _locked(path, for_seconds=4):
        run = project.run()
    happened = f"ended with {run.code}, release {release(project) or 'none'}"
    wrong = tuple(after_the_next_run(project, run.code))  # after the program that locks, which is a process of ours
    yield Row(f"{_MLFLOW} slow: locked 4 s of 6", "the next run", happened, wrong)


def dagster_store(project: Project) -> Iterator[Row]:
    """Dagster's database in each bad state, before the release; it is put right, then gone."""
    project.restore(SCORED)
    path = project.work.dagster / "history" / _DAGSTER
    with _replaced(path, _NO_DATABASE):
        yield _refused(project, f"{_DAGSTER} damaged", WORK_FOLDER_ERROR)
    with _locked(path, for_seconds=3600):
        yield _refused(project, f"{_DAGSTER} locked", WORK_FOLDER_ERROR)
    for part in path.parent.glob(f"{_DAGSTER}*"):
        part.unlink()
    run = next_run(project)
    yield Row(f"{_DAGSTER} gone", "the next run", run.happened, run.wrong)


def full_disk(project: Project, *, sizes_kib: tuple[int, ...]) -> Iterator[Row]:
    """A small disk for the whole project that is ever less full: each run goes on where the last met the end of it."""
    project.restore(NEW)
    with _mounted(project, "size=400m") as mounted:
        if not mounted:
            yield Row("disk full", "whole run", "left out: this machine does not let a test mount a small disk")
            return
        ballast = project.root / "ballast"
        for spare in sizes_kib:
            _fill(ballast, spare)
            run = project.run()
            ballast.unlink()
            if run.code == 0:
                break
            wrong = [*after_the_fault(project), *run.unsaid()]
            wrong += [] if run.code == DISK_ERROR else [f"ended with {run.code}, not {DISK_ERROR}"]
            yield Row(f"disk full, {spare} KiB free", _reached(run), f"code {run.code}: {run.words()}", tuple(wrong))
        yield next_run(project)


def not_permitted(project: Project) -> Iterator[Row]:
    """The work folder on a read-only disk, and the command as another user."""
    project.restore(SCORED)
    with _mounted(project, "ro", project.work.root) as mounted:
        if mounted:
            yield _refused(project, "work folder on a read-only disk", DISK_ERROR)
        else:
            yield Row("work folder on a read-only disk", "", "left out: this machine does not let a test mount")
    if os.geteuid() == 0:
        yield _refused(project, "another user", WORK_FOLDER_ERROR, before=_become_nobody)
    else:
        yield Row("another user", "", "left out: only root can become another user")
    yield next_run(project)


def two_at_once(project: Project) -> Iterator[Row]:
    """A second run while one is at work: refused at once; the first goes through."""
    project.restore(SCORED)
    first = project.start()
    met = first.notebook_at_work(NOTEBOOKS[5])
    log = first.log.rename(project.folder / "first.txt")
    second = project.run()
    wrong = [*second.unsaid(), *([] if met else ["the first run did not come to its notebook"])]
    wrong += [] if second.code == WORK_FOLDER_ERROR else [f"ended with {second.code}, not {WORK_FOLDER_ERROR}"]
    code = first.end()
    wrong += [] if code == 0 else [f"the first run ended with {code}: {log.read_text('utf-8')[-300:]}"]
    yield Row("two runs at once", NOTEBOOKS[5], f"code {second.code}: {second.words()}", tuple(wrong))
    yield next_run(project)


def source_replaced(project: Project) -> Iterator[Row]:
    """In each step a table of the bank gets other rows, again and again; each time it is put back, and the run goes on.

    A run may not keep anything that was made of rows which are no longer there, although the next one finds the table
    as it was before.
    """
    project.restore(NEW)
    for name in NOTEBOOKS:
        run = project.start()
        met = run.notebook_at_work(name)
        with _changing(project.bank / "customers.parquet"):
            code = run.end()
        wrong = [*after_the_fault(project), *run.unsaid(), *([] if met else [f"did not come to {name}"])]
        if code not in (CONTRACT_ERROR, WORK_FOLDER_ERROR):
            wrong.append(f"ended with {code}, not {CONTRACT_ERROR} or {WORK_FOLDER_ERROR}")
        yield Row("a table is replaced while it is read", name, f"code {code}: {run.words()}", tuple(wrong))
    yield next_run(project)


def _refused(project: Project, fault: str, code: int, **given: object) -> Row:
    """A run that is to end with a code and words, and to leave the release alone."""
    before = release(project)
    run = project.run(**given)  # type: ignore[arg-type]
    wrong = [*after_the_fault(project, before), *run.unsaid()]
    wrong += [] if run.code == code else [f"ended with {run.code}, not {code}"]
    return Row(fault, _reached(run), f"code {run.code}: {run.words()}", tuple(wrong))


def _reached(run: Run) -> str:
    """The last notebook that a run began."""
    folder = run.project.work.root / "notebooks"
    begun = [path for path in folder.glob("*/*.ipynb") if path.stat().st_mtime > run.began]
    return max((path.stem for path in begun), default="before the first step")


@contextmanager
def _replaced(path: Path, content: bytes | None) -> Iterator[None]:
    """Another content in a database's place, or no file; what SQLite keeps beside it goes and comes with it."""
    aside = path.parent / "aside"
    aside.mkdir()
    for part in path.parent.glob(f"{path.name}*"):
        part.rename(aside / part.name)
    if content is not None:
        path.write_bytes(content)
    try:
        yield
    finally:
        for part in path.parent.glob(f"{path.name}*"):
            part.unlink()
        for part in aside.iterdir():
            part.rename(path.parent / part.name)
        aside.rmdir()


_HOLD = """
import sqlite3, sys, time
other = sqlite3.connect(sys.argv[1], timeout=30, isolation_level=None)
while True:
    other.execute("BEGIN EXCLUSIVE")
    print("locked", flush=True)
    time.sleep(float(sys.argv[2]))
    other.execute("ROLLBACK")
    time.sleep(2)
"""


@contextmanager
def _locked(path: Path, for_seconds: float) -> Iterator[None]:
    """Another program has a SQLite file locked: for so many seconds, two seconds not, and again."""
    command = [sys.executable, "-c", _HOLD, str(path), str(for_seconds)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as holder:
        try:
            if holder.stdout is None or not holder.stdout.readline():
                raise RuntimeError(f"{path} could not be locked")
            yield
        finally:
            holder.kill()


@contextmanager
def _mounted(project: Project, options: str, folder: Path | None = None) -> Iterator[bool]:
    """A disk of its own for the project with its content, or a folder as it is, read-only; whether it was allowed."""
    if folder is None:
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(project.root)]
        aside = project.root.rename(project.folder / "aside")
        project.root.mkdir()
    else:
        command = ["mount", "--bind", "-o", options, str(folder), str(folder)]
    mounted = subprocess.run(command, check=False, capture_output=True).returncode == 0
    place = folder or project.root
    if folder is None:
        subprocess.run(["cp", "-a", f"{aside}/.", str(project.root)], check=True)
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", str(place)], check=True)
        if folder is None:
            subprocess.run(["rm", "-rf", str(project.root)], check=True)
            aside.rename(project.root)


def _fill(ballast: Path, spare_kib: int) -> None:
    """Leave so much of the disk free."""
    status = os.statvfs(ballast.parent)
    with ballast.open("wb") as stream:
        os.posix_fallocate(stream.fileno(), 0, max(1, status.f_bavail * status.f_frsize - spare_kib * 1024))


def _become_nobody() -> None:
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)


@contextmanager
def _changing(path: Path) -> Iterator[None]:
    """Give a Parquet file other rows all the time, as a bank's export that comes late does; then it is as it was."""
    content, over = path.read_bytes(), threading.Event()
    changing = threading.Thread(target=_change_rows, args=(path, over))
    changing.start()
    try:
        yield
    finally:
        over.set()
        changing.join()
        path.write_bytes(content)


def _change_rows(path: Path, over: threading.Event) -> None:
    import pyarrow.parquet as pq

    rows = pq.read_table(path)
    for turn in range(1, 10_000):
        pq.write_table(rows.slice(turn % 50), path)
        if over.wait(0.3):
            return
