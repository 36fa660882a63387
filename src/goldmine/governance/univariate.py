"""Univariate AUC of features, and the share of values outside the earlier range."""

import math

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from goldmine.models.encoding import encode, fit_encoding

MAX_ROWS_PER_CLASS = 5_000
"""Rows sampled per class; the AUC does not depend on the class sizes."""
_SEED = 20240331
_CUTS = np.linspace(0, 1, 26)[1:-1]
_EDGES = (0.001, 0.999)
"""A value between these quantiles of the past is in range."""


def univariate_auc(rows: pa.Table, names: list[str]) -> dict[str, float]:
    """Univariate AUC of each feature, for both directions, unknown values and text.

    A number is tested as rising and as falling, with unknown values below all others. In addition, it is binned at the
    quantiles of each class on one half of the customers, unknown values apart; the outcome rates of these bins, or of
    each text, rank the other half. This detects features that are high at both ends, and gives an identifier-like text
    no advantage. Bins that knew the ranked half would isolate its few positives and rank any feature perfectly.

    Parameters
    ----------
    rows : pyarrow.Table
        Features as stored, ``outcome``, and ``customer_id`` where there is one.
    names : list of str
        The features.
    """
    outcome = rows["outcome"].to_numpy().astype(np.int8)
    chosen = _some_of_each(outcome)
    rows, outcome = rows.take(chosen), outcome[chosen]
    encoding = fit_encoding(rows, names, max_categories=math.inf)
    matrix = encode(encoding, rows)
    half = _halves(rows)
    aucs = {}
    for column, name in enumerate(names):
        text = name in encoding.categories
        values = matrix[:, column]
        aucs[name] = _auc(values, outcome, half, text=text)
        if not text:
            rising = _of_rates(np.where(np.isnan(values), -np.inf, values), np.arange(len(values)), outcome)
            aucs[name] = max(aucs[name], rising, 1 - rising)
    return aucs


def out_of_range(past: pa.Table, later: pa.Table, names: list[str]) -> dict[str, float]:
    """Share of the later rows whose value is outside the past range; the range omits a thousandth at either end.

    An unseen category is out of range, and so is any value of a feature that was never known. An unknown value is not.

    Parameters
    ----------
    past, later : pyarrow.Table
        Features as stored, of earlier and of later cutoffs.
    """
    random = np.random.default_rng(_SEED)
    encoding = fit_encoding(past, names, max_categories=math.inf)  # the categories of all rows
    past, later = (_at_most(table, 2 * MAX_ROWS_PER_CLASS, random) for table in (past, later))
    before, after = encode(encoding, past), encode(encoding, later)
    shares = {}
    for column, name in enumerate(names):
        if name in encoding.categories:
            unseen = np.isnan(after[:, column]) & later[name].is_valid().to_numpy()
            shares[name] = float(unseen.mean())
        else:
            shares[name] = _outside(before[:, column], after[:, column])
    return shares


def varying(rows: pa.Table, names: list[str]) -> list[str]:
    """The features with more than one known value; trees cannot split on the others.

    Constant features occur when the history does not reach a year before the training cutoffs.
    """
    ends = {name: pc.min_max(rows[name]).as_py() for name in names}
    return [name for name, extremes in ends.items() if extremes["min"] != extremes["max"]]


def _some_of_each(outcome: np.ndarray) -> np.ndarray:
    random = np.random.default_rng(_SEED)
    chosen = []
    for label in (0, 1):
        positions = np.flatnonzero(outcome == label)
        chosen.append(
            random.choice(positions, MAX_ROWS_PER_CLASS, replace=False)
            if len(positions) > MAX_ROWS_PER_CLASS
            else positions
        )
    return np.sort(np.concatenate(chosen))


def _at_most(table: pa.Table, max_rows: int, random: np.random.Generator) -> pa.Table:
    if table.num_rows <= max_rows:
        return table
    return table.take(np.sort(random.choice(table.num_rows, max_rows, replace=False)))


def _halves(rows: pa.Table) -> np.ndarray:
    """The half of each row; all rows of a customer are in the same half."""
    if "customer_id" in rows.column_names:
        codes = rows["customer_id"].combine_chunks().dictionary_encode().indices.to_numpy()
    else:
        codes = np.arange(rows.num_rows)
    return np.random.default_rng(_SEED).integers(0, 2, codes.max(initial=0) + 1)[codes]


def _bins(values: np.ndarray, outcome: np.ndarray, learnt: np.ndarray, *, text: bool) -> np.ndarray:
    """The bin of each row, 0 where the value is unknown; a number's edges are learnt from some of the rows."""
    known = ~np.isnan(values)
    bins = np.zeros(len(values), np.int64)
    if text:
        bins[known] = values[known].astype(np.int64) + 1
        return bins
    cuts = [
        np.quantile(part, _CUTS, method="nearest")
        for label in (0, 1)
        if len(part := values[known & learnt & (outcome == label)])
    ]
    edges = np.unique(np.concatenate(cuts)) if cuts else np.empty(0)
    below = np.searchsorted(edges, values[known])  # a value that is an edge has a bin of its own
    at_edge = np.append(edges, np.nan)[below] == values[known]
    bins[known] = 2 * below + at_edge + 1
    return bins


def _auc(values: np.ndarray, outcome: np.ndarray, half: np.ndarray, *, text: bool) -> float:
    """Mean AUC of two halves, each ranked by bins and rates that are learnt from the other half."""
    aucs = []
    for side in (0, 1):
        learnt, scored = half != side, half == side
        bins = _bins(values, outcome, learnt, text=text)
        count = bins.max(initial=0) + 1
        counts = np.bincount(bins[learnt], minlength=count)
        hits = np.bincount(bins[learnt], weights=outcome[learnt], minlength=count)
        rate = (hits + outcome[learnt].mean()) / (counts + 1) if learnt.any() else np.zeros(count)
        aucs.append(_of_rates(rate, bins[scored], outcome[scored]))
    return float(np.mean(aucs))


def _of_rates(rate: np.ndarray, bins: np.ndarray, outcome: np.ndarray) -> float:
    values, order = np.unique(rate, return_inverse=True)
    ranks = order[bins]
    size = np.bincount(ranks, minlength=len(values))
    hits = np.bincount(ranks, weights=outcome, minlength=len(values))
    misses = size - hits
    pairs = hits.sum() * misses.sum()
    return float((hits * (np.cumsum(misses) - misses / 2)).sum() / pairs) if pairs else 0.5


def _outside(before: np.ndarray, after: np.ndarray) -> float:
    known, has_value = before[~np.isnan(before)], ~np.isnan(after)
    if not len(known):
        return float(has_value.mean())
    low, high = np.quantile(known, _EDGES, method="nearest")
    return float((has_value & ((after < low) | (after > high))).mean())
