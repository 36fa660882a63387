"""A table's rows as the bank writes them: read once from their source into scratch Parquet, a folder a month."""

from collections.abc import Sequence
from pathlib import Path

import duckdb

from goldmine.contract.canonical_parquet import read_footer
from goldmine.contract.casting import ColumnCast, describe, month_rows
from goldmine.contract.csv_file import columns_of, is_value, utf8_files
from goldmine.contract.databases import rows_of
from goldmine.contract.date_sql import date_of_form
from goldmine.contract.duckdb_errors import duckdb_errors, reduced
from goldmine.contract.mapping import Mapping
from goldmine.contract.schema import TableSpec
from goldmine.contract.sources import (
    CsvSource,
    DuckdbSource,
    ParquetSource,
    PostgresSource,
    Source,
    SqliteSource,
    XlsxSource,
)
from goldmine.contract.value_forms import ValueForms
from goldmine.contract.xlsx_file import text_files
from goldmine.core.engine import show_no_bar
from goldmine.core.errors import ContractError
from goldmine.core.i18n import _
from goldmine.core.sql import literal, literals, quoted


def add_source(connection: duckdb.DuckDBPyConnection, name: str, source: Source, table: str, scratch: Path) -> None:
    """Register a Parquet, CSV, Excel or DuckDB source under its name.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Where the SELECT will run.
    name, source : str, Source
        The source and its name in ``bank.yaml``.
    table : str
        The canonical table, for errors.
    scratch : Path
        Where a CSV file in another encoding is copied as UTF-8, and a sheet as Parquet.

    Raises
    ------
    ContractError
        If a file is missing, cut short or not what it is declared to be.
    """
    if isinstance(source, DuckdbSource):
        connection.execute(f"ATTACH {literal(source.files()[0])} AS {quoted(name)} (READ_ONLY)")
    elif isinstance(source, CsvSource):
        _add_csv(connection, name, source, table, scratch / name)
    elif isinstance(source, ParquetSource | XlsxSource):
        files = text_files(source, table, scratch / name) if isinstance(source, XlsxSource) else source.files()
        for path in files:
            read_footer(path, table)
        rows = f"read_parquet({literals(files)}, union_by_name = true, hive_partitioning = false)"
        connection.execute(f"CREATE VIEW {quoted(name)} AS SELECT * FROM {rows}")


def check_dates(connection: duckdb.DuckDBPyConnection, name: str, source: CsvSource, table: str) -> None:
    """Count the values of a CSV source's dated columns that are not in the declared formats.

    Raises
    ------
    ContractError
        If there are any.
    """
    for column, formats in source.dates.items():
        text = quoted(column)
        bad = connection.execute(
            f"SELECT count(*) FROM {quoted(raw_view(name))} "
            f"WHERE {text} IS NOT NULL AND {_dated(text, formats)} IS NULL"
        ).fetchall()[0][0]
        if bad:
            raise ContractError(
                _(
                    "{table}: {bad} values of {name}.{column} are no dates of the form {forms}.",
                    table=table,
                    bad=bad,
                    name=name,
                    column=column,
                    forms=" or ".join(formats),
                ),
                _("Correct them in the source, or add their form to `dates` in bank.yaml."),
            )


def _add_csv(connection: duckdb.DuckDBPyConnection, name: str, source: CsvSource, table: str, scratch: Path) -> None:
    files = utf8_files(source, table, scratch)
    columns = columns_of(source, files, table)
    types = ", ".join(f"{literal(column)}: 'VARCHAR'" for column in columns)
    connection.execute(
        f"CREATE VIEW {quoted(raw_view(name))} AS SELECT * FROM read_csv({literals(files)}, auto_detect = false, "
        f"header = {source.header}, delim = {literal(source.delimiter)}, quote = {literal(source.quote)}, "
        f"escape = {literal(source.quote)}, columns = {{{types}}}, hive_partitioning = false)"
    )
    dated = ", ".join(
        f"CASE WHEN {quoted(c)} IS NOT NULL THEN coalesce({_dated(quoted(c), f)}, error('no date')) END AS {quoted(c)}"
        for c, f in source.dates.items()
    )
    replaced = f"REPLACE ({dated})" if dated else ""
    connection.execute(f"CREATE VIEW {quoted(name)} AS SELECT * {replaced} FROM {quoted(raw_view(name))}")


