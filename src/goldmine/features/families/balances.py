"""How much the customer holds: level, trend, swings and peaks of average daily AUM."""

from functools import reduce

import ibis
from ibis.expr.types import NumericValue, Value

from goldmine.features.definition import Defined, number, ratio, real, tell, yuan
from goldmine.features.reason_text import Told
from goldmine.features.view import View

NEEDS = ("balances",)
LEVEL_FEN = 1_000_000
"""The first AUM level, 10,000 yuan, in fen."""
SAID = {
    "aum_avg_*": Told(
        "assets",
        up=("{value} of assets on average over {window}", "{window}日均资产{value}"),
        none=("No assets to speak of over {window}", "{window}几乎没有资产"),
    ),
    "aum_end": Told(
        "assets",
        up=("{value} of assets at the month end", "月末资产{value}"),
        none=("No assets to speak of at the month end", "月末几乎没有资产"),
    ),
    "aum_end_to_avg": Told(
        "assets_trend",
        up=("Month-end assets at {percent} of the month's average", "月末资产为月日均的{percent}"),
        unknown=("No assets to speak of over {window}", "{window}几乎没有资产"),
    ),
    "aum_peak_365d": Told("assets", up=("Assets of up to {value} within a year", "近一年资产最高达{value}")),
    "aum_trough_365d": Told(
        "assets",
        up=("Assets never below {value} within a year", "近一年资产最低也有{value}"),
        none=("Assets were down to nothing within the year", "近一年资产曾降至零"),
    ),
    "aum_to_peak_365d": Told(
        "assets_trend",
        up=("Assets at {value} of the year's peak", "当前资产为近一年峰值的{value}"),
        none=("Nothing left of the year's peak", "近一年峰值资产已全部转走"),
        unknown=("No assets to speak of over {window}", "{window}几乎没有资产"),
    ),
    "aum_year_ago": Told(
        "assets_season",
        up=("{value} of assets a year ago", "去年同期日均资产{value}"),
        none=("No assets a year ago", "去年同期没有资产"),
    ),
    "aum_next_quarter_year_ago": Told(
        "assets_season",
        up=("{value} of assets in the coming months last year", "去年下一季度日均资产{value}"),
        none=("No assets in the coming months last year", "去年下一季度没有资产"),
    ),
    "months_below_level_365d": Told(
        "assets",
        up=("Months of the year below 10,000 yuan: {value}", "近一年有{value}个月资产低于1万元"),
        none=("Above 10,000 yuan all year", "近一年资产始终在1万元以上"),
    ),
    "aum_change_*": Told(
        "assets_trend",
        up=("Assets up {value} over {window}", "{window}资产增加{value}"),
        down=("Assets down {value} over {window}", "{window}资产减少{value}"),
        none=("Assets unchanged over {window}", "{window}资产没有变化"),
        usual=False,
    ),
    "aum_growth_*": Told(
        "assets_trend",
        up=("Assets up by {value} over {window}", "{window}资产增长{value}"),
        down=("Assets down by {value} over {window}", "{window}资产下降{value}"),
        none=("Assets unchanged over {window}", "{window}资产没有变化"),
        usual=False,
    ),
    "aum_slope_*": Told(
        "assets_trend",
        up=("Assets rising by {value} a month over {window}", "{window}资产平均每月增加{value}"),
        down=("Assets falling by {value} a month over {window}", "{window}资产平均每月减少{value}"),
        none=("Assets unchanged over {window}", "{window}资产没有变化"),
        usual=False,
    ),
    "aum_volatility_365d": Told(
        "assets_trend",
        up=("Assets vary by {percent} from month to month", "近一年各月资产波动{percent}"),
        unknown=("No assets to speak of over {window}", "{window}几乎没有资产"),
    ),
    "aum_biggest_rise_180d": Told(
        "assets_trend",
        up=("Assets rose by {value} in one month of {window}", "{window}单月资产最多增加{value}"),
        down=("Assets rose in no month of {window}", "{window}没有一个月资产增加"),
        none=("Assets rose in no month of {window}", "{window}没有一个月资产增加"),
    ),
    "aum_biggest_fall_180d": Told(
        "assets_trend",
        up=("Assets fell by {value} in one month of {window}", "{window}单月资产最多减少{value}"),
        down=("Assets fell in no month of {window}", "{window}没有一个月资产减少"),
        none=("Assets fell in no month of {window}", "{window}没有一个月资产减少"),
    ),
    "aum_falling_months_180d": Told(
        "assets_trend",
        up=("Months of falling assets over {window}: {value}", "{window}有{value}个月资产下降"),
        none=("Assets fell in no month of {window}", "{window}没有一个月资产下降"),
    ),
}
"""How a customer manager says each feature."""


def balances(v: View) -> list[Defined]:
    """Level of AUM, then how it moved."""
    return tell([*_level(v), *_movement(v)], SAID)


def aum(v: View, ages: range) -> list[NumericValue]:
    """Average daily AUM of each month in fen; no row is no money."""
    return [v.zero(f"aum_a{age}") for age in ages]


