"""What went wrong in a notebook, as a two-line error, and whether the fault is transient."""

import builtins
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from goldmine.core.errors import DiskError, GoldmineError, NotebookError
from goldmine.core.files import disk_refusal
from goldmine.core.i18n import _
from goldmine.pipeline.executed import cell_name
from goldmine.pipeline.stop import stopped

TRANSIENT = (TimeoutError, ConnectionError, BlockingIOError, InterruptedError)
"""Faults of the machine or the network that may be gone at the next attempt."""
_OUT_OF_MEMORY = ("MemoryError", "_ArrayMemoryError", "ArrowMemoryError", "OutOfMemoryException", "OutOfMemoryError")
"""Names of Python's, NumPy's, Arrow's and DuckDB's errors for want of memory."""
_LOCKED = ("database is locked", "Could not set lock")


def failure(title: str, copy: Path, error: Exception, time_limit_seconds: float) -> Exception:
    """The error to show for a notebook that failed.

    A `GoldmineError` that a cell raised keeps its class, its lines and so its exit code, and gets a note that names the
    cell. Any other error of a cell becomes a `NotebookError` with the error's kind alone: its text may hold a
    customer's values. An error that is not the notebook's stays as it is.
    """
    from nbclient.exceptions import CellTimeoutError, DeadKernelError
    from papermill import PapermillExecutionError

    look = _("Open {copy} to see how far it came.", copy=copy)
    if isinstance(error, CellTimeoutError):
        return NotebookError(
            _(
                "{title}: was not done after {seconds:g} s and was ended.",
                title=title,
                seconds=time_limit_seconds,
            ),
            look,
        )
    if isinstance(error, DeadKernelError) and stopped():
        return NotebookError(
            _("{title}: was ended, since the run was stopped.", title=title), _("Run again to make it.")
        )
    if isinstance(error, DeadKernelError):
        died = NotebookError(_("{title}: its kernel died, most likely for want of memory.", title=title), look)
        died.may_pass = True
        return died
    if not isinstance(error, PapermillExecutionError):
        return error
    where = _("{title}, cell {cell}", title=title, cell=cell_name(_cells(copy), error.exec_count))
    reported = _reported_error(error)
    if reported is not None:
        reported.add_note(_("({where}; kept at {path})", where=where, path=copy))
        return reported
    return _unreported(error, where, copy)


def _unreported(error: Any, where: str, copy: Path) -> GoldmineError:
    """The error to show where a cell's is none of ours: the machine's in words, of any other the kind alone."""
    refused = disk_refusal(error.evalue)
    if refused:
        return DiskError(
            _("{where}: could not write ({why}).", where=where, why=refused),
            _("Free some space or permit writing there, then run again; finished steps are kept."),
        )
    if error.ename in _OUT_OF_MEMORY:
        return NotebookError(
            _("{where}: there was not enough memory.", where=where),
            _("Give the machine more memory, or end what else uses it, then run again; finished steps are kept."),
        )
    unknown = NotebookError(
        _(
            "{where}: {kind}; its text is withheld, since it may hold a customer's values.",
            where=where,
            kind=error.ename,
        ),
        _("Read it in {copy}, which only its owner may open.", copy=copy),
    )
    unknown.may_pass = is_transient(error)
    return unknown


def is_ours(ename: str, traceback: Sequence[str]) -> bool:
    """Whether an error in a cell's output is a `GoldmineError`, whose lines carry no customer's values."""
    families = {family.__name__ for family in GoldmineError.__subclasses__()}
    return ename in families and len(traceback) == 2 and traceback[0].startswith(f"{ename}: ")


def withhold(copy: Path, to: Path) -> None:
    """Write an executed copy again without the texts of unknown errors, for all who may not see a customer's values."""
    import nbformat

    notebook = nbformat.read(copy, as_version=4)
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            if output.output_type == "error" and not is_ours(output.ename, output.traceback):
                output.evalue, output.traceback = "", [f"{output.ename} (withheld)"]
    nbformat.write(notebook, to)


def _reported_error(error: Any) -> GoldmineError | None:
    """The `GoldmineError` that the kernel reported; its traceback is just the two lines that the error renders."""
    if not is_ours(error.ename, error.traceback):
        return None
    families = {family.__name__: family for family in GoldmineError.__subclasses__()}
    first, do = error.traceback
    return families[error.ename](first.partition(": ")[2], do)


def _cells(copy: Path) -> Any:
    """Cells of an executed copy; none where it was cut short because the disk was full."""
    import nbformat

    try:
        return nbformat.read(copy, as_version=4).cells
    except ValueError:
        return ()


def is_transient(error: BaseException) -> bool:
    """Whether an error, or one of its causes, may be gone at the next attempt."""
    from nbclient.exceptions import CellTimeoutError, DeadKernelError

    if stopped():
        return False
    cause: BaseException | None = error
    while cause is not None:
        if getattr(cause, "may_pass", False):
            return True
        if isinstance(cause, CellTimeoutError):
            return False  # a TimeoutError too, but a notebook that is too slow stays too slow
        in_kernel = getattr(builtins, getattr(cause, "ename", ""), type(cause))
        if isinstance(cause, DeadKernelError) or issubclass(in_kernel, TRANSIENT):
            return True
        if any(words in f"{cause} {getattr(cause, 'evalue', '')}" for words in _LOCKED):
            return True
        cause = cause.__cause__
    return False
