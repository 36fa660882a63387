"""Settings and records as frozen typed objects; errors say which key and what is allowed."""

import re
from collections.abc import Hashable
from copy import deepcopy
from datetime import date
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar, get_args

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from goldmine.core.errors import SettingsError
from goldmine.core.i18n import _
from goldmine.core.settings_refusals import refusal_text

M = TypeVar("M", bound=BaseModel)
_MAX_DEPTH = 50
_IMPOSSIBLE = {
    "timestamp": _("the value looks like a date and is none"),
    "int": _("the value looks like a number and is none"),
    "float": _("the value looks like a number and is none"),
}
_UNREADABLE = re.compile("[\x00\ud800-\udfff]")


class SettingsModel(BaseModel):
    """A part of a settings file: frozen, unknown keys and values of another type are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class RecordModel(BaseModel):
    """A part of a record that Goldmine writes as JSON and reads back: frozen, unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())


class _Loader(yaml.SafeLoader):
    """YAML without silent overwriting or tracebacks: duplicate keys, deep nesting and impossible values are errors."""

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        """Read one node; refuse deep nesting, which ends in a RecursionError."""
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            mark = self.peek_event().start_mark
            raise yaml.composer.ComposerError(None, None, _("more than {n} levels are nested", n=_MAX_DEPTH), mark)
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        """Build a value; one that YAML takes for a date or number and that is none is an error."""
        try:
            value = super().construct_object(node, deep)
        except (ValueError, LookupError, AttributeError, OverflowError):  # 2024-02-30, 5,000 digits, !!bool abc
            kind = node.tag.removeprefix("tag:yaml.org,2002:")
            problem = _IMPOSSIBLE.get(kind, _("the value looks like a truth value and is none"))
            raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark) from None
        if isinstance(value, str) and _UNREADABLE.search(value):
            raise yaml.constructor.ConstructorError(
                None, None, _("a text holds a character that no file can have"), node.start_mark
            )
        return value

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """Build a mapping; refuse a duplicate key."""
        keys = [self.construct_object(key, deep=True) for key, _value in node.value]
        for key in keys:
            if keys.count(key) > 1:
                problem = _("the key {key} stands twice", key=repr(key))
                raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark)
        return super().construct_mapping(node, deep)


@lru_cache(maxsize=256)
def _parsed(text: str) -> Any:
    """What a text holds; kept, since a run reads each file many times and YAML takes 20 ms a file."""
    return yaml.load(text, _Loader)


def read_yaml(file: Path) -> dict[str, Any]:
    """The keys of a YAML file; none if there is no file.

    Raises
    ------
    SettingsError
        If it is not UTF-8, not YAML, or holds something else than keys.
    """
    if not file.exists():
        return {}
    try:
        text = file.read_text("utf-8")
        content = deepcopy(_parsed(text))
    except UnicodeDecodeError as error:
        raise SettingsError(_("{file}: is not UTF-8 text.", file=file), _("Save it as UTF-8.")) from error
    except yaml.reader.ReaderError as error:
        number = text.count("\n", 0, error.position) + 1
        raise SettingsError(
            _(
                "{file}: line {n} holds the control character {code}.",
                file=file,
                n=number,
                code=f"U+{error.character:04X}",
            ),
            _("Remove it."),
        ) from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise SettingsError(
            _("{file}: line {n} cannot be read: {problem}.", file=file, n=line, problem=error.problem),
            _("Correct the YAML there."),
        ) from error
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise SettingsError(
            _("{file}: holds a {type}, not keys.", file=file, type=type(content).__name__),
            _("Write `key: value` lines."),
        )
    return content


def typed(model: type[M], raw: Any, where: str) -> M:
    """A frozen typed object from loose keys.

    Parameters
    ----------
    model : type
        The pydantic model; it forbids unknown keys.
    raw : Any
        What the YAML file holds.
    where : str
        File and key, for the error.

    Raises
    ------
    SettingsError
        Names the file, the key and the allowed values.
    """
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise SettingsError(*_explain(model, first, raw, where)) from error


def _explain(model: type[BaseModel], first: ErrorDetails, raw: Any, where: str) -> tuple[str, str]:
    key = ".".join(str(part) for part in first["loc"])
    key_path = f"{where}: {key}" if key else where
    if first["type"] == "extra_forbidden":
        unknown = _("{key}: unknown key.", key=key_path)
        beside = _beside(model, first["loc"])
        if beside is None:
            return unknown, _("Correct the key.")
        allowed, meant = ", ".join(beside.model_fields), _meant(beside, first["loc"], raw)
        if meant:
            return unknown, _("Perhaps {key} is meant. Allowed: {names}.", key=meant, names=allowed)
        return unknown, _("Allowed: {names}.", names=allowed)
    if first["type"] == "missing":
        return _("{where}: is missing.", where=key_path), _("Add the key {key}.", key=key)
    return _("{where}: {why}.", where=key_path, why=refusal_text(first)), _("Correct that value.")


def _beside(model: type[BaseModel], location: tuple[int | str, ...]) -> type[BaseModel] | None:
    """The model whose keys are allowed in place of an unknown one; none if several models are allowed there."""
    kinds = [model]
    for part in location[:-1]:
        if isinstance(part, str) and part in kinds[0].model_fields:
            kinds = _models(kinds[0].model_fields[part].annotation)
        if len(kinds) != 1:
            return None
    return kinds[0]


def _meant(model: type[BaseModel], location: tuple[int | str, ...], raw: Any) -> str:
    """The key that is spelt nearly so, else the only one that takes a day if the unknown one has a day; else none."""
    names = get_close_matches(str(location[-1]), model.model_fields, n=1)
    for part in location:
        found = isinstance(raw, dict) and part in raw
        raw = raw[part] if found or (isinstance(raw, list | tuple) and isinstance(part, int)) else None
    if not names and isinstance(raw, date):
        names = [name for name, field in model.model_fields.items() if date in _parts(field.annotation)]
    return names[0] if len(names) == 1 else ""


def _parts(annotation: Any) -> list[Any]:
    """An annotation and all that it is made of."""
    return [annotation, *(part for argument in get_args(annotation) for part in _parts(argument))]


def _models(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for argument in get_args(annotation) for model in _models(argument)]
