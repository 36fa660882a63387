"""How recently, how often and how evenly the customer makes transactions of their own.

* An own transaction is neither interest nor a fee, and not of the batch channel.
* The last own transaction is looked for in the last 15 months; the days since it are empty where there is none. Months
  of silence and of unbroken activity count from the cutoff back and are at most 12.
* The mean days between own transactions are 365 over the year's days with one.
* Unevenness is the standard deviation of 12 monthly counts over their mean. Weekends are Saturday and Sunday, of all
  transactions.
"""

import ibis
import ibis.expr.datatypes as dt
from ibis.expr.types import IntegerValue, NumericValue

from goldmine.core.i18n import _
from goldmine.features.definition import (
    FeatureDefinition,
    NumberRow,
    numbers,
    ratio,
    real,
    sum_of,
    variation,
    with_reason_texts,
)
from goldmine.features.reason_text import ReasonText
from goldmine.features.view import View
from goldmine.features.windows import WINDOW_MONTHS

NEEDS = ("transactions",)
REASON_TEXTS = {
    "days_since_own": ReasonText(
        "recency",
        positive=_("{value} without a transaction of their own"),
        zero=_("Made a transaction on the last day"),
        missing=_("No transaction of their own for over a year"),
    ),
    "recency_to_gap_365d": ReasonText(
        "recency",
        positive=_("Silent for {times} of their usual gap"),
        instead="days_since_own",
        zero=_("Made a transaction on the last day"),
        missing=_("No transaction of their own over {window}"),
        show_typical=False,
    ),
    "silent_months": ReasonText(
        "recency", positive=_("Months of silence in a row: {value}"), zero=_("Made transactions this month")
    ),
    "active_months_streak": ReasonText(
        "recency", positive=_("Active months in a row: {value}"), zero=_("No transaction of their own this month")
    ),
    "gap_mean_365d": ReasonText(
        "activity",
        positive=_("A transaction every {value} on average"),
        missing=_("No transaction of their own over {window}"),
    ),
    "own_days_year_ago": ReasonText(
        "activity_season",
        positive=_("Active on {value} in the same 3 months last year"),
        zero=_("Not active in the same 3 months last year"),
    ),
    "own_days_season_share": ReasonText(
        "activity_season",
        positive=_("{value} of the year's active days fell in {coming}"),
        mostly=_("Most of the year's active days fell in {coming}"),
        zero=_("Not active in {coming}"),
        missing=_("Not active over {window}"),
    ),
    "own_days_change_90d": ReasonText(
        "activity",
        positive=_("Active on {value} more than in the 3 months before"),
        negative=_("Active on {value} fewer than in the 3 months before"),
        zero=_("As active as in the 3 months before"),
        show_typical=False,
    ),
    "own_days_share_90d": ReasonText(
        "activity",
        positive=_("{value} of the year's active days were in the last 3 months"),
        mostly=_("Most of the year's active days were in the last 3 months"),
        zero=_("Not active over the last 3 months"),
        missing=_("Not active over {window}"),
    ),
    "own_days_*": ReasonText(
        "activity", positive=_("Active on {value} over {window}"), zero=_("Not active over {window}")
    ),
    "own_count_volatility_365d": ReasonText(
        "activity",
        positive=_("Activity varies by {percent} from month to month"),
        mostly=_("Busy in some months and quiet in others"),
        missing=_("Not active over {window}"),
    ),
    "own_count_*": ReasonText(
        "activity",
        positive=_("Transactions of their own over {window}: {value}"),
        zero=_("Not active over {window}"),
        few=_("Only one or two transactions of their own over {window}"),
    ),
    "own_months_*": ReasonText(
        "activity", positive=_("Active months over {window}: {value}"), zero=_("Not active over {window}")
    ),
    "weekend_share_365d": ReasonText(
        "weekends",
        positive=_("{value} of transactions at weekends"),
        zero=_("No transactions at weekends"),
        missing=_("No transactions over {window}"),
    ),
}
"""How a customer manager words each feature."""


