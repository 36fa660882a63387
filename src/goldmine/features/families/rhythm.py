"""How lately, how often and how evenly the customer makes transactions of their own."""

from functools import reduce

import ibis
import ibis.expr.datatypes as dt
from ibis.expr.types import IntegerValue, NumericValue, Value

from goldmine.features.definition import Defined, number, ratio, real, tell
from goldmine.features.reason_text import Told
from goldmine.features.view import View

NEEDS = ("transactions",)
SAID = {
    "days_since_own": Told(
        "recency",
        up=("{value} without a transaction of their own", "已{value}没有主动交易"),
        none=("Made a transaction on the last day", "最后一日仍有主动交易"),
        unknown=("No transaction of their own for over a year", "一年以上没有主动交易"),
    ),
    "recency_to_gap_365d": Told(
        "recency",
        up=("Silent for {percent} of their usual gap", "未交易天数为平时间隔的{percent}"),
        none=("Made a transaction on the last day", "最后一日仍有主动交易"),
        unknown=("No transaction of their own over {window}", "{window}没有主动交易"),
        usual=False,
    ),
    "silent_months": Told(
        "recency",
        up=("Months of silence in a row: {value}", "已连续{value}个月没有主动交易"),
        none=("Made transactions this month", "本月有主动交易"),
    ),
    "active_months_streak": Told(
        "recency",
        up=("Active months in a row: {value}", "已连续{value}个月有主动交易"),
        none=("No transaction of their own this month", "本月没有主动交易"),
    ),
    "gap_mean_365d": Told(
        "activity",
        up=("A transaction every {value} on average", "平均每{value}交易一次"),
        unknown=("No transaction of their own over {window}", "{window}没有主动交易"),
    ),
    "own_days_year_ago": Told(
        "activity_season",
        up=("Active on {value} in the same 3 months last year", "去年同期3个月有{value}主动交易"),
        none=("Not active in the same 3 months last year", "去年同期3个月没有主动交易"),
    ),
    "own_days_season_share": Told(
        "activity_season",
        up=("{value} of last year's active days fell in the coming months", "去年下一季度交易天数占全年的{value}"),
        none=("Not active in the coming months last year", "去年下一季度没有主动交易"),
        unknown=("Not active over {window}", "{window}没有主动交易"),
    ),
    "own_days_change_90d": Told(
        "activity",
        up=("Active on {value} more than in the 3 months before", "近3个月主动交易比前3个月多{value}"),
        down=("Active on {value} fewer than in the 3 months before", "近3个月主动交易比前3个月少{value}"),
        none=("As active as in the 3 months before", "近3个月主动交易与前3个月持平"),
        usual=False,
    ),
    "own_days_share_90d": Told(
        "activity",
        up=("{value} of the year's active days were in the last 3 months", "近3个月交易天数占全年的{value}"),
        none=("Not active over the last 3 months", "近3个月没有主动交易"),
        unknown=("Not active over {window}", "{window}没有主动交易"),
    ),
    "own_days_*": Told(
        "activity",
        up=("Active on {value} over {window}", "{window}有{value}主动交易"),
        none=("Not active over {window}", "{window}没有主动交易"),
    ),
    "own_count_volatility_365d": Told(
        "activity",
        up=("Activity varies by {percent} from month to month", "近一年各月交易笔数波动{percent}"),
        unknown=("Not active over {window}", "{window}没有主动交易"),
    ),
    "own_count_*": Told(
        "activity",
        up=("Transactions of their own over {window}: {value}", "{window}主动交易{value}笔"),
        none=("Not active over {window}", "{window}没有主动交易"),
    ),
    "own_months_*": Told(
        "activity",
        up=("Active months over {window}: {value}", "{window}有{value}个月主动交易"),
        none=("Not active over {window}", "{window}没有主动交易"),
    ),
    "weekend_share_365d": Told(
        "weekends",
        up=("{value} of transactions at weekends", "近一年周末交易占{value}"),
        none=("No transactions at weekends", "近一年周末没有交易"),
        unknown=("No transactions over {window}", "{window}没有交易"),
    ),
}
"""How a customer manager says each feature."""


@ibis.udf.scalar.builtin
def bit_count(mask: dt.int64) -> dt.int8:
    """Number of bits set: days with an own transaction in a month's mask."""


def rhythm(v: View) -> list[Defined]:
    """Recency, days and months of activity, gaps, evenness and change."""
    return tell([*_recency(v), *_frequency(v), *_evenness(v)], SAID)


def _sum(values: list[NumericValue]) -> NumericValue:
    return reduce(lambda left, right: left + right, values)


def _days(v: View, ages: range) -> NumericValue:
    return _sum([bit_count(v.zero(f"days_a{age}")).cast("int64") for age in ages])


