"""A tiny bank's job in process, so that its disk can fail at any moment: intake to customers, figures, a release."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pyarrow.parquet as pq
from pyarrow import csv

from goldmine.core.workspace import Workspace
from goldmine.publishing.release_store import ReleaseError, read_latest
from tests.faults.disk import POWER_CUT, Disk, in_child, out_of_space, power_cut_with_names, power_cut_without_names
from tests.faults.matrix import Row
from tests.pipeline.test_damaged_state import contents, run
from tests.publishing.literal import publish_literal
from tests.reporting.conftest import tables
from tests.tiny import make_bank

FAILURES: dict[str, Callable[[Disk], None]] = {
    "disk full": out_of_space,
    "power cut, new names kept": power_cut_with_names,
    "power cut, new names lost": power_cut_without_names,
}
DISK_ERROR = 17
_OWN = ("releases", "runs")
"""A release's manifest says when it was made."""


def write_tiny_bank(project: Path) -> None:
    """The bank as CSV files, so that the work folder gets canonical tables of its own."""
    make_bank(project / "parquet", tables())
    (project / "bank").mkdir()
    for table in (project / "parquet").iterdir():
        csv.write_csv(pq.read_table(table), project / "bank" / f"{table.name}.csv")
    (project / "bank" / "bank.yaml").write_text("name: tiny\ndata_until: 2024-06-30\n", "utf-8")


def job(project: Path, at: int = 0, fail: Callable[[Disk], None] = out_of_space) -> int:
    """The whole job; its disk fails at a moment, if one is given. Returns how many it had."""
    (project / "work").mkdir(exist_ok=True)
    (project / "work" / "holdout.salt").write_text("nobody is held out", "utf-8")
    with Disk(project / "work", at, fail) as disk:
        publish_literal(run(project), "r1")
    return disk.moments


@dataclass(frozen=True)
class Undisturbed:
    """A project whose job ran to its end, here, so that forked ones find what is loaded and compiled once."""

    project: Path
    moments: int


def undisturbed(folder: Path) -> Undisturbed:
    """Make the bank, and run its job."""
    project = folder / "undisturbed"
    project.mkdir(parents=True)
    write_tiny_bank(project)
    return Undisturbed(project, job(project))


def sampled(folder: Path, moments: int) -> Iterator[Row]:
    """An undisturbed job, and those whose disk fails."""
    shutil.rmtree(folder, ignore_errors=True)
    yield from failing_disks(undisturbed(folder), folder, moments)


def failing_disks(whole: Undisturbed, folder: Path, moments: int) -> Iterator[Row]:
    """The job with a disk that fails at so many moments, evenly spread, in each way; then the job again.

    Parameters
    ----------
    whole : Undisturbed
        What the others are compared with.
    folder : Path
        Where the others are made.
    """
    for name, fail in FAILURES.items():
        spread = [1 + int((number + 0.5) / moments * whole.moments) for number in range(moments)]
        faults = {at: list(_failing_at(whole.project, folder / f"{len(name)}-{at}", at, fail)) for at in spread}
        said = [f"moment {at}: {text}" for at, texts in faults.items() for text in texts]
        yield Row(name, f"{moments} of {whole.moments} syncs and renames of a job in process", "", tuple(said))


def _failing_at(whole: Path, project: Path, at: int, fail: Callable[[Disk], None]) -> Iterator[str]:
    """What is wrong after the disk failed at a moment, and after the next job."""
    shutil.copytree(whole / "bank", project / "bank")
    code = in_child(partial(job, project, at, fail))
    if code != (DISK_ERROR if fail is out_of_space else POWER_CUT):
        yield f"ended with {code}"
    try:
        read_latest(Workspace(project / "work"))
    except ReleaseError as error:
        if (project / "work" / "releases" / "latest.json").exists():
            yield f"no whole release: {error.what}"
    if fail is out_of_space:
        yield from (f"left over: {name}" for name in _temporary(project))
    if in_child(partial(job, project)) != 0:
        yield "the next job failed"
    elif _rows(project) != _rows(whole):
        yield "other rows than undisturbed"
    yield from (f"left over after the next: {name}" for name in _temporary(project))
    shutil.rmtree(project)


def _rows(project: Path) -> dict[str, bytes]:
    read = contents(Workspace(project / "work"))
    return {name: content for name, content in read.items() if not name.startswith(_OWN)}


def _temporary(project: Path) -> list[str]:
    return sorted(path.name for path in project.rglob("*") if path.name.endswith(".part") or ".part." in path.name)
