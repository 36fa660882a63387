"""Cross-validation folds: in time over past cutoffs, forward in a table's time, or stratified at random."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import numpy as np
import pyarrow as pa

from goldmine.labels import outcome_end
from goldmine.labels.use_case import UseCase
from goldmine.models.boosting import LabelledRows
from goldmine.models.encoding import Encoding, encode, fit_encoding, fit_target_encoding

Split = tuple[np.ndarray, np.ndarray]
"""Row numbers of a fold's training rows and of its validation rows."""

_FOLDS = 5
_FEW_ROWS = 10_000
FEW_OUTCOMES = 500
"""Rows of the rarer class below which time that is saved costs accuracy (docs/performance.md)."""


@dataclass(frozen=True)
class Fold:
    """One fold, ready for LightGBM; its encoding has not seen the validation rows.

    Parameters
    ----------
    encoding : Encoding
        Learnt on `train`.
    train, validation : LabelledRows
        The rows to fit and those to validate on.
    index : numpy.ndarray
        Row numbers of the validation rows among all rows.
    """

    encoding: Encoding
    train: LabelledRows
    validation: LabelledRows
    index: np.ndarray


def table_splits(rows: pa.Table, outcome: np.ndarray, seed: int) -> list[Split]:
    """Splits of a table: forward in time where it has ``moment``, unless nearly all rows are of the earliest one; else
    stratified, and drawn twice if it is small and its outcomes are few.
    """
    if "moment" in rows.column_names and (splits := forward_splits(rows["moment"].to_numpy(), _FOLDS)):
        return splits
    rarer = min(outcome.sum(), len(outcome) - outcome.sum())
    twice = rows.num_rows < _FEW_ROWS and rarer < FEW_OUTCOMES
    return stratified_splits(outcome, _FOLDS, 2 if twice else 1, seed)


def stratified_splits(outcome: np.ndarray, folds: int, repeats: int, seed: int) -> list[Split]:
    """Random splits of equal size, each with its share of the outcomes."""
    from sklearn.model_selection import RepeatedStratifiedKFold

    splitter = RepeatedStratifiedKFold(n_splits=folds, n_repeats=repeats, random_state=seed)
    return list(splitter.split(outcome, outcome))


def forward_splits(moment: np.ndarray, folds: int) -> list[Split]:
    """Splits in time order: each trains on all rows before its validation rows.

    Parameters
    ----------
    moment : numpy.ndarray
        Any numbers that rise with time; rows of the same moment stay together.
    folds : int
        Maximum number of splits; there are fewer where there are fewer moments. The oldest rows only train.
    """
    edges = np.unique(np.quantile(moment, np.linspace(0, 1, folds + 2)[1:-1], method="higher"))
    splits = []
    for start, end in pairwise([*edges, np.inf]):
        train, validation = np.flatnonzero(moment < start), np.flatnonzero((moment >= start) & (moment < end))
        if len(train) and len(validation):
            splits.append((train, validation))
    return splits


def cutoff_splits(use_case: UseCase, cutoffs: pa.ChunkedArray) -> list[Split]:
    """One split a cutoff: validates on it, and trains on the cutoffs whose outcome was complete by then."""
    days = cutoffs.to_numpy().astype("datetime64[D]")
    splits = []
    for day in np.unique(days):
        complete = [past for past in np.unique(days) if outcome_end(use_case, _date(past)) <= _date(day)]
        train = np.flatnonzero(np.isin(days, complete))
        if len(train):
            splits.append((train, np.flatnonzero(days == day)))
    return splits


def _date(day: np.datetime64) -> date:
    converted: date = day.astype(object)
    return converted


def prepare_folds(
    rows: pa.Table, names: list[str], outcome: np.ndarray, splits: Iterable[Split], seed: int
) -> list[Fold]:
    """Encode the rows of each split; splits with one class only on either side are left out.

    Parameters
    ----------
    rows : pyarrow.Table
        Features as stored, and ``weight`` where rows were sampled.
    names : list of str
        Features to learn from.
    outcome : numpy.ndarray
        0 or 1.
    """
    weight = rows["weight"].to_numpy() if "weight" in rows.column_names else None
    folds = []
    for train, validation in splits:
        if min(np.ptp(outcome[train]), np.ptp(outcome[validation])) == 0:
            continue
        train_rows = rows.take(pa.array(train))
        encoding, matrix = fit_target_encoding(fit_encoding(train_rows, names), train_rows, outcome[train], seed)
        validation_matrix = encode(encoding, rows.take(pa.array(validation)))
        weights = (None, None) if weight is None else (weight[train], weight[validation])
        fitted = LabelledRows(matrix, outcome[train], weights[0])
        folds.append(
            Fold(encoding, fitted, LabelledRows(validation_matrix, outcome[validation], weights[1]), validation)
        )
    return folds
