"""Tables that have to be cast: here one by one, or in tasks of Spark, the large ones in many."""

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add
from pathlib import Path

from ibis.backends.sql import SQLBackend

from goldmine.contract.canonical_writer import StagedTable, refuse_months
from goldmine.contract.cast_months import CastMonth, cast_months
from goldmine.contract.cast_tables import Cast, ReadRows, Taken, cast_table, taken_of
from goldmine.contract.column_counts import summed
from goldmine.contract.source_pieces import Piece, is_large, source_pieces, with_piece
from goldmine.contract.spark_months import codes_of
from goldmine.contract.stage import connect, stage
from goldmine.contract.tables import TABLES
from goldmine.core.engine import Engine
from goldmine.core.errors import ContractError
from goldmine.core.tasks import task_results


def cast_all(engine: Engine, casts: list[Cast]) -> dict[str, Taken | ContractError]:
    """Cast some tables, or say what is wrong with each.

    With Spark a small table is a task. Of a large one tasks read the pieces of its source side by side, and then cast a
    month each. If a piece cannot be read, the table is read whole, by one task, so that what is said of it does not
    depend on how it was cut.

    Raises
    ------
    DiskError
        If the disk is full.
    EngineError
        If Spark fails.
    """
    if engine.name != "spark":
        return {cast.table: cast_table(cast) for cast in casts}
    spread = [cast.with_own_sources() for cast in casts if cast.by_task]
    large = [cast for cast in spread if is_large(cast.mapping, cast.table)]
    done = _large(engine, large)
    rest = [cast for cast in spread if cast.table not in done]
    done |= {cast.table: found for cast, found in task_results(engine, rest, "casting tables", _whole, rows=0)}
    return {cast.table: done[cast.table] if cast.table in done else cast_table(cast, engine) for cast in casts}


def _whole(_connection: SQLBackend, cast: Cast) -> Taken | ContractError:
    return cast_table(cast, most_threads=1)


@dataclass(frozen=True)
class _Part:
    """A piece of a table's source, and the folder of its staged rows, which is there when all of them are."""

    cast: Cast
    piece: Piece | None
    folder: Path


def _large(engine: Engine, casts: list[Cast]) -> dict[str, Taken | ContractError]:
    """The large tables whose pieces could all be read and agree; the others are not in it."""
    cut = source_pieces(engine, [(cast.mapping, cast.table) for cast in casts])
    parts = []
    for cast in casts:
        staged = Path(tempfile.mkdtemp(prefix=f"{cast.table}.", dir=cast.scratch)) / "staged"
        staged.mkdir()
        parts += [_Part(cast, piece, staged / f"{n:06}") for n, piece in enumerate(cut[cast.table])]
    read: dict[str, list[ReadRows | None]] = {}
    folders = {part.cast.table: part.folder.parent for part in parts}
    for part, found in task_results(engine, parts, "reading tables", _read_part, rows=0):
        read.setdefault(part.cast.table, []).append(found)
    whole = {cast.table: rows for cast in casts if (rows := _together(read[cast.table]))}
    tables = [
        StagedTable(TABLES[cast.table], cast.mapping.tables[cast.table], folders[cast.table])
        for cast in casts
        if cast.table in whole
    ]
    months = cast_months(engine, tables)
    taken = {}
    for table in tables:
        name = table.spec.name
        cast = next(cast for cast in casts if cast.table == name)
        taken[name] = _taken(cast, table, whole[name], months[name])
        shutil.rmtree(table.folder)
    return taken


def _read_part(_connection: SQLBackend, part: _Part) -> ReadRows | None:
    """Stage the rows of a piece; None where that fails, which is told when the table is read whole."""
    table = part.cast.table
    with tempfile.TemporaryDirectory(prefix=f"{table}.", dir=part.cast.scratch) as own:
        scratch = Path(own)
        mapping = with_piece(part.cast.mapping, part.piece, scratch) if part.piece else part.cast.mapping
        try:
            with connect(scratch, 1) as connection:
                staged = stage(connection, TABLES[table], mapping, scratch)
                found = ReadRows.of(connection, TABLES[table], mapping, staged)
        except ContractError:
            return None
        # A task that is lost runs again, and a slow one twice, with the same rows.
        if not part.folder.exists():
            staged.rename(part.folder)
        return found


def _together(parts: Sequence[ReadRows | None]) -> ReadRows | None:
    """The pieces of a table as one; None where one could not be read or differs in its columns."""
    read = [part for part in parts if part]
    if len(read) < len(parts) or any(part.source_columns != read[0].source_columns for part in read):
        return None
    totals = reduce(add, (part.totals for part in read))
    return ReadRows(sum(part.rows for part in read), totals, read[0].left_out, read[0].source_columns)


def _taken(cast: Cast, table: StagedTable, read: ReadRows, months: dict[str, CastMonth]) -> Taken | ContractError:
    counts = summed([month.counts.counts for month in months.values()])
    try:
        with connect(table.scratch) as connection:
            refuse_months(connection, table, (read.rows, counts))
    except ContractError as fault:
        return fault
    written = [month.file for month in months.values()]
    return taken_of(cast, read, counts, written, codes_of(month.counts for month in months.values()))
