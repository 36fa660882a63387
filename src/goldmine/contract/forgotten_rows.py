"""Canonical tables without forgotten customers: their rows go, and other rows no longer name them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from goldmine.contract.bank import Bank, CanonicalTable, TableFile
from goldmine.contract.canonical_writer import Written
from goldmine.contract.manifest import Hashes, IntakeRecord, read_intake, read_manifest, write_manifest
from goldmine.contract.schema import TableSpec
from goldmine.contract.tables import TABLES
from goldmine.core.fingerprint import of_value
from goldmine.core.forgotten import Forgotten
from goldmine.core.sql import literal, literals, quoted
from goldmine.core.workspace import Workspace

_NUMBERS = ("related_id", "merged_into")
_OTHER_SIDE = "counterparty"


@dataclass(frozen=True)
class _Columns:
    """Columns of one table that hold customer numbers.

    Parameters
    ----------
    own : list of str
        Those without which a row is about nobody: the row goes.
    named : list of str
        Those that name another customer: they are left empty, with what else tells of the other side.
    """

    own: list[str]
    named: list[str]


def without_forgotten(
    spec: TableSpec, files: Sequence[Path], forgotten: Forgotten, scratch: Path, columns: Sequence[str]
) -> dict[Path, Written]:
    """Write the files of a canonical table that name a forgotten customer anew, without them.

    Parameters
    ----------
    scratch : Path
        Folder for the new files.
    columns : sequence of str
        Columns that the table has.

    Returns
    -------
    dict of Path to Written
        The new file of each that changed; its rows may be none.
    """
    held = _columns(spec, columns)
    if not forgotten.hashes or not (held.own or held.named):
        return {}
    changed, names = {}, [path.name for path in files]
    with duckdb.connect() as connection:
        for path in files:
            if not _found(connection, path, held, forgotten):
                continue
            scratch.mkdir(parents=True, exist_ok=True)
            target = scratch / (path.name if names.count(path.name) == 1 else f"{of_value(str(path))[:12]}-{path.name}")
            connection.execute(
                f"COPY ({_query(path, held, forgotten, columns)}) TO {literal(target)} "
                "(FORMAT parquet, COMPRESSION zstd)"
            )
            rows = connection.execute(f"SELECT count(*) FROM read_parquet({literal(target)})").fetchall()[0][0]
            changed[path] = Written(target, rows, "", tuple(columns))
    return changed


def forget_in_tables(bank: Bank, work: Workspace, forgotten: Forgotten, scratch: Path) -> dict[str, int]:
    """Take forgotten customers out of the tables that a work folder reads, without a new intake.

    A file of the bank's own that is read where it lies stays as it is; the work folder reads a copy without them.

    Returns
    -------
    dict of str to int
        By table, the files that changed.
    """
    saved, changed, tables = read_manifest(work), dict[str, int](), dict(bank.tables)
    left_out = dict[str, int]()
    hashes = Hashes(saved.get("hashes", {}))
    for name, table in bank.tables.items():
        paths = [file.path for file in table.files]
        written = without_forgotten(TABLES[name], paths, forgotten, scratch / name, table.columns)
        if written:
            changed[name] = len(written)
            left_out[name] = sum(file.rows - written[file.path].rows for file in table.files if file.path in written)
            files = [_placed(work, name, file, written.get(file.path), hashes) for file in table.files]
            tables[name] = CanonicalTable(name, tuple(file for file in files if file.rows), table.columns)
    if changed:
        tables = {name: table for name, table in tables.items() if table.files}
        made_from = {name: saved["tables"][name].get("made_from", "") for name in tables}
        hashes.of_all(file.path for table in tables.values() for file in table.files)
        counted, unused = read_intake(work)
        record = IntakeRecord([one.without(left_out.get(one.table, 0)) for one in counted], unused)
        months = {name: entry["months"] for name, entry in saved["tables"].items() if "months" in entry}
        write_manifest(work, replace(bank, tables=tables), made_from, hashes, record, months=months)
    return changed


def count_in_tables(bank: Bank, numbers: Collection[str]) -> dict[str, int]:
    """By canonical table, the rows that name some customers."""
    counts = {}
    with duckdb.connect() as connection:
        for name, table in bank.tables.items():
            held = _columns(TABLES[name], table.columns)
            named = " OR ".join(
                f"{quoted(column)} IN {literals(sorted(numbers))}" for column in (*held.own, *held.named)
            )
            if named:
                files = literals(file.path for file in table.files)
                rows = connection.execute(f"SELECT count(*) FROM read_parquet({files}) WHERE {named}").fetchall()[0][0]
                counts[name] = rows
    return {name: rows for name, rows in counts.items() if rows}


def place_of(work: Workspace, table: str, file: Path, month: str) -> Path:
    """Where a work folder keeps a file of a canonical table."""
    return work.tables / table / file.name if month else work.tables / file.name


def _placed(work: Workspace, table: str, file: TableFile, written: Written | None, hashes: Hashes) -> TableFile:
    if written is None:
        return file
    path = place_of(work, table, written.path, file.month)
    path.parent.mkdir(parents=True, exist_ok=True)
    written.path.replace(path)
    return hashes.table_file(path, written.rows, file.month)


def _columns(spec: TableSpec, columns: Sequence[str]) -> _Columns:
    numbers = [name for name in columns if name.endswith("customer_id") or name in _NUMBERS]
    own = [name for name in numbers if spec.column(name).required]
    return _Columns(own, [name for name in numbers if name not in own])


def _is_forgotten(column: str, forgotten: Forgotten) -> str:
    hashed = f"sha256({literal(forgotten.salt + '|')} || {quoted(column)})"
    return f"coalesce({hashed} IN (SELECT unnest({literals(sorted(forgotten.hashes))})), false)"


def _found(connection: duckdb.DuckDBPyConnection, path: Path, held: _Columns, forgotten: Forgotten) -> bool:
    """Whether a file names a forgotten customer; each number that it holds is hashed once."""
    for name in (*held.own, *held.named):
        numbers = f"SELECT DISTINCT {quoted(name)} FROM read_parquet({literal(path)})"
        if connection.execute(f"SELECT 1 FROM ({numbers}) WHERE {_is_forgotten(name, forgotten)} LIMIT 1").fetchall():
            return True
    return False


def _query(path: Path, held: _Columns, forgotten: Forgotten, columns: Sequence[str]) -> str:
    emptied = {
        name: _is_forgotten(number, forgotten)
        for number in held.named
        for name in columns
        if name == number or (number.startswith(_OTHER_SIDE) and name.startswith(_OTHER_SIDE))
    }
    cells = ", ".join(
        f"CASE WHEN {emptied[name]} THEN NULL ELSE {quoted(name)} END AS {quoted(name)}"
        if name in emptied
        else quoted(name)
        for name in columns
    )
    kept = " AND ".join(f"NOT {_is_forgotten(name, forgotten)}" for name in held.own) or "true"
    return f"SELECT {cells} FROM read_parquet({literal(path)}) WHERE {kept}"
