"""How far a month is from what the months before it and the same month a year ago lead to expect."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median

MONTHS_BEFORE = 6
"""How many months before a month it is held against."""

_LEAST_BEFORE = 3
FIRST_JUDGED = 1 + 2 * _LEAST_BEFORE
"""The first month of books without a gap that is compared: its own months before, and those of three more."""
_USUAL_OVER = 12


@dataclass(frozen=True)
class Comparison:
    """A month's figure against the others.

    Parameters
    ----------
    ratio : float
        The figure divided by the nearest end of the range that was expected; 1 within the range.
    usual : float
        How far months of the year before were from their own ranges: the median, as a factor of 1 or more. Where three
        of them are of the same kind, with a year ago to be held against or without, these alone count.
    before : float
        Median of the months before.
    """

    ratio: float
    usual: float
    before: float


def compare(figures: Mapping[int, float]) -> dict[int, Comparison]:
    """Compare every month that has enough months before it.

    The expected range spans the median of the six months before and last year's figure of the same month, grown as
    those medians grew. So neither the season nor steady growth counts as a deviation. A month needs three months
    before it, and three earlier months that were compared: the seventh month of the books is the first.

    Parameters
    ----------
    figures : mapping of int to float
        By the month's number (12 times the year, plus the month); months of zero are left out.

    Examples
    --------
    >>> steady = dict.fromkeys(range(12), 100.0)
    >>> compare(steady | {12: 50.0})[12]
    Comparison(ratio=0.5, usual=1.0, before=100.0)
    """
    figures = {month: figure for month, figure in figures.items() if figure > 0}
    deviations = {month: deviation for month in figures if (deviation := _deviation(figures, month)) is not None}
    return {
        month: Comparison(math.exp(deviation), math.exp(usual), median(_before(figures, month)))
        for month, deviation in deviations.items()
        if (usual := _usual(deviations, month, figures)) is not None
    }


def _before(figures: Mapping[int, float], month: int) -> list[float]:
    return [figures[m] for m in range(month - MONTHS_BEFORE, month) if m in figures]


def _deviation(figures: Mapping[int, float], month: int) -> float | None:
    before = _before(figures, month)
    if len(before) < _LEAST_BEFORE:
        return None
    expected = [median(before)]
    if month - 12 in figures:
        year_ago = _before(figures, month - 12)
        growth = median(before) / median(year_ago) if len(year_ago) >= _LEAST_BEFORE else 1.0
        expected.append(figures[month - 12] * growth)
    nearest = min(max(figures[month], min(expected)), max(expected))
    return math.log(figures[month] / nearest)


def _usual(deviations: Mapping[int, float], month: int, figures: Mapping[int, float]) -> float | None:
    """Months without a year ago show the season as a deviation; it would widen what a month with one may deviate."""
    earlier = [m for m in range(month - _USUAL_OVER, month) if m in deviations]
    alike = [m for m in earlier if (m - 12 in figures) == (month - 12 in figures)]
    compared = alike if len(alike) >= _LEAST_BEFORE else earlier
    return median(abs(deviations[m]) for m in compared) if len(compared) >= _LEAST_BEFORE else None
