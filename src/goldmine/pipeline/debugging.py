"""A failed notebook as a copy to work on: with its parameters, without results, and the failed cell is marked."""

from dataclasses import dataclass
from pathlib import Path

from goldmine.core.errors import NotebookError
from goldmine.core.files import whole_file
from goldmine.core.i18n import _
from goldmine.core.workspace import Workspace
from goldmine.pipeline.run_status import NotebookRun, notebook_runs

_SNAPSHOTS = 1000


@dataclass(frozen=True)
class FailedNotebook:
    """A notebook that failed, and the copy to work on.

    Parameters
    ----------
    run : NotebookRun
        Snapshot, name, cell and message.
    executed, copy : Path
        What the run left, and the copy.
    """

    run: NotebookRun
    executed: Path
    copy: Path


def prepare_debugging(work: Workspace, name: str = "") -> FailedNotebook:
    """Make a copy of a failed notebook; for its owner alone, as it reads customers' values.

    Parameters
    ----------
    name : str
        ``NOTEBOOK`` or ``YYYY-MM-DD/NOTEBOOK``; empty for the one that failed last.

    Raises
    ------
    NotebookError
        If none of that name failed.
    """
    failed = [run for run in notebook_runs(work, _SNAPSHOTS) if run.cell]
    named = [run for run in failed if name in ("", run.name, f"{run.as_of}/{run.name}")]
    if not named:
        known = ", ".join(f"{run.as_of}/{run.name}" for run in failed)
        raise NotebookError(
            _("{folder}: no failed notebook {name!r}.", folder=work.root, name=name)
            if name
            else _("{folder}: no failed notebook.", folder=work.root),
            _("Failed notebooks here: {known}.", known=known) if known else _("No notebook has failed here."),
        )
    run = max(named, key=lambda each: each.at)
    executed = work.root / "notebooks" / run.as_of / f"{run.name}.ipynb"
    copy = work.root / "debug" / f"{run.as_of}_{run.name}.ipynb"
    _write_copy(executed, copy, run)
    return FailedNotebook(run, executed, copy)


def _write_copy(executed: Path, copy: Path, run: NotebookRun) -> None:
    import nbformat
    from nbformat.v4 import new_markdown_cell

    notebook = nbformat.read(executed, as_version=4)
    cells = []
    for cell in notebook.cells:
        if f"[{cell.get('execution_count')}]" == run.cell:
            cells.append(
                new_markdown_cell(f"**{run.as_of} {run.name}: failed in the next cell.**\n\n    {run.message}")
            )
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
        cells.append(cell)
    notebook.cells = cells
    notebook.metadata.pop("papermill", None)
    with whole_file(copy) as part:
        part.touch(mode=0o600)
        part.chmod(0o600)
        nbformat.write(notebook, part)
