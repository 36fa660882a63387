"""Many rows at once: SQLite's `executemany`, PostgreSQL's COPY."""

import io
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

import pyarrow as pa
from django.db import connections, models, router
from pyarrow import csv

_NO_HEADER = csv.WriteOptions(include_header=False)


def insert(model: type[models.Model], batches: Iterable[pa.RecordBatch], **same: Any) -> None:
    """Insert rows into a model's table, a batch at a time, as they come.

    PostgreSQL refuses COPY into a table with row security, so that there the rows go through a temporary table.

    Parameters
    ----------
    batches : iterable of RecordBatch
        All with the same columns, named as the table's.
    **same
        Columns that have one value in all rows.
    """
    connection = connections[router.db_for_write(model)]
    wide = (_with(batch, same) for batch in batches)
    first = next(wide, None)
    if first is None:
        return
    table = connection.ops.quote_name(model._meta.db_table)
    columns = ", ".join(connection.ops.quote_name(name) for name in first.schema.names)
    with connection.cursor() as cursor:
        if connection.vendor != "postgresql":
            values = ", ".join(["%s"] * first.num_columns)
            cursor.executemany(f"INSERT INTO {table} ({columns}) VALUES ({values})", _rows(chain([first], wide)))
            return
        cursor.execute(f"CREATE TEMP TABLE loaded ON COMMIT DROP AS SELECT {columns} FROM {table} WHERE false")
        with cursor.copy(f"COPY loaded ({columns}) FROM STDIN (FORMAT csv)") as copy:
            for batch in chain([first], wide):
                copy.write(_as_csv(batch))
        cursor.execute(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM loaded")
        cursor.execute("DROP TABLE loaded")


def _with(batch: pa.RecordBatch, same: dict[str, Any]) -> pa.RecordBatch:
    for name, value in same.items():
        batch = batch.append_column(name, pa.repeat(value, batch.num_rows))
    return batch


def _rows(batches: Iterable[pa.RecordBatch]) -> Iterator[tuple[Any, ...]]:
    for batch in batches:
        yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


def _as_csv(batch: pa.RecordBatch) -> bytes:
    """Texts are quoted, so that an empty one differs from none."""
    written = io.BytesIO()
    csv.write_csv(batch, written, _NO_HEADER)
    return written.getvalue()
