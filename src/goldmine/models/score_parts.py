"""A snapshot's eligible customers scored part by part of the feature table, each a task, and ranked as one file."""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from duckdb import DuckDBPyRelation
from ibis.backends.duckdb import Backend

from goldmine.core.engine import DUCKDB, Engine
from goldmine.core.errors import UseCaseError
from goldmine.core.files import whole_file
from goldmine.core.i18n import _
from goldmine.core.parquet import count_rows, parquet_files
from goldmine.core.tasks import is_spread, run_tasks
from goldmine.core.workspace import Workspace
from goldmine.labels.eligibility import eligible, feature_rows
from goldmine.labels.use_case import UseCase
from goldmine.models.ranking import SCORES, write_in_order, write_ranked

PartScorer = Callable[[Backend, Path], Iterable[pa.RecordBatch]]
"""Scores of the eligible of a part of the feature table, in batches with the columns of `SCORES`."""


@dataclass(frozen=True)
class Scoring:
    """Whose eligible customers are scored: the work folder with the features, the use case, and the snapshot."""

    work: Workspace
    use_case: UseCase
    as_of: date

    def eligible_rows(self, connection: Backend, part: Path, names: list[str]) -> DuckDBPyRelation:
        """Some features of the eligible customers of a part of the feature table, in no order."""
        everyone = eligible(connection, self.work, self.use_case, self.as_of, part).to_pyarrow()
        return feature_rows(connection, part, everyone, names)


def score_parts(
    scoring: Scoring, scorer: PartScorer, scratch: Path, *, engine: Engine = DUCKDB, rate: float | None = None
) -> int:
    """Write the scores of the eligible customers by rank, and return how many there are.

    Each part of the feature table is a task, and a table of one part starts no Spark.

    Parameters
    ----------
    scorer : callable
        A function of a module, or a partial of one, which travels to the tasks.
    scratch : Path
        A folder for what is in between, on the disk of the scores.
    rate : float, optional
        The probability of everyone; what the scorer gives is then nothing but the order, highest first.

    Raises
    ------
    UseCaseError
        If no customer is eligible.
    EngineError
        If Spark fails.
    """
    work, use_case, as_of = scoring.work, scoring.use_case, scoring.as_of
    features, folder = work.features(as_of), scratch / "scored"
    parts, in_order = parquet_files(features), is_spread(engine, features)
    write = partial(_write_part, scorer, folder, in_order)
    where, rows = engine if in_order else DUCKDB, count_rows(parts) // len(parts)
    deque(run_tasks(where, parts, f"scoring {use_case.name}", write, rows=rows), maxlen=0)
    scored = parquet_files(folder)
    if not count_rows(scored):
        raise UseCaseError(
            _("{use_case} at {as_of}: nobody is eligible.", use_case=use_case.name, as_of=as_of),
            _("Check its conditions against the features' figures."),
        )
    return write_ranked(engine, scored, work.scores(as_of, use_case.name), scratch, in_order=in_order, rate=rate)


def _write_part(scorer: PartScorer, folder: Path, in_order: bool, connection: Backend, part: Path) -> None:
    """Write the scores of a part; in order and with its keys, if tasks are to rank them."""
    path, batches = folder / part.name, scorer(connection, part)
    if in_order:
        write_in_order(connection, pa.Table.from_batches(batches, SCORES), path)
    else:
        with whole_file(path) as temporary, pq.ParquetWriter(temporary, SCORES) as writer:
            for batch in batches:
                writer.write_batch(batch)
