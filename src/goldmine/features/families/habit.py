"""What the customer has been used to do over two years: the rate of their own transactions since the first one seen."""

from functools import reduce

import ibis
from ibis.expr.types import NumericValue

from goldmine.features.define import Defined, number, ratio, tell
from goldmine.features.families.rhythm import bit_count
from goldmine.features.told import Told
from goldmine.features.view import View
from goldmine.features.windows import AGES

NEEDS = ("transactions",)
SAID = {
    "own_count_per_month": Told(
        "habit",
        up=("{value} transactions of their own a month over two years", "近两年平均每月主动交易{value}笔"),
        unknown=("No transaction of their own within two years", "近两年没有主动交易"),
    ),
    "own_days_per_month": Told(
        "habit",
        up=("Active on {value} a month over two years", "近两年平均每月{value}有主动交易"),
        unknown=("No transaction of their own within two years", "近两年没有主动交易"),
    ),
    "own_months_share": Told(
        "habit",
        up=("Active in {value} of the months of two years", "近两年有主动交易的月份占{value}"),
        unknown=("No transaction of their own within two years", "近两年没有主动交易"),
    ),
}
"""How a customer manager says each feature."""


def habit(v: View) -> list[Defined]:
    """Own transactions, days and active months, each over the months since the first that is seen within two years.

    A rate over the time for which a customer is known does not depend on how far the books reach back, and over two
    years it tells a quiet quarter of somebody busy from the habit of somebody quiet.
    """
    counts = [v.zero(f"own_a{age}") for age in AGES]
    days = [bit_count(v.zero(f"days_a{age}")).cast("int64") for age in AGES]
    active = [(count > 0).cast("int64") for count in counts]
    oldest = [(counts[age] > 0, age + 1) for age in reversed(AGES)]
    span = ibis.cases(*oldest, else_=0)  # no feature of its own: while books are short, it tells their length
    found = []
    for name, parts, unit, en, zh in (
        ("own_count_per_month", counts, "ratio", "Own transactions a month", "月均主动交易笔数"),
        ("own_days_per_month", days, "days", "Days with own transactions a month", "月均主动交易天数"),
        ("own_months_share", active, "share", "Share of months with own transactions", "有主动交易月份占比"),
    ):
        rate, since = ratio(_sum(parts), span), f"{en} since the first within two years"
        found.append(number(name, rate, en=since, zh=f"近两年首次交易以来{zh}", unit=unit, needs=NEEDS))
    return tell(found, SAID)


def _sum(values: list[NumericValue]) -> NumericValue:
    return reduce(lambda left, right: left + right, values)
