"""The columns of a table: which can be learnt from, and what is said of those that cannot."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from goldmine.core.errors import UseCaseError
from goldmine.labels.eligibility import KEYS, LABEL_COLUMNS
from goldmine.models.encoding import MAX_CATEGORIES, is_number, is_text
from goldmine.models.external.table import IS_TEST

_OWN = 0.5
"""Share of rows that bear a text of their own, above which a text column names rows rather than describes them."""
_FEW = 10
COUNT = "known_columns"
"""Feature that a table of text alone is given, so that there is a number to order its rows by."""


@dataclass(frozen=True)
class Columns:
    """Features of a table, and what was done to get them.

    Parameters
    ----------
    features : pyarrow.Table
        Numbers, flags and text, under names that clash with none of the house's own.
    notes : tuple of str
        Lines for people: columns dropped, values set to missing. No values.
    """

    features: pa.Table
    notes: tuple[str, ...]


def usable_columns(table: pa.Table, names: list[str]) -> Columns:
    """Make features of some columns of a table.

    Raises
    ------
    UseCaseError
        If nothing is left to learn from.
    """
    kept: dict[str, pa.ChunkedArray] = {}
    notes: list[str] = []
    for name in names:
        infinite = _infinite(table[name])
        if infinite:
            notes.append(f"column {name}: {infinite:,} infinite values are taken as missing")
        column, why = _prepared(table[name])
        why = why or _useless(column)
        if why:
            notes.append(f"column {name}: dropped, {why}")
            continue
        kept[_own_name(name, names)] = column
    if not kept:
        raise UseCaseError("the table: no column is left to learn from.", "Bring columns that differ between rows.")
    if not any(is_number(column.type) for column in kept.values()):
        known = sum(column.is_valid().to_numpy().astype(np.int32) for column in kept.values())
        kept[_own_name(COUNT, names)] = pa.chunked_array([pa.array(known)])
    return Columns(pa.table(kept), tuple(notes))


def refuse_copies(features: pa.Table, outcome: np.ndarray) -> None:
    """Refuse a column that is the label once more.

    Parameters
    ----------
    features : pyarrow.Table
        Columns of the labelled rows.
    outcome : numpy.ndarray
        0 or 1.

    Raises
    ------
    UseCaseError
        If the values of a column that has few of them tell the label without exception.
    """
    for name in features.column_names:
        codes = features[name].dictionary_encode().combine_chunks()
        levels = codes.indices.fill_null(len(codes.dictionary)).to_numpy().astype(np.int64)
        if len(codes.dictionary) > _FEW:
            continue
        rows = np.bincount(levels, minlength=len(codes.dictionary) + 1)
        ones = np.bincount(levels, weights=outcome, minlength=len(rows))
        if np.all((ones == 0) | (ones == rows)):
            raise UseCaseError(
                f"column {name}: tells the label of every row, so it is the label once more.",
                f"Leave it out with --drop {name}.",
            )


def _prepared(column: pa.ChunkedArray) -> tuple[pa.ChunkedArray, str]:
    kind = column.type
    if pa.types.is_temporal(kind) and not pa.types.is_duration(kind) and not pa.types.is_time(kind):
        days = pc.divide(column.cast(pa.timestamp("us"), safe=False).cast(pa.int64()).cast(pa.float64()), 86_400e6)
        return days, ""
    if is_text(kind):
        return column.cast(pa.string()), ""
    if pa.types.is_floating(kind):
        return pc.if_else(pc.is_finite(column), column, None), ""
    if is_number(kind):
        return column, ""
    return column, f"as {kind} cannot be learnt from"


def _useless(column: pa.ChunkedArray) -> str:
    if column.null_count == len(column):
        return "all its values are missing"
    different = pc.count_distinct(column, mode="only_valid").as_py()
    if different == 1 and column.null_count == 0:
        return "it has the same value in every row"
    if is_text(column.type) and different > max(MAX_CATEGORIES, _OWN * (len(column) - column.null_count)):
        return "nearly every row has a text of its own"
    return ""


def _infinite(column: pa.ChunkedArray) -> int:
    return (pc.sum(pc.is_inf(column)).as_py() or 0) if pa.types.is_floating(column.type) else 0


def _own_name(name: str, names: list[str]) -> str:
    """The column's name, with a stroke where it would mean something else here."""
    while name in (*KEYS, *LABEL_COLUMNS, IS_TEST):
        name += "_"
        while name in names:
            name += "_"
    return name
