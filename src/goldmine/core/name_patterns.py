"""Names of features and patterns of them, as settings have them: ``*`` stands for anything."""

from collections.abc import Iterable
from fnmatch import fnmatchcase
from functools import lru_cache


def matches(name: str, patterns: Iterable[str]) -> bool:
    """Whether a name is one of some patterns; remembered, since each row of a list asks the same again.

    Examples
    --------
    >>> matches("inflow_sum_90d", ["in_cash_*", "inflow_*"]), matches("aum", [])
    (True, False)
    """
    return _matches(name, tuple(patterns))


@lru_cache(maxsize=100_000)
def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)
