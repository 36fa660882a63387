"""The one-line rule of a table: the single column that orders its rows best."""

import numpy as np
import pyarrow as pa
from sklearn.metrics import roc_auc_score

from goldmine.core.errors import UseCaseError
from goldmine.models.encoding import Encoding, encode, is_number


def best_column(rows: pa.Table, names: list[str]) -> tuple[str, bool]:
    """The number or flag that alone orders the rows to learn from best, and whether its high values come first.

    Parameters
    ----------
    rows : pyarrow.Table
        Rows to learn from, with ``outcome``.
    names : list of str
        Columns to choose from; text has no order and is passed over.

    Raises
    ------
    UseCaseError
        If the rows hold one class only.
    """
    outcome = rows["outcome"].to_numpy()
    numbers = [name for name in names if is_number(rows.schema.field(name).type)]
    if outcome.min() == outcome.max():
        raise UseCaseError("the table: the rows to learn from hold one class only.", "Bring more labelled rows.")
    found = [(abs(auc - 0.5), auc > 0.5, name) for name in numbers for auc in [_auc(rows, name, outcome)]]
    _, highest_first, name = max(found, key=lambda one: one[0])
    return name, bool(highest_first)


def _auc(rows: pa.Table, name: str, outcome: np.ndarray) -> float:
    values = encode(Encoding((name,), {}), rows)[:, 0]
    known = np.isfinite(values)
    lowest = values[known].min() - 1 if known.any() else 0.0
    return float(roc_auc_score(outcome, np.where(known, values, lowest)))
