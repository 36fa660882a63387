import asyncio
import json
import shutil

import pytest

from goldmine.core.workspace import home
from goldmine.pipeline.jupyter_contents import TranslatedNotebooks

NAME = "6_publish.ipynb"


@pytest.fixture
def manager(tmp_path):
    shutil.copy(home() / "notebooks" / NAME, tmp_path)
    return TranslatedNotebooks(root_dir=str(tmp_path), language="zh")


def prose(path):
    cells = json.loads(path.read_text("utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"]


def test_notebook_opens_in_chinese_and_is_saved_in_english(manager, tmp_path):
    before = prose(tmp_path / NAME)
    model = asyncio.run(manager.get(NAME))
    first, second = [cell for cell in model["content"]["cells"] if cell["cell_type"] == "markdown"][:2]
    assert first["source"].splitlines()[0] == "# 6 · 名单发布"
    second["source"] += "\n我的备注"
    written = second["source"]
    asyncio.run(manager.save(model, NAME))
    assert prose(tmp_path / NAME) == [before[0], written, *before[2:]]
    assert before[0].startswith("# 6 · Published lists")


def test_notebook_runs_in_the_language_in_which_it_is_read(manager, tmp_path):
    before = (tmp_path / NAME).read_text("utf-8")
    model = asyncio.run(manager.get(NAME))
    parameters = next(cell for cell in model["content"]["cells"] if cell["cell_type"] == "code")
    assert 'language: str = "zh"  # of the figures' in parameters["source"]
    asyncio.run(manager.save(model, NAME))
    assert json.loads((tmp_path / NAME).read_text("utf-8")) == json.loads(before)


def test_code_and_other_files_are_as_on_disk(manager, tmp_path):
    (tmp_path / "notes.md").write_text("## Rules, reasons, files")
    assert asyncio.run(manager.get("notes.md"))["content"] == "## Rules, reasons, files"
    cells = json.loads((tmp_path / NAME).read_text("utf-8"))["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"][1:]
    opened = asyncio.run(manager.get(NAME))["content"]["cells"]
    assert [cell["source"] for cell in opened if cell["cell_type"] == "code"][1:] == code


def test_a_new_notebook_is_saved_as_it_was_written(manager, tmp_path):
    model = asyncio.run(manager.get(NAME))
    asyncio.run(manager.save(model, "mine.ipynb"))
    assert prose(tmp_path / "mine.ipynb")[0].startswith("# 6 · 名单发布")
