"""What the customer holds: level, make-up, trend, swings and peaks of average daily balances."""

from functools import reduce

import ibis
from ibis.expr.types import NumericValue, Value

from goldmine.features.define import Defined, number, ratio, yuan
from goldmine.features.view import View

NEEDS = ("balances",)
CLASS_WORDS = {
    "demand": ("Demand deposits", "活期存款"),
    "time": ("Time deposits", "定期存款"),
    "wealth": ("Wealth products", "理财产品"),
    "loan": ("Loans owed", "贷款余额"),
    "other": ("Other assets", "其他资产"),
}
LEVEL_FEN = 1_000_000
"""The first AUM level, 10,000 yuan, in fen."""


def balances(v: View) -> list[Defined]:
    """Features of AUM, then of each product class."""
    return [*_level(v), *_movement(v), *_classes(v)]


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
    return _sum([v.zero(f"aum_a{age}") * ((centre - age) / weight) for age in range(months)])


def _classes(v: View) -> list[Defined]:
    found = []
    for name, (en, zh) in CLASS_WORDS.items():
        now = v.zero(f"{name}_a0")
        found += [
            number(
                f"{name}_avg_30d",
                yuan(now),
                en=f"{en}, last month's daily average",
                zh=f"{zh}近1月日均",
                unit="yuan",
                needs=NEEDS,
                window=30,
            ),
            number(
                f"{name}_change_90d",
                yuan(now - v.zero(f"{name}_a3")),
                en=f"Change of {en.lower()} over 90 days",
                zh=f"{zh}近90天变动",
                unit="yuan",
                needs=NEEDS,
                window=90,
            ),
            number(
                f"{name}_change_365d",
                yuan(now - v.zero(f"{name}_a12")),
                en=f"Change of {en.lower()} over a year",
                zh=f"{zh}近一年变动",
                unit="yuan",
                needs=NEEDS,
                window=365,
            ),
            number(
                f"{name}_peak_365d",
                yuan(v.peak(f"{name}_peak", 365).fill_null(0)),
                en=f"Highest monthly {en.lower()} in a year",
                zh=f"{zh}近一年峰值",
                unit="yuan",
                needs=NEEDS,
                window=365,
            ),
        ]
        if name not in ("loan", "other"):
            found.append(
                number(
                    f"{name}_share_30d",
                    ratio(now, v.zero("aum_a0")),
                    en=f"{en} as a share of AUM",
                    zh=f"{zh}占资产比例",
                    unit="share",
                    needs=NEEDS,
                    window=30,
                )
            )
    return found