def _dated(text: str, formats: tuple[str, ...]) -> str:
    return f"coalesce({', '.join(date_of_form(text, form) for form in formats)}, NULL)"


def raw_view(name: str) -> str:
    """Name of the view of a CSV source's texts, before dates are read."""
    return f"{name} as text"


_MEMORY = "2GB"
MOST_THREADS = 4
"""An intake sorts and casts in little memory; with more threads it would spill."""


def connect(scratch: Path, most_threads: int = MOST_THREADS) -> duckdb.DuckDBPyConnection:
    """DuckDB in memory that spills into `scratch` and never looks for extensions on a network."""
    connection = duckdb.connect(
        config={
            "memory_limit": _MEMORY,
            "temp_directory": str(scratch / "spill"),
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
        }
    )
    show_no_bar(connection)
    threads = connection.execute("SELECT current_setting('threads')").fetchall()[0][0]
    connection.execute(f"SET threads = {min(most_threads, threads)}")
    return connection


def stage(connection: duckdb.DuckDBPyConnection, spec: TableSpec, mapping: Mapping, scratch: Path) -> Path:
    """Read a table once from its sources.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        From :func:`connect`; the table's sources become known in it.
    spec : TableSpec
        The canonical table.
    mapping : Mapping
        Says where its rows stand.
    scratch : Path
        A folder for this table alone.

    Returns
    -------
    Path
        Folder of Parquet files that hold the contract's columns in the source's types, in folders
        ``month=YYYY-MM`` where the table is partitioned by month.

    Raises
    ------
    ContractError
        If a source or the SELECT cannot be read.
    DiskError
        If the disk is full.
    """
    table = mapping.tables[spec.name]
    source = mapping.sources[table.source[0]]
    if isinstance(source, SqliteSource | PostgresSource):
        with rows_of(source, table.select, spec.name) as reader, duckdb_errors(spec.name, scratch):
            connection.register("rows of the database", reader)
            return write_staged(connection, spec, table, 'SELECT * FROM "rows of the database"', scratch)
    with duckdb_errors(spec.name, scratch):
        for name in table.source:
            add_source(connection, name, mapping.sources[name], spec.name, scratch)
        select = _one_select(connection, table.select, spec.name) or _contract_columns(connection, spec, mapping)
    try:
        return write_staged(connection, spec, table, select, scratch)
    except duckdb.Error as error:
        failed = error
    # Outside of the handler: DuckDB's error quotes rows and must not be the context of ours.
    with duckdb_errors(spec.name, scratch):
        _blame_dates(connection, spec.name, mapping)
    raise reduced(failed, spec.name, scratch)


def _one_select(connection: duckdb.DuckDBPyConnection, select: str, table: str) -> str:
    if not select.strip():
        return ""
    statements = connection.extract_statements(select)
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise ContractError(
            _("{table}: bank.yaml gives something else than one SELECT.", table=table), _("Write a single SELECT.")
        )
    return statements[0].query.strip().rstrip(";")


def _contract_columns(connection: duckdb.DuckDBPyConnection, spec: TableSpec, mapping: Mapping) -> str:
    """A SELECT of the contract's columns from a source that has them under their own names."""
    name = mapping.tables[spec.name].source[0]
    there = described(connection, f"SELECT * FROM {quoted(name)}")
    known = [column.name for column in spec.columns if column.name in there]
    check_columns(spec, dict.fromkeys(known, ""), [column for column in there if column not in known])
    return f"SELECT {', '.join(quoted(column) for column in known)} FROM {quoted(name)}"


