"""The shape of a table as it was taken in: columns of its sources with their types, and codes that its rows hold."""

from collections.abc import Sequence
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from goldmine.contract.mapping import Mapping
from goldmine.contract.schema import TableSpec
from goldmine.contract.sources import DuckdbSource, PostgresSource, SqliteSource
from goldmine.core.sql import literals, quoted


def source_columns(
    connection: duckdb.DuckDBPyConnection, spec: TableSpec, mapping: Mapping, staged: Path
) -> dict[str, str]:
    """Columns of a table's file sources with DuckDB's types, before any SELECT; of a database, those of its SELECT.

    With several sources each column has its source's name before it. A column of a CSV file is a text whatever it
    holds, and so is one of SQLite.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Where `goldmine.contract.stage.stage` has named the sources.
    staged : Path
        What it has read of them, in the source's types.
    """
    names = mapping.tables[spec.name].source
    if any(isinstance(mapping.sources[name], DuckdbSource | SqliteSource | PostgresSource) for name in names):
        files = sorted(staged.rglob("*.parquet"))
        rows = f"read_parquet({literals(files)}, hive_partitioning = false)"
        return _described(connection, rows) if files else {}
    columns: dict[str, str] = {}
    for name in names:
        described = _described(connection, quoted(name))
        columns |= {(f"{name}.{column}" if len(names) > 1 else column): kind for column, kind in described.items()}
    return columns


def _described(connection: duckdb.DuckDBPyConnection, rows: str) -> dict[str, str]:
    return {row[0]: row[1] for row in connection.execute(f"DESCRIBE SELECT * FROM {rows}").fetchall()}


def file_columns(files: Sequence[Path]) -> dict[str, str]:
    """Columns of canonical Parquet that is used where it lies, with their types."""
    schema = pq.read_schema(files[0]) if files else ()
    return {field.name: str(field.type).upper() for field in schema}


def codes_held(spec: TableSpec, files: Sequence[Path], columns: Sequence[str]) -> dict[str, list[str]]:
    """The contract's codes that rows of a table hold, by column; codes outside of the lists are not named."""
    coded = [column for column in spec.columns if column.codes and column.name in columns]
    if not files or not coded:
        return {}
    rows = f"read_parquet({literals(files)}, union_by_name = true, hive_partitioning = false)"
    held = {}
    with duckdb.connect() as connection:
        for column in coded:
            name = quoted(column.name)
            query = f"SELECT DISTINCT {name} FROM {rows} WHERE {name} IN {literals(column.codes)} ORDER BY ALL"
            held[column.name] = [row[0] for row in connection.execute(query).fetchall()]
    return held
