"""Staged rows become canonical Parquet: checked by column, cast to the contract's types, sorted, a file a month."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from goldmine.contract.bank import file_state
from goldmine.contract.casting import ColumnCast, casted_rows, counts_of, describe
from goldmine.contract.duckdb_errors import duckdb_errors
from goldmine.contract.remedies import as_keys, look_at_unreadable
from goldmine.contract.schema import TableSpec
from goldmine.contract.value_forms import ValueForms
from goldmine.core.errors import ContractError
from goldmine.core.fingerprint import of_file
from goldmine.core.i18n import LocalizedText, _, join_texts
from goldmine.core.sql import literal, quoted

MAX_UNREADABLE = 0.01
"""Largest share of unreadable values in a column that may be empty; up to it they are left empty and counted."""


@dataclass(frozen=True)
class Written:
    """A canonical file in the scratch folder.

    Parameters
    ----------
    path, rows, month : Path, int, str
        The file, its rows, and their month if the table is partitioned.
    columns : tuple of str
        Columns of the table.
    state, sha256 : list of int, str
        The file's `file_state` and content where it was written; empty where nobody looked.
    """

    path: Path
    rows: int
    month: str
    columns: tuple[str, ...]
    state: list[int] = field(default_factory=list)
    sha256: str = ""

    def content(self) -> str:
        """SHA-256 of the file, which is read only if it is not as its task left it."""
        return self.sha256 if self.state == file_state(self.path) else of_file(self.path)


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


def write_canonical(
    connection: duckdb.DuckDBPyConnection, spec: TableSpec, forms: ValueForms, staged: Path, scratch: Path
) -> tuple[list[Written], list[ColumnCounts]]:
    """Check staged rows and write them in the contract's types.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        From :func:`goldmine.contract.stage.connect`.
    spec : TableSpec
        The canonical table.
    forms : ValueForms
        How its values are written.
    staged : Path
        What :func:`goldmine.contract.stage.stage` made.
    scratch : Path
        A folder for this table alone; the files go to its ``canonical``.

    Returns
    -------
    list of Written
        A file a month, or one; sorted by the table's key, so that the same rows give the same bytes.
    list of ColumnCounts
        What was counted, a column each.

    Raises
    ------
    ContractError
        With every column that has wrong values, how many, and what would mend them.
    DiskError
        If the disk is full.
    """
    with duckdb_errors(spec.name, scratch):
        casts = _casts(connection, spec, forms, staged)
        if not casts:
            return [], []
        total, counts = _counted(connection, casts, _read(staged))
        _refuse_faults(connection, casts, counts, (total, _read(staged)))
        return _write_all(connection, spec, casts, staged, scratch), counts


def write_months(
    connection: duckdb.DuckDBPyConnection,
    spec: TableSpec,
    forms: ValueForms,
    staged: Path,
    standing: Sequence[tuple[int, list[ColumnCounts]]],
) -> tuple[list[Written], dict[str, tuple[int, list[ColumnCounts]]]]:
    """Check and write the staged months of a table whose other months stand; their counts, by month, are its share.

    Parameters
    ----------
    staged : Path
        The folder ``staged`` of the table's scratch folder.
    standing : sequence of tuple
        Rows and counts of each month that stands: what a column may hold is judged by all rows of the table.

    Raises
    ------
    ContractError, DiskError
        As `write_canonical`.
    """
    scratch = staged.parent
    with duckdb_errors(spec.name, scratch):
        casts = _casts(connection, spec, forms, staged)
        if not casts:
            return [], {}
        counted = {_month(folder): _counted(connection, casts, _read(folder)) for folder in _folders(staged)}
        months = [*standing, *counted.values()]
        total = sum(rows for rows, _counts in months)
        _refuse_faults(connection, casts, summed([counts for _rows, counts in months]), (total, _read(staged)))
        return _write_all(connection, spec, casts, staged, scratch), counted


def summed(parts: Sequence[list[ColumnCounts]]) -> list[ColumnCounts]:
    """Counts of each column over parts of a table."""
    columns: dict[str, list[ColumnCounts]] = {}
    for counts in (counts for part in parts for counts in part):
        columns.setdefault(counts.column, []).append(counts)
    numbers = [number.name for number in fields(ColumnCounts) if number.name != "column"]
    return [
        ColumnCounts(column, **{name: sum(getattr(counts, name) for counts in found) for name in numbers})
        for column, found in columns.items()
    ]


def _casts(connection: duckdb.DuckDBPyConnection, spec: TableSpec, forms: ValueForms, staged: Path) -> list[ColumnCast]:
    """How the staged columns are read; none where no row was staged."""
    connection.execute("SET preserve_insertion_order = true")
    # Its joins with lists of a few codes take longer than the comparisons that they replace.
    connection.execute("SET disabled_optimizers = 'in_clause'")
    if not _folders(staged):
        return []
    types = _types(connection, staged)
    return [ColumnCast(spec.name, c, types[c.name], forms) for c in spec.columns if c.name in types]


def _folders(staged: Path) -> list[Path]:
    return sorted({part.parent for part in staged.rglob("*.parquet")})


def _write_all(
    connection: duckdb.DuckDBPyConnection, spec: TableSpec, casts: list[ColumnCast], staged: Path, scratch: Path
) -> list[Written]:
    target = scratch / "canonical"
    target.mkdir()
    files = [_write(connection, spec, casts, folder, target) for folder in _folders(staged)]
    return [file for file in files if file.rows]


def _types(connection: duckdb.DuckDBPyConnection, staged: Path) -> dict[str, str]:
    rows = connection.execute(f"DESCRIBE {_read(staged)}").fetchall()
    return {row[0]: row[1] for row in rows}


def _read(folder: Path) -> str:
    return f"SELECT * FROM read_parquet({literal(folder / '**' / '*.parquet')}, hive_partitioning = false)"


def _counted(
    connection: duckdb.DuckDBPyConnection, casts: list[ColumnCast], rows: str
) -> tuple[int, list[ColumnCounts]]:
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


def _refuse_faults(
    connection: duckdb.DuckDBPyConnection,
    casts: list[ColumnCast],
    counts: list[ColumnCounts],
    staged: tuple[int, str],
) -> None:
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
                "{n} values of {name} are floating numbers too large to be exact to the fen",
                n=counted.imprecise,
                name=name,
            )
        )
    wrong_rows = counted.unreadable - counted.infinite
    allowed = 0 if column.required or column.fail_closed else MAX_UNREADABLE * given
    if wrong_rows > allowed:
        what = {"n": wrong_rows, "name": name, "kind": describe(column.kind)}
        faults.append(
            _("{n} values of {name} are not {kind}, most often written like {shape}", **what, shape=shape)
            if shape
            else _("{n} values of {name} are not {kind}", **what)
        )
    return faults


def _write(
    connection: duckdb.DuckDBPyConnection, spec: TableSpec, casts: list[ColumnCast], folder: Path, target: Path
) -> Written:
    month = _month(folder)
    path = target / f"{month or spec.name}.parquet"
    names = [cast.column.name for cast in casts]
    order = [*(name for name in spec.key if name in names), *(name for name in names if name not in spec.key)]
    rows = connection.execute(
        f"COPY (SELECT {', '.join(map(quoted, names))} FROM ({casted_rows(casts, _read(folder))}) "
        f"ORDER BY {', '.join(map(quoted, order))}) TO {literal(path)} (FORMAT parquet, COMPRESSION zstd)"
    ).fetchall()[0][0]
    return Written(path, rows, month, tuple(names), file_state(path), of_file(path))


def _month(folder: Path) -> str:
    matched = re.fullmatch(r"month=(.+)", folder.name)
    return matched[1] if matched else ""
