"""The engine that runs every query: DuckDB in this process, through Ibis."""

from contextlib import suppress

import ibis
from duckdb import InvalidInputException
from ibis.backends.duckdb import Backend


def connect() -> Backend:
    """A connection of its own; it shows no bar of its own, which would mix with the notebooks'."""
    connection = ibis.duckdb.connect()
    # In Jupyter DuckDB shows a bar only with ipywidgets, and without them will not even be told to show none.
    with suppress(InvalidInputException):
        connection.raw_sql("SET enable_progress_bar = false")
    return connection
