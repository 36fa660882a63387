"""A bank's named sources as DuckDB views, so that its SELECTs can use their names."""

from pathlib import Path

import duckdb

from goldmine.contract.canonical_parquet import read_footer
from goldmine.contract.csv_file import columns_of, utf8_files
from goldmine.contract.sources import CsvSource, DuckdbSource, ParquetSource, Source
from goldmine.contract.sql import literal, literals, quoted
from goldmine.core.errors import ContractError


def add_source(connection: duckdb.DuckDBPyConnection, name: str, source: Source, table: str, scratch: Path) -> None:
    """Make a Parquet, CSV or DuckDB source known under its name.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Where the SELECT will run.
    name, source : str, Source
        The source and its name in ``bank.yaml``.
    table : str
        The canonical table, for errors.
    scratch : Path
        Where a CSV file in another encoding is copied as UTF-8.

    Raises
    ------
    ContractError
        If a file is missing, cut short or not what it is declared to be.
    """
    if isinstance(source, DuckdbSource):
        connection.execute(f"ATTACH {literal(source.files()[0])} AS {quoted(name)} (READ_ONLY)")
    elif isinstance(source, CsvSource):
        _add_csv(connection, name, source, table, scratch / name)
    elif isinstance(source, ParquetSource):
        files = source.files()
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
            f"SELECT count(*) FROM {quoted(_raw(name))} "
            f"WHERE {text} IS NOT NULL AND try_strptime({text}, {literals(formats)}) IS NULL"
        ).fetchall()[0][0]
        if bad:
            raise ContractError(
                f"{table}: {bad} values of {name}.{column} are no dates of the form {' or '.join(formats)}.",
                "Correct them in the source, or add their form to `dates` in bank.yaml.",
            )


def _add_csv(connection: duckdb.DuckDBPyConnection, name: str, source: CsvSource, table: str, scratch: Path) -> None:
    files = utf8_files(source, table, scratch)
    columns = columns_of(source, files, table)
    types = ", ".join(f"{literal(column)}: 'VARCHAR'" for column in columns)
    connection.execute(
        f"CREATE VIEW {quoted(_raw(name))} AS SELECT * FROM read_csv({literals(files)}, auto_detect = false, "
        f"header = {source.header}, delim = {literal(source.delimiter)}, quote = {literal(source.quote)}, "
        f"escape = {literal(source.quote)}, columns = {{{types}}}, hive_partitioning = false)"
    )
    dated = ", ".join(f"strptime({quoted(c)}, {literals(f)}) AS {quoted(c)}" for c, f in source.dates.items())
    replaced = f"REPLACE ({dated})" if dated else ""
    connection.execute(f"CREATE VIEW {quoted(name)} AS SELECT * {replaced} FROM {quoted(_raw(name))}")


def _raw(name: str) -> str:
    return f"{name} as text"
