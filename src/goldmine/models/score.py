"""Score every eligible customer with the champion, batch by batch from Parquet."""

from collections import Counter
from collections.abc import Iterator
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
from goldmine.core.engine import DUCKDB, Engine
from goldmine.core.errors import UseCaseError
from goldmine.core.files import read_json, whole_file, write_json
from goldmine.core.i18n import _
from goldmine.core.parquet import parquet_files, parquet_schema
from goldmine.core.seals import file_sha256
from goldmine.core.tasks import is_spread, run_tasks
from goldmine.core.workspace import Workspace
from goldmine.features import feature_fingerprint, require_current
from goldmine.labels.eligibility import eligible, feature_rows
from goldmine.labels.use_case import UseCase
from goldmine.models.champion import Champion
from goldmine.models.model import Model
from goldmine.models.ranking import SCORES, write_in_order, write_ranked

_BATCH = 50_000


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
    scored the same features before, its scores are reused. Each part of the feature table is a
    task, and a table of one part starts no Spark; see `goldmine.models.ranking` for the ranking of all.

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
    same = path.exists() and all(stored.get(name) == value for name, value in origin.items())
    if same and stored.get("sha256") == file_sha256(path):
        return _report(best, path, (use_case.name, as_of), stored)
    # Missing features are reported once here rather than by every task.
    best.model.predict(parquet_schema(work.features(as_of)).empty_table())
    # The old description goes first: a process killed in between leaves no scores rather than wrong ones.
    description.unlink(missing_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=f".{use_case.name}.", suffix=".part", dir=path.parent) as scratch:
        parts = parquet_files(work.features(as_of))
        in_order = is_spread(engine, work.features(as_of))
        # A copy, because a model that has predicted holds its trees twice.
        job = _ScoringJob(work, use_case, as_of, replace(best.model), Path(scratch), in_order)
        where = engine if in_order else DUCKDB
        rows = bank.tables["customers"].rows // len(parts)
        unseen: Counter[str] = Counter()
        for part in run_tasks(where, parts, f"scoring {use_case.name}", partial(_score_part, job), rows=rows):
            unseen.update(read_json(job.scratch / f"{part.stem}.json"))
        scored = parquet_files(job.scratch)
        if not any(pq.read_metadata(part).num_rows for part in scored):
            raise UseCaseError(
                _("{use_case} at {as_of}: nobody is eligible.", use_case=use_case.name, as_of=as_of),
                _("Check its conditions against the features' figures."),
            )
        ranked = write_ranked(engine, scored, path, job.scratch, in_order=in_order)
        counts = {"rows": ranked, "unseen_categories": dict(unseen)}
    write_json(description, {**origin, **counts, "sha256": file_sha256(path)})
    return _report(best, path, (use_case.name, as_of), counts)


@dataclass(frozen=True)
class _ScoringJob:
    """Customers to score, the model, the folder for what the tasks return, and whether in order."""

    work: Workspace
    use_case: UseCase
    as_of: date
    model: Model
    scratch: Path
    in_order: bool

    @property
    def columns(self) -> list[str]:
        """customer_id and those of the model's features that the feature table holds."""
        held = parquet_schema(self.work.features(self.as_of)).names
        return ["customer_id", *(name for name in self.model.encoding.features if name in held)]


def _score_part(job: _ScoringJob, connection: SQLBackend, part: Path) -> None:
    """Write customer number and probability of the eligible of a part, and how many rows hold an unseen category."""
    unseen: Counter[str] = Counter()
    batches, path = _scored(job, connection, part, unseen), job.scratch / part.name
    if job.in_order:
        write_in_order(connection, pa.Table.from_batches(batches, SCORES), path)
    else:
        with whole_file(path) as temporary, pq.ParquetWriter(temporary, SCORES) as writer:
            for batch in batches:
                writer.write_batch(batch)
    write_json(job.scratch / f"{part.stem}.json", unseen)


def _scored(job: _ScoringJob, connection: SQLBackend, part: Path, unseen: Counter[str]) -> Iterator[pa.RecordBatch]:
    """The scores of a part's eligible customers, while unseen categories are counted."""
    everyone = eligible(connection, job.work, job.use_case, job.as_of, part).to_pyarrow()
    for batch in feature_rows(connection, part, everyone, job.columns).to_arrow_reader(_BATCH):
        rows = pa.Table.from_batches([batch])
        unseen.update(job.model.encoding.unseen_categories(rows))
        scored = [batch["customer_id"].cast(pa.string()), pa.array(job.model.predict(rows))]
        yield pa.record_batch(scored, schema=SCORES)


def _report(best: Champion, path: Path, dates: tuple[str, date], counts: dict[str, Any]) -> ScoreReport:
    return ScoreReport(
        *dates, best.name, best.version, best.run_id, counts["rows"], path, counts.get("unseen_categories", {})
    )
