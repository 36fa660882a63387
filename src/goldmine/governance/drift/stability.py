"""The population stability index (PSI) of a column, and its limit by tolerance and chance."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from scipy.stats import ncx2

TOLERATED = 0.25
"""Tolerated PSI: seasons move features that far."""
_BINS = 10
_FALSE_ALARMS = 0.01
_ROWS = 15_000
_MOST_CATEGORIES = 50


@dataclass(frozen=True)
class Profile:
    """Counts of a column by bin: tenths of the reference, or categories.

    Unknown values have their own bin, and so has a number that takes up more than a tenth.

    Parameters
    ----------
    edges : tuple of float
        Upper edges of all bins but the last; empty for text.
    categories : tuple of str
        The categories with a bin of their own; empty for numbers.
    counts : tuple of int
        Rows by bin, the unknown last.
    """

    edges: tuple[float, ...]
    categories: tuple[str, ...]
    counts: tuple[int, ...]

    @property
    def rows(self) -> int:
        """Rows counted."""
        return sum(self.counts)


def profile_of(column: pa.ChunkedArray, like: Profile | None = None) -> Profile:
    """Count a column by bin, in the bins of another profile or, without one, in its own tenths."""
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type) or pa.types.is_dictionary(column.type):
        return _text_profile(column.cast(pa.string()), like)
    values = column.cast(pa.float64(), safe=False).to_numpy()
    known = values[np.isfinite(values)]
    edges = _edges(known) if like is None else np.asarray(like.edges)
    counts = np.bincount(np.searchsorted(edges, known, "left"), minlength=len(edges) + 1)
    return Profile(tuple(edges.tolist()), (), (*counts.tolist(), len(values) - len(known)))


def _edges(known: np.ndarray) -> np.ndarray:
    """Edges of the tenths; a value that takes up more than one has a bin of its own, so that a move below it shows."""
    if not len(known):
        return np.empty(0)
    edges, tenths = np.unique(np.quantile(known, np.linspace(0, 1, _BINS + 1)[1:-1]), return_counts=True)
    return np.unique([*edges, *np.nextafter(edges[tenths > 1], -np.inf)])


def _text_profile(column: pa.ChunkedArray, like: Profile | None) -> Profile:
    counts = {entry["values"]: entry["counts"] for entry in pc.value_counts(column.drop_null()).to_pylist()}
    common = sorted(counts, key=lambda name: (-counts[name], name))[:_MOST_CATEGORIES]
    names = tuple(sorted(common)) if like is None else like.categories
    counted = [counts.get(name, 0) for name in names]
    others = len(column) - column.null_count - sum(counted)
    return Profile((), names, (*counted, others, column.null_count))


def psi_between(before: Profile, after: Profile) -> float:
    """Population stability index; adding half a row to each bin keeps it finite for empty bins."""
    old, new = (np.asarray(p.counts) + 0.5 for p in (before, after))
    old, new = old / old.sum(), new / new.sum()
    return float(((new - old) * np.log(new / old)).sum())


def chance_limit(before: Profile, after: Profile, tests: int = 1) -> float:
    """The PSI above which a column drifted beyond the tolerance and beyond chance.

    Between samples of n and m rows whose distributions differ by a PSI of P, the measured PSI over (1/n + 1/m) is
    approximately noncentral chi-square with bins - 1 degrees of freedom and noncentrality P / (1/n + 1/m). The limit
    is its 99% quantile for the tolerated P, Bonferroni-corrected for the number of tests: 0.25 for millions of rows,
    and higher for fewer.
    """
    used = sum(b + a > 0 for b, a in zip(before.counts, after.counts, strict=True))
    return _limit(max(used - 1, 1), 1 / max(before.rows, 1) + 1 / max(after.rows, 1), max(tests, 1))


@cache
def _limit(freedom: int, noise: float, tests: int) -> float:
    return float(noise * ncx2.ppf(1 - _FALSE_ALARMS / tests, freedom, TOLERATED / noise))


def compare_profiles(before: Mapping[str, Profile], after: Mapping[str, Profile]) -> pd.DataFrame:
    """Compare the columns that both sides have.

    Returns
    -------
    pandas.DataFrame
        feature; psi; limit (`chance_limit` over all of them); drifted (psi above the limit); largest psi first.
    """
    names = [name for name in before if name in after]
    rows = [
        (name, psi_between(before[name], after[name]), chance_limit(before[name], after[name], len(names)))
        for name in names
    ]
    table = pd.DataFrame(rows, columns=["feature", "psi", "limit"])
    table["drifted"] = table.psi > table.limit
    return table.sort_values(["psi", "feature"], ascending=[False, True], ignore_index=True)


def compare_tables(before: pa.Table, after: pa.Table, names: Sequence[str]) -> pd.DataFrame:
    """Drift of columns between two tables; see `compare_profiles`.

    Parameters
    ----------
    before, after : pyarrow.Table
        The training rows and the rows to score; large tables are sampled evenly.
    names : sequence of str
        Columns to compare; those missing from either table are left out.
    """
    learnt = profiles_of(before, names)
    return compare_profiles(learnt, profiles_of(after, names, learnt))


def profiles_of(
    rows: pa.Table, names: Sequence[str], like: Mapping[str, Profile] | None = None, max_rows: int = _ROWS
) -> dict[str, Profile]:
    """Profiles of columns over at most `max_rows` rows, in the bins of `like` where given."""
    rows = evenly(rows, max_rows)
    chosen = [name for name in names if name in rows.column_names and (like is None or name in like)]
    return {name: profile_of(rows[name], like[name] if like else None) for name in chosen}


def evenly(rows: pa.Table, max_rows: int = _ROWS) -> pa.Table:
    """At most `max_rows` rows, evenly spread over the table; of drawn rows, evenly over those that they stand for."""
    if "weight" in rows.column_names:
        return rows.take(_by_weight(rows["weight"].to_numpy().astype(np.float64), max_rows))
    if rows.num_rows <= max_rows:
        return rows
    return rows.take(np.linspace(0, rows.num_rows - 1, max_rows).astype(np.int64))


def _by_weight(weight: np.ndarray, max_rows: int) -> np.ndarray:
    """Row numbers, as often as their weights say; no more of them than rows of one weight would tell as much."""
    count = min(max_rows, int(weight.sum() ** 2 / (weight**2).sum() + 1e-9)) if len(weight) else 0
    to = np.cumsum(weight)
    return np.searchsorted(to, (np.arange(count) + 0.5) / max(count, 1) * weight.sum())