def _months(v: View, ages: range) -> NumericValue:
    return _sum([(v.zero(f"days_a{age}") != 0).cast("int64") for age in ages])


def _last(v: View) -> Value:
    return ibis.greatest(*[v.rows[f"last_own_{bucket}"] for bucket in range(6)])


def _recency(v: View) -> list[Defined]:
    since = v.days_since(_last(v))
    gap = ratio(real(365), _days(v, range(12)))
    months_of = [v.zero(f"days_a{age}") != 0 for age in range(12)]
    silent = ibis.cases(*[(active, age) for age, active in enumerate(months_of)], else_=12)
    streak = ibis.cases(*[(~active, age) for age, active in enumerate(months_of)], else_=12)
    return [
        number(
            "days_since_own",
            since,
            en="Days since the last own transaction",
            zh="距最近一次主动交易天数",
            unit="days",
            needs=NEEDS,
        ),
        number(
            "gap_mean_365d",
            gap,
            en="Mean days between own transactions in a year",
            zh="近一年主动交易平均间隔天数",
            unit="days",
            needs=NEEDS,
            window=365,
        ),
        number(
            "recency_to_gap_365d",
            since / gap,
            en="Days since the last own transaction over the usual gap",
            zh="未交易天数与平均间隔之比",
            unit="ratio",
            needs=NEEDS,
            window=365,
        ),
        number(
            "silent_months",
            silent,
            en="Months of silence up to now",
            zh="连续无主动交易月数",
            unit="count",
            needs=NEEDS,
        ),
        number(
            "active_months_streak",
            streak,
            en="Months of unbroken activity up to now",
            zh="连续有主动交易月数",
            unit="count",
            needs=NEEDS,
        ),
    ]


def _frequency(v: View) -> list[Defined]:
    found = []
    for days, months in ((30, 1), (90, 3), (180, 6), (365, 12)):
        found += [
            number(
                f"own_days_{days}d",
                _days(v, range(months)),
                en=f"Days with own transactions in {days} days",
                zh=f"近{days}天主动交易天数",
                unit="days",
                needs=NEEDS,
                window=days,
            ),
            number(
                f"own_count_{days}d",
                v.total("own_count", days),
                en=f"Own transactions in {days} days",
                zh=f"近{days}天主动交易笔数",
                unit="count",
                needs=NEEDS,
                window=days,
            ),
        ]
    for days, months in ((180, 6), (365, 12)):
        found.append(
            number(
                f"own_months_{days}d",
                _months(v, range(months)),
                en=f"Months with own transactions in {days} days",
                zh=f"近{days}天有主动交易月数",
                unit="count",
                needs=NEEDS,
                window=days,
            )
        )
    return found


def _evenness(v: View) -> list[Defined]:
    counts = [v.zero(f"own_a{age}") for age in range(12)]
    mean = _sum(counts) / 12
    spread = (_sum([(value - mean) * (value - mean) for value in counts]) / 12).sqrt()
    return [
        number(
            "own_count_volatility_365d",
            ratio(spread, mean),
            en="Unevenness of monthly own transactions",
            zh="近一年月度主动交易波动率",
            unit="ratio",
            needs=NEEDS,
            window=365,
        ),
        number(
            "own_days_change_90d",
            _days(v, range(3)) - _days(v, range(3, 6)),
            en="Own transaction days: last 90 days less the 90 before",
            zh="主动交易天数：近90天较前90天变动",
            unit="days",
            needs=NEEDS,
            window=180,
        ),
        number(
            "own_days_share_90d",
            ratio(_days(v, range(3)), _days(v, range(12))),
            en="Own transaction days: last quarter's share of the year",
            zh="主动交易天数：近一季占全年比例",
            unit="share",
            needs=NEEDS,
            window=365,
        ),
        number(
            "own_days_season_share",
            ratio(_days(v, range(9, 12)), _days(v, range(12))),
            en="Own transaction days: share of the year that fell in the coming quarter's months",
            zh="主动交易天数：去年下一季度占全年比例",
            unit="share",
            needs=NEEDS,
            window=365,
        ),
        number(
            "own_days_year_ago",
            _days(v, range(12, 15)),
            en="Own transaction days in the same quarter a year ago",
            zh="去年同期一季主动交易天数",
            unit="days",
            needs=NEEDS,
            window=90,
        ),
        number(
            "weekend_share_365d",
            ratio(v.total("weekend_count", 365), v.total("in_count", 365) + v.total("out_count", 365)),
            en="Share of transactions at weekends",
            zh="近一年周末交易占比",
            unit="share",
            needs=NEEDS,
            window=365,
        ),
    ]


def own_days_quarter(v: View) -> IntegerValue:
    """Own transaction days in the last three months; what neighbours are compared by."""
    return _days(v, range(3)).cast("int64")
