"""Score everyone eligible with the champion, batch by batch from Parquet."""

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
from goldmine.core.files import disk_errors, read_json, whole_file, write_json
from goldmine.core.fingerprint import of_file
from goldmine.core.parquet import parquet_schema
from goldmine.core.workspace import Workspace
from goldmine.features import feature_fingerprint, require_current
from goldmine.labels.eligibility import eligible, feature_rows
from goldmine.labels.use_case import UseCase
from goldmine.models.model import Model
from goldmine.models.registry import Champion, champion

_BATCH = 50_000
_SCHEMA = pa.schema({"customer_id": pa.string(), "probability": pa.float64()})


@dataclass(frozen=True)
class ScoreReport:
    """What scoring did.

    Parameters
    ----------
    use_case, as_of : str, date
        Which question, at which snapshot.
    model_name, model_version, mlflow_run : str
        The champion that scored, and the run that trained it.
    rows : int
        Customers scored.
    path : Path
        The scores.
    kept : bool
        True where the same champion had scored the same features before.
    unseen_categories : dict of str to int
        For each text feature how many of those scored hold a category that training never saw.
    """

    use_case: str
    as_of: date
    model_name: str
    model_version: str
    mlflow_run: str
    rows: int
    path: Path
    kept: bool
    unseen_categories: dict[str, int]


def score(bank: Bank, work: Workspace, use_case: UseCase, as_of: date, engine: Engine = DUCKDB) -> ScoreReport:
    """Score everyone eligible at a snapshot and write the scores, whole or not at all.

    The file holds customer_id, probability (calibrated), decile (1 best to 10) and rank, by rank; ties go
    by customer_id. Beside it stands a JSON that says where it comes from; without it there are no scores.
    On Spark the model is sent to the features, and the two columns of the probabilities come back to be ranked.

    Raises
    ------
    ModelError
        If there is no champion, or the feature table lacks features of its model.
    HistoryError
        If the snapshot's features have not been made, or by other code than there is now.
    UseCaseError
        If nobody is eligible.
    EngineError
        If Spark fails.
    """
    require_current(bank, work, [as_of])
    best = champion(bank.name, use_case.name)
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
    beside = path.with_suffix(".json")
    stored = read_json(beside, {})
    if path.exists() and all(stored.get(k) == v for k, v in origin.items()) and stored["sha256"] == of_file(path):
        return _report(best, path, (use_case.name, as_of), stored, kept=True)
    wanted = _Wanted(work, use_case, as_of, best.model)
    # What is ranked is as small on either engine: a number and a probability a customer.
    table = _ranked(_on_spark(wanted, engine) if engine.name == "spark" else _here(wanted), use_case, as_of)
    # The old scores lose their description first: killed in between, there are no scores rather than wrong ones.
    beside.unlink(missing_ok=True)
    with whole_file(path) as temporary:
        pq.write_table(table, temporary, compression="zstd")
    found = {"rows": table.num_rows, "unseen_categories": _unseen_categories(work, use_case, as_of, best.model)}
    write_json(beside, {**origin, **found, "sha256": of_file(path)})
    return _report(best, path, (use_case.name, as_of), found, kept=False)


@dataclass(frozen=True)
class _Wanted:
    """Who is to be scored, by which model."""

    work: Workspace
    use_case: UseCase
    as_of: date
    model: Model

    @property
    def columns(self) -> list[str]:
        """The customer's number and the model's features, as far as the feature table holds them."""
        held = parquet_schema(self.work.features(self.as_of)).names
        return ["customer_id", *(name for name in self.model.encoding.features if name in held)]


def _ranked(scored: pa.Table, use_case: UseCase, as_of: date) -> pa.Table:
    if not scored.num_rows:
        raise UseCaseError(
            f"{use_case.name} at {as_of}: nobody is eligible.", "Check its conditions against the features' figures."
        )
    table = scored.take(pc.sort_indices(scored, [("probability", "descending"), ("customer_id", "ascending")]))
    places = np.arange(table.num_rows)
    return table.append_column("decile", pa.array(places * 10 // len(places) + 1, pa.int32())).append_column(
        "rank", pa.array(places + 1, pa.int64())
    )


def _scored(model: Model, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Customer numbers and probabilities, batch by batch."""
    for batch in batches:
        probabilities = model.predict(pa.Table.from_batches([batch]))
        yield pa.record_batch([batch["customer_id"].cast(pa.string()), pa.array(probabilities)], schema=_SCHEMA)


def _here(wanted: _Wanted) -> pa.Table:
    """Score everyone eligible in this process."""
    connection = connect()
    work, as_of = wanted.work, wanted.as_of
    everyone = eligible(connection, work, wanted.use_case, as_of).to_pyarrow()
    rows = feature_rows(connection, work, as_of, everyone, wanted.columns).to_arrow_reader(_BATCH)
    found = []
    with _bar(f"scoring {wanted.use_case.name}", everyone.num_rows) as move:
        for batch in _scored(wanted.model, rows):
            found.append(batch)
            move(batch.num_rows)
    return pa.Table.from_batches(found, _SCHEMA)


def _on_spark(wanted: _Wanted, engine: Engine) -> pa.Table:
    """Score everyone eligible where their features are."""
    from goldmine.core.spark import mapped

    work, as_of = wanted.work, wanted.as_of
    connection = connect(engine)
    rows = eligible(connection, work, wanted.use_case, as_of, wanted.columns)
    # Said here and once, rather than by every executor: which of the model's features are not there.
    wanted.model.predict(parquet_schema(work.features(as_of)).empty_table())
    # A copy, because one that has predicted carries its trees twice.
    function = partial(_scored, replace(wanted.model))
    scratch = work.scores(as_of, wanted.use_case.name).with_suffix(".part")
    with disk_errors(scratch):
        return mapped(connection, connection.compile(rows), function, _SCHEMA, scratch)


def _unseen_categories(work: Workspace, use_case: UseCase, as_of: date, model: Model) -> dict[str, int]:
    names = [name for name in model.encoding.features if name in model.encoding.text]
    if not names:
        return {}
    connection = connect()
    everyone = eligible(connection, work, use_case, as_of).to_pyarrow()
    found: Counter[str] = Counter()
    for batch in feature_rows(connection, work, as_of, everyone, names).to_arrow_reader(_BATCH):
        found.update(model.encoding.unseen_categories(pa.Table.from_batches([batch])))
    return dict(found)


def _report(best: Champion, path: Path, dates: tuple[str, date], found: dict[str, Any], *, kept: bool) -> ScoreReport:
    return ScoreReport(
        *dates, best.name, best.version, best.run_id, found["rows"], path, kept, found.get("unseen_categories", {})
    )


@contextmanager
def _bar(what: str, total: int) -> Iterator[Callable[[int], None]]:
    """A progress bar, shown by a terminal only; the block calls what it is given with the rows just done."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task(f"  {what}", total=total)
        yield lambda rows: progress.advance(task, rows)
