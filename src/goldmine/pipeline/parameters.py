"""A notebook's parameters: read from its tagged cell, and checked before a kernel starts.

Papermill only warns about an unknown parameter and lets YAML turn ``0012`` into 12; here the annotations decide.
"""

import ast
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from goldmine.core.dates import parse_day
from goldmine.core.errors import ParameterError
from goldmine.core.i18n import LANGUAGES, Language, _, known_language

_TYPES: dict[str, type] = {"str": str, "int": int, "float": float, "bool": bool, "list[str]": list}


@dataclass(frozen=True)
class Parameter:
    """One line of a parameters cell, such as ``as_of: str = ""``.

    Parameters
    ----------
    name, kind : str
        Its name and its type: ``str``, ``int``, ``float``, ``bool`` or ``list[str]``.
    required : bool
        Whether the line gives no value, so that one must be given.
    default : object
        The line's value; None if one must be given.
    """

    name: str
    kind: str
    required: bool
    default: Any = None


def declared_parameters(notebook: Path) -> dict[str, Parameter]:
    """Parameters that a notebook declares in the cell tagged ``parameters``, in order.

    Raises
    ------
    ParameterError
        If there is no such cell, or a line of it is not of the form ``name: type = value``.
    """
    cells = json.loads(notebook.read_text("utf-8"))["cells"]
    tagged = [c for c in cells if "parameters" in c["metadata"].get("tags", ())]
    if not tagged:
        raise ParameterError(
            _("{name}: has no cell tagged 'parameters'.", name=notebook.name), _("Tag the cell that declares them.")
        )
    lines = ast.parse("".join(tagged[0]["source"])).body
    return {p.name: p for p in (_parameter(notebook, line) for line in lines)}


def _parameter(notebook: Path, line: ast.stmt) -> Parameter:
    kind = ast.unparse(line.annotation) if isinstance(line, ast.AnnAssign) else ""
    if not isinstance(line, ast.AnnAssign) or not isinstance(line.target, ast.Name) or kind not in _TYPES:
        raise ParameterError(
            _(
                "{name}: parameters cell, line {lineno}: is not of the form name: type = value.",
                name=notebook.name,
                lineno=line.lineno,
            ),
            _("Write one typed parameter a line; types are {names}.", names=", ".join(_TYPES)),
        )
    return Parameter(line.target.id, kind, line.value is None, line.value and ast.literal_eval(line.value))


def check_parameters(notebook: Path, given: Mapping[str, Any]) -> dict[str, Any]:
    """Check values against what a notebook declares.

    Parameters
    ----------
    notebook : Path
        The notebook.
    given : mapping of str to object
        Values by name. Text is read as the declared type, so ``"0012"`` stays text for a ``str`` and is 12 for an
        ``int``; any other value must be of the declared type already.

    Returns
    -------
    dict of str to object
        The values, typed.

    Raises
    ------
    ParameterError
        If a name is not declared, a value is of the wrong type, or a required one is missing.
    """
    declared = declared_parameters(notebook)
    for name in given:
        if name not in declared:
            near = get_close_matches(name, declared, n=1)
            do = _("Declared: {names}.", names=", ".join(declared))
            if near:
                do = _("Did you mean {near}? Declared: {names}.", near=repr(near[0]), names=", ".join(declared))
            raise ParameterError(_("{name}: parameter {key} is not known.", name=notebook.stem, key=repr(name)), do)
    missing = [p.name for p in declared.values() if p.required and p.name not in given]
    if missing:
        raise ParameterError(
            _("{name}: parameter {key} is missing.", name=notebook.stem, key=repr(missing[0])),
            _("Give -p {key}=VALUE.", key=missing[0]),
        )
    return {name: _typed(notebook.stem, declared[name], value) for name, value in given.items()}


def run_language(notebook: Path, values: Mapping[str, Any]) -> str:
    """Language of a run: the one given, else the one that the notebook declares; English without such a parameter."""
    declared = declared_parameters(notebook).get("language")
    return str(values.get("language") or (declared.default if declared else "en"))


def _typed(notebook: str, parameter: Parameter, value: Any) -> Any:
    if isinstance(value, str) and parameter.kind != "str":
        value = _read(parameter.kind, value)
    if type(value) is int and parameter.kind == "float":
        return float(value)
    if type(value) is _TYPES[parameter.kind]:
        return _MEANINGS[parameter.name](notebook, str(value)) if parameter.name in _MEANINGS else value
    raise ParameterError(
        _(
            "{notebook}: parameter {name} takes {kind}, and what was given is not one.",
            notebook=notebook,
            name=repr(parameter.name),
            kind=parameter.kind,
        ),
        _("Give {examples}.", examples=_EXAMPLES[parameter.kind]),
    )


_EXAMPLES = {
    "str": "a text",
    "int": "a whole number, for example 12",
    "float": "a number, for example 0.5",
    "bool": "true or false",
    "list[str]": "texts with commas between them",
}


def parse_language(text: str) -> Language:
    """Read a language: ``en``, ``zh``, or its name.

    Raises
    ------
    ParameterError
        If it is none that there is.
    """
    language = known_language(text)
    if language is None:
        raise ParameterError(
            _("language: {text} is not known.", text=repr(text)), _("Use one of {names}.", names=", ".join(LANGUAGES))
        )
    return language


def _day(notebook: str, text: str) -> str:
    return str(parse_day(text, "as_of")) if text.strip() else ""


def _language(notebook: str, text: str) -> str:
    return parse_language(text)


def _work_folder(notebook: str, text: str) -> str:
    """A work folder; an empty text would be the project's own folder."""
    if not text.strip():
        raise ParameterError(
            _("{notebook}: parameter 'work' is empty.", notebook=notebook),
            _("Give the bank's work folder, for example data."),
        )
    return text


_MEANINGS: dict[str, Callable[[str, str], str]] = {"as_of": _day, "language": _language, "work": _work_folder}
"""Parameters that mean the same in every notebook; each is read here, before a kernel starts."""

_COMMAS = re.compile("[,\uff0c\u3001]")
"""A comma, and the full-width ones."""
_QUOTES = "\"'\u201c\u201d\u2018\u2019"


def _read_list(text: str) -> Any:
    """Texts with commas between them, of any width, in quotes or not; a JSON list too."""
    if text.strip().startswith("["):
        try:
            read = json.loads(text)
        except ValueError:
            return text
        return read if isinstance(read, list) and all(isinstance(part, str) for part in read) else text
    parts = (part.strip().strip(_QUOTES).strip() for part in _COMMAS.split(text))
    return [part for part in parts if part]


def _read(kind: str, text: str) -> Any:
    """Text from a command line as a value of a kind; text that cannot be read stays text."""
    if kind == "list[str]":
        return _read_list(text)
    if kind == "bool":
        return {"true": True, "false": False}.get(text.lower(), text)
    try:
        return _TYPES[kind](text)
    except ValueError:
        return text


def split_assignment(text: str) -> tuple[str, str]:
    """Split ``name=value`` at its first equals sign; the value stays text.

    Raises
    ------
    ParameterError
        If there is no equals sign or no name.
    """
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise ParameterError(
            _("-p {text}: is not of the form name=value.", text=text), _("Write for example -p language=zh.")
        )
    return name.strip(), value
