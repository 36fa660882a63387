"""Limits for months, proposed from what a bank's months of two years were like."""

import math
from collections.abc import Sequence
from datetime import date

from goldmine.contract.bank import Bank
from goldmine.contract.tables import TABLES
from goldmine.core.dates import month_key, snapshot_date
from goldmine.validation.counts import month_tables
from goldmine.validation.month_limits import Figure, MonthLimit
from goldmine.validation.month_profiles import COUNTED, MEASURED, PART_FIGURES
from goldmine.validation.month_rules import NEAR_LIMITS, STARTING_LIMITS
from goldmine.validation.rules import load_rules

MONTHS = 24
_ENOUGH = 12
"""Months that must have been compared for a limit to be proposed."""
_ROOM = 1.5
"""The widest deviation of a healthy month, times this, is allowed."""
_LEAST = {"rows": 1.1, "customers": 1.1, "median": 1.25, "total": 1.25}
"""A limit is never nearer than this factor."""


def propose_limits(bank: Bank, as_of: date | None = None) -> list[MonthLimit]:
    """Propose limits from the last 24 months of a bank's tables.

    A month that broke a rule is no example, and a limit is never wider than the one that every bank starts with for
    months with a year ago, as those to come are, nor nearer than what chance may do to months of this size.

    Parameters
    ----------
    as_of : date, optional
        The last month that counts; if not given, the last of the books.
    """
    snapshot = month_key(as_of or snapshot_date("", bank.data_until))
    proposed = []
    for table in MEASURED:
        if not bank.has(table):
            continue
        connection = month_tables(bank, table, snapshot)
        kept = _kept_rules(table)
        for figure in COUNTED:
            rows = connection.execute(
                f"SELECT {figure}_ratio, {figure}_chance FROM month_figures WHERE month <= $1 AND {figure}_ratio > 0 "
                f"AND {kept[figure]} ORDER BY month DESC LIMIT {MONTHS}",
                [snapshot],
            ).fetchall()
            chance = max((row[1] for row in rows), default=1.0)
            proposed += _limit(bank.name, table, figure, "", [row[0] for row in rows], chance)  # type: ignore[arg-type]
        for part in ("", *TABLES[table].column(MEASURED[table].part).codes):
            for figure in PART_FIGURES:
                rows = connection.execute(
                    f"SELECT {figure}_ratio FROM part_figures WHERE substr(month, 1, 7) <= $1 AND {figure}_ratio > 0 "
                    "AND trim(substr(month, 8)) = $2 AND rows >= 100 AND rows_before >= 100 "
                    f"AND {kept[figure]} ORDER BY month DESC LIMIT {MONTHS}",
                    [snapshot, part],
                ).fetchall()
                proposed += _limit(bank.name, table, figure, part, [row[0] for row in rows], 1.0)  # type: ignore[arg-type]
    return proposed


def _kept_rules(table: str) -> dict[str, str]:
    """By figure the condition of a month that keeps the rules on it, the snapshot's and any other."""
    breaks = {rule.name: rule.breaks for rule in load_rules(table)}
    names = {figure: (f"snapshot_{figure}_unlike_months", f"{figure}_unlike_months") for figure in STARTING_LIMITS}
    return {
        figure: f"NOT coalesce({' OR '.join(f'({breaks[name]})' for name in rules)}, false)"
        for figure, rules in names.items()
    }


def _limit(  # noqa: PLR0917 - what names a limit, and its history
    bank: str, table: str, figure: Figure, part: str, ratios: Sequence[float], chance: float
) -> list[MonthLimit]:
    lowest, highest = STARTING_LIMITS[figure]
    healthy = [ratio for ratio in ratios if lowest <= ratio <= highest]
    if len(healthy) < _ENOUGH:
        return []
    if figure in NEAR_LIMITS:
        near, far = NEAR_LIMITS[figure]
        lowest, highest = max(lowest, min(near, 1 / chance)), min(highest, max(far, chance))
    width = _ROOM * max(abs(math.log(ratio)) for ratio in healthy)
    width = max(width, math.log(_LEAST[figure]), math.log(chance))
    return [
        MonthLimit.model_validate(
            {
                "bank": bank,
                "table": table,
                "figure": figure,
                "part": part,
                "lowest": math.floor(100 * max(lowest, math.exp(-width))) / 100,
                "highest": math.ceil(100 * min(highest, math.exp(width))) / 100,
                "months": len(healthy),
            }
        )
    ]
