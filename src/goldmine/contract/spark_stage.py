"""A table's rows from Spark's tables, in scratch Parquet as those from any other source."""

import re
from pathlib import Path

import duckdb

from goldmine.contract.duckdb_errors import duckdb_errors
from goldmine.contract.mapping import Mapping
from goldmine.contract.schema import TableSpec
from goldmine.contract.spark_tables import SparkRows, read_spark
from goldmine.contract.stage import check_columns, described, write_staged
from goldmine.core.sql import literal


def has_months(connection: duckdb.DuckDBPyConnection, rows: SparkRows) -> bool:
    """Whether Spark can tell the months of rows; their sources become known in the connection by their columns alone.

    Raises
    ------
    ContractError
        If compulsory columns are missing or unknown ones are there.
    """
    spec = rows.spec
    for name, empty in rows.source_schemas().items():
        connection.register(name, empty)
    connection.register("rows of Spark", rows.schema())
    types = described(connection, 'SELECT * FROM "rows of Spark"')
    check_columns(spec, types)
    return bool(spec.month_of and re.match("DATE|TIMESTAMP", types[spec.month_of]))


def stage_spark(connection: duckdb.DuckDBPyConnection, spec: TableSpec, mapping: Mapping, scratch: Path) -> Path:
    """Read a table once from Spark, as :func:`goldmine.contract.stage.stage` reads one from its other sources.

    Spark reads and moves the rows; their months are DuckDB's work only where they are written as texts.

    Raises
    ------
    ContractError
        If the SELECT cannot run, or its columns are not the contract's.
    EngineError
        If Spark fails.
    """
    rows, target = read_spark(spec, mapping), scratch / "staged"
    by_month = has_months(connection, rows)
    if by_month or not spec.month_of:
        rows.write(target / "rows", by_month=by_month)
        return target
    rows.write(scratch / "read", by_month=False)
    with duckdb_errors(spec.name, scratch):
        read = f"read_parquet({literal(scratch / 'read' / '*.parquet')}, hive_partitioning = false)"
        return write_staged(connection, spec, mapping.tables[spec.name], f"SELECT * FROM {read}", scratch)
