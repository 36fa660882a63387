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
from ibis.backends.duckdb import Backend

from goldmine.contract.bank import Bank
from goldmine.core.engine import DUCKDB, Engine
from goldmine.core.files import read_json, write_json
from goldmine.core.parquet import parquet_schema
from goldmine.core.seals import file_sha256
from goldmine.core.workspace import Workspace
from goldmine.features import feature_fingerprint, require_current
from goldmine.labels.use_case import UseCase
from goldmine.models.champion import Champion
from goldmine.models.model import Model
from goldmine.models.ranking import SCORES
from goldmine.models.score_parts import Scoring, score_parts

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
    scored the same features before, its scores are reused.

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
        # A copy, because a model that has predicted holds its trees twice.
        scoring, model, counted = Scoring(work, use_case, as_of), replace(best.model), Path(scratch) / "unseen"
        rows = score_parts(scoring, partial(_scored, scoring, model, counted), Path(scratch), engine=engine)
        unseen: Counter[str] = Counter()
        for part in sorted(counted.glob("*.json")):
            unseen.update(read_json(part))
        counts = {"rows": rows, "unseen_categories": dict(unseen)}
    write_json(description, {**origin, **counts, "sha256": file_sha256(path)})
    return _report(best, path, (use_case.name, as_of), counts)


def _scored(scoring: Scoring, model: Model, counted: Path, connection: Backend, part: Path) -> Iterator[pa.RecordBatch]:
    """The scores of a part's eligible customers; how many rows hold an unseen category is written in a folder."""
    held = parquet_schema(part).names
    columns = ["customer_id", *(name for name in model.encoding.features if name in held)]
    unseen: Counter[str] = Counter()
    for batch in scoring.eligible_rows(connection, part, columns).to_arrow_reader(_BATCH):
        rows = pa.Table.from_batches([batch])
        unseen.update(model.encoding.unseen_categories(rows))
        scored = [batch["customer_id"].cast(pa.string()), pa.array(model.predict(rows))]
        yield pa.record_batch(scored, schema=SCORES)
    write_json(counted / f"{part.stem}.json", unseen)


def _report(best: Champion, path: Path, dates: tuple[str, date], counts: dict[str, Any]) -> ScoreReport:
    return ScoreReport(
        *dates, best.name, best.version, best.run_id, counts["rows"], path, counts.get("unseen_categories", {})
    )
