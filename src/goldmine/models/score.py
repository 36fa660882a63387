"""Score every eligible customer with the champion, batch by batch from Parquet."""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from ibis.backends.sql import SQLBackend

from goldmine.contract.bank import Bank
from goldmine.core.engine import DUCKDB, Engine, connect, parquet_rows
from goldmine.core.errors import UseCaseError
from goldmine.core.files import read_json, whole_file, write_json
from goldmine.core.fingerprint import of_file
from goldmine.core.i18n import _
from goldmine.core.parquet import parquet_files, parquet_schema
from goldmine.core.seals import sealed_file
from goldmine.core.sql import literal
from goldmine.core.tasks import run_tasks
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
    scored the same features before, its scores are reused. Each part of the feature table is a task; the ranking of all
    is made here.

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
    # Missing features are reported once here rather than by every task.
    best.model.predict(parquet_schema(work.features(as_of)).empty_table())
    # The old description goes first: a process killed in between leaves no scores rather than wrong ones.
    description.unlink(missing_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=f".{use_case.name}.", dir=path.parent) as scratch:
        # A copy, because a model that has predicted holds its trees twice.
        job = _ScoringJob(work, use_case, as_of, replace(best.model), Path(scratch))
        parts = parquet_files(work.features(as_of))
        rows = bank.tables["customers"].rows // len(parts)
        unseen: Counter[str] = Counter()
        for part in run_tasks(engine, parts, f"scoring {use_case.name}", partial(_score_part, job), rows=rows):
            unseen.update(read_json(job.scratch / f"{part.stem}.json"))
        counts = {"rows": _rank(job, path), "unseen_categories": dict(unseen)}
    write_json(description, {**origin, **counts, "sha256": of_file(path)})
    return _report(best, path, (use_case.name, as_of), counts)


@dataclass(frozen=True)
class _ScoringJob:
    """Customers to score, the model, and the folder for what the tasks return."""

    work: Workspace
    use_case: UseCase
    as_of: date
    model: Model
    scratch: Path

    @property
    def columns(self) -> list[str]:
        """customer_id and those of the model's features that the feature table holds."""
        held = parquet_schema(self.work.features(self.as_of)).names
        return ["customer_id", *(name for name in self.model.encoding.features if name in held)]


def _score_part(job: _ScoringJob, connection: SQLBackend, part: Path) -> None:
    """Write customer number and probability of the eligible of a part, and how many rows hold an unseen category."""
    everyone = eligible(connection, job.work, job.use_case, job.as_of, part).to_pyarrow()
    unseen: Counter[str] = Counter()
    with whole_file(job.scratch / part.name) as temporary, pq.ParquetWriter(temporary, _SCHEMA) as writer:
        for batch in feature_rows(connection, part, everyone, job.columns).to_arrow_reader(_BATCH):
            rows = pa.Table.from_batches([batch])
            scored = [batch["customer_id"].cast(pa.string()), pa.array(job.model.predict(rows))]
            writer.write_batch(pa.record_batch(scored, schema=_SCHEMA))
            unseen.update(job.model.encoding.unseen_categories(rows))
    write_json(job.scratch / f"{part.stem}.json", unseen)


def _rank(job: _ScoringJob, path: Path) -> int:
    """Write the scores of all parts by rank, and return how many there are; DuckDB sorts what exceeds the memory."""
    parts = parquet_files(job.scratch)
    total = sum(pq.read_metadata(part).num_rows for part in parts)
    if not total:
        raise UseCaseError(
            _("{use_case} at {as_of}: nobody is eligible.", use_case=job.use_case.name, as_of=job.as_of),
            _("Check its conditions against the features' figures."),
        )
    connection = connect(spill=job.scratch)
    with sealed_file(path) as temporary:
        connection.raw_sql(
            "COPY (SELECT customer_id, probability, CAST((rank - 1) * 10 // "
            f"{total} + 1 AS INTEGER) AS decile, rank FROM (SELECT *, row_number() OVER "
            f"(ORDER BY probability DESC, customer_id) AS rank FROM {parquet_rows(parts)}) ORDER BY rank) "
            f"TO {literal(temporary)} (FORMAT parquet, COMPRESSION zstd)"
        )
    return total


def _report(best: Champion, path: Path, dates: tuple[str, date], counts: dict[str, Any]) -> ScoreReport:
    return ScoreReport(
        *dates, best.name, best.version, best.run_id, counts["rows"], path, counts.get("unseen_categories", {})
    )
