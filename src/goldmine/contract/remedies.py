"""The key of bank.yaml that would mend values which cannot be read."""

from collections.abc import Sequence
from typing import NamedTuple

import duckdb

from goldmine.contract.casting import ColumnCast, casted_rows
from goldmine.contract.date_sql import date_of_form
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
_SEPARATORS = (",", "'", " ", "_")


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
    return _("{keys} ({notes})", keys=keys, notes=join_texts(notes, "; ")) if notes else keys


def remedy(connection: duckdb.DuckDBPyConnection, cast: ColumnCast, rows: str) -> Remedy | None:
    """The key and what to write under it; None where none is known.

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
    given, value = quoted(f"{name} given"), quoted(name)
    unreadable = f"(SELECT {given} AS text FROM ({casted_rows([cast], rows)}) WHERE {given} IS NOT NULL"
    wrong = f"{unreadable} AND {value} IS NULL)"
    if kind == "flag":
        return Remedy("codes", f"{name}: {{...: true, ...: false}}")
    if kind == "money" and cast.text:
        for separator in _SEPARATORS:
            plain = literal(rf"[+-]?\d{{1,3}}({separator}\d{{3}})+(\.\d+)?")
            if _all(connection, wrong, f"regexp_full_match(text, {plain})"):
                return Remedy("thousands", f'"{separator}"')
    if kind in ("day", "moment") and cast.text:
        forms = cast.forms.dates_of(name)
        fitting = [form for form in DATE_FORMS if _all(connection, wrong, f"{date_of_form('text', form)} IS NOT NULL")]
        if fitting:
            lists = " or ".join(f"[{_quoted((*forms, form))}]" for form in fitting)
            note = "" if forms else _("beside the forms of the other values, if there are others")
            return Remedy("dates", f"{name}: {lists}", note)
        return Remedy("dates", f"{name}: [...]", _("or nulls: [...]"))
    return Remedy("nulls", "[...]") if cast.text else None


def _quoted(forms: tuple[str, ...]) -> str:
    return ", ".join(f'"{form}"' for form in forms)


def _all(connection: duckdb.DuckDBPyConnection, rows: str, condition: str) -> bool:
    return bool(connection.execute(f"SELECT coalesce(bool_and({condition}), false) FROM {rows}").fetchall()[0][0])
