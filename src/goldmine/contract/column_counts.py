"""What was counted of the columns of a table while their values were cast, and what of it is refused."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from decimal import Decimal
from math import fsum, nan
from typing import Any

import duckdb

from goldmine.contract.casting import ColumnCast, casted_rows, counts_of, describe
from goldmine.contract.remedies import as_keys, look_at_unreadable
from goldmine.core.errors import ContractError
from goldmine.core.i18n import LocalizedText, _, join_texts

MAX_UNREADABLE = 0.01
"""Largest share of unreadable values in a column that may be empty; up to it they are left empty and counted."""


@dataclass(frozen=True)
class ColumnCounts:
    """What was counted of one column while its values were cast.

    Parameters
    ----------
    column : str
        The contract's column.
    empty, infinite, imprecise, placeholders, unreadable, rounded, unknown_codes : int
        Rows without a value, with NaN or infinity, with a floating number that is too large for fen, with a day that
        stands for none, with a value that cannot be read, with an amount that was rounded to fen, with a code outside
        the column's list.
    rounded_from, rounded_to : float
        Yuan of the rounded amounts, before and after.
    read_yuan, yuan : float, Decimal
        Sum of an amount as it is read, and as it is written.
    """

    column: str
    empty: int
    infinite: int
    imprecise: int
    placeholders: int
    unreadable: int
    rounded: int
    rounded_from: float
    rounded_to: Decimal
    read_yuan: float
    yuan: Decimal
    unknown_codes: int


_NUMBERS = [number.name for number in fields(ColumnCounts) if number.name != "column"]


def summed(parts: Sequence[list[ColumnCounts]]) -> list[ColumnCounts]:
    """Counts of each column over parts of a table."""
    columns: dict[str, list[ColumnCounts]] = {}
    for counts in (counts for part in parts for counts in part):
        columns.setdefault(counts.column, []).append(counts)
    return [
        ColumnCounts(column, **{name: _added([getattr(counts, name) for counts in found]) for name in _NUMBERS})
        for column, found in columns.items()
    ]


def _added(numbers: Sequence[Any]) -> Any:
    """Their sum; of floating numbers one that does not depend on how the table is cut."""
    if not any(isinstance(number, float) for number in numbers):
        return sum(numbers)
    try:
        return fsum(numbers)
    except (ValueError, OverflowError):  # infinite amounts, which are refused
        return nan


def count_columns(
    connection: duckdb.DuckDBPyConnection, casts: list[ColumnCast], rows: str
) -> tuple[int, list[ColumnCounts]]:
    """Count staged rows, and what their columns lose when they are cast."""
    counters = [counts_of(cast) for cast in casts]
    selected = ", ".join(sql for counter in counters for sql in counter.values())
    query = f"SELECT count(*), {selected} FROM ({casted_rows(casts, rows)})"
    total, *rest = connection.execute(query).fetchall()[0]
    numbers = iter(rest)
    counted = []
    for cast, counter in zip(casts, counters, strict=True):
        values: dict[str, Any] = {name: next(numbers) or 0 for name in counter}
        counted.append(ColumnCounts(cast.column.name, **values))
    return total, counted


def refuse_faults(
    connection: duckdb.DuckDBPyConnection,
    casts: list[ColumnCast],
    counts: list[ColumnCounts],
    staged: tuple[int, str],
) -> None:
    """Refuse columns with more wrong values than they may have.

    Parameters
    ----------
    staged : tuple of int and str
        How many rows were counted, and a SELECT of those that can be read.

    Raises
    ------
    ContractError
        Names every such column, how many values are wrong, and what would correct them.
    """
    total, rows = staged
    faults: list[LocalizedText] = []
    remedies = []
    for cast, counted in zip(casts, counts, strict=True):
        found = _faults(cast, counted, total)
        if found and cast.fits and counted.unreadable:
            unreadable = look_at_unreadable(connection, cast, rows)
            found = _faults(cast, counted, total, unreadable.shape)
            remedies.append(unreadable.remedy)
        faults += found
    if not faults:
        return
    table = casts[0].table
    keys = as_keys([found for found in remedies if found])
    do = _("Correct these rows in the source, or convert them in the SELECT.")
    if keys:
        do = _(
            "Correct these rows in the source, or convert them in the SELECT, "
            "or add to tables.{table} in bank.yaml: {keys}.",
            table=table,
            keys=keys,
        )
    raise ContractError(_("{table}: {faults}.", table=table, faults=join_texts(faults, _("; "))), do)


def _faults(cast: ColumnCast, counted: ColumnCounts, total: int, shape: str = "") -> list[LocalizedText]:
    name, column, given = cast.column.name, cast.column, total - counted.empty
    if not cast.fits:
        types = {"type": cast.duckdb_type, "kind": describe(column.kind)}
        wrong = _("column {name} has the wrong type {type}, not {kind}", name=name, **types)
        return [wrong] if given or column.required else []
    faults: list[LocalizedText] = []
    if column.required and counted.empty:
        faults.append(_("{n} rows have no {name}", n=counted.empty, name=name))
    if column.required and counted.placeholders and not column.since_ever:
        faults.append(_("{n} values of {name} stand for no day, such as 1900-01-01", n=counted.placeholders, name=name))
    if counted.infinite:
        faults.append(_("{n} values of {name} are NaN or infinite", n=counted.infinite, name=name))
    if counted.imprecise:
        faults.append(
            _(
                "{n} values of {name} are floating numbers too large to be exact to two places",
                n=counted.imprecise,
                name=name,
            )
        )
    wrong_rows = counted.unreadable - counted.infinite
    allowed = 0 if column.required or column.fail_closed else MAX_UNREADABLE * given
    if wrong_rows > allowed:
        what = {"n": wrong_rows, "name": name, "kind": describe(column.kind)}
        if cast.date_forms != cast.forms.dates_of(name):
            faults.append(
                _(
                    "{n} values of {name} have years of two digits, which do not say the century, or are no dates",
                    n=wrong_rows,
                    name=name,
                )
            )
        elif shape:
            faults.append(
                _("{n} values of {name} are not {kind}, most often written like {shape}", **what, shape=shape)
            )
        else:
            faults.append(_("{n} values of {name} are not {kind}", **what))
    return faults
