"""How much the customer holds: level, trend, swings and peaks of average daily AUM.

* AUM is the sum of all product classes but loans. A month's is its average daily balance, or the month end's where the
  bank keeps no average; a month without a row counts as zero.
* An average over several months is the plain mean of the months' averages. A change is the last month less the month
  1, 3, 6 or 12 before it; growth is that change over the earlier amount plus 100 yuan.
* The trend is the slope of a least-squares line through the months; the swings are their standard deviation over their
  mean.
* Rises and falls are from one month to the next, the six latest steps. The coming quarter, a year ago, is the three
  months that begin a year before the month after the cutoff.
"""

import ibis
from ibis.expr.types import NumericValue

from goldmine.core.i18n import _, pgettext
from goldmine.features.definition import (
    FeatureDefinition,
    numbers,
    ratio,
    real,
    sum_of,
    variation,
    with_reason_texts,
    yuan,
)
from goldmine.features.reason_text import ReasonText
from goldmine.features.view import View
from goldmine.features.windows import WINDOW_MONTHS

NEEDS = ("balances",)
LEVEL_FEN = 1_000_000
"""The first AUM level, 10,000 yuan, in fen."""
REASON_TEXTS = {
    "aum_avg_*": ReasonText(
        "assets",
        positive=_("{value} of assets on average over {window}"),
        zero=_("No assets to speak of over {window}"),
        few=_("No assets to speak of over {window}"),
    ),
    "aum_end": ReasonText(
        "assets",
        positive=_("{value} of assets at the month end"),
        zero=_("No assets to speak of at the month end"),
        few=_("No assets to speak of at the month end"),
    ),
    "aum_end_to_avg": ReasonText(
        "assets_trend",
        positive=_("Month-end assets at {percent} of the month's average"),
        missing=_("No assets to speak of over {window}"),
        instead="aum_end",
    ),
    "aum_peak_365d": ReasonText(
        "assets",
        positive=_("Monthly average assets of up to {value} within a year"),
        zero=_("No assets to speak of over {window}"),
        few=_("No assets to speak of over {window}"),
    ),
    "aum_trough_365d": ReasonText(
        "assets",
        positive=_("Monthly average assets never below {value} within a year"),
        zero=_("Assets were down to nothing within the year"),
    ),
    "aum_to_peak_365d": ReasonText(
        "assets_trend",
        positive=_("Assets at {value} of the year's peak"),
        zero=_("Nothing left of the year's peak"),
        missing=_("No assets to speak of over {window}"),
    ),
    "aum_year_ago": ReasonText(
        "assets_season", positive=_("{value} of assets on average a year ago"), zero=_("No assets a year ago")
    ),
    "aum_next_quarter_year_ago": ReasonText(
        "assets_season",
        positive=_("{value} of assets on average in {coming}"),
        zero=_("No assets in {coming}"),
    ),
    "months_below_level_365d": ReasonText(
        "assets",
        positive=_("Months of the year below 10,000 yuan on average: {value}"),
        zero=_("10,000 yuan or more on average in every month of the year"),
    ),
    "aum_change_*": ReasonText(
        "assets_trend",
        positive=_("Average assets up {value} over {window}"),
        negative=_("Average assets down {value} over {window}"),
        zero=_("Assets unchanged over {window}"),
        show_typical=False,
    ),
}
REASON_TEXTS |= {
    f"aum_growth_{days}d": ReasonText(
        "assets_trend",
        positive=_("Assets up by {value} over {window}"),
        negative=_("Assets down by {value} over {window}"),
        instead=f"aum_change_{days}d",
        show_typical=False,
    )
    for days in (90, 365)
}
REASON_TEXTS |= {
    f"aum_slope_{days}d": ReasonText(
        "assets_trend",
        positive=_("Trend of assets over {window}: up {value} a month"),
        negative=_("Trend of assets over {window}: down {value} a month"),
        zero=_("Trend of assets over {window}: level"),
        instead=f"aum_change_{days}d",  # a line's slope is no rise that anybody can count in the books
        show_typical=False,
    )
    for days in (180, 365)
}
REASON_TEXTS |= {
    "aum_volatility_365d": ReasonText(
        "assets_trend",
        positive=_("Assets vary by {percent} from month to month"),
        mostly=_("Assets go up and down a lot from month to month"),
        missing=_("No assets to speak of over {window}"),
    ),
    "aum_biggest_rise_180d": ReasonText(
        "assets_trend",
        positive=_("Average assets rose by {value} in one month of {window}"),
        negative=_("Assets rose in no month of {window}"),
        zero=_("Assets rose in no month of {window}"),
    ),
    "aum_biggest_fall_180d": ReasonText(
        "assets_trend",
        positive=_("Average assets fell by {value} in one month of {window}"),
        negative=_("Assets fell in no month of {window}"),
        zero=_("Assets fell in no month of {window}"),
    ),
    "aum_falling_months_180d": ReasonText(
        "assets_trend",
        positive=_("Months of falling assets over {window}: {value}"),
        zero=pgettext("months of falling assets", "Assets fell in no month of {window}"),
    ),
}
"""How a customer manager words each feature."""


