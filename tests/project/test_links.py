"""Every relative link of documents and notebooks, in both languages, leads to a file and a heading of the project."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest
from babel.messages.pofile import read_po

from goldmine.core.workspace import home

_LINK = re.compile(r"!?\[[^\]]*\]\(<?([^)\s>]+)>?[^)]*\)")
_OUTSIDE = re.compile(r"[a-z]+:", re.IGNORECASE)
_CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
PAGES = ("*.md", "docs/**/*.md", "examples/**/*.md", "notebooks/*.ipynb", "examples/**/*.ipynb")


def _pages() -> list[Path]:
    return sorted({path for pattern in PAGES for path in home().glob(pattern)})


def _texts(page: Path) -> Iterator[str]:
    """A document's text, or the prose of a notebook and its translation."""
    if page.suffix == ".md":
        yield page.read_text("utf-8")
        return
    chinese = _chinese()
    for cell in json.loads(page.read_text("utf-8"))["cells"]:
        if cell["cell_type"] == "markdown":
            text = "".join(cell["source"])
            yield text
            yield chinese.get(text, "")


def _chinese() -> dict[str, str]:
    path = home() / "src/goldmine/locale/zh/LC_MESSAGES/notebooks.po"
    with path.open("rb") as stream:
        return {str(message.id): str(message.string) for message in read_po(stream, locale="zh") if message.id}


def links(text: str) -> list[str]:
    """Targets of a text's links; code holds none."""
    return _LINK.findall(_CODE.sub("", text))


def anchors(text: str) -> set[str]:
    """Anchors of a text's headings, as GitHub and JupyterLab make them.

    Examples
    --------
    >>> sorted(anchors("# One day\\n## `a_b`, *c* (d)\\n# One day"))
    ['a_b-c-d', 'one-day', 'one-day-1']
    """
    found: set[str] = set()
    for heading in re.findall(r"^#{1,6}\s+(.*?)\s*#*$", re.sub(r"```.*?```", "", text, flags=re.DOTALL), re.MULTILINE):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").replace("*", "").lower()
        slug = re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")
        repeated = sum(1 for name in found if re.fullmatch(rf"{re.escape(slug)}(-\d+)?", name))
        found.add(f"{slug}-{repeated}" if repeated else slug)
    return found


def faults(page: Path) -> list[str]:
    """Relative links of a page that lead nowhere, or out of the project."""
    wrong = []
    for target in (target for text in _texts(page) for target in links(text)):
        if _OUTSIDE.match(target):
            continue
        name, _hash, anchor = unquote(target).partition("#")
        file = (page.parent / name).resolve() if name else page
        there = file.is_relative_to(home()) and file.exists()
        if not there or (anchor and anchor.lower() not in anchors("\n".join(_texts(file)))):
            wrong.append(target)
    return wrong


@pytest.mark.parametrize("page", _pages(), ids=lambda page: str(page.relative_to(home())))
def test_relative_links_lead_to_a_file_and_a_heading(page):
    assert faults(page) == []


def test_a_link_to_nowhere_is_found(tmp_path, monkeypatch):
    monkeypatch.setattr("tests.project.test_links.home", lambda: tmp_path)
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "there.md").write_text("# A heading\n", "utf-8")
    page = tmp_path / "page.md"
    page.write_text(
        "[a](docs/there.md) [b](docs/there.md#a-heading) [c](docs/there.md#none) [d](docs/gone.md) [e](../out.md) "
        "[f](https://example.com/x) `[g](gone.md)`",
        "utf-8",
    )
    assert faults(page) == ["docs/there.md#none", "docs/gone.md", "../out.md"]
