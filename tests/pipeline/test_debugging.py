import nbformat
import pytest

from goldmine.core.errors import NotebookError
from goldmine.pipeline.debugging import prepare_debugging


@pytest.fixture
def failed(work):
    """An executed copy that failed in its third cell, as papermill leaves it."""
    cells = [
        nbformat.v4.new_code_cell('work = "/w"', metadata={"tags": ["injected-parameters"]}, execution_count=1),
        nbformat.v4.new_markdown_cell("## Part"),
        nbformat.v4.new_code_cell(
            "1 / 0",
            execution_count=2,
            outputs=[nbformat.v4.new_output("error", ename="ZeroDivisionError", evalue="Zhang San", traceback=["x"])],
        ),
    ]
    path = work.root / "notebooks" / "2024-06-30" / "4_train_longtail.ipynb"
    path.parent.mkdir(parents=True)
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    return path


def test_the_copy_has_the_parameters_and_marks_the_failed_cell_without_results(work, failed):
    found = prepare_debugging(work)
    assert (found.run.cell, found.run.message, found.executed) == ("[2]", "ZeroDivisionError", failed)
    cells = nbformat.read(found.copy, as_version=4).cells
    assert [cell.source.splitlines()[0] for cell in cells] == [
        'work = "/w"',
        "## Part",
        "**2024-06-30 4_train_longtail: failed in the next cell.**",
        "1 / 0",
    ]
    assert "Zhang San" not in found.copy.read_text("utf-8")
    assert found.copy.stat().st_mode & 0o777 == 0o600


def test_a_notebook_is_found_by_its_name_and_month(work, failed):
    assert prepare_debugging(work, "2024-06-30/4_train_longtail").copy.name == "2024-06-30_4_train_longtail.ipynb"
    with pytest.raises(NotebookError, match="no failed notebook '5_score'"):
        prepare_debugging(work, "5_score")


def test_a_step_that_is_done_has_not_failed(work, failed):
    ledger = work.root / "steps" / "2024-06-30" / "4_train_longtail.json"
    ledger.parent.mkdir(parents=True)
    ledger.write_text("{}")
    with pytest.raises(NotebookError, match="no failed notebook"):
        prepare_debugging(work)
