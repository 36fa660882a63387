"""Parts of one set of rows: what is learnt from, and what the learning is checked on."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pyarrow as pa

from goldmine.models.boosting import LabelledRows
from goldmine.models.encoding import Encoding, encode, fit_encoding
from goldmine.models.target_encoding import fit_target_encoding

Places = tuple[np.ndarray, np.ndarray]
"""Places of the rows to learn from, and of those to check on."""


@dataclass(frozen=True)
class Part:
    """One fold, ready for LightGBM; its encoding has seen nothing of the rows that it is checked on.

    Parameters
    ----------
    encoding : Encoding
        Learnt on `fit`.
    fit, check : LabelledRows
        The rows to learn from and those to check on.
    places : numpy.ndarray
        Where the rows of `check` stand among all rows.
    """

    encoding: Encoding
    fit: LabelledRows
    check: LabelledRows
    places: np.ndarray


def even_folds(outcome: np.ndarray, count: int, repeats: int, seed: int) -> list[Places]:
    """`repeats` times `count` folds of equally many rows, each with its share of the outcomes."""
    from sklearn.model_selection import RepeatedStratifiedKFold

    found = RepeatedStratifiedKFold(n_splits=count, n_repeats=repeats, random_state=seed)
    return list(found.split(outcome, outcome))


def forward_folds(moment: np.ndarray, count: int) -> list[Places]:
    """Folds in the order of time: each is checked by what was learnt from all that came before it.

    Parameters
    ----------
    moment : numpy.ndarray
        Any numbers that rise with time; rows of the same moment stay together.
    count : int
        Folds; fewer come out where there are fewer moments. The oldest rows are checked by nothing.
    """
    edges = np.unique(np.quantile(moment, np.linspace(0, 1, count + 2)[1:-1], method="higher"))
    bounds = [*edges, np.inf]
    found = []
    for start, end in pairwise(bounds):
        fit, check = np.flatnonzero(moment < start), np.flatnonzero((moment >= start) & (moment < end))
        if len(fit) and len(check):
            found.append((fit, check))
    return found


def parts_of(rows: pa.Table, names: list[str], outcome: np.ndarray, folds: Iterable[Places], seed: int) -> list[Part]:
    """Make folds ready; those that hold one class only, on either side, can teach or tell nothing and are left out.

    Parameters
    ----------
    rows : pyarrow.Table
        Features as stored, and ``weight`` where rows count for more than themselves.
    names : list of str
        Features to learn from.
    outcome : numpy.ndarray
        0 or 1.
    """
    weight = rows["weight"].to_numpy() if "weight" in rows.column_names else None
    parts = []
    for fit, check in folds:
        if min(np.ptp(outcome[fit]), np.ptp(outcome[check])) == 0:
            continue
        learnt = rows.take(pa.array(fit))
        encoding, matrix = fit_target_encoding(fit_encoding(learnt, names), learnt, outcome[fit], seed)
        held = encode(encoding, rows.take(pa.array(check)))
        of = (None, None) if weight is None else (weight[fit], weight[check])
        parts.append(
            Part(encoding, LabelledRows(matrix, outcome[fit], of[0]), LabelledRows(held, outcome[check], of[1]), check)
        )
    return parts
