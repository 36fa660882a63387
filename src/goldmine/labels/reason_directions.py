"""Which features a reason of a list may quote, and on which side of the typical customer's value."""

from fnmatch import fnmatchcase
from math import isnan

from goldmine.core.settings import SettingsModel


class ReasonDirections(SettingsModel):
    """Which features a reason of the list may quote, and on which side of the typical customer's value.

    Parameters
    ----------
    high, low : list of str
        Feature name patterns (``*`` stands for anything) quoted only above, or only below, the typical value; of a
        category any value is high.
    unknown : list of str
        Patterns that are quoted where the value is unknown.
    min_yuan : float
        Smallest amount that is quoted as high; less is above the typical value and still says nothing.
    """

    high: list[str] = []
    low: list[str] = []
    unknown: list[str] = []
    min_yuan: float = 0

    def allows(
        self,
        feature: str,
        value: float | str | None,
        typical: float | None,
        *,
        unit: str = "",
        has_direction: bool = False,
    ) -> bool:
        """Whether a reason may quote a value of a feature.

        A value that has a direction of its own, such as a change, is high only above zero and low only below it.

        Examples
        --------
        >>> quiet = ReasonDirections(high=["days_since_own"], low=["own_days_*"])
        >>> quiet.allows("days_since_own", 80.0, 12.0), quiet.allows("own_days_90d", 9.0, 4.0)
        (True, False)
        >>> ReasonDirections(high=["in_cash_*"], min_yuan=1_000).allows("in_cash_sum_90d", 710.0, 0.0, unit="yuan")
        False
        >>> ReasonDirections(low=["aum_change_*"]).allows("aum_change_90d", 40.0, 55.0, has_direction=True)
        False
        """
        if value is None or (isinstance(value, float) and isnan(value)):
            return _matches(feature, self.unknown)
        if isinstance(value, str):
            return _matches(feature, self.high)
        above, below = typical is None or value > typical, typical is None or value < typical
        above = above and not (unit == "yuan" and value < self.min_yuan) and not (has_direction and value <= 0)
        below = below and not (has_direction and value >= 0)
        return (above and _matches(feature, self.high)) or (below and _matches(feature, self.low))


def _matches(feature: str, patterns: list[str]) -> bool:
    return any(fnmatchcase(feature, pattern) for pattern in patterns)
