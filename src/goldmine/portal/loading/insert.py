"""Many rows at once: SQLite's `executemany`, PostgreSQL's COPY."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connections, models, router

Row = Sequence[Any]


def insert(model: type[models.Model], names: Sequence[str], rows: Iterable[Row]) -> None:
    """Insert rows into a model's table, as they come.

    PostgreSQL refuses COPY into a table with row security, so that there the rows go through a temporary table.

    Parameters
    ----------
    names : sequence of str
        Columns of the table, in the order of each row's values.
    """
    connection = connections[router.db_for_write(model)]
    table = connection.ops.quote_name(model._meta.db_table)
    columns = ", ".join(connection.ops.quote_name(name) for name in names)
    with connection.cursor() as cursor:
        if connection.vendor != "postgresql":
            values = ", ".join(["%s"] * len(names))
            cursor.executemany(f"INSERT INTO {table} ({columns}) VALUES ({values})", rows)
            return
        cursor.execute(f"CREATE TEMP TABLE loaded ON COMMIT DROP AS SELECT {columns} FROM {table} WHERE false")
        with cursor.copy(f"COPY loaded ({columns}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        cursor.execute(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM loaded")
        cursor.execute("DROP TABLE loaded")
