"""The rows of a training's cutoffs: labels, the draw, then the features of what was drawn.

On one machine a cutoff is read at once. On Spark no customer comes to the driver who was not drawn: a task a cutoff
finds to whom the outcome happened, a task a part of the cutoff's feature table counts rows and positives, and when the
shares are known a task a part draws and reads the features.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.parquet as pq
from ibis.backends.sql import SQLBackend

from goldmine.contract.bank import Bank
from goldmine.core.engine import Engine, connect, parquet_rows, read_parquet, write_rows
from goldmine.core.files import whole_file
from goldmine.core.parquet import parquet_files
from goldmine.core.tasks import is_spread, run_tasks, task_results
from goldmine.core.workspace import Workspace
from goldmine.labels import labelled, with_features
from goldmine.labels.eligibility import eligible, feature_rows, require_complete, with_outcome
from goldmine.labels.outcome_window import outcome_customers, outcome_window
from goldmine.labels.use_case import UseCase
from goldmine.models.training_draw import Draw

Counts = dict[date, tuple[int, int]]
"""Rows and positives of each cutoff."""
Draws = dict[date, Draw | None]
"""What is drawn from each cutoff; None for all."""
_BATCH = 50_000


@dataclass(frozen=True)
class RowSource:
    """Whose rows are read: the bank and its work folder, the use case, and the snapshot that outcomes are known by."""

    bank: Bank
    work: Workspace
    use_case: UseCase
    as_of: date


def read_rows(
    engine: Engine, source: RowSource, cutoffs: list[date], draws: Callable[[Counts], Draws]
) -> dict[date, pa.Table]:
    """Drawn rows of some cutoffs, by customer_id: features, outcome, and weight where something was drawn.

    Parameters
    ----------
    draws : callable
        Says what is drawn.

    Raises
    ------
    HistoryError
        If a cutoff's outcome is not complete at the snapshot, or its features have not been made.
    UseCaseError
        If the bank lacks a table or a feature that the use case needs.
    ContractError
        If a table changed while it was being read.
    """
    if any(is_spread(engine, source.work.features(cutoff)) for cutoff in cutoffs):
        return _read_in_tasks(engine, source, cutoffs, draws)
    bank, work = source.bank, source.work
    of_all = {cutoff: labelled(bank, work, source.use_case, cutoff, source.as_of) for cutoff in cutoffs}
    drawn = {}
    for cutoff, draw in draws({cutoff: _counts(table) for cutoff, table in of_all.items()}).items():
        table = of_all.pop(cutoff)
        drawn[cutoff] = draw.weighted(draw.rows_of(connect(), table, cutoff)) if draw else table
    bank.require_unchanged()
    return {cutoff: with_features(work, cutoff, table) for cutoff, table in drawn.items()}


def _counts(table: pa.Table) -> tuple[int, int]:
    return table.num_rows, int(table["outcome"].to_numpy().sum())


def _read_in_tasks(
    engine: Engine, source: RowSource, cutoffs: list[date], draws: Callable[[Counts], Draws]
) -> dict[date, pa.Table]:
    for cutoff in cutoffs:  # what is missing is said once, and here
        require_complete(source.use_case, cutoff, source.as_of)
        eligible(connect(), source.work, source.use_case, cutoff)
    features = {cutoff: source.work.features(cutoff) for cutoff in cutoffs}
    name, beside = source.use_case.name, features[cutoffs[0]].parent
    with TemporaryDirectory(prefix=f".{name}.", suffix=".part", dir=beside) as scratch:
        job = _Job(source, Path(scratch))
        pieces = [_Piece(cutoff, part) for cutoff in cutoffs for part in parquet_files(features[cutoff])]
        rows = source.bank.tables["customers"].rows
        deque(run_tasks(engine, cutoffs, f"outcomes of {name}", partial(_write_happened, job), rows=rows), maxlen=0)
        counts = dict.fromkeys(cutoffs, (0, 0))
        label = partial(_write_labels, job)
        for piece, (labelled_rows, positives) in task_results(engine, pieces, f"labels of {name}", label, rows=rows):
            before = counts[piece.cutoff]
            counts[piece.cutoff] = before[0] + labelled_rows, before[1] + positives
        drawn = draws(counts)
        deque(run_tasks(engine, pieces, f"rows of {name}", partial(_write_drawn, job, drawn), rows=rows), maxlen=0)
        source.bank.require_unchanged()
        return {cutoff: _read_drawn(job, pieces, cutoff, draw) for cutoff, draw in drawn.items()}


@dataclass(frozen=True)
class _Piece:
    """A part of a cutoff's feature table."""

    cutoff: date
    part: Path


@dataclass(frozen=True)
class _Job:
    """Whose rows are read, and the folder for what the tasks return."""

    source: RowSource
    scratch: Path

    def happened(self, cutoff: date) -> Path:
        """To whom the outcome happened, by customer_id."""
        return self.scratch / "happened" / f"{cutoff}.parquet"

    def file(self, what: str, piece: _Piece) -> Path:
        """What a task wrote of a part."""
        return self.scratch / what / str(piece.cutoff) / piece.part.name


def _write_happened(job: _Job, connection: SQLBackend, cutoff: date) -> None:
    source = job.source
    window = outcome_window(connection, source.bank, source.work, source.use_case, (cutoff, source.as_of))
    happened = outcome_customers(source.use_case, window)
    with whole_file(job.happened(cutoff)) as temporary:
        write_rows(connection, connection.compile(happened), temporary, order=("customer_id",))


def _write_labels(job: _Job, connection: SQLBackend, piece: _Piece) -> tuple[int, int]:
    """Write customer_id and outcome of a part's eligible, and return how many and their positives."""
    source = job.source
    ends = connection.con.sql(f"SELECT min(customer_id), max(customer_id) FROM {parquet_rows([piece.part])}").fetchone()
    happened = read_parquet(connection, [job.happened(piece.cutoff)])
    first, last = (end or "" for end in ends or ("", ""))  # the file is in order: row groups of others are passed over
    happened = happened.filter(happened.customer_id.between(first, last))
    bank, use_case = source.bank, source.use_case
    rows = eligible(connection, source.work, use_case, piece.cutoff, piece.part)
    table = with_outcome(connection, bank, use_case, piece.cutoff, rows=rows, happened=happened).to_pyarrow()
    with whole_file(job.file("labels", piece)) as temporary:
        pq.write_table(table, temporary)
    return _counts(table)


def _write_drawn(job: _Job, draws: Draws, connection: SQLBackend, piece: _Piece) -> None:
    """Write the drawn rows of a part with their features."""
    table, draw = pq.read_table(job.file("labels", piece)), draws[piece.cutoff]
    if draw:
        table = draw.rows_of(connection, table, piece.cutoff)
    rows = feature_rows(connection, piece.part, table).order("customer_id").to_arrow_reader(_BATCH)
    with whole_file(job.file("drawn", piece)) as temporary, pq.ParquetWriter(temporary, rows.schema) as writer:
        for batch in rows:
            writer.write_batch(batch)


def _read_drawn(job: _Job, pieces: list[_Piece], cutoff: date, draw: Draw | None) -> pa.Table:
    """The drawn rows of a cutoff; a customer's part is the one that holds the number."""
    parts = [pq.read_table(job.file("drawn", piece)) for piece in pieces if piece.cutoff == cutoff]
    rows = pa.concat_tables(parts)
    return draw.weighted(rows) if draw else rows
