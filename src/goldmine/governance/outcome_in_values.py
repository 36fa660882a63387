"""Features that are outcome rates of groups of rows, the row's own outcome included: target encodings."""

from collections.abc import Mapping
from functools import partial
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from scipy.stats import chi2

from goldmine.core.parallel import in_parallel
from goldmine.models.encoding import Encoding, encode, is_text

MAX_P = 1e-12
"""Chance of a fit so close, below which a feature may be an encoding of the outcome.

Of small banks 3,400 honest features had 1e-5 or more; of 2,000,000 customers some have less, see `_MAX_SPREAD`."""
_MIN_VARIANCE = 0.5
"""Values whose count of outcomes would vary less than this say nothing."""
_MIN_FREEDOM = 3
_MAX_SPREAD = 0.5
"""Share of the variance by chance from which a feature is no encoding, however many rows make a small lack of it sure.

Rows of one value are not equally likely to have the outcome, which makes their count vary less than one common rate
would. On a sample bank of 2,000,000 (one seed, four use cases) honest features kept 0.74 of the variance and more. An
encoding of all rows keeps nothing; made-up ones of groups of 200 rows, seen after a draw, kept 0.10 to 0.35.
"""


def encoding_p_values(parts: Mapping[str, pa.Table], names: list[str]) -> dict[str, float]:
    """Probability that chance alone makes the outcomes follow a feature's values as closely as they do.

    Of the rows that share a value, the share with the outcome varies by chance around what the value tells. Where the
    value was computed from these very outcomes, that chance is missing: the count of outcomes is what the value says,
    exactly or up to smoothing. It is tested in each part and, unless rows were drawn, over all parts together, since an
    encoding may be fitted on either.

    Parameters
    ----------
    parts : mapping of str to pyarrow.Table
        Features as stored, and ``outcome``.
    names : list of str
        The features; text is passed over.

    Returns
    -------
    dict of str to float
        The lowest probability found, by feature; 1 where too few values repeat.
    """
    # A draw leaves each part an outcome rate of its own, and rows of several rates vary less than those of one.
    drawn = any("weight" in table.column_names for table in parts.values())

    def lowest(name: str) -> float:  # a column at a time: all parts of all columns are gigabytes at a bank's size
        tests = [_known(table, name) for table in parts.values() if not is_text(table.schema.field(name).type)]
        if len(tests) > 1 and not drawn:
            tests.append(_Known(*(np.sort(np.concatenate(runs), kind="stable") for runs in zip(*tests, strict=True))))
        return min([1.0, *map(_p_value, tests)])

    return dict(zip(names, in_parallel(partial(lowest, name) for name in names), strict=True))


class _Known(NamedTuple):
    """The known values of a feature in order: of all rows, and of those with the outcome."""

    values: np.ndarray
    hits: np.ndarray


def _known(table: pa.Table, name: str) -> _Known:
    column = encode(Encoding((name,), {}), table)[:, 0]
    known = np.isfinite(column)
    return _Known(np.sort(column[known]), np.sort(column[known & (table["outcome"].to_numpy() > 0)]))


def _counted(in_order: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each value of an ordered array, and how often it occurs."""
    starts = np.flatnonzero(np.diff(in_order, prepend=np.nan))
    return in_order[starts], np.diff(starts, append=len(in_order))


def _p_value(known: _Known) -> float:
    value, counts = _counted(known.values)
    rate = len(known.hits) / max(len(known.values), 1)
    told = (counts > 1) & (counts * rate * (1 - rate) >= _MIN_VARIANCE)
    value, rows = value[told], counts[told].astype(np.float64)
    if len(value) < _MIN_FREEDOM:
        return 1.0
    hit, hit_counts = _counted(known.hits)
    place = np.minimum(np.searchsorted(hit, value), len(hit) - 1)
    hits = np.where(hit[place] == value, hit_counts[place], 0).astype(np.float64)
    value = value.astype(np.float64)
    one = np.ones(len(value))
    designs = [np.column_stack([rows, rows * value]), np.column_stack([rows, rows * value, value, one])]
    p_values = [_closeness(hits, rows, _fitted(design, hits, rows), len(value) - design.shape[1]) for design in designs]
    if value.min() >= 0 and value.max() <= 1:
        p_values.append(_closeness(hits, rows, rows * value, len(value)))
    return min(p_values)


def _fitted(design: np.ndarray, hits: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Counts of outcomes by least squares, the larger groups weighing more by their smaller relative error."""
    if len(hits) < design.shape[1] + _MIN_FREEDOM:
        return hits
    weight, scale = 1 / np.sqrt(rows), np.abs(design).max(axis=0)
    scaled = design / np.where(scale > 0, scale, 1)
    coefficients = np.linalg.lstsq(scaled * weight[:, None], hits * weight, rcond=None)[0]
    return np.asarray(scaled @ coefficients)


def _closeness(hits: np.ndarray, rows: np.ndarray, expected: np.ndarray, freedom: int) -> float:
    """Lower tail of Pearson's statistic: how seldom counts lie so close to those expected."""
    share = np.clip(expected / rows, 0, 1)
    variance = rows * share * (1 - share)
    told = variance >= _MIN_VARIANCE
    freedom -= int((~told).sum())
    if freedom < _MIN_FREEDOM:
        return 1.0
    statistic = ((hits - expected)[told] ** 2 / variance[told]).sum()
    return float(chi2.cdf(statistic, freedom)) if statistic < _MAX_SPREAD * freedom else 1.0