def balances(v: View) -> list[FeatureDefinition]:
    """Level of AUM, then how it moved."""
    return with_reason_texts([*_level(v), *_movement(v)], REASON_TEXTS)


def aum(v: View, ages: range) -> list[NumericValue]:
    """Average daily AUM of each month in fen; no row is no money."""
    return [v.zero(f"aum_a{age}") for age in ages]


def _level(v: View) -> list[FeatureDefinition]:
    now, year = v.zero("aum_a0"), aum(v, range(12))
    peak = ibis.greatest(*year)
    coming = sum_of(aum(v, range(9, 12)))
    on_books = v.if_on_books
    below = [(value < LEVEL_FEN).cast("int64") for value in year]
    return numbers(
        NEEDS,
        ("aum_avg_30d", yuan(now), _("Average daily AUM, last month"), "yuan", 30),
        *[
            (
                f"aum_avg_{days}d",
                on_books(months, yuan(sum_of(aum(v, range(months)))) / months),
                _("Average daily AUM over {days} days", days=days),
                "yuan",
                days,
            )
            for days, months in WINDOW_MONTHS.items()
            if months > 1
        ],
        ("aum_end", yuan(v.zero("aum_end_a0")), _("AUM at the month end"), "yuan", None),
        ("aum_end_to_avg", ratio(v.zero("aum_end_a0"), now), _("Month-end AUM over the month's average"), "ratio", 30),
        ("aum_peak_365d", yuan(peak), _("Highest monthly AUM in a year"), "yuan", 365),
        ("aum_trough_365d", on_books(12, yuan(ibis.least(*year))), _("Lowest monthly AUM in a year"), "yuan", 365),
        ("aum_to_peak_365d", ratio(now, peak), _("AUM over its highest of the year"), "share", 365),
        ("aum_year_ago", on_books(13, yuan(v.zero("aum_a12"))), _("Average daily AUM a year ago"), "yuan", None),
        (
            "aum_next_quarter_year_ago",
            on_books(12, yuan(coming) / 3),
            _("Average daily AUM in the coming quarter, a year ago"),
            "yuan",
            None,
        ),
        (
            "months_below_level_365d",
            on_books(12, sum_of(below)),
            _("Months below 10,000 yuan in a year"),
            "count",
            365,
        ),
    )


def _movement(v: View) -> list[FeatureDefinition]:
    year, on_books = aum(v, range(12)), v.if_on_books
    steps = [year[age] - year[age + 1] for age in range(6)]
    falls = [(step < 0).cast("int64") for step in steps]
    return numbers(
        NEEDS,
        *[
            (
                f"aum_change_{days}d",
                on_books(age + 1, yuan(year[0] - v.zero(f"aum_a{age}"))),
                _("Change of AUM over {days} days", days=days),
                "yuan",
                days,
            )
            for days, age in WINDOW_MONTHS.items()
        ],
        *[
            (
                f"aum_growth_{days}d",
                on_books(age + 1, ratio(year[0] - v.zero(f"aum_a{age}"), v.zero(f"aum_a{age}") + 10_000)),
                _("Growth of AUM over {days} days", days=days),
                "share",
                days,
            )
            for days, age in ((days, WINDOW_MONTHS[days]) for days in (90, 365))
        ],
        *[
            (
                f"aum_slope_{days}d",
                on_books(WINDOW_MONTHS[days], yuan(_slope(v, WINDOW_MONTHS[days]))),
                _("Monthly trend of AUM over {days} days", days=days),
                "yuan",
                days,
            )
            for days in (180, 365)
        ],
        ("aum_volatility_365d", on_books(12, variation(year)), _("Swings of AUM within a year"), "ratio", 365),
        (
            "aum_biggest_rise_180d",
            on_books(len(steps) + 1, yuan(ibis.greatest(*steps))),
            _("Biggest monthly rise of AUM in half a year"),
            "yuan",
            180,
        ),
        (
            "aum_biggest_fall_180d",
            on_books(len(steps) + 1, yuan(-ibis.least(*steps))),
            _("Biggest monthly fall of AUM in half a year"),
            "yuan",
            180,
        ),
        (
            "aum_falling_months_180d",
            on_books(len(steps) + 1, sum_of(falls)),
            _("Months of falling AUM in half a year"),
            "count",
            180,
        ),
    )


def _slope(v: View, months: int) -> NumericValue:
    """Least-squares slope of monthly AUM, fen a month; positive when it grows."""
    centre = (months - 1) / 2
    weight = sum((age - centre) ** 2 for age in range(months))
    return sum_of([v.zero(f"aum_a{age}") * real((centre - age) / weight) for age in range(months)])
