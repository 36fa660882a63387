"""The key of bank.yaml that would correct values which cannot be read."""

from collections.abc import Sequence
from typing import NamedTuple

import duckdb

from goldmine.contract.casting import ColumnCast, casted_rows
from goldmine.contract.date_sql import date_of_form
from goldmine.contract.schema import Column
from goldmine.contract.value_forms import says_year
from goldmine.core.i18n import _, join_texts
from goldmine.core.sql import literal, quoted

DATE_FORMS = (
    "%Y%m%d",
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%Y.%m.%d",
    "%Y\u5e74%m\u6708%d\u65e5",
    "%y-%m-%d",
    "%y%m%d",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d.%m.%Y",
    "%Y%m%d%H%M%S",
    "%Y%m%d %H:%M:%S",
    "%Y-%m-%d %H:%M:%S",
    "%Y/%m/%d %H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%Y/%m/%d %H:%M",
    "%Y-%m-%dT%H:%M:%S%z",
    "%Y-%m-%d %H:%M:%S%z",
    "%Y-%m-%d-%H.%M.%S.%f",
    "%d-%b-%Y",
)
"""Forms that are tried on dates which cannot be read; year, month and day come first."""
_SEPARATORS = (",", "'", " ")
_SHAPES = {r"\p{L}": "a", r"\p{Nd}": "9", r"[\p{C}\p{Z}\s]": " "}
_LONGEST_SHAPE = 30


class Remedy(NamedTuple):
    """A key of bank.yaml, what to write under it for one column, and what else has to be known."""

    key: str
    entry: str
    note: str = ""


def as_keys(remedies: Sequence[Remedy]) -> str:
    """The remedies of several columns as keys of bank.yaml, each key once.

    Examples
    --------
    >>> as_keys([Remedy("dates", 'a: ["%Y%m%d"]'), Remedy("dates", 'b: ["%Y%m%d"]'), Remedy("nulls", "[...]")])
    'dates: {a: ["%Y%m%d"], b: ["%Y%m%d"]}; nulls: [...]'
    """
    texts = []
    for key in dict.fromkeys(found.key for found in remedies):
        entries = list(dict.fromkeys(found.entry for found in remedies if found.key == key))
        by_column = key in ("codes", "dates")
        texts.append(f"{key}: {{{', '.join(entries)}}}" if by_column else f"{key}: {' or '.join(entries)}")
    notes = dict.fromkeys(found.note for found in remedies if found.note)
    keys = "; ".join(texts)
    return _("{keys} ({notes})", keys=keys, notes=join_texts(notes, _("; "))) if notes else keys


class Unreadable(NamedTuple):
    """What the unreadable texts of a column look like, and what would correct them, None where nothing is known."""

    shape: str
    remedy: Remedy | None


def look_at_unreadable(connection: duckdb.DuckDBPyConnection, cast: ColumnCast, rows: str) -> Unreadable:
    """The shape of most texts of a column that cannot be read, and the key of bank.yaml that fits all of them.

    A shape says nothing of a customer: it has 9 for a digit, a for a letter, a space for all that cannot be seen.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Where the rows can be read.
    cast : ColumnCast
        A column with values that cannot be read.
    rows : str
        SELECT of the staged rows.
    """
    name, kind = cast.column.name, cast.column.kind
    if not cast.text or kind == "flag":
        return Unreadable("", Remedy("codes", f"{name}: {{...: true, ...: false}}") if kind == "flag" else None)
    given, value = quoted(f"{name} given"), quoted(name)
    wrong = f"{given} IS NOT NULL AND {value} IS NULL AND NOT {cast.infinite(given)}"
    texts = f"SELECT {given} AS text FROM ({casted_rows([cast], rows)}) WHERE {wrong}"
    tried = _tried(cast.column)
    fits = ", ".join(f"coalesce(bool_and({condition}), false)" for condition in (*tried.values(), "false"))
    shape = "text"
    for pattern, sign in _SHAPES.items():
        shape = f"regexp_replace({shape}, {literal(pattern)}, {literal(sign)}, 'g')"
    shown, *found = connection.execute(f"SELECT mode({shape}), {fits} FROM ({texts})").fetchall()[0]
    fitting = [form for form, fit in zip(tried, found, strict=False) if fit]
    return Unreadable((shown or "")[:_LONGEST_SHAPE], _remedy(cast, fitting))


def _tried(column: Column) -> dict[str, str]:
    """What may be declared of a column's values, each with the condition of a text that fits."""
    kind = column.kind
    if kind in ("money", "decimal", "whole"):
        places = "" if kind == "whole" else r"(\.\d+)?"
        patterns = {separator: rf"[+-]?\d{{1,3}}({separator}\d{{3}})+{places}" for separator in _SEPARATORS}
        return {separator: f"regexp_full_match(text, {literal(pattern)})" for separator, pattern in patterns.items()}
    if kind in ("day", "moment"):
        forms = (form for form in DATE_FORMS if says_year(column, form))
        return {form: f"{date_of_form('text', form)} IS NOT NULL" for form in forms}
    return {}


def _remedy(cast: ColumnCast, fitting: list[str]) -> Remedy:
    name, kind = cast.column.name, cast.column.kind
    if kind in ("day", "moment"):
        forms = cast.date_forms
        if fitting:
            lists = " or ".join(f"[{_quoted((*forms, form))}]" for form in fitting)
            note = "" if forms else _("beside the forms of the other values, if there are others")
            return Remedy("dates", f"{name}: {lists}", note)
        return Remedy("dates", f"{name}: [...]", _("or nulls: [...]"))
    if fitting:
        return Remedy("thousands", f'"{fitting[0]}"')
    return Remedy("nulls", "[...]", _("only for texts that stand for no value"))


def _quoted(forms: tuple[str, ...]) -> str:
    return ", ".join(f'"{form}"' for form in forms)
