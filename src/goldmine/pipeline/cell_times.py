"""Time that an executed notebook spent in some of its cells."""

import json
from pathlib import Path


def seconds_of_cells(notebook: Path, tag: str) -> float:
    """Seconds that the cells of a tag took, by the times that papermill notes in the executed copy.

    Parameters
    ----------
    notebook : Path
        An executed copy.
    tag : str
        Jupyter's tag of the cells.
    """
    cells = json.loads(notebook.read_text("utf-8"))["cells"]
    return sum(
        float(cell["metadata"]["papermill"]["duration"]) for cell in cells if tag in cell["metadata"].get("tags", ())
    )
