"""A bank as downstream rooms see it: canonical, strictly typed Parquet files and nothing else."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import ibis
from ibis.backends.sql import SQLBackend
from ibis.backends.sql.datatypes import DuckDBType

from goldmine.contract.schema import DUCKDB_TYPES
from goldmine.contract.tables import TABLES
from goldmine.core.dates import month_key
from goldmine.core.engine import read_parquet
from goldmine.core.errors import ContractError, HistoryError
from goldmine.core.fingerprint import of_file
from goldmine.core.i18n import _
from goldmine.core.sql import quoted


def schema_of(table: str) -> ibis.Schema:
    """Names and Ibis types of a canonical table's columns, in their order."""
    return ibis.schema({c.name: DuckDBType.from_string(DUCKDB_TYPES[c.kind]) for c in TABLES[table].columns})


def no_rows(connection: SQLBackend, schema: ibis.Schema) -> str:
    """SQL of an empty table of that schema, for a table that a bank does not have."""
    types = connection.compiler.type_mapper
    columns = (f"CAST(NULL AS {types.to_string(kind)}) AS {name}" for name, kind in schema.items())
    return f"SELECT {', '.join(columns)} WHERE false"


def file_state(path: Path) -> list[int]:
    """What the file system says of a file: size, and times of change. No program can set the inode's, the last one."""
    status = path.stat()
    return [status.st_size, status.st_mtime_ns, status.st_ctime_ns]


def is_as_it_was(path: Path, state: list[int], fingerprint: str) -> bool:
    """Whether a file has not been written since it had a state and a content.

    A backup's hard link or a new mode changes the inode's time alone; then the content decides.
    """
    try:
        now = file_state(path)
        return now == state or (now[:2] == state[:2] and of_file(path) == fingerprint)
    except OSError:
        return False


@dataclass(frozen=True)
class TableFile:
    """One Parquet file of a canonical table.

    Parameters
    ----------
    path : Path
        Where it lies.
    fingerprint : str
        SHA-256 of its content.
    rows : int
        Rows in it.
    month : str
        ``YYYY-MM`` of all its rows, for tables that are partitioned by month; else empty.
    state : list of int
        Its `file_state` when it had that content; empty where nobody asked.
    """

    path: Path
    fingerprint: str
    rows: int
    month: str = ""
    state: list[int] = field(default_factory=list, compare=False)

    def is_unchanged(self) -> bool:
        """Whether it has not been written since its content was known."""
        return not self.state or is_as_it_was(self.path, self.state, self.fingerprint)


@dataclass(frozen=True)
class CanonicalTable:
    """One table that the bank has: its files and which of the contract's columns they hold."""

    name: str
    files: tuple[TableFile, ...]
    columns: tuple[str, ...]

    @property
    def rows(self) -> int:
        """Rows in all files."""
        return sum(f.rows for f in self.files)


def selected_columns(table: CanonicalTable) -> str:
    """The contract's columns as a list of SELECT from a table's files, codes as the bank wrote them.

    Columns that the table does not have are there, empty and of the right type.
    """
    return ", ".join(
        quoted(column.name)
        if column.name in table.columns
        else f"CAST(NULL AS {DUCKDB_TYPES[column.kind]}) AS {quoted(column.name)}"
        for column in TABLES[table.name].columns
    )


@dataclass(frozen=True)
class Bank:
    """A bank's canonical tables.

    Parameters
    ----------
    name : str
        The bank's name; a work folder is tied to it.
    data_until : date
        The last day that the books cover; a row dated later is an error.
    tables : dict of str to CanonicalTable
        The tables that the bank has, by name.
    """

    name: str
    data_until: date
    tables: dict[str, CanonicalTable]

    def has(self, table: str, *columns: str) -> bool:
        """Whether the bank has the table, and in it the columns."""
        held_table = self.tables.get(table)
        return held_table is not None and set(columns) <= set(held_table.columns)

    def months(self, table: str) -> list[str]:
        """Months with rows in a partitioned table, oldest first."""
        entry = self.tables.get(table)
        return sorted({f.month for f in entry.files}) if entry else []

    def months_lacking(self, table: str, days: Iterable[date]) -> list[str]:
        """Months of some days, ``YYYY-MM``, of which a partitioned table has no rows at all."""
        held = self.months(table)
        return [month for day in days if (month := month_key(day)) not in held]

    def require_balances(self, as_of: date) -> None:
        """Refuse a snapshot whose month is missing from the balances: every customer would have an AUM of 0.

        Raises
        ------
        HistoryError
            If there are balances, and none of that month.
        """
        months = self.months("balances")
        if months and month_key(as_of) not in months:
            raise HistoryError(
                _(
                    "balances: hold no rows of {month}, the month of the snapshot; their last is {last}.",
                    month=month_key(as_of),
                    last=months[-1],
                ),
                _(
                    "Deliver that month, or read the books at another month end, such as --as-of of {last}.",
                    last=months[-1],
                ),
            )

    def require_unchanged(self) -> None:
        """Refuse to go on with what was read of tables that changed meanwhile, before anything that is kept says it.

        Raises
        ------
        ContractError
            If a file was written since the bank was opened, even with the same rows.
        """
        for name, table in self.tables.items():
            changed = [file.path for file in table.files if not file.is_unchanged()]
            if changed:
                raise changed_while_read(name, changed)

    def read(self, connection: SQLBackend, table: str, months: list[str] | None = None) -> ibis.Table:
        """A canonical table as an Ibis expression with every column of the contract.

        Columns that the bank does not have are there, empty and of the right type; so are codes
        that are not in their column's list.

        Parameters
        ----------
        connection : SQLBackend
            From `goldmine.core.engine.connect`.
        table : str
            Name of the table; one that the bank does not have reads as an empty table.
        months : list of str, optional
            Read only these months of a partitioned table.
        """
        spec = TABLES[table]
        entry = self.tables.get(table)
        files = [f for f in entry.files if months is None or f.month in months] if entry else []
        schema = schema_of(table)
        if not files or entry is None:
            return connection.sql(no_rows(connection, schema))
        rows = read_parquet(connection, [f.path for f in files])
        columns = {}
        for column in spec.columns:
            value = rows[column.name] if column.name in entry.columns else ibis.null(schema[column.name])
            known = value.isin(column.codes).ifelse(value, ibis.null(schema[column.name]))
            columns[column.name] = known if column.codes else value
        return rows.select(**columns)


def changed_while_read(table: str, files: Iterable[Path]) -> ContractError:
    """The error for files of a table that were replaced, or went, while they were read."""
    return ContractError(
        _(
            "{table}: {files} changed while the table was being read, so nothing was made of it.",
            table=table,
            files=", ".join(sorted(path.name for path in files)),
        ),
        _("Run again when the export is complete, and let it write under another name and rename the file at the end."),
    )
