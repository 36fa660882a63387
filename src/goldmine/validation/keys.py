"""Keys that stand more than once, however many there are: by the hashes of the keys, a share of them at a time.

Equal neighbours among sorted hashes are found several times faster than DuckDB would group 60 million keys; only the
few rows they point at are then grouped by the keys themselves. Of a table with more keys than a task may hold, each
piece is read once and its hashes are written by ranges; a task takes a range of all pieces.
"""

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
from duckdb import DuckDBPyConnection
from ibis.backends.sql import SQLBackend

from goldmine.core.engine import Engine
from goldmine.core.sql import quoted
from goldmine.core.tasks import task_results
from goldmine.validation.rules import Rule
from goldmine.validation.tally import Tally, count_breaking

_BATCH = 2**20
_FOUND_AT_ONCE = 2**22
"""Hashes of repeated keys that one pass over the table looks for."""


@dataclass(frozen=True)
class KeyCount:
    """A table's keys, and the rules on those that stand more than once.

    Parameters
    ----------
    whole : str
        SQL of all the table's rows.
    pieces : tuple of str
        SQL of the rows of each piece.
    size : int
        Rows of the table.
    key : tuple of str
        The key's columns.
    rules : tuple of Rule
        Rules on `copies` and on `versions` that differ.
    parts : int
        How many ranges of hashes are held against each other one by one.
    """

    whole: str
    pieces: tuple[str, ...]
    size: int
    key: tuple[str, ...]
    rules: tuple[Rule, ...]
    parts: int

    def tally(self, connection: DuckDBPyConnection) -> Tally:
        """Count them, all hashes in memory."""
        hashes = [batch["hashed"].to_numpy() for batch in self._hashes(connection, self.whole)]
        return self.repeats(connection, _twice(hashes))

    def write_hashes(self, folder: Path, connection: DuckDBPyConnection, piece: str) -> Path:
        """Write the hashes of a piece's keys, a file a range, into a folder of its own: a lost task runs again."""
        own = Path(tempfile.mkdtemp(dir=folder))
        ends = [(part << 64) // self.parts for part in range(1, self.parts)]
        bounds = np.array(ends, np.uint64)
        with ExitStack() as stack:
            files = [stack.enter_context((own / str(part)).open("wb")) for part in range(self.parts)]
            for batch in self._hashes(connection, piece):
                hashes = np.sort(batch["hashed"].to_numpy())
                for file, some in zip(files, np.split(hashes, np.searchsorted(hashes, bounds)), strict=True):
                    file.write(some.tobytes())
        return own

    def repeats(self, connection: DuckDBPyConnection, twice: np.ndarray) -> Tally:
        """Count the keys that stand more than once among those with such hashes."""
        if not len(twice):
            return Tally({rule.name: 0 for rule in self.rules})
        connection.register("hashed_twice", pa.table({"hashed": twice}))
        repeated = (
            f"(SELECT count(*) AS copies, count(DISTINCT hash(t)) AS versions FROM ({self.whole}) AS t "
            f"WHERE {self._known} AND {self._hash} IN (SELECT hashed FROM hashed_twice) "
            f"GROUP BY {self._columns} HAVING count(*) > 1)"
        )
        failing = count_breaking(connection, repeated, self.rules)[1]
        connection.unregister("hashed_twice")
        return Tally(failing)

    def _hashes(self, connection: DuckDBPyConnection, rows: str) -> pa.RecordBatchReader:
        query = f"SELECT {self._hash} AS hashed FROM ({rows}) WHERE {self._known}"
        return connection.execute(query).fetch_record_batch(_BATCH)

    @property
    def _columns(self) -> str:
        return ", ".join(map(quoted, self.key))

    @property
    def _hash(self) -> str:
        return f"hash({self._columns})"

    @property
    def _known(self) -> str:
        return " AND ".join(f"{quoted(name)} IS NOT NULL" for name in self.key)


def tally_by_ranges(engine: Engine, keys: KeyCount, folder: Path) -> Tally:
    """Count keys whose hashes do not fit into a task, through files in a folder that all machines see."""
    per_piece, per_part = keys.size // len(keys.pieces), keys.size // keys.parts
    with tempfile.TemporaryDirectory(prefix=".keys.", suffix=".part", dir=folder) as scratch:
        place = Path(scratch)
        write = partial(_write_hashes, keys, place)
        written = [own for _, own in task_results(engine, keys.pieces, "keys: hashes", write, rows=per_piece)]
        find = partial(_find_twice, place, written)
        found = [one for _, one in task_results(engine, range(keys.parts), "keys: ranges", find, rows=per_part)]
        lots = list(_lots([(path, count) for path, count in found if count]))
        count = partial(_repeats, keys)
        tally = Tally({rule.name: 0 for rule in keys.rules})
        for _, counted in task_results(engine, lots, "keys: repeated", count, rows=keys.size):
            tally += counted
    return tally


def _write_hashes(keys: KeyCount, folder: Path, connection: SQLBackend, piece: str) -> Path:
    return keys.write_hashes(folder, connection.con, piece)


def _find_twice(folder: Path, written: Sequence[Path], _connection: SQLBackend, part: int) -> tuple[Path, int]:
    """The hashes of a range that stand more than once, in a file, and how many they are."""
    twice = _twice([np.fromfile(own / str(part), np.uint64) for own in written])
    with tempfile.NamedTemporaryFile(dir=folder, delete=False) as file:
        file.write(twice.tobytes())
    return Path(file.name), len(twice)


def _repeats(keys: KeyCount, connection: SQLBackend, lot: tuple[Path, ...]) -> Tally:
    return keys.repeats(connection.con, np.concatenate([np.fromfile(path, np.uint64) for path in lot]))


def _lots(found: Iterable[tuple[Path, int]]) -> Iterator[tuple[Path, ...]]:
    held: tuple[Path, ...] = ()
    hashes = 0
    for path, count in found:
        if held and hashes + count > _FOUND_AT_ONCE:
            yield held
            held, hashes = (), 0
        held, hashes = (*held, path), hashes + count
    if held:
        yield held


def _twice(batches: Sequence[np.ndarray]) -> np.ndarray:
    """Hashes that stand more than once."""
    hashes = np.concatenate([*batches, np.empty(0, np.uint64)])
    hashes.sort()
    return np.unique(hashes[1:][hashes[1:] == hashes[:-1]])
