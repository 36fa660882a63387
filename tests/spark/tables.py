"""Tables of two engines side by side."""

from pathlib import Path

from goldmine.core.fingerprint import of_file
from goldmine.core.parquet import parquet_files


def contents(path: Path) -> dict[str, str]:
    """SHA-256 of each file of a table, by its name in it."""
    return {file.name: of_file(file) for file in parquet_files(path)}
