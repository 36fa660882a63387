import json

import pytest

from goldmine.pipeline.cell_times import seconds_of_cells
from goldmine.pipeline.external_table import LEARNING
from goldmine.pipeline.notebook import notebook_path


def cell(seconds, *tags):
    return {"cell_type": "code", "metadata": {"tags": [*tags], "papermill": {"duration": seconds}}, "source": []}


def test_only_the_cells_of_the_tag_count(tmp_path):
    copy = tmp_path / "done.ipynb"
    text = {"cell_type": "markdown", "metadata": {}, "source": []}
    copy.write_text(json.dumps({"cells": [text, cell(1.5, "learning"), cell(4.0), cell(2.25, "learning", "slow")]}))
    assert seconds_of_cells(copy, "learning") == pytest.approx(3.75)


def test_cells_that_tune_fit_and_refit_are_tagged():
    cells = json.loads(notebook_path("4_train").read_text("utf-8"))["cells"]
    tagged = "".join("".join(c["source"]) for c in cells if LEARNING in c["metadata"].get("tags", ()))
    assert [call in tagged for call in ("= tune(", "= fit(", "= final_fit(")] == [True, True, True]
    assert "lab.submit" not in tagged
