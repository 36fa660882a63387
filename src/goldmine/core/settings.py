"""Settings and records as frozen typed objects; errors say which key and what is allowed."""

import re
from collections.abc import Hashable
from pathlib import Path
from typing import Any, TypeVar, get_args

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from goldmine.core.errors import SettingsError

M = TypeVar("M", bound=BaseModel)
_MAX_DEPTH = 50
_KINDS = {
    f"tag:yaml.org,2002:{tag}": name for tag, name in (("timestamp", "date"), ("int", "number"), ("float", "number"))
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
            raise yaml.composer.ComposerError(None, None, f"more than {_MAX_DEPTH} levels are nested", mark)
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        """Build a value; one that YAML takes for a date or number and that is none is an error."""
        try:
            value = super().construct_object(node, deep)
        except (ValueError, LookupError, AttributeError, OverflowError):  # 2024-02-30, 5,000 digits, !!bool abc
            kind = _KINDS.get(node.tag, "truth value")
            raise yaml.constructor.ConstructorError(
                None, None, f"the value looks like a {kind} and is none", node.start_mark
            ) from None
        if isinstance(value, str) and _UNREADABLE.search(value):
            raise yaml.constructor.ConstructorError(
                None, None, "a text holds a character that no file can have", node.start_mark
            )
        return value

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """Build a mapping; refuse a duplicate key."""
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.constructor.ConstructorError(None, None, f"the key {key!r} stands twice", node.start_mark)
        return super().construct_mapping(node, deep)


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
        content = yaml.load(text, _Loader)
    except UnicodeDecodeError as error:
        raise SettingsError(f"{file}: is not UTF-8 text.", "Save it as UTF-8.") from error
    except yaml.reader.ReaderError as error:
        number = text.count("\n", 0, error.position) + 1
        raise SettingsError(
            f"{file}: line {number} holds the control character U+{error.character:04X}.", "Remove it."
        ) from error
    except yaml.MarkedYAMLError as error:
        line = f" line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise SettingsError(f"{file}:{line} cannot be read: {error.problem}.", "Mend the YAML there.") from error
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise SettingsError(f"{file}: holds a {type(content).__name__}, not keys.", "Write `key: value` lines.")
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
        raise SettingsError(*_explain(model, first, where)) from error


def _explain(model: type[BaseModel], first: ErrorDetails, where: str) -> tuple[str, str]:
    key = ".".join(str(part) for part in first["loc"])
    key_path = f"{where}: {key}" if key else where
    if first["type"] == "extra_forbidden":
        allowed = _allowed_beside(model, first["loc"])
        return f"{key_path}: unknown key.", f"Allowed: {', '.join(allowed)}." if allowed else "Mend the key."
    if first["type"] == "missing":
        return f"{key_path}: is missing.", f"Add the key {key}."
    return f"{key_path}: {first['msg'].removeprefix('Value error, ')}.", "Mend that value."


def _allowed_beside(model: type[BaseModel], location: tuple[int | str, ...]) -> list[str]:
    """Keys that are allowed in place of an unknown one; none if several models are allowed there."""
    kinds = [model]
    for part in location[:-1]:
        if isinstance(part, str) and part in kinds[0].model_fields:
            kinds = _models(kinds[0].model_fields[part].annotation)
        if len(kinds) != 1:
            return []
    return list(kinds[0].model_fields)


def _models(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for argument in get_args(annotation) for model in _models(argument)]