def _sum(values: list[NumericValue]) -> NumericValue:
    return reduce(lambda left, right: left + right, values)


def _level(v: View) -> list[Defined]:
    def of(name: str, value: Value, en: str, zh: str, *, window: int | None = None, unit: str = "yuan") -> Defined:
        return number(name, value, en=en, zh=zh, unit=unit, needs=NEEDS, window=window)

    now, year = v.zero("aum_a0"), aum(v, range(12))
    days = {90: range(3), 180: range(6), 365: range(12)}
    below = [(value < LEVEL_FEN).cast("int64") for value in year]
    return [
        of("aum_avg_30d", yuan(now), "Average daily AUM, last month", "近1月月日均资产", window=30),
        *[
            of(
                f"aum_avg_{d}d",
                yuan(_sum(aum(v, ages))) / len(ages),
                f"Average daily AUM over {d} days",
                f"近{d}天日均资产",
                window=d,
            )
            for d, ages in days.items()
        ],
        of("aum_end", yuan(v.zero("aum_end_a0")), "AUM at the month end", "月末时点资产"),
        of(
            "aum_end_to_avg",
            ratio(v.zero("aum_end_a0"), now),
            "Month-end AUM over the month's average",
            "月末资产与月日均之比",
            window=30,
            unit="ratio",
        ),
        of(
            "aum_peak_365d",
            yuan(ibis.greatest(*year)),
            "Highest monthly AUM in a year",
            "近一年最高月日均资产",
            window=365,
        ),
        of(
            "aum_trough_365d",
            yuan(ibis.least(*year)),
            "Lowest monthly AUM in a year",
            "近一年最低月日均资产",
            window=365,
        ),
        of(
            "aum_to_peak_365d",
            ratio(now, ibis.greatest(*year)),
            "AUM over its highest of the year",
            "当前资产占近一年峰值比例",
            window=365,
            unit="share",
        ),
        of("aum_year_ago", yuan(v.zero("aum_a12")), "Average daily AUM a year ago", "去年同期月日均资产"),
        of(
            "aum_next_quarter_year_ago",
            yuan(_sum(aum(v, range(9, 12)))) / 3,
            "Average daily AUM in the coming quarter, a year ago",
            "去年下一季度日均资产",
        ),
        of(
            "months_below_level_365d",
            _sum(below),
            "Months below 10,000 yuan in a year",
            "近一年月日均低于1万元的月数",
            window=365,
            unit="count",
        ),
    ]


def _movement(v: View) -> list[Defined]:
    def of(name: str, value: Value, en: str, zh: str, *, window: int, unit: str = "yuan") -> Defined:
        return number(name, value, en=en, zh=zh, unit=unit, needs=NEEDS, window=window)

    year = aum(v, range(12))
    mean = _sum(year) / 12
    spread = (_sum([(value - mean) * (value - mean) for value in year]) / 12).sqrt()
    steps = [year[age] - year[age + 1] for age in range(6)]
    falls = [(step < 0).cast("int64") for step in steps]
    return [
        *[
            of(
                f"aum_change_{d}d",
                yuan(year[0] - v.zero(f"aum_a{age}")),
                f"Change of AUM over {d} days",
                f"近{d}天资产变动",
                window=d,
            )
            for d, age in ((30, 1), (90, 3), (180, 6), (365, 12))
        ],
        *[
            of(
                f"aum_growth_{d}d",
                ratio(year[0] - v.zero(f"aum_a{age}"), v.zero(f"aum_a{age}") + 10_000),
                f"Growth of AUM over {d} days",
                f"近{d}天资产增幅",
                window=d,
                unit="share",
            )
            for d, age in ((90, 3), (365, 12))
        ],
        *[
            of(
                f"aum_slope_{d}d",
                yuan(_slope(v, months)),
                f"Monthly trend of AUM over {d} days",
                f"近{d}天资产月均趋势",
                window=d,
            )
            for d, months in ((180, 6), (365, 12))
        ],
        of(
            "aum_volatility_365d",
            ratio(spread, mean),
            "Swings of AUM within a year",
            "近一年资产波动率",
            window=365,
            unit="ratio",
        ),
        of(
            "aum_biggest_rise_180d",
            yuan(ibis.greatest(*steps)),
            "Biggest monthly rise of AUM in half a year",
            "近半年单月最大资产增加",
            window=180,
        ),
        of(
            "aum_biggest_fall_180d",
            yuan(-ibis.least(*steps)),
            "Biggest monthly fall of AUM in half a year",
            "近半年单月最大资产减少",
            window=180,
        ),
        of(
            "aum_falling_months_180d",
            _sum(falls),
            "Months of falling AUM in half a year",
            "近半年资产下降月数",
            window=180,
            unit="count",
        ),
    ]


def _slope(v: View, months: int) -> NumericValue:
    """Least-squares slope of monthly AUM, fen a month; positive when it grows."""
    centre = (months - 1) / 2
    weight = sum((age - centre) ** 2 for age in range(months))
    return _sum([v.zero(f"aum_a{age}") * real((centre - age) / weight) for age in range(months)])
