"""Staged rows become canonical Parquet: checked by column, cast to the contract's types, sorted, a file a month."""

import re
from dataclasses import dataclass
from pathlib import Path

import duckdb

from goldmine.contract.duckdb_errors import duckdb_errors
from goldmine.contract.schema import DUCKDB_TYPES, Column, Kind, TableSpec
from goldmine.core.errors import ContractError
from goldmine.core.sql import literal, quoted

_INTEGER = r"U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|DECIMAL\(\d+,0\)"
_ACCEPTED: dict[Kind, re.Pattern[str]] = {
    "text": re.compile(rf"VARCHAR|UUID|ENUM\(.*\)|{_INTEGER}", re.DOTALL),
    "day": re.compile(r"DATE|TIMESTAMP(_S|_MS|_NS)?|VARCHAR"),
    "moment": re.compile(r"DATE|TIMESTAMP(_S|_MS|_NS)?|VARCHAR"),
    "money": re.compile(rf"VARCHAR|DOUBLE|FLOAT|DECIMAL\(\d+,\d+\)|{_INTEGER}"),
    "whole": re.compile(rf"VARCHAR|{_INTEGER}"),
    "flag": re.compile(rf"VARCHAR|BOOLEAN|{_INTEGER}"),
}
_WORDS: dict[Kind, str] = {
    "text": "text",
    "day": "dates (YYYY-MM-DD)",
    "moment": "times (YYYY-MM-DD HH:MM:SS)",
    "money": "amounts of at most 16 digits before the point",
    "whole": "whole numbers",
    "flag": "true, false, 1 or 0",
}


def accepted(kind: Kind, duckdb_type: str) -> bool:
    """Whether a DuckDB type can become a kind of the contract.

    A timestamp with a time zone cannot: which day it belongs to depends on where it is read.
    """
    return _ACCEPTED[kind].fullmatch(duckdb_type) is not None


def describe(kind: Kind) -> str:
    """What values of a kind look like, for an error."""
    return _WORDS[kind]


def cast(column: Column, duckdb_type: str) -> str:
    """SQL that gives a column in the contract's type; NULL where a value does not convert."""
    name, target = quoted(column.name), DUCKDB_TYPES[column.kind]
    if column.kind == "text":
        return f"nullif(CAST({name} AS VARCHAR), '')"
    if column.kind == "flag" and duckdb_type not in ("BOOLEAN", "VARCHAR"):
        return f"CASE WHEN {name} IN (0, 1) THEN {name} = 1 END"
    if column.kind in ("day", "moment"):
        value = f"TRY_CAST({name} AS {target})"
        return f"CASE WHEN isfinite({value}) THEN {value} END"
    return f"TRY_CAST({name} AS {target})"


def wrong(column: Column, duckdb_type: str) -> str:
    """SQL condition of a present value that does not convert."""
    return (
        "false"
        if column.kind == "text"
        else f"{quoted(column.name)} IS NOT NULL AND ({cast(column, duckdb_type)}) IS NULL"
    )


def not_finite(column: Column, duckdb_type: str) -> str:
    """SQL condition of an amount that is NaN or infinite."""
    name = quoted(column.name)
    if column.kind != "money" or duckdb_type not in ("DOUBLE", "FLOAT", "VARCHAR"):
        return "false"
    return f"{name} IS NOT NULL AND NOT coalesce(isfinite(TRY_CAST({name} AS DOUBLE)), true)"


def month(column: Column, duckdb_type: str) -> str:
    """SQL of the month ``YYYY-MM`` of a day or time; NULL if it does not convert."""
    return f"strftime({cast(column, duckdb_type)}, '%Y-%m')"


@dataclass(frozen=True)
class Written:
    """A canonical file in the scratch folder: its path, rows and month, and its table's columns."""

    path: Path
    rows: int
    month: str
    columns: tuple[str, ...]


