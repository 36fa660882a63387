"""Which features a reason of a list may quote, and on which side of the typical customer's value."""

from collections.abc import Sequence
from math import inf, isnan

from pydantic import Field

from goldmine.core.name_patterns import matches
from goldmine.core.settings import SettingsModel

_COUNTED = ("count", "days")
_MORE = 2
"""One day or one transaction more than usual is chance, however large its share of the usual number."""


class ReasonDirections(SettingsModel):
    """Which features a reason of the list may quote, and on which side of the typical customer's value.

    Parameters
    ----------
    high, low : list of str
        Feature name patterns (``*`` stands for anything) quoted only above, or only below, the typical value; of a
        category any value is high.
    unknown : list of str
        Patterns that are quoted where the value is unknown.
    beside : list of str
        Patterns among `high` of what is quoted last and only beside another reason: it supports one and is none alone.
    min_yuan : float
        Smallest amount that is quoted as high, and smallest change that is quoted; less says nothing.
    at_least : dict of str to float
        Smallest value quoted as high, by pattern, in the feature's unit.
    facts : list of str
        Features that describe a customer for whom there is no reason, most telling first: what is held, for how long.
    stands_out : float
        A value is quoted as high from so many times the typical value on, and as low up to the typical value divided by
        it; a value with a direction of its own need not. Days and counts are at least two above a typical one or more.
    """

    high: list[str] = []
    low: list[str] = []
    unknown: list[str] = []
    beside: list[str] = []
    min_yuan: float = 0
    at_least: dict[str, float] = {}
    facts: list[str] = []
    stands_out: float = Field(default=1.25, ge=1, allow_inf_nan=False)

    def allows(
        self,
        feature: str,
        value: float | str | None,
        typical: float | None,
        *,
        unit: str = "",
        has_direction: bool = False,
        reads_low: bool = False,
    ) -> bool:
        """Whether a reason may quote a value of a feature.

        A value that has a direction of its own, such as a change, is high only above zero and low only below it. A
        value that reads low, such as one or two transactions, is never high.

        Examples
        --------
        >>> quiet = ReasonDirections(high=["days_since_own"], low=["own_days_*"])
        >>> quiet.allows("days_since_own", 80.0, 12.0), quiet.allows("own_days_90d", 9.0, 4.0)
        (True, False)
        >>> ReasonDirections(high=["in_cash_*"], min_yuan=1_000).allows("in_cash_sum_90d", 710.0, 0.0, unit="yuan")
        False
        >>> ReasonDirections(low=["aum_change_*"]).allows("aum_change_90d", 40.0, 55.0, has_direction=True)
        False
        >>> ReasonDirections(high=["inflow_sum_*"]).allows("inflow_sum_90d", 32.0, 27.0)
        False
        >>> counts = ReasonDirections(high=["inflow_count_*"])
        >>> [counts.allows("inflow_count_90d", value, 4.0, unit="count") for value in (5.0, 6.0)]
        [False, True]
        """
        if value is None or (isinstance(value, float) and isnan(value)):
            return matches(feature, self.unknown)
        if isinstance(value, str):
            return matches(feature, self.high)
        if unit == "yuan" and has_direction and abs(value) < self.min_yuan:
            return False
        above, below = self._sides(value, typical, has_direction=has_direction)
        least = max(self._least(feature), self.min_yuan if unit == "yuan" else -inf)
        if unit in _COUNTED and typical is not None and typical >= 1:
            least = max(least, typical + _MORE)
        above = above and not reads_low and value >= least
        return (above and matches(feature, self.high)) or (below and matches(feature, self.low))

    def in_order(self, features: Sequence[str]) -> list[int]:
        """The places of a row's reasons, those that only support another last; none where there is no other.

        Examples
        --------
        >>> ReasonDirections(beside=["has_mobile_bank"]).in_order(["has_mobile_bank", "demand_avg_30d"])
        [1, 0]
        """
        supports = [matches(feature, self.beside) for feature in features]
        return [] if all(supports) else sorted(range(len(features)), key=supports.__getitem__)

    def _sides(self, value: float, typical: float | None, *, has_direction: bool) -> tuple[bool, bool]:
        """Whether a value stands out above the typical one, and below it."""
        if has_direction:
            return value > max(0, typical or 0), value < min(0, typical or 0)
        if typical is None:
            return True, True
        factor = self.stands_out if typical > 0 else 1
        return value > typical and value >= typical * factor, value < typical and value <= typical / factor

    def _least(self, feature: str) -> float:
        """The smallest value of a feature that is quoted as high."""
        return max((least for pattern, least in self.at_least.items() if matches(feature, [pattern])), default=-inf)
