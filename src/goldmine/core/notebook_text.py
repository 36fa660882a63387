"""The notebooks' own texts: English in the notebooks, other languages in the catalogue ``notebooks.po``.

A markdown cell is one message, and so is the text of each ``say("...")`` in a code cell. Papermill runs a copy of the
notebook whose markdown cells are in the language asked for; `goldmine.pipeline.session.say` prints its lines in it.
"""

import ast
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from goldmine.core.i18n import LocalizedText, in_language

CONTEXT = "notebook"
"""Context of these messages in the catalogue."""


def notebook_messages(notebook: Mapping[str, Any]) -> list[str]:
    """The messages of a notebook in order: its markdown cells, and what its code cells say."""
    messages: list[str] = []
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        messages += [source] if cell["cell_type"] == "markdown" else _said(source)
    return messages


def _said(source: str) -> list[str]:
    """The first argument of each call of ``say``, and what ``say_each`` says otherwise.

    Examples
    --------
    >>> _said('say("{n} lists", n=len(lists))')
    ['{n} lists']
    """
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call) and node.args]
    texts = [call.args[0] for call in calls if isinstance(call.func, ast.Name) and call.func.id == "say"]
    texts += [word.value for call in calls for word in call.keywords if word.arg == "otherwise"]
    return [text.value for text in texts if isinstance(text, ast.Constant) and isinstance(text.value, str)]


def extract(
    file: BinaryIO, keywords: Mapping[str, Any], comment_tags: Iterable[str], options: Mapping[str, Any]
) -> Iterator[tuple[int, str, tuple[str, str], list[str]]]:
    """Extract a notebook's messages for Babel, each in the context of the notebooks."""
    for line, message in enumerate(notebook_messages(json.loads(file.read())), start=1):
        yield line, "pgettext", (CONTEXT, message), []


def translated_notebook(path: Path, language: str) -> dict[str, Any]:
    """A notebook with its markdown cells in a language; one without a translation stays as it is."""
    notebook: dict[str, Any] = json.loads(path.read_text("utf-8"))
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            text = LocalizedText("".join(cell["source"]), context=CONTEXT)
            cell["source"] = str(in_language(text, language))
    return notebook
