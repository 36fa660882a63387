"""A project of its own for notebooks that are made for a test."""

import json
from datetime import date

import pytest

from goldmine.core.workspace import Workspace

AS_OF = date(2024, 6, 30)


@pytest.fixture(scope="session")
def project(tmp_path_factory):
    """A project's folder with a tracking store, shared because making one takes seconds."""
    return tmp_path_factory.mktemp("a project {with braces}")


@pytest.fixture
def home(project, monkeypatch):
    monkeypatch.setenv("GOLDMINE_HOME", str(project))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return project


@pytest.fixture
def work(tmp_path):
    return Workspace(tmp_path / "work")


@pytest.fixture
def write(home):
    """Write a notebook of the project: its parameters, then a heading and a cell for each further source."""

    def write(name, *sources, parameters='work: str = ""\nas_of: str = ""\nlanguage: str = "en"\n'):
        cells = [{"cell_type": "code", "metadata": {"tags": ["parameters"]}, "source": parameters}]
        for number, source in enumerate(sources, start=1):
            cells.append({"cell_type": "markdown", "metadata": {}, "source": f"## Part {number}"})
            cells.append({"cell_type": "code", "metadata": {}, "source": source})
        for index, cell in enumerate(cells):
            cell["id"] = f"cell-{index}"
            if cell["cell_type"] == "code":
                cell |= {"outputs": [], "execution_count": None}
        kernel = {"kernelspec": {"name": "python3", "language": "python", "display_name": "Python 3"}}
        content = {"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}
        (home / "notebooks").mkdir(exist_ok=True)
        (home / "notebooks" / f"{name}.ipynb").write_text(json.dumps(content), "utf-8")

    return write
