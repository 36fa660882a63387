"""Pieces of a table's source that tasks read side by side: some of its files, or a range of bytes of a CSV file."""

import glob
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
from ibis.backends.sql import SQLBackend
from sqlglot import exp

from goldmine.contract.csv_cuts import record_starts
from goldmine.contract.mapping import Mapping
from goldmine.contract.source_totals import parsed_select
from goldmine.contract.sources import CsvSource, ParquetSource
from goldmine.core.engine import Engine
from goldmine.core.errors import ContractError
from goldmine.core.sql import literals
from goldmine.core.tasks import task_results

PIECE_BYTES = 256 << 20
"""Bytes of a piece, which a task reads in a few seconds; a table whose sources hold fewer is read by one task."""
_LOOKED_UP = 2
"""A piece is at least so many times as large as what every task looks up beside it."""
_COPY = 1 << 24
_SETS_APART = ("group", "having", "distinct", "qualify", "limit", "offset", "laterals", "with_")
_MACROS = ("nullif", "split_part")
"""Of DuckDB's macros those that are often used and make one value of a row; others may aggregate."""


@dataclass(frozen=True)
class Piece:
    """What a task reads of a source.

    Parameters
    ----------
    source : str
        Its name.
    files : tuple of Path
        Some of its files.
    header, start, end : int
        Of the one file: the bytes of its header, and those from and to which it is read; all 0 where it is read whole.
    """

    source: str
    files: tuple[Path, ...]
    header: int = 0
    start: int = 0
    end: int = 0


def with_piece(mapping: Mapping, piece: Piece, scratch: Path) -> Mapping:
    """The mapping whose source holds a piece alone; a range of a file is copied into the folder."""
    source, folder = mapping.sources[piece.source], scratch / "piece"
    folder.mkdir()
    kind = "csv" if isinstance(source, CsvSource) else "parquet"
    if piece.end:
        _copy_range(piece, folder / "range.csv")
    else:
        for number, path in enumerate(piece.files):
            (folder / f"{number:06}.{kind}").symlink_to(path)
    own = source.model_copy(update={kind: f"{glob.escape(str(folder))}/*.{kind}"})
    return replace(mapping, sources={**mapping.sources, piece.source: own})


def _copy_range(piece: Piece, target: Path) -> None:
    with piece.files[0].open("rb") as source, target.open("wb") as copy:
        copy.write(source.read(piece.header))
        source.seek(piece.start)
        left = piece.end - piece.start
        while some := source.read(min(left, _COPY)):
            copy.write(some)
            left -= len(some)


def is_large(mapping: Mapping, table: str) -> bool:
    """Whether a table is read from more bytes than a task should; no if a file is missing, which reading it tells."""
    try:
        return _source_bytes(mapping, table) > PIECE_BYTES
    except ContractError:
        return False


def _source_bytes(mapping: Mapping, table: str) -> int:
    return sum(_size(mapping, name) for name in mapping.tables[table].source)


def _size(mapping: Mapping, source: str) -> int:
    return sum(path.stat().st_size for path in mapping.sources[source].files())


def source_pieces(engine: Engine, tables: Sequence[tuple[Mapping, str]]) -> dict[str, list[Piece | None]]:
    """Cut the sources of some tables; the piece of a table that one task has to read is None.

    A source is cut where every row of the table is made of one of its rows and what is joined with it; every task reads
    all of the latter.

    Parameters
    ----------
    engine : Engine
        Where large CSV files are searched for starts of records.
    """
    pieces: dict[str, list[Piece | None]] = {}
    long: list[tuple[str, str, CsvSource, Path, int]] = []
    for mapping, table in tables:
        name = _row_source(mapping, table)
        if not name:
            pieces[table] = [None]
            continue
        source, looked_up = mapping.sources[name], _source_bytes(mapping, table) - _size(mapping, name)
        size = max(PIECE_BYTES, _LOOKED_UP * looked_up)
        files = source.files()
        alone = [path for path in files if isinstance(source, CsvSource) and path.stat().st_size > size]
        long += [(table, name, source, path, size) for path in alone if isinstance(source, CsvSource)]
        pieces[table] = list(_grouped(name, [path for path in files if path not in alone], size))
    for (table, name, _source, path, _bytes), starts in task_results(engine, long, "cutting files", _starts, rows=0):
        ends = [*starts[1:], path.stat().st_size]
        spans = zip(starts, ends, strict=True) if len(starts) > 1 else ()
        pieces[table] += [Piece(name, (path,), starts[0], *span) for span in spans] or [Piece(name, (path,))]
    return pieces


def _starts(_connection: SQLBackend, item: tuple[str, str, CsvSource, Path, int]) -> list[int]:
    _table, _name, source, path, size = item
    return record_starts(path, source, size)


def _grouped(name: str, files: Sequence[Path], size: int) -> list[Piece]:
    """Files in order, as many together as hold the size."""
    groups: list[list[Path]] = []
    held = 0
    for path in files:
        held += path.stat().st_size
        if not groups or held > size:
            groups.append([])
            held = path.stat().st_size
        groups[-1].append(path)
    return [Piece(name, tuple(group)) for group in groups]


def _row_source(mapping: Mapping, table: str) -> str:
    """The source of files of which each row makes rows of the table by itself; empty where there is none."""
    read = mapping.tables[table]
    name = _from(read.select) if read.select.strip() else read.source[0]
    return name if isinstance(mapping.sources.get(name), CsvSource | ParquetSource) else ""


def _from(text: str) -> str:
    """The one table that a SELECT reads row by row, at most joining others to it; empty where it does more."""
    select = parsed_select(text)
    if not isinstance(select, exp.Select) or any(select.args.get(part) for part in _SETS_APART):
        return ""
    if select.find(exp.Window, exp.Unnest, exp.UDTF, exp.TableSample, exp.Pivot) or not _by_row(select):
        return ""
    joins = select.args.get("joins") or ()
    if any(join.side not in ("", "LEFT") or join.kind not in ("", "INNER", "OUTER") or join.method for join in joins):
        return ""
    tables = [one.name.lower() for one in select.find_all(exp.Table)]
    main = select.find(exp.From)
    name = main.this.name if main and isinstance(main.this, exp.Table) and not main.this.db else ""
    nested = len(list(select.find_all(exp.Select))) > 1
    return "" if nested or tables.count(name.lower()) != 1 else name


def _by_row(select: exp.Select) -> bool:
    """Whether all functions of a SELECT make one value of one row, and the same one whenever they are asked."""
    calls = (re.match(r"(\w+)\(", function.sql("duckdb")) for function in select.find_all(exp.Func))
    names = {call[1].lower() for call in calls if call} - set(_MACROS)
    with duckdb.connect() as connection:
        others = connection.execute(
            "SELECT count(*) FROM duckdb_functions() WHERE (function_type NOT IN ('scalar', 'table') "
            f"OR stability = 'VOLATILE') AND function_name IN {literals(names)}"
            if names
            else "SELECT 0"
        ).fetchall()[0][0]
    return not others
