"""Rows as a file: CSV, JSON lines or Parquet, written to a temporary file and sent from there.

A file that was cut off cannot be taken for a whole one, since its length goes before it, and its rows are of one
moment.
"""

import csv
import io
import json
import tempfile
from collections.abc import Callable, Iterator
from datetime import date
from itertools import islice
from typing import IO, Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq

from goldmine.core.formula import escape_formula
from goldmine.portal.api.schemas import RowOut

Format = Literal["csv", "jsonl", "parquet"]
MEDIA_TYPES: dict[Format, str] = {
    "csv": "text/csv; charset=utf-8",
    "jsonl": "application/jsonl",
    "parquet": "application/vnd.apache.parquet",
}
COLUMNS = tuple(RowOut.model_fields)
_ARROW = {
    "rank": pa.int32(),
    "decile": pa.int16(),
    "probability": pa.float64(),
    "expected_value": pa.float64(),
    "valid_until": pa.date32(),
}
_SCHEMA = pa.schema([(name, _ARROW.get(name, pa.string())) for name in COLUMNS])
_AT_ONCE = 5000
_IN_MEMORY = 2_000_000

Chunks = Iterator[list[tuple[Any, ...]]]


def rows_file(rows: Any, wanted: Format) -> tuple[IO[bytes], int]:
    """A file of rows, at its beginning, and how many rows it has.

    Parameters
    ----------
    rows : django.db.models.QuerySet
        Of `ListRow`, in their order.
    wanted : {"csv", "jsonl", "parquet"}
        Its format.
    """
    stream = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - the answer closes it
    count = _WRITERS[wanted](stream, _chunks(rows))
    stream.seek(0)
    return stream, count


def _chunks(rows: Any) -> Chunks:
    values = rows.values_list(*COLUMNS).iterator(chunk_size=_AT_ONCE)
    while chunk := list(islice(values, _AT_ONCE)):
        yield chunk


def _csv(stream: Any, chunks: Chunks) -> int:
    text, count = io.TextIOWrapper(stream, "utf-8", newline="", write_through=True), 0
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for chunk in chunks:
        writer.writerows([[_cell(value) for value in row] for row in chunk])
        count += len(chunk)
    text.detach()
    return count


def _cell(value: Any) -> Any:
    return escape_formula(value) if isinstance(value, str) else "" if value is None else value


def _jsonl(stream: Any, chunks: Chunks) -> int:
    count = 0
    for chunk in chunks:
        lines = [json.dumps(dict(zip(COLUMNS, row, strict=True)), ensure_ascii=False, default=_day) for row in chunk]
        stream.write(("\n".join(lines) + "\n").encode())
        count += len(chunk)
    return count


def _day(value: date) -> str:
    return value.isoformat()


def _parquet(stream: Any, chunks: Chunks) -> int:
    count = 0
    with pq.ParquetWriter(stream, _SCHEMA, compression="zstd") as writer:
        for chunk in chunks:
            columns = [
                pa.array(values, field.type) for values, field in zip(zip(*chunk, strict=True), _SCHEMA, strict=True)
            ]
            writer.write_table(pa.Table.from_arrays(columns, schema=_SCHEMA))
            count += len(chunk)
    return count


_WRITERS: dict[Format, Callable[[Any, Chunks], int]] = {"csv": _csv, "jsonl": _jsonl, "parquet": _parquet}
