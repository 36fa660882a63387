"""Score every eligible customer with the champion, batch by batch from Parquet."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from goldmine.contract.bank import Bank
from goldmine.core.engine import DUCKDB, Engine, connect
from goldmine.core.errors import UseCaseError
from goldmine.core.files import disk_errors, read_json, write_json
from goldmine.core.fingerprint import of_file
from goldmine.core.parquet import parquet_schema
from goldmine.core.seals import sealed_file
from goldmine.core.workspace import Workspace
from goldmine.features import feature_fingerprint, require_current
from goldmine.labels.eligibility import eligible, feature_rows
from goldmine.labels.use_case import UseCase
from goldmine.models.champion import Champion
from goldmine.models.model import Model

_BATCH = 50_000
_SCHEMA = pa.schema({"customer_id": pa.string(), "probability": pa.float64()})


@dataclass(frozen=True)
class ScoreReport:
    """Result of scoring.

    Parameters
    ----------
    use_case, as_of : str, date
        The use case and the snapshot.
    model_name, model_version, mlflow_run : str
        The champion, and the run that trained it.
    rows : int
        Customers scored.
    path : Path
        The file of the scores.
    unseen_categories : dict of str to int
        Rows that hold a category unseen in training, by text feature.
    """

    use_case: str
    as_of: date
    model_name: str
    model_version: str
    mlflow_run: str
    rows: int
    path: Path
    unseen_categories: dict[str, int]


def score(
    bank: Bank, work: Workspace, use_case: UseCase, as_of: date, best: Champion, *, engine: Engine = DUCKDB
) -> ScoreReport:
    """Score every eligible customer at a snapshot and write the scores atomically.

    The file holds customer_id, probability (calibrated), decile (1 best to 10) and rank, sorted by rank; ties go
    by customer_id. A JSON file beside it describes its origin; scores without it do not count. If the same champion has
    scored the same features before, its scores are reused. Spark runs the model where the features are and returns
    customer_id and probability, which are ranked here.

    Parameters
    ----------
    best : Champion
        From `goldmine.governance.scoring_champion`.

    Raises
    ------
    ModelError
        If the feature table lacks features of the champion's model.
    HistoryError
        If the snapshot's features have not been made, or were made by other code.
    UseCaseError
        If no customer is eligible.
    EngineError
        If Spark fails.
    """
    require_current(bank, work, [as_of])
    path = work.scores(as_of, use_case.name)
    origin = {
        "use_case": use_case.name,
        "as_of": str(as_of),
        "model_name": best.name,
        "model_version": best.version,
        "mlflow_run": best.run_id,
        "model_as_of": best.as_of,
        "features_fingerprint": feature_fingerprint(bank, work, as_of),
        "eligible": [condition.model_dump(exclude_none=True) for condition in use_case.eligible],
        "any_of": [[condition.model_dump(exclude_none=True) for condition in group] for group in use_case.any_of],
    }
    description = path.with_suffix(".json")
    stored = read_json(description, {})
    if path.exists() and all(stored.get(k) == v for k, v in origin.items()) and stored.get("sha256") == of_file(path):
        return _report(best, path, (use_case.name, as_of), stored)
    job = _ScoringJob(work, use_case, as_of, best.model)
    # Ranking needs two columns only, so it runs in this process on either engine.
    table = _ranked(_on_spark(job, engine) if engine.name == "spark" else _in_process(job), use_case, as_of)
    # The old description goes first: a process killed in between leaves no scores rather than wrong ones.
    description.unlink(missing_ok=True)
    with sealed_file(path) as temporary:
        pq.write_table(table, temporary, compression="zstd")
    counts = {"rows": table.num_rows, "unseen_categories": _unseen_categories(work, use_case, as_of, best.model)}
    write_json(description, {**origin, **counts, "sha256": of_file(path)})
    return _report(best, path, (use_case.name, as_of), counts)


@dataclass(frozen=True)
class _ScoringJob:
    """Customers to score, and the model."""

    work: Workspace
    use_case: UseCase
    as_of: date
    model: Model

    @property
    def columns(self) -> list[str]:
        """customer_id and those of the model's features that the feature table holds."""
        held = parquet_schema(self.work.features(self.as_of)).names
        return ["customer_id", *(name for name in self.model.encoding.features if name in held)]


def _ranked(scored: pa.Table, use_case: UseCase, as_of: date) -> pa.Table:
    if not scored.num_rows:
        raise UseCaseError(
            f"{use_case.name} at {as_of}: nobody is eligible.", "Check its conditions against the features' figures."
        )
    table = scored.take(pc.sort_indices(scored, [("probability", "descending"), ("customer_id", "ascending")]))
    positions = np.arange(table.num_rows)
    return table.append_column("decile", pa.array(positions * 10 // len(positions) + 1, pa.int32())).append_column(
        "rank", pa.array(positions + 1, pa.int64())
    )


def _scored(model: Model, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Customer numbers and probabilities, batch by batch."""
    for batch in batches:
        probabilities = model.predict(pa.Table.from_batches([batch]))
        yield pa.record_batch([batch["customer_id"].cast(pa.string()), pa.array(probabilities)], schema=_SCHEMA)


def _in_process(job: _ScoringJob) -> pa.Table:
    """Score every eligible customer in this process."""
    connection = connect()
    work, as_of = job.work, job.as_of
    everyone = eligible(connection, work, job.use_case, as_of).to_pyarrow()
    rows = feature_rows(connection, work, as_of, everyone, job.columns).to_arrow_reader(_BATCH)
    scored = []
    with _progress_bar(f"scoring {job.use_case.name}", everyone.num_rows) as advance:
        for batch in _scored(job.model, rows):
            scored.append(batch)
            advance(batch.num_rows)
    return pa.Table.from_batches(scored, _SCHEMA)


def _on_spark(job: _ScoringJob, engine: Engine) -> pa.Table:
    """Score every eligible customer on Spark."""
    from goldmine.core.spark import mapped

    work, as_of = job.work, job.as_of
    connection = connect(engine)
    rows = eligible(connection, work, job.use_case, as_of, job.columns)
    # Missing features are reported once here rather than by every executor.
    job.model.predict(parquet_schema(work.features(as_of)).empty_table())
    # A copy, because a model that has predicted holds its trees twice.
    function = partial(_scored, replace(job.model))
    scratch = work.scores(as_of, job.use_case.name).with_suffix(".part")
    with disk_errors(scratch):
        return mapped(connection, connection.compile(rows), function, _SCHEMA, scratch)


def _unseen_categories(work: Workspace, use_case: UseCase, as_of: date, model: Model) -> dict[str, int]:
    names = [name for name in model.encoding.features if name in model.encoding.text]
    if not names:
        return {}
    connection = connect()
    everyone = eligible(connection, work, use_case, as_of).to_pyarrow()
    counts: Counter[str] = Counter()
    for batch in feature_rows(connection, work, as_of, everyone, names).to_arrow_reader(_BATCH):
        counts.update(model.encoding.unseen_categories(pa.Table.from_batches([batch])))
    return dict(counts)


def _report(best: Champion, path: Path, dates: tuple[str, date], counts: dict[str, Any]) -> ScoreReport:
    return ScoreReport(
        *dates, best.name, best.version, best.run_id, counts["rows"], path, counts.get("unseen_categories", {})
    )


@contextmanager
def _progress_bar(what: str, total: int) -> Iterator[Callable[[int], None]]:
    """A progress bar, shown on terminals only; the block calls the yielded function with the rows just scored."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task(f"  {what}", total=total)
        yield lambda rows: progress.advance(task, rows)
