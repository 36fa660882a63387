"""Scores of a use case whose file states the expected rate: no model, one probability, the order of the baseline."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from goldmine.contract.bank import Bank
from goldmine.core.engine import connect
from goldmine.core.errors import UseCaseError
from goldmine.core.files import write_json
from goldmine.core.i18n import _
from goldmine.core.seals import file_sha256, sealed_file
from goldmine.core.sql import literal, quoted
from goldmine.core.workspace import Workspace
from goldmine.features import feature_fingerprint, require_current
from goldmine.labels.eligibility import eligible, feature_rows
from goldmine.labels.use_case import UseCase

EXPECTED_RATE = "expected_rate"
"""What stands in the place of a model's name."""


@dataclass(frozen=True)
class RatedCustomers:
    """Customers who got the expected rate as their probability, and where the scores are."""

    path: Path
    rows: int


def score_by_expected_rate(bank: Bank, work: Workspace, use_case: UseCase, as_of: date) -> RatedCustomers:
    """Write the scores of a use case without a model, in the form that a model's scores have.

    All eligible have the expected rate as their probability. They are ranked by the baseline's feature, unknown values
    last, and then by customer number.

    Raises
    ------
    UseCaseError
        If no customer is eligible, or the use case states no rate.
    HistoryError
        If the snapshot's features have not been made, or were made by other code.
    """
    if use_case.expected_rate is None:
        raise UseCaseError(
            _("{use_case}: its file states no expected_rate.", use_case=use_case.name), _("Train a model for it.")
        )
    require_current(bank, work, [as_of])
    connection, feature = connect(), use_case.baseline.feature
    customers = eligible(connection, work, use_case, as_of).to_pyarrow()
    if not customers.num_rows:
        raise UseCaseError(
            _("{use_case} at {as_of}: nobody is eligible.", use_case=use_case.name, as_of=as_of),
            _("Check its conditions against the features' figures."),
        )
    path = work.scores(as_of, use_case.name)
    path.with_suffix(".json").unlink(missing_ok=True)  # scores without their description do not count
    path.parent.mkdir(parents=True, exist_ok=True)
    feature_rows(connection, work.features(as_of), customers, ["customer_id", feature]).create_view("rated_rows")
    order = f"{quoted(feature)} {'DESC' if use_case.baseline.highest_first else 'ASC'} NULLS LAST, customer_id"
    with sealed_file(path) as temporary:
        connection.raw_sql(
            f"COPY (SELECT customer_id, {use_case.expected_rate}::DOUBLE AS probability, "
            f"CAST((rank - 1) * 10 // {customers.num_rows} + 1 AS INTEGER) AS decile, rank "
            f"FROM (SELECT customer_id, row_number() OVER (ORDER BY {order}) AS rank FROM rated_rows) ORDER BY rank) "
            f"TO {literal(temporary)} (FORMAT parquet, COMPRESSION zstd)"
        )
    description = {
        "use_case": use_case.name,
        "as_of": str(as_of),
        "model_name": EXPECTED_RATE,
        "model_version": f"{use_case.expected_rate:g}",
        "mlflow_run": "",
        "model_as_of": str(as_of),
        "features_fingerprint": feature_fingerprint(bank, work, as_of),
        "rows": customers.num_rows,
        "sha256": file_sha256(path),
    }
    write_json(path.with_suffix(".json"), description)
    return RatedCustomers(path, customers.num_rows)
