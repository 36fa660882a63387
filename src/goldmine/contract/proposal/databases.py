"""Tables of a SQLite or DuckDB file."""

from pathlib import Path

import duckdb

from goldmine.contract.databases import rows_of
from goldmine.contract.sources import SqliteSource
from goldmine.core.sql import literal, quoted


def database_tables(path: Path, kind: str) -> list[tuple[str, tuple[str, ...]]]:
    """Names of a database's tables and views, with their columns."""
    if kind == "sqlite":
        source = SqliteSource(sqlite=str(path))
        listed = (
            "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%' ORDER BY 1"
        )
        with rows_of(source, listed, "tables") as reader:
            names = reader.read_all().column(0).to_pylist()
        tables = []
        for name in names:
            with rows_of(source, f"SELECT * FROM {quoted(name)} LIMIT 0", name) as reader:
                tables.append((name, tuple(reader.schema.names)))
        return tables
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH {literal(path)} AS bank (READ_ONLY)")
        rows = connection.execute(
            "SELECT table_name, list(column_name ORDER BY column_index) FROM duckdb_columns() "
            "WHERE database_name = 'bank' AND schema_name = 'main' GROUP BY 1 ORDER BY 1"
        ).fetchall()
    return [(name, tuple(columns)) for name, columns in rows]
