"""Tables that Goldmine writes: one Parquet file, or of a large bank a folder of parts, under the same name."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa


def parquet_files(path: Path) -> list[Path]:
    """The files of a table, in order."""
    return sorted(path.glob("*.parquet")) if path.is_dir() else [path]


def count_rows(files: list[Path]) -> int:
    """The rows of some files together, from their metadata."""
    import pyarrow.parquet as pq

    return sum(pq.read_metadata(file).num_rows for file in files)


def parquet_schema(path: Path) -> "pa.Schema":
    """The names and types of a table's columns."""
    import pyarrow.parquet as pq

    return pq.read_schema(parquet_files(path)[0])