def write_canonical(
    connection: duckdb.DuckDBPyConnection, spec: TableSpec, staged: Path, scratch: Path
) -> list[Written]:
    """Check staged rows and write them in the contract's types.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        From :func:`goldmine.contract.stage.connect`.
    spec : TableSpec
        The canonical table.
    staged : Path
        What :func:`goldmine.contract.stage.stage` made.
    scratch : Path
        A folder for this table alone; the files go to its ``canonical``.

    Returns
    -------
    list of Written
        A file a month, or one; sorted by the table's key, so that the same rows give the same bytes.

    Raises
    ------
    ContractError
        With every column that has wrong values, and how many.
    DiskError
        If the disk is full.
    """
    with duckdb_errors(spec.name, scratch):
        connection.execute("SET preserve_insertion_order = true")
        parts = sorted(staged.rglob("*.parquet"))
        if not parts:
            return []
        types = _types(connection, staged)
        columns = tuple(column for column in spec.columns if column.name in types)
        casts = _checked_casts(connection, spec, columns, types, staged)
        target = scratch / "canonical"
        target.mkdir()
        folders = sorted({part.parent for part in parts})
        files = [_write(connection, spec, casts, folder, target) for folder in folders]
    return [file for file in files if file.rows]


def _types(connection: duckdb.DuckDBPyConnection, staged: Path) -> dict[str, str]:
    rows = connection.execute(f"DESCRIBE {_read(staged)}").fetchall()
    return {row[0]: row[1] for row in rows}


def _read(folder: Path) -> str:
    return f"SELECT * FROM read_parquet({literal(folder / '**' / '*.parquet')}, hive_partitioning = false)"


def _checked_casts(
    connection: duckdb.DuckDBPyConnection,
    spec: TableSpec,
    columns: tuple[Column, ...],
    types: dict[str, str],
    staged: Path,
) -> dict[str, str]:
    """SQL of each column in the contract's type, after counting values that would be lost."""
    counts = []
    for column in columns:
        duckdb_type, fits = types[column.name], accepted(column.kind, types[column.name])
        empty = f"{quoted(column.name)} IS NULL"
        if column.kind == "text" and duckdb_type == "VARCHAR":
            empty += f" OR {quoted(column.name)} = ''"
        counts += [
            f"count(*) FILTER ({empty})",
            f"count(*) FILTER ({wrong(column, duckdb_type) if fits else f'{quoted(column.name)} IS NOT NULL'})",
            f"count(*) FILTER ({not_finite(column, duckdb_type)})",
        ]
    numbers = connection.execute(f"SELECT {', '.join(counts)} FROM ({_read(staged)})").fetchall()[0]
    faults, casts = [], {}
    for index, column in enumerate(columns):
        empty_rows, wrong_rows, infinite_rows = numbers[3 * index : 3 * index + 3]
        duckdb_type, fits = types[column.name], accepted(column.kind, types[column.name])
        casts[column.name] = cast(column, duckdb_type) if fits else f"NULL::{DUCKDB_TYPES[column.kind]}"
        if wrong_rows and not fits:
            faults.append(f"column {column.name} has the wrong type {duckdb_type}, not {describe(column.kind)}")
            continue
        if column.required and empty_rows:
            faults.append(f"{empty_rows} rows have no {column.name}")
        if infinite_rows:
            faults.append(f"{infinite_rows} values of {column.name} are NaN or infinite")
        if wrong_rows > infinite_rows:
            faults.append(f"{wrong_rows - infinite_rows} values of {column.name} are not {describe(column.kind)}")
    if faults:
        raise ContractError(
            f"{spec.name}: {'; '.join(faults)}.", "Correct these rows in the source, or convert them in the SELECT."
        )
    return casts


def _write(
    connection: duckdb.DuckDBPyConnection, spec: TableSpec, casts: dict[str, str], folder: Path, target: Path
) -> Written:
    matched = re.fullmatch(r"month=(.+)", folder.name)
    month = matched[1] if matched else ""
    path = target / f"{month or spec.name}.parquet"
    order = [*spec.key, *(name for name in casts if name not in spec.key)]
    rows = connection.execute(
        f"COPY (SELECT {', '.join(f'{sql} AS {quoted(name)}' for name, sql in casts.items())} FROM ({_read(folder)}) "
        f"ORDER BY {', '.join(quoted(name) for name in order)}) TO {literal(path)} (FORMAT parquet, COMPRESSION zstd)"
    ).fetchall()[0][0]
    return Written(path, rows, month, tuple(casts))
