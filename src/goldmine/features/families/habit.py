"""What the customer has been used to do over two years: rates of their own transactions, whole and fading."""

from functools import reduce

import ibis
from ibis.expr.types import IntegerValue, NumericValue

from goldmine.activity.measures import month_index
from goldmine.features.definition import Defined, number, real, tell
from goldmine.features.families.rhythm import bit_count
from goldmine.features.reason_text import Told
from goldmine.features.view import View
from goldmine.features.windows import AGES

NEEDS = ("transactions",)
HALVES = (2, 6, 12)
"""Months after which a transaction counts for half in a fading rate."""
_NONE = ("No transaction of their own within two years", "近两年没有主动交易")
SAID = {
    "own_days_per_month": Told(
        "habit",
        up=("Active on {value} a month over two years", "近两年平均每月{value}有主动交易"),
        none=_NONE,
    ),
    "own_months_share": Told(
        "habit",
        up=("Active in {value} of the months of two years", "近两年有主动交易的月份占{value}"),
        none=_NONE,
    ),
    "own_count_per_month*": Told(
        "habit",
        up=("{value} transactions of their own a month over two years", "近两年平均每月主动交易{value}笔"),
        none=_NONE,
    ),
}
"""How a customer manager says each feature."""


def habit(v: View) -> list[Defined]:
    """Own transactions, days and active months, each over the months of two years in which they could be seen.

    Rates over the months for which the books and the customer were there do not depend on how far the books reach
    back, and over two years they tell a quiet quarter of somebody busy from the habit of somebody quiet. Where the
    habit itself changes, rates that let old months fade follow it.
    """
    counts = [v.zero(f"own_a{age}") for age in AGES]
    days = [bit_count(v.zero(f"days_a{age}")).cast("int64") for age in AGES]
    active = [(count > 0).cast("int64") for count in counts]
    known = _months_known(v)
    found = [
        number(
            name, _sum(parts) / known, en=f"{en} over two years", zh=f"近两年{zh}", unit=unit, window=730, needs=NEEDS
        )
        for name, parts, unit, en, zh in (
            ("own_count_per_month", counts, "ratio", "Own transactions a month", "月均主动交易笔数"),
            ("own_days_per_month", days, "days", "Days with own transactions a month", "月均主动交易天数"),
            ("own_months_share", active, "share", "Share of months with own transactions", "有主动交易月份占比"),
        )
    ]
    found += [
        number(
            f"own_count_per_month_half_{half}m",
            _fading(counts, known, 0.5 ** (1 / half)),
            en=f"Own transactions a month over two years, weighing half as much every {half} months back",
            zh=f"近两年月均主动交易笔数（每早{half}个月权重减半）",
            unit="ratio",
            window=730,
            needs=NEEDS,
        )
        for half in HALVES
    ]
    return tell(found, SAID)


def _months_known(v: View) -> IntegerValue:
    """Months of two years for which the books reach back and the customer was there; their first counts whole."""
    t = v.rows
    first = ibis.greatest(t.books_from, t.opened_on.fill_null(t.books_from))
    return month_index(t.cutoff) - month_index(first) + 1


def _fading(counts: list[NumericValue], known: IntegerValue, keeps: float) -> NumericValue:
    """A rate whose months weigh less by a factor `keeps` each further back, over the weights of the months known."""
    weighed = _sum([count * real(keeps**age) for age, count in enumerate(counts)])
    return weighed * real(1 - keeps) / (real(1) - real(keeps) ** known)


def _sum(values: list[NumericValue]) -> NumericValue:
    return reduce(lambda left, right: left + right, values)
