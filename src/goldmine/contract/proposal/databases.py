"""Tables of a SQLite or DuckDB file, or of a PostgreSQL server."""

from pathlib import Path

import duckdb

from goldmine.contract.databases import rows_of
from goldmine.contract.sources import PostgresSource, SqliteSource
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


def postgres_tables(source: PostgresSource) -> list[tuple[str, str, tuple[str, ...]]]:
    """Schemas, names and columns of a server's tables and views; no schema where the table is found without."""
    listed = (
        "SELECT CASE WHEN n.nspname = ANY (current_schemas(false)) THEN '' ELSE n.nspname END, c.relname::text, "
        "a.attname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped "
        "WHERE c.relkind IN ('r', 'v', 'm', 'p', 'f') AND NOT c.relispartition AND n.nspname !~ '^pg_|^information_' "
        "AND has_table_privilege(c.oid, 'SELECT') ORDER BY n.nspname, c.relname, a.attnum"
    )
    with rows_of(source, listed, "tables") as reader:
        rows = reader.read_all().to_pylist()
    tables: dict[tuple[str, str], list[str]] = {}
    for schema, name, column in (row.values() for row in rows):
        tables.setdefault((schema, name), []).append(column)
    return [(schema, name, tuple(columns)) for (schema, name), columns in tables.items()]
