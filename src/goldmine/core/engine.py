"""The engine that runs every query: DuckDB in this process, through Ibis."""

from contextlib import suppress

import ibis
from duckdb import DuckDBPyConnection, InvalidInputException
from ibis.backends.duckdb import Backend


def connect() -> Backend:
    """A connection of its own; it shows no bar of its own, which would mix with the notebooks'."""
    connection = ibis.duckdb.connect()
    show_no_bar(connection.con)
    return connection


def show_no_bar(connection: DuckDBPyConnection) -> None:
    """Keep DuckDB's own bar out of notebooks, where it appears by itself once a query takes long."""
    # In Jupyter DuckDB shows a bar only with ipywidgets, and without them will not even be told to show none.
    with suppress(InvalidInputException):
        connection.execute("SET enable_progress_bar = false")
