"""What went wrong in a notebook, in the two lines of our errors; and whether it may pass by itself."""

import builtins
from pathlib import Path
from typing import Any

from goldmine.core.errors import GoldmineError, NotebookError
from goldmine.pipeline.stop import stopped

PASSING = (TimeoutError, ConnectionError, BlockingIOError, InterruptedError)
"""Faults of the machine or the network that may be gone at the next try."""
_LOCKED = ("database is locked", "Could not set lock")


def failure(title: str, copy: Path, error: Exception, time_limit_seconds: float) -> Exception:
    """The error to show for a notebook that failed.

    An error of ours that a cell raised keeps its family, its lines and so its exit code, and gains a note that says
    where. Anything else becomes a `NotebookError`; what is not about the notebook at all stays as it is.
    """
    from nbclient.exceptions import CellTimeoutError, DeadKernelError
    from papermill import PapermillExecutionError

    look = f"Open {copy} to see how far it came."
    if isinstance(error, CellTimeoutError):
        return NotebookError(f"{title}: was not done after {time_limit_seconds:g} s and was ended.", look)
    if isinstance(error, DeadKernelError):
        return NotebookError(f"{title}: its kernel died, most likely for want of memory.", look)
    if not isinstance(error, PapermillExecutionError):
        return error
    where = f"{title}, cell {_cell(copy, error)}"
    ours = _ours(error)
    if ours is not None:
        ours.add_note(f"({where}; kept at {copy})")
        return ours
    said = (error.evalue.splitlines() or [""])[0]
    return NotebookError(f"{where}: {error.ename}: {said}", look)


def _ours(error: Any) -> GoldmineError | None:
    """The error of ours that the kernel showed: its traceback is just the lines that `GoldmineError` renders."""
    families = {family.__name__: family for family in GoldmineError.__subclasses__()}
    if error.ename not in families or len(error.traceback) != 2:
        return None
    first, do = error.traceback
    name, _, what = first.partition(": ")
    return families[name](what, do) if name == error.ename else None


def _cell(copy: Path, error: Any) -> str:
    """Number of the failed cell as JupyterLab shows it, and the heading it stands under."""
    import nbformat

    headings = [""]
    try:
        cells = nbformat.read(copy, as_version=4).cells
    except ValueError:  # cut short, where the disk was full
        cells = []
    for cell in cells:
        if cell.cell_type == "markdown":
            headings += [line.lstrip("# ") for line in cell.source.splitlines() if line.startswith("#")]
        elif cell.execution_count == error.exec_count:
            break
    return f"[{error.exec_count}]" + (f" ({headings[-1]})" if headings[-1] else "")


def may_pass(error: BaseException) -> bool:
    """Whether an error, or the one that it came from, may be gone at the next try."""
    from nbclient.exceptions import CellTimeoutError, DeadKernelError

    if stopped():
        return False
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, CellTimeoutError):
            return False  # it is a TimeoutError too, but a notebook that is too slow will be so again
        in_kernel = getattr(builtins, getattr(seen, "ename", ""), type(seen))
        if isinstance(seen, DeadKernelError) or issubclass(in_kernel, PASSING):
            return True
        if any(words in f"{seen} {getattr(seen, 'evalue', '')}" for words in _LOCKED):
            return True
        seen = seen.__cause__
    return False
