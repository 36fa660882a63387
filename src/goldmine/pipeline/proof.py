"""Proof that a step did what it says: its files are there, and its suites ran and passed."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from goldmine.contract.tables import TABLES
from goldmine.core.errors import NotebookError
from goldmine.core.files import read_json
from goldmine.core.i18n import _
from goldmine.pipeline.snapshot import Snapshot

if TYPE_CHECKING:
    from goldmine.pipeline.step import Step

Marks = Mapping[str, tuple[int, int] | None]
"""What tells a written file from the one before: its node and its time, by suite; None where there is none."""


def suite_marks(step: "Step", run: Snapshot) -> Marks:
    """The marks of the results of a step's suites, to be taken before it runs."""
    return {suite: _mark(run.work.validation(suite)) for suite in step.suites}


def made_files(step: "Step", run: Snapshot, before: Marks) -> list[Path]:
    """The files that a step has made, once it is proved that it made them.

    The step's `makes` says which files there must be and refuses those that were made from something else than what is
    there now, so that what was kept is proved unchanged. A result of a suite must be newer than the step's begin.

    Raises
    ------
    NotebookError
        If a file is not there, or a suite did not run or pass.
    GoldmineError
        If a file was made from something else.
    """
    files = list(step.makes(run))
    for file in files:
        if not file.is_file():
            raise _unproved(step, f"{file.relative_to(run.work.root)} is not there")
    if step.makes_files and not files:
        raise _unproved(step, "it made no file")
    for suite in step.suites:
        path = run.work.validation(suite)
        if suite in TABLES and not run.bank.has(suite):
            continue
        if _mark(path) in (None, before[suite]):
            raise _unproved(step, f"its suite {suite} did not run")
        if not read_json(path, {}).get("success"):
            raise _unproved(step, f"its suite {suite} did not pass")
    return files


def _mark(path: Path) -> tuple[int, int] | None:
    return (path.stat().st_ino, path.stat().st_mtime_ns) if path.exists() else None


def _unproved(step: "Step", why: str) -> NotebookError:
    return NotebookError(
        _("{notebook}: its cells ran, but {why}.", notebook=step.notebook, why=why),
        _("Look in the notebook for what no longer writes it."),
    )
