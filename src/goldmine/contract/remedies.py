"""The key of bank.yaml that would mend values which cannot be read."""

import duckdb

from goldmine.contract.casting import ColumnCast, casted_rows, date_of_form
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


def remedy(connection: duckdb.DuckDBPyConnection, cast: ColumnCast, rows: str) -> str:
    """The key and what to write under it; empty where none is known.

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
        return f"codes: {{{name}: {{...: true, ...: false}}}}"
    if kind == "money" and cast.text:
        for separator in _SEPARATORS:
            plain = literal(rf"[+-]?\d{{1,3}}({separator}\d{{3}})+(\.\d+)?")
            if _all(connection, wrong, f"regexp_full_match(text, {plain})"):
                return f'thousands: "{separator}"'
    if kind in ("day", "moment") and cast.text:
        forms = cast.forms.dates_of(name)
        fitting = [form for form in DATE_FORMS if _all(connection, wrong, f"{date_of_form('text', form)} IS NOT NULL")]
        if fitting:
            some = " or ".join(f"dates: {{{name}: [{_quoted((*forms, form))}]}}" for form in fitting)
            return f"{some} (beside the forms of the other values, if there are others)" if not forms else some
        return f"dates: {{{name}: [...]}}, or nulls: [...]"
    return "nulls: [...]" if cast.text else ""


def _quoted(forms: tuple[str, ...]) -> str:
    return ", ".join(f'"{form}"' for form in forms)


def _all(connection: duckdb.DuckDBPyConnection, rows: str, condition: str) -> bool:
    return bool(connection.execute(f"SELECT coalesce(bool_and({condition}), false) FROM {rows}").fetchall()[0][0])