@ibis.udf.scalar.builtin
def bit_count(mask: dt.int64) -> dt.int8:
    """Number of bits set: days with an own transaction in a month's mask."""


def rhythm(v: View) -> list[FeatureDefinition]:
    """Recency, days and months of activity, gaps, evenness and change."""
    return with_reason_texts([*_recency(v), *_frequency(v), *_evenness(v)], REASON_TEXTS)


def _days(v: View, ages: range) -> NumericValue:
    return sum_of([bit_count(v.zero(f"days_a{age}")).cast("int64") for age in ages])


def _months(v: View, ages: range) -> NumericValue:
    return sum_of([(v.zero(f"days_a{age}") != 0).cast("int64") for age in ages])


def _recency(v: View) -> list[FeatureDefinition]:
    since = v.days_since(ibis.greatest(*[v.rows[f"last_own_{bucket}"] for bucket in range(6)]))
    gap = ratio(real(365), _days(v, range(12)))
    months_of = [v.zero(f"days_a{age}") != 0 for age in range(12)]
    silent = ibis.cases(*[(active, age) for age, active in enumerate(months_of)], else_=12)
    streak = ibis.cases(*[(~active, age) for age, active in enumerate(months_of)], else_=12)
    return numbers(
        NEEDS,
        ("days_since_own", since, _("Days since the last own transaction, within 15 months"), "days", None),
        ("gap_mean_365d", gap, _("Mean days between own transactions in a year"), "days", 365),
        ("recency_to_gap_365d", since / gap, _("Days since the last own transaction over the usual gap"), "ratio", 365),
        ("silent_months", silent, _("Months of silence up to now"), "count", None),
        ("active_months_streak", streak, _("Months of unbroken activity up to now"), "count", None),
    )


def _frequency(v: View) -> list[FeatureDefinition]:
    rows: list[NumberRow] = []
    for days, months in WINDOW_MONTHS.items():
        days_title = _("Days with own transactions in {days} days", days=days)
        count_title = _("Own transactions in {days} days", days=days)
        rows += [
            (f"own_days_{days}d", _days(v, range(months)), days_title, "days", days),
            (f"own_count_{days}d", v.total("own_count", days), count_title, "count", days),
        ]
    for days in (180, 365):
        title = _("Months with own transactions in {days} days", days=days)
        rows.append((f"own_months_{days}d", _months(v, range(WINDOW_MONTHS[days])), title, "count", days))
    return numbers(NEEDS, *rows)


def _evenness(v: View) -> list[FeatureDefinition]:
    counts = [v.zero(f"own_a{age}") for age in range(12)]
    quarter, previous, coming, year_ago = (
        _days(v, ages) for ages in (range(3), range(3, 6), range(9, 12), range(12, 15))
    )
    year = _days(v, range(12))
    weekend_share = ratio(v.total("weekend_count", 365), v.total("in_count", 365) + v.total("out_count", 365))
    return numbers(
        NEEDS,
        ("own_count_volatility_365d", variation(counts), _("Unevenness of monthly own transactions"), "ratio", 365),
        (
            "own_days_change_90d",
            quarter - previous,
            _("Own transaction days: last 90 days less the 90 before"),
            "days",
            180,
        ),
        (
            "own_days_share_90d",
            ratio(quarter, year),
            _("Own transaction days: last quarter's share of the year"),
            "share",
            365,
        ),
        (
            "own_days_season_share",
            ratio(coming, year),
            _("Own transaction days: share of the year that fell in the coming quarter's months"),
            "share",
            365,
        ),
        ("own_days_year_ago", year_ago, _("Own transaction days in the same quarter a year ago"), "days", 90),
        ("weekend_share_365d", weekend_share, _("Share of transactions at weekends"), "share", 365),
    )


def own_days_quarter(v: View) -> IntegerValue:
    """Own transaction days in the last three months; an input of the peers' means."""
    return _days(v, range(3)).cast("int64")
