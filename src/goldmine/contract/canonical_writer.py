"""Staged rows become canonical Parquet: checked by column, cast to the contract's types, sorted, a file a month."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from goldmine.contract.bank import file_state
from goldmine.contract.casting import ColumnCast, casted_rows
from goldmine.contract.column_counts import ColumnCounts, count_columns, refuse_faults
from goldmine.contract.duckdb_errors import duckdb_errors
from goldmine.contract.schema import TableSpec
from goldmine.contract.value_forms import ValueForms
from goldmine.core.fingerprint import of_file
from goldmine.core.sql import literal, literals, quoted


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
class StagedTable:
    """A table whose rows were read and are not cast yet.

    Parameters
    ----------
    spec, forms : TableSpec, ValueForms
        The canonical table, and how its values are written.
    folder : Path
        The folder ``staged`` of the table's scratch folder: Parquet in the source's types, by month where the table is
        partitioned, as :func:`goldmine.contract.stage.stage` or several tasks of it left them.
    """

    spec: TableSpec
    forms: ValueForms
    folder: Path

    @property
    def scratch(self) -> Path:
        """A folder for this table alone."""
        return self.folder.parent

    def folders(self) -> dict[str, list[Path]]:
        """Folders of the files of each month; all are of the month ``""`` where the table is not partitioned."""
        folders: dict[str, list[Path]] = {}
        for folder in sorted({part.parent for part in self.folder.rglob("*.parquet")}):
            matched = re.fullmatch(r"month=(.+)", folder.name)
            folders.setdefault(matched[1] if matched else "", []).append(folder)
        return folders


def write_canonical(
    connection: duckdb.DuckDBPyConnection, staged: StagedTable
) -> tuple[list[Written], list[ColumnCounts]]:
    """Check staged rows and write them in the contract's types.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        From :func:`goldmine.contract.stage.connect`.
    staged : StagedTable
        The table; the files go to ``canonical`` in its scratch folder.

    Returns
    -------
    list of Written
        A file a month, or one; sorted by the table's key, so that the same rows give the same bytes.
    list of ColumnCounts
        What was counted, a column each.

    Raises
    ------
    ContractError
        With every column that has wrong values, how many, and what would correct them.
    DiskError
        If the disk is full.
    """
    folders = staged.folders()
    with duckdb_errors(staged.spec.name, staged.scratch):
        casts = _casts(connection, staged, folders)
        if not casts:
            return [], []
        rows = _read([staged.folder])
        total, counts = count_columns(connection, casts, rows)
        refuse_faults(connection, casts, counts, (total, rows))
        target = staged.scratch / "canonical"
        target.mkdir()
        files = [_write(connection, staged.spec, casts, month, (folders[month], target)) for month in folders]
        return [file for file in files if file.rows], counts


def write_month(
    connection: duckdb.DuckDBPyConnection, staged: StagedTable, month: str, target: Path
) -> tuple[int, list[ColumnCounts], Written]:
    """Count and write the staged rows of a month, whatever is wrong with them: see `refuse_months`.

    Parameters
    ----------
    target : Path
        Folder of the file.

    Returns
    -------
    int, list of ColumnCounts, Written
        Its rows, what was counted of them, and the file.

    Raises
    ------
    DiskError
        If the disk is full.
    """
    folders = staged.folders()
    with duckdb_errors(staged.spec.name, staged.scratch):
        casts = _casts(connection, staged, folders)
        rows, counts = count_columns(connection, casts, _read(folders[month]))
        return rows, counts, _write(connection, staged.spec, casts, month, (folders[month], target))


def refuse_months(
    connection: duckdb.DuckDBPyConnection, staged: StagedTable, counted: tuple[int, list[ColumnCounts]]
) -> None:
    """Refuse staged months whose columns, with those of months that stand, have more wrong values than they may have.

    Parameters
    ----------
    counted : tuple of int and list of ColumnCounts
        Rows and counts of all months of the table.

    Raises
    ------
    ContractError
        As `write_canonical`.
    """
    total, counts = counted
    with duckdb_errors(staged.spec.name, staged.scratch):
        casts = _casts(connection, staged, staged.folders())
        if casts:
            refuse_faults(connection, casts, counts, (total, _read([staged.folder])))


def _casts(
    connection: duckdb.DuckDBPyConnection, staged: StagedTable, folders: dict[str, list[Path]]
) -> list[ColumnCast]:
    """How the staged columns are read; none where no row was staged."""
    connection.execute("SET preserve_insertion_order = true")
    # Its joins with lists of a few codes take longer than the comparisons that they replace.
    connection.execute("SET disabled_optimizers = 'in_clause'")
    if not folders:
        return []
    described = connection.execute(f"DESCRIBE {_read([staged.folder])}").fetchall()
    types = {row[0]: row[1] for row in described}
    spec = staged.spec
    return [ColumnCast(spec.name, c, types[c.name], staged.forms) for c in spec.columns if c.name in types]


def _read(folders: Sequence[Path]) -> str:
    files = literals([folder / "**" / "*.parquet" for folder in folders])
    return f"SELECT * FROM read_parquet({files}, hive_partitioning = false)"


def _write(
    connection: duckdb.DuckDBPyConnection,
    spec: TableSpec,
    casts: list[ColumnCast],
    month: str,
    folders: tuple[Sequence[Path], Path],
) -> Written:
    """Write the rows of some folders as a file in another."""
    staged, target = folders
    path = target / f"{month or spec.name}.parquet"
    names = [cast.column.name for cast in casts]
    order = [*(name for name in spec.key if name in names), *(name for name in names if name not in spec.key)]
    rows = connection.execute(
        f"COPY (SELECT {', '.join(map(quoted, names))} FROM ({casted_rows(casts, _read(staged))}) "
        f"ORDER BY {', '.join(map(quoted, order))}) TO {literal(path)} (FORMAT parquet, COMPRESSION zstd)"
    ).fetchall()[0][0]
    return Written(path, rows, month, tuple(names), file_state(path), of_file(path))
