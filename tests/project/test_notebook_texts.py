"""The notebooks' texts: English in the notebooks, every one of them in Chinese in ``notebooks.po``."""

import json
from functools import cache

import pytest
from babel.messages.pofile import read_po

from goldmine.core.i18n import LOCALE
from goldmine.core.notebook_text import CONTEXT, notebook_messages, translated_notebook
from goldmine.core.workspace import home
from tests.project.test_texts import CHINESE, PLACEHOLDER

NOTEBOOKS = sorted((home() / "notebooks").glob("*.ipynb"))


@cache
def catalogue():
    with (LOCALE / "zh" / "LC_MESSAGES" / "notebooks.po").open("rb") as stream:
        return read_po(stream, locale="zh")


def messages(path):
    return notebook_messages(json.loads(path.read_text("utf-8")))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_text_of_a_notebook_has_its_chinese_with_the_same_placeholders(path):
    """`make messages` adds what is missing to the catalogue, empty; fill it in there."""
    assert len(messages(path)) > 2
    for message in messages(path):
        entry = catalogue().get(message, CONTEXT)
        assert entry and CHINESE.search(entry.string), message
        assert set(PLACEHOLDER.findall(entry.string)) == set(PLACEHOLDER.findall(message)), message


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_headed_by_the_number_of_its_file_in_both_languages(path):
    title = messages(path)[0]
    number = path.stem.partition("_")[0]
    assert [text.partition(" ·")[0] for text in (title, catalogue().get(title, CONTEXT).string)] == [f"# {number}"] * 2


def test_the_catalogue_holds_no_text_that_the_notebooks_have_no_longer():
    used = {message for path in NOTEBOOKS for message in messages(path)}
    assert {entry.id for entry in catalogue() if entry.id} == used


def test_markdown_is_in_the_language_of_the_run_and_code_stays():
    path = home() / "notebooks" / "14_employee.ipynb"
    chinese, english = (translated_notebook(path, language)["cells"] for language in ("zh", "en"))
    headings = [cell["source"].splitlines()[0] for cell in chinese if cell["cell_type"] == "markdown"]
    assert headings == ["# 14 · 一位员工的一天", "## 今日联系客户", "## 逾期未联系", "## 临界提级客户", "## 本人业绩"]
    assert english[0]["source"].startswith("# 14 · One employee's day\n")
    code = [[cell for cell in cells if cell["cell_type"] == "code"] for cells in (chinese, english)]
    assert code[0] == code[1]
