"""One open Parquet file a table (and month), to which blocks are added as row groups."""

from pathlib import Path
from types import TracebackType

import pyarrow as pa
import pyarrow.parquet as pq


class Writers:
    """Parquet writers by name, closed together at the end.

    Parameters
    ----------
    folder : Path
        Where ``<name>.parquet`` is written.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._open: dict[str, pq.ParquetWriter] = {}

    def __enter__(self) -> "Writers":
        return self

    def write(self, name: str, table: pa.Table) -> None:
        """Add a table's rows to the file of that name; a table without columns adds nothing."""
        if not table.num_columns:
            return
        if name not in self._open:
            path = self._folder / f"{name}.parquet"
            path.parent.mkdir(parents=True, exist_ok=True)
            self._open[name] = pq.ParquetWriter(path, table.schema, compression="zstd")
        self._open[name].write_table(table)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for writer in self._open.values():
            writer.close()