def left_out(connection: duckdb.DuckDBPyConnection, spec: TableSpec, mapping: Mapping) -> list[str]:
    """Columns of a source without a SELECT that the contract does not know, so that they are left out.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Where :func:`stage` has named the source.
    """
    table = mapping.tables[spec.name]
    if table.select:
        return []
    there = described(connection, f"SELECT * FROM {quoted(table.source[0])}")
    return [name for name in there if name not in {column.name for column in spec.columns}]


def write_staged(
    connection: duckdb.DuckDBPyConnection, spec: TableSpec, forms: ValueForms, select: str, scratch: Path
) -> Path:
    """Write the rows of a SELECT into the folder ``staged`` of a table's scratch folder, by month if it has months.

    Raises
    ------
    ContractError
        If columns are missing, or their months cannot be told.
    """
    types = described(connection, select)
    check_columns(spec, types)
    rows, options = f"SELECT * FROM (\n{select}\n)", "FORMAT parquet"
    target = scratch / "staged"
    target.mkdir(parents=True)
    destination = target / "all.parquet"
    if spec.month_of:
        column = spec.column(spec.month_of)
        cast = ColumnCast(spec.name, column, types[column.name], forms)
        if not cast.fits:
            raise ContractError(
                _(
                    "{table}: column {column} has the wrong type {type}.",
                    table=spec.name,
                    column=column.name,
                    type=cast.duckdb_type,
                ),
                _(
                    "Give {kind}, without a time zone; where they are whole numbers, "
                    "their form under `dates` of tables.{table} in bank.yaml.",
                    kind=describe(column.kind),
                    table=spec.name,
                ),
            )
        rows = month_rows(cast, select)
        options, destination = "FORMAT parquet, PARTITION_BY (month)", target / "months"
    # Rows are sorted when a month is written; sorting here would only cost memory.
    connection.execute("SET preserve_insertion_order = false")
    connection.execute(f"COPY ({rows}) TO {literal(destination)} ({options})")
    return target


def described(connection: duckdb.DuckDBPyConnection, select: str) -> dict[str, str]:
    """Columns of a SELECT with DuckDB's types."""
    return {row[0]: row[1] for row in connection.execute(f"DESCRIBE SELECT * FROM (\n{select}\n)").fetchall()}


def check_columns(spec: TableSpec, there: dict[str, str], unused: Sequence[str] = ()) -> None:
    """Refuse columns of a table if compulsory ones are missing or the contract does not know them.

    Raises
    ------
    ContractError
        Names the columns.
    """
    allowed = [column.name for column in spec.columns]
    unknown = [name for name in there if name not in allowed]
    missing = [column.name for column in spec.columns if column.required and column.name not in there]
    if missing:
        columns = {"table": spec.name, "columns": ", ".join(missing)}
        if any(map(is_value, unused)):  # of a customer, which no message may quote
            raise ContractError(
                _("{table}: compulsory columns are missing: {columns}; its first line seems to hold values, not names "
                  "of columns.", **columns),
                _("Put the names there. For CSV without them set `header: false` of the source in bank.yaml and list "
                  "`columns`; for a workbook say in `header_row` where they are."),
            )  # fmt: skip
        raise ContractError(
            _("{table}: compulsory columns are missing: {columns}; no columns of the contract are: {unused}.",
              **columns, unused=", ".join(unused))
            if unused
            else _("{table}: compulsory columns are missing: {columns}.", **columns),
            _("Add them to the table, or select them in bank.yaml under tables.{table}.", table=spec.name),
        )  # fmt: skip
    if unknown:
        raise ContractError(
            _("{table}: the contract has no columns {columns}.", table=spec.name, columns=", ".join(unknown)),
            _("Allowed: {columns}.", columns=", ".join(allowed)),
        )


def _blame_dates(connection: duckdb.DuckDBPyConnection, table: str, mapping: Mapping) -> None:
    """Name the dated column of a CSV source that made the SELECT fail, if one did."""
    for name in mapping.tables[table].source:
        source = mapping.sources[name]
        if isinstance(source, CsvSource):
            check_dates(connection, name, source, table)
