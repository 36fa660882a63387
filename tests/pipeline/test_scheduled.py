import json
from types import SimpleNamespace

import nbformat
import pytest
from jupyter_scheduler.executors import DefaultExecutionManager

from goldmine.core.errors import ParameterError
from goldmine.pipeline.jupyter_scheduler import CheckedExecutionManager

CELL = 'as_of: str = ""\nseed: int = 7\nuse_cases: list[str] = []'


@pytest.fixture
def job(tmp_path, monkeypatch):
    """Start a notebook with some parameters, as JupyterLab's form gives them; the code that is put in comes back."""
    path = tmp_path / "story.ipynb"
    cell = nbformat.v4.new_code_cell(CELL, metadata={"tags": ["parameters"]})
    path.write_text(json.dumps(nbformat.v4.new_notebook(cells=[cell])))
    monkeypatch.setattr(DefaultExecutionManager, "execute", lambda manager: manager.model.parameters)

    def start(**given):
        manager = CheckedExecutionManager("1", str(tmp_path), "sqlite://", {"input": str(path)})
        manager._model = SimpleNamespace(parameters=given or None)
        manager.execute()
        return manager.model.parameters

    return start


def test_texts_of_the_form_become_what_the_notebook_declares(job):
    given = job(as_of="2024-06-30", seed="12", use_cases="longtail, wealth")
    assert given == {"as_of": "'2024-06-30'", "seed": "12", "use_cases": "['longtail', 'wealth']"}
    assert job() == {}


def test_wrong_parameter_fails_before_a_kernel_starts(job):
    with pytest.raises(ParameterError, match="story: parameter 'sed' is not known"):
        job(sed="12")
    with pytest.raises(ParameterError, match="parameter 'seed' takes int, and what was given is not one"):
        job(seed="twelve")
