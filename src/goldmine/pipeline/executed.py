"""Whether an executed notebook ran: every cell to its end, with an output that is not beyond measure."""

import json
from pathlib import Path
from typing import Any

from goldmine.core.errors import NotebookError
from goldmine.core.i18n import _

MOST_OUTPUT = 20_000_000
"""Characters that a cell's kept output may have, pictures included; the largest of this project have half a million."""


def require_executed(notebook: Any, copy: Path) -> None:
    """Raise unless every cell of an executed notebook ran to its end.

    Papermill takes ``sys.exit()`` in a cell for a good end, although the cells after it have not run.

    Parameters
    ----------
    notebook : NotebookNode
        As papermill returns it.
    copy : Path
        The executed copy; an output that is too long is cut there.

    Raises
    ------
    NotebookError
        If a cell did not run, ended the notebook, or has too much output.
    """
    for cell in notebook.cells:
        if cell.cell_type != "code" or not cell.source.strip():
            continue
        where = f"{copy.stem}, cell {cell_name(notebook.cells, cell.execution_count)}"
        ended = [output.ename for output in cell.outputs if output.output_type == "error"]
        if ended or cell.execution_count is None:
            why = _("ended the notebook by {name}", name=ended[0]) if ended else _("did not run")
            raise NotebookError(
                _("{where}: {why}, so not every cell ran to its end.", where=where, why=why),
                _("Open {copy} to see how far it came.", copy=copy),
            )
        size = len(json.dumps(cell.outputs))
        if size > MOST_OUTPUT:
            _cut_outputs(notebook, copy)
            raise NotebookError(
                _(
                    "{where}: has {size:,} characters of output; at most {most:,} are kept.",
                    where=where,
                    size=size,
                    most=MOST_OUTPUT,
                ),
                _("Show counts, or the head of a table."),
            )


def cell_name(cells: Any, number: int | None) -> str:
    """Number of a cell as JupyterLab shows it, and the heading above it."""
    heading = ""
    for cell in cells:
        if cell.cell_type == "markdown":
            heads = [line.lstrip("# ") for line in cell.source.splitlines() if line.startswith("#")]
            heading = heads[-1] if heads else heading
        elif cell.execution_count == number:
            break
    return f"[{number or ' '}]" + (f" ({heading})" if heading else "")


def _cut_outputs(notebook: Any, copy: Path) -> None:
    """Write the copy again without the outputs that are too long."""
    import nbformat

    for cell in notebook.cells:
        if cell.cell_type == "code" and len(json.dumps(cell.outputs)) > MOST_OUTPUT:
            cell.outputs = [nbformat.v4.new_output("stream", name="stderr", text="(output too long, cut)\n")]
    nbformat.write(notebook, copy)
