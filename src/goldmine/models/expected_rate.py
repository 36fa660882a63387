"""Scores of a use case whose file states the expected rate: no model, one probability, the order of the baseline."""

from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
from ibis.backends.duckdb import Backend

from goldmine.contract.bank import Bank
from goldmine.core.engine import DUCKDB, Engine
from goldmine.core.errors import UseCaseError
from goldmine.core.files import write_json
from goldmine.core.i18n import _
from goldmine.core.seals import file_sha256
from goldmine.core.sql import quoted
from goldmine.core.workspace import Workspace
from goldmine.features import feature_fingerprint, require_current
from goldmine.labels.use_case import UseCase
from goldmine.models.score_parts import Scoring, score_parts

EXPECTED_RATE = "expected_rate"
"""What stands in the place of a model's name."""


@dataclass(frozen=True)
class RatedCustomers:
    """Customers who got the expected rate as their probability, and where the scores are."""

    path: Path
    rows: int


def score_by_expected_rate(
    bank: Bank, work: Workspace, use_case: UseCase, as_of: date, *, engine: Engine = DUCKDB
) -> RatedCustomers:
    """Write the scores of a use case without a model, in the form that a model's scores have.

    All eligible have the expected rate as their probability. They are ranked by the baseline's feature, unknown values
    last, and then by customer number.

    Raises
    ------
    UseCaseError
        If no customer is eligible, or the use case states no rate.
    HistoryError
        If the snapshot's features have not been made, or were made by other code.
    EngineError
        If Spark fails.
    """
    if use_case.expected_rate is None:
        raise UseCaseError(
            _("{use_case}: its file states no expected_rate.", use_case=use_case.name), _("Train a model for it.")
        )
    require_current(bank, work, [as_of])
    path = work.scores(as_of, use_case.name)
    path.with_suffix(".json").unlink(missing_ok=True)  # scores without their description do not count
    path.parent.mkdir(parents=True, exist_ok=True)
    scoring, rate = Scoring(work, use_case, as_of), use_case.expected_rate
    scorer = partial(_by_baseline, scoring)
    with TemporaryDirectory(prefix=f".{use_case.name}.", suffix=".part", dir=path.parent) as scratch:
        rows = score_parts(scoring, scorer, Path(scratch), engine=engine, rate=rate)
    description = {
        "use_case": use_case.name,
        "as_of": str(as_of),
        "model_name": EXPECTED_RATE,
        "model_version": f"{use_case.expected_rate:g}",
        "mlflow_run": "",
        "model_as_of": str(as_of),
        "features_fingerprint": feature_fingerprint(bank, work, as_of),
        "rows": rows,
        "sha256": file_sha256(path),
    }
    write_json(path.with_suffix(".json"), description)
    return RatedCustomers(path, rows)


def _by_baseline(scoring: Scoring, connection: Backend, part: Path) -> pa.RecordBatchReader:
    """Customer numbers of a part's eligible, with the baseline's feature as what orders them, unknown values last."""
    feature, highest_first = scoring.use_case.baseline.feature, scoring.use_case.baseline.highest_first
    rows = scoring.eligible_rows(connection, part, ["customer_id", feature])
    value = f"{quoted(feature)}::DOUBLE" if highest_first else f"-{quoted(feature)}::DOUBLE"
    return rows.project(
        f"customer_id::VARCHAR AS customer_id, coalesce({value}, '-inf'::DOUBLE) AS probability"
    ).to_arrow_reader()
