"""The engine that runs every query: DuckDB in this process, through Ibis."""

import ibis
from ibis.backends.duckdb import Backend


def connect() -> Backend:
    """A connection of its own; it shows no bar of its own, which would mix with the notebooks'."""
    connection = ibis.duckdb.connect()
    connection.raw_sql("SET enable_progress_bar = false")
    return connection
