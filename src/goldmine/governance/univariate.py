"""AUC of single features, and the share of their values outside the range seen before."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from goldmine.models.encoding import encode, fit_encoding

MAX_ROWS_PER_CLASS = 5_000
"""Rows of each class that are looked at; the AUC does not depend on how many there are of each."""
_SEED = 20240331
_CUTS = np.linspace(0, 1, 26)[1:-1]
_EDGES = (0.001, 0.999)
"""Between these quantiles of the past a value is one that was seen before."""


def univariate_auc(rows: pa.Table, names: list[str]) -> dict[str, float]:
    """AUC of each feature by itself, honest for both directions, for what is unknown and for text.

    A number is cut into bins at the quantiles of each class, with the unknown in one of their own, and taken as it
    rises and as it falls. Beside that, a bin's or text's rate of the outcome is learnt from one half of the customers
    and orders the other half; so what is high at both ends is seen, and a text with a value a customer gains nothing.

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
    encoding = fit_encoding(rows, names)
    matrix = encode(encoding, rows)
    half = _halves(rows)
    found = {}
    for place, name in enumerate(names):
        text = name in encoding.categories
        bins = _bins(matrix[:, place], outcome, text=text)
        found[name] = _auc(bins, outcome, half)
        if not text:
            rising = _of_rates(np.arange(bins.max(initial=0) + 1), bins, outcome)
            found[name] = max(found[name], rising, 1 - rising)
    return found


def out_of_range(past: pa.Table, later: pa.Table, names: list[str]) -> dict[str, float]:
    """Share of the later rows whose value lies beyond all but a thousandth of the past ones at either end.

    A category that was never seen lies beyond; so does any value of a feature that was never known. What is unknown
    does not.

    Parameters
    ----------
    past, later : pyarrow.Table
        Features as stored, of earlier and of later cutoffs.
    """
    chance = np.random.default_rng(_SEED)
    past, later = (_at_most(table, 2 * MAX_ROWS_PER_CLASS, chance) for table in (past, later))
    encoding = fit_encoding(past, names)
    before, after = encode(encoding, past), encode(encoding, later)
    found = {}
    for place, name in enumerate(names):
        if name in encoding.categories:
            unseen = np.isnan(after[:, place]) & later[name].is_valid().to_numpy()
            found[name] = float(unseen.mean())
        else:
            found[name] = _outside(before[:, place], after[:, place])
    return found


def varying(rows: pa.Table, names: list[str]) -> list[str]:
    """Those of some features whose known values are not all the same; trees cannot tell values of the others apart.

    Books that do not reach a year back at the training cutoffs have such features.
    """
    ends = {name: pc.min_max(rows[name]).as_py() for name in names}
    return [name for name, found in ends.items() if found["min"] != found["max"]]


def _some_of_each(outcome: np.ndarray) -> np.ndarray:
    chance = np.random.default_rng(_SEED)
    kept = []
    for one in (0, 1):
        places = np.flatnonzero(outcome == one)
        kept.append(
            chance.choice(places, MAX_ROWS_PER_CLASS, replace=False) if len(places) > MAX_ROWS_PER_CLASS else places
        )
    return np.sort(np.concatenate(kept))


def _at_most(table: pa.Table, most: int, chance: np.random.Generator) -> pa.Table:
    if table.num_rows <= most:
        return table
    return table.take(np.sort(chance.choice(table.num_rows, most, replace=False)))


def _halves(rows: pa.Table) -> np.ndarray:
    """Which half each row is in; all rows of a customer are in the same."""
    if "customer_id" in rows.column_names:
        codes = rows["customer_id"].combine_chunks().dictionary_encode().indices.to_numpy()
    else:
        codes = np.arange(rows.num_rows)
    return np.random.default_rng(_SEED).integers(0, 2, codes.max(initial=0) + 1)[codes]


def _bins(values: np.ndarray, outcome: np.ndarray, *, text: bool) -> np.ndarray:
    known = ~np.isnan(values)
    found = np.zeros(len(values), np.int64)
    if text:
        found[known] = values[known].astype(np.int64) + 1
        return found
    cuts = [
        np.quantile(part, _CUTS, method="nearest") for one in (0, 1) if len(part := values[known & (outcome == one)])
    ]
    edges = np.unique(np.concatenate(cuts)) if cuts else np.empty(0)
    found[known] = np.searchsorted(edges, values[known], side="right") + np.searchsorted(edges, values[known]) + 1
    return found


def _auc(bins: np.ndarray, outcome: np.ndarray, half: np.ndarray) -> float:
    """AUC of the bins' rates, each half ordered by what the other half showed; the mean of both."""
    count = bins.max(initial=0) + 1
    found = []
    for one in (0, 1):
        learnt, asked = half != one, half == one
        seen = np.bincount(bins[learnt], minlength=count)
        hits = np.bincount(bins[learnt], weights=outcome[learnt], minlength=count)
        rate = (hits + outcome[learnt].mean()) / (seen + 1) if learnt.any() else np.zeros(count)
        found.append(_of_rates(rate, bins[asked], outcome[asked]))
    return float(np.mean(found))


def _of_rates(rate: np.ndarray, bins: np.ndarray, outcome: np.ndarray) -> float:
    values, order = np.unique(rate, return_inverse=True)
    place = order[bins]
    size = np.bincount(place, minlength=len(values))
    hits = np.bincount(place, weights=outcome, minlength=len(values))
    misses = size - hits
    pairs = hits.sum() * misses.sum()
    return float((hits * (np.cumsum(misses) - misses / 2)).sum() / pairs) if pairs else 0.5


def _outside(before: np.ndarray, after: np.ndarray) -> float:
    known, asked = before[~np.isnan(before)], ~np.isnan(after)
    if not len(known):
        return float(asked.mean())
    low, high = np.quantile(known, _EDGES, method="nearest")
    return float((asked & ((after < low) | (after > high))).mean())
