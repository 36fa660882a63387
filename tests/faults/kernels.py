"""Cells that hang, print a gigabyte, exit or need more memory than there is, put before a notebook's own."""

import json
from collections.abc import Callable, Iterator

from goldmine.pipeline.notebook import run_notebook
from tests.faults.afterwards import after_the_fault, next_run, release
from tests.faults.matrix import Row
from tests.faults.project import NEW, NOTEBOOKS, TRAINED, Project

NOTEBOOK_ERROR = 15
_SECONDS = 45.0
_MORE_MEMORY = (
    "import resource\n"
    "from pathlib import Path\n"
    "pages = int(Path('/proc/self/statm').read_text().split()[0])\n"
    "room = pages * resource.getpagesize() + {megabytes} * 2**20\n"
    "resource.setrlimit(resource.RLIMIT_AS, (room, room))"
)
CELLS = {
    "hang": ("a cell that hangs", "import time; time.sleep(3600)"),
    "print": ("a cell that prints without end", "while True: print('x' * 1_000_000)"),
    "write": ("a cell that writes a gigabyte", "import os; [os.write(1, b'x' * 1_000_000) for _ in range(1000)]"),
    "exit": ("a cell that exits with code 0", "import sys; sys.exit(0)"),
    "end": ("a kernel that ends itself", "import os; os._exit(0)"),
}
"""Each fails its step, and the run says which."""


def memory(project: Project) -> Iterator[Row]:
    """Features, training and reasons with 16 MB more than their kernel has at its start; then as it was."""
    project.restore(NEW)
    for name in (NOTEBOOKS[1], NOTEBOOKS[3], NOTEBOOKS[5]):
        yield _with_cell(project, "16 MB of memory beyond the start", name, _MORE_MEMORY.format(megabytes=16))
    yield next_run(project)


def bad_cell(project: Project, name: str) -> Iterator[Row]:
    """A bad cell in the scores' notebook, after training; then the notebook as it was."""
    project.restore(TRAINED)
    fault, cell = CELLS[name]
    yield _with_cell(project, fault, NOTEBOOKS[4], cell, _limit_time)
    yield next_run(project)


def _with_cell(project: Project, fault: str, name: str, source: str, before: Callable[[], object] | None = None) -> Row:
    """Run with a cell before the notebook's own, then put the notebook back."""
    notebook = project.root / "notebooks" / f"{name.removesuffix('_dormancy')}.ipynb"
    content = notebook.read_text("utf-8")
    cells = json.loads(content)
    first = next(place for place, cell in enumerate(cells["cells"]) if "parameters" in str(cell.get("metadata")))
    bad = {"cell_type": "code", "id": "bad", "metadata": {}, "source": source, "outputs": [], "execution_count": None}
    cells["cells"].insert(first + 1, bad)
    notebook.write_text(json.dumps(cells), "utf-8")
    standing = release(project)
    try:
        run = project.run(before=before)
    finally:
        notebook.write_text(content, "utf-8")
    wrong = list(after_the_fault(project, standing))
    if run.code != NOTEBOOK_ERROR:
        wrong.append(f"ended with {run.code}, not {NOTEBOOK_ERROR}")
    return Row(fault, name, f"code {run.code}: {run.words()}", (*wrong, *run.unsaid()))


def _limit_time() -> None:
    """Give every notebook less than a minute in place of hours."""
    run_notebook.__kwdefaults__["time_limit_seconds"] = _SECONDS
