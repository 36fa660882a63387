"""Drift of an external table: its test rows and its rows to score against the rows it was trained on."""

from dataclasses import dataclass
from datetime import date

import pyarrow.parquet as pq

from goldmine.core.workspace import Workspace
from goldmine.governance.base_rate import rate_warning
from goldmine.governance.drift.performance_estimation import Performance
from goldmine.governance.drift.reference import Window, compare_window, read_reference
from goldmine.governance.drift.report import alarms_of, rate_warnings
from goldmine.governance.drift.stability import evenly
from goldmine.governance.limits import read_limits
from goldmine.models.external.result import scored_probabilities


@dataclass(frozen=True)
class TableDrift:
    """Drift of an external table.

    Parameters
    ----------
    estimated, realised : Performance
        Estimated and observed performance on the test rows.
    tested : Window
        The test rows compared with the training rows.
    scored : Window or None
        The rows to score compared with the training rows; None if every row has a label.
    alarms : tuple of str
        Columns, or the score, that drifted in both and matter to the model; largest PSI first.
    rate_warnings : tuple of str
        Where the test rows have another rate than predicted, and what that means for the rows to score.
    """

    estimated: Performance
    realised: Performance
    tested: Window
    scored: Window | None
    alarms: tuple[str, ...]
    rate_warnings: tuple[str, ...]


def table_drift(work: Workspace, use_case: str, as_of: date, run_id: str) -> TableDrift:
    """Compare a table's rows with the rows its model was trained on, whether or not the model may be used.

    The tracking store must be in use: the reference is stored with the model's training run.

    Parameters
    ----------
    run_id : str
        The training run.
    """
    reference = read_reference(run_id)
    windows, scored = reference.windows, None
    estimated, observed = reference.tested["estimated"], reference.tested["realised"]
    tested = rate_warning(estimated.rate, observed.rate, windows[-1].rows, read_limits(use_case))
    warnings: tuple[str, ...] = (tested,) if tested else ()
    rows = evenly(pq.read_table(work.features(as_of)))
    if rows.num_rows:
        probability = scored_probabilities(work, use_case, rows["customer_id"])
        scored = compare_window((reference.profiles, reference.usual), rows, probability, str(as_of))
        windows = (*windows, scored)
        warnings += rate_warnings(float(probability.mean()), reference, use_case)
    return TableDrift(
        estimated,
        observed,
        reference.windows[-1],
        scored,
        alarms_of(windows, reference) if scored is not None else (),
        warnings,
    )
