"""Quoting of names and texts in SQL."""

from collections.abc import Iterable


def quoted(name: str) -> str:
    """A name in double quotes."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: object) -> str:
    """A text in single quotes."""
    return "'" + str(text).replace("'", "''") + "'"


def literals(texts: Iterable[object]) -> str:
    """A list of texts."""
    return "[" + ", ".join(literal(text) for text in texts) + "]"
