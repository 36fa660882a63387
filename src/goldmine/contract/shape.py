"""The shape of a table as it was taken in: columns of its sources with their types, and codes that its rows hold."""

from collections.abc import Sequence
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from goldmine.contract.mapping import Mapping
from goldmine.contract.schema import TableSpec
from goldmine.core.sql import literals, quoted


def source_columns(connection: duckdb.DuckDBPyConnection, spec: TableSpec, mapping: Mapping) -> dict[str, str]:
    """Columns of a table's file sources with DuckDB's types, before any SELECT.

    With several sources each column has its source's name before it. A column of a CSV file is a text whatever it
    holds. Tables of a database are not described.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Where `goldmine.contract.stage.stage` has named the sources.
    """
    names = mapping.tables[spec.name].source
    columns: dict[str, str] = {}
    for name in names:
        try:
            described = connection.execute(f"DESCRIBE SELECT * FROM {quoted(name)}").fetchall()
        except duckdb.Error:
            continue
        columns |= {(f"{name}.{row[0]}" if len(names) > 1 else row[0]): row[1] for row in described}
    return columns


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
