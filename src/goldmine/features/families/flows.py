"""Money in and out, by kind, over windows, and against the quarter before and the same months a year ago."""

from goldmine.features.definition import Defined, number, ratio, tell, yuan
from goldmine.features.reason_text import Told
from goldmine.features.view import View
from goldmine.features.windows import WINDOWS

NEEDS = ("transactions",)
KIND_NEEDS = ("transactions", "transactions.kind")
WORDS = {
    "in": ("Inflow", "流入"),
    "out": ("Outflow", "流出"),
    "in_transfer": ("Transfers in", "转账转入"),
    "in_cash": ("Cash paid in", "现金存入"),
    "in_investment": ("Investment money in", "理财赎回流入"),
    "out_transfer": ("Transfers out", "转账转出"),
    "out_cash": ("Cash withdrawn", "现金支取"),
    "out_purchase": ("Purchases", "消费支出"),
    "out_investment": ("Investment money out", "理财购买流出"),
}

SAID = {
    "inflow_sum_*": Told(
        "inflow",
        up=("{value} came in over {window}", "{window}流入{value}"),
        none=("No money came in over {window}", "{window}没有资金流入"),
    ),
    "inflow_count_*": Told(
        "inflow",
        up=("Payments in over {window}: {value}", "{window}有{value}笔资金流入"),
        none=("No money came in over {window}", "{window}没有资金流入"),
    ),
    "inflow_change_90d": Told(
        "inflow",
        up=("{value} more came in than in the 3 months before", "近3个月流入较前3个月增加{value}"),
        down=("{value} less came in than in the 3 months before", "近3个月流入较前3个月减少{value}"),
        usual=False,
    ),
    "inflow_share_90d": Told(
        "inflow",
        up=("The last 3 months brought {value} of the year's inflow", "近3个月流入占全年的{value}"),
        unknown=("No money came in over {window}", "{window}没有资金流入"),
    ),
    "inflow_to_year_ago": Told(
        "inflow",
        up=("{percent} of what came in in the same months last year", "近3个月流入为去年同期的{percent}"),
        unknown=("Nothing came in in the same months last year", "去年同期没有资金流入"),
    ),
    "inflow_season_share": Told(
        "inflow_season",
        up=("{value} of last year's inflow fell in the coming months", "去年下一季度流入占全年的{value}"),
        unknown=("No money came in over {window}", "{window}没有资金流入"),
    ),
    "inflow_mean_365d": Told(
        "inflow",
        up=("{value} comes in at a time on average", "近一年平均每笔流入{value}"),
        unknown=("No money came in over {window}", "{window}没有资金流入"),
    ),
    "inflow_max_*": Told("inflow", up=("{value} came in at once within {window}", "{window}单笔最大流入{value}")),
    "outflow_sum_*": Told(
        "outflow",
        up=("{value} went out over {window}", "{window}流出{value}"),
        none=("No money went out over {window}", "{window}没有资金流出"),
    ),
    "outflow_count_*": Told(
        "outflow",
        up=("Payments out over {window}: {value}", "{window}有{value}笔资金流出"),
        none=("No money went out over {window}", "{window}没有资金流出"),
    ),
    "outflow_change_90d": Told(
        "outflow",
        up=("{value} more went out than in the 3 months before", "近3个月流出较前3个月增加{value}"),
        down=("{value} less went out than in the 3 months before", "近3个月流出较前3个月减少{value}"),
        usual=False,
    ),
    "outflow_share_90d": Told(
        "outflow",
        up=("The last 3 months took {value} of the year's outflow", "近3个月流出占全年的{value}"),
        unknown=("No money went out over {window}", "{window}没有资金流出"),
    ),
    "outflow_to_year_ago": Told(
        "outflow",
        up=("{percent} of what went out in the same months last year", "近3个月流出为去年同期的{percent}"),
        unknown=("Nothing went out in the same months last year", "去年同期没有资金流出"),
    ),
    "outflow_season_share": Told(
        "outflow_season",
        up=("{value} of last year's outflow fell in the coming months", "去年下一季度流出占全年的{value}"),
        unknown=("No money went out over {window}", "{window}没有资金流出"),
    ),
    "outflow_mean_365d": Told(
        "outflow",
        up=("{value} goes out at a time on average", "近一年平均每笔流出{value}"),
        unknown=("No money went out over {window}", "{window}没有资金流出"),
    ),
    "outflow_max_*": Told("outflow", up=("{value} went out at once within {window}", "{window}单笔最大流出{value}")),
    "netflow_sum_*": Told(
        "netflow",
        up=("{value} more came in than went out over {window}", "{window}净流入{value}"),
        down=("{value} more went out than came in over {window}", "{window}净流出{value}"),
        none=("As much went out as came in over {window}", "{window}收支相抵"),
        usual=False,
    ),
    "in_transfer_*": Told(
        "transfers_in",
        up=("{value} came in by transfer over {window}", "{window}转账转入{value}"),
        none=("No transfers came in over {window}", "{window}没有转账转入"),
    ),
    "in_cash_*": Told(
        "cash_in",
        up=("{value} paid in in cash over {window}", "{window}现金存入{value}"),
        none=("No cash paid in over {window}", "{window}没有现金存入"),
    ),
    "in_investment_*": Told(
        "investment_in",
        up=("{value} came back from investments over {window}", "{window}理财赎回流入{value}"),
        none=("Nothing came back from investments over {window}", "{window}没有理财赎回流入"),
    ),
    "out_transfer_*": Told(
        "transfers_out",
        up=("{value} transferred out over {window}", "{window}转账转出{value}"),
        none=("No transfers out over {window}", "{window}没有转账转出"),
    ),
    "out_cash_*": Told(
        "cash_out",
        up=("{value} withdrawn in cash over {window}", "{window}现金支取{value}"),
        none=("No cash withdrawn over {window}", "{window}没有现金支取"),
    ),
    "out_purchase_*": Told(
        "purchases",
        up=("{value} spent on purchases over {window}", "{window}消费支出{value}"),
        none=("No purchases over {window}", "{window}没有消费支出"),
    ),
    "out_investment_*": Told(
        "investment_out",
        up=("{value} put into investments over {window}", "{window}购买理财支出{value}"),
        none=("Nothing put into investments over {window}", "{window}没有购买理财"),
    ),
}
"""How a customer manager says each feature."""


def flows(v: View) -> list[Defined]:
    """Totals over all windows, kinds over a quarter and a year, change and season."""
    return tell([*_totals(v), *_kinds(v), *_change(v)], SAID)


def _totals(v: View) -> list[Defined]:
    found = []
    for days in WINDOWS:
        for flow in ("in", "out"):
            en, zh = WORDS[flow]
            found += [
                number(
                    f"{flow}flow_sum_{days}d",
                    yuan(v.total(f"{flow}_sum", days)),
                    en=f"{en} over {days} days",
                    zh=f"近{days}天{zh}金额",
                    unit="yuan",
                    needs=NEEDS,
                    window=days,
                ),
                number(
                    f"{flow}flow_count_{days}d",
                    v.total(f"{flow}_count", days),
                    en=f"Number of {en.lower()}s over {days} days",
                    zh=f"近{days}天{zh}笔数",
                    unit="count",
                    needs=NEEDS,
                    window=days,
                ),
            ]
        net = v.total("in_sum", days) - v.total("out_sum", days)
        found.append(
            number(
                f"netflow_sum_{days}d",
                yuan(net),
                en=f"Net inflow over {days} days",
                zh=f"近{days}天净流入",
                unit="yuan",
                needs=NEEDS,
                window=days,
            )
        )
    return found


def _kinds(v: View) -> list[Defined]:
    found = []
    for flow, (en, zh) in WORDS.items():
        if flow in ("in", "out"):
            continue
        for days in (90, 365):
            found.append(
                number(
                    f"{flow}_sum_{days}d",
                    yuan(v.total(f"{flow}_sum", days)),
                    en=f"{en} over {days} days",
                    zh=f"近{days}天{zh}",
                    unit="yuan",
                    needs=KIND_NEEDS,
                    window=days,
                )
            )
    return found


def _change(v: View) -> list[Defined]:
    found = []
    for flow in ("in", "out"):
        en, zh = WORDS[flow]
        now, before = v.total(f"{flow}_sum", 90), v.previous(f"{flow}_sum")
        year_ago, season = v.zero(f"{flow}_sum_5"), v.zero(f"{flow}_sum_4")
        year = v.total(f"{flow}_sum", 365)
        count = v.total(f"{flow}_count", 365)
        found += [
            number(
                f"{flow}flow_change_90d",
                yuan(now - before),
                en=f"{en}: last 90 days less the 90 before",
                zh=f"{zh}：近90天较前90天变动",
                unit="yuan",
                needs=NEEDS,
                window=180,
            ),
            number(
                f"{flow}flow_share_90d",
                ratio(now, year),
                en=f"{en}: last quarter's share of the year",
                zh=f"{zh}：近一季占全年比例",
                unit="share",
                needs=NEEDS,
                window=365,
            ),
            number(
                f"{flow}flow_to_year_ago",
                ratio(now, year_ago),
                en=f"{en} over that of the same months a year ago",
                zh=f"{zh}：与去年同期之比",
                unit="ratio",
                needs=NEEDS,
                window=90,
            ),
            number(
                f"{flow}flow_season_share",
                ratio(season, year),
                en=f"{en}: share of the year that fell in the coming quarter's months",
                zh=f"{zh}：去年下一季度占全年比例",
                unit="share",
                needs=NEEDS,
                window=365,
            ),
            number(
                f"{flow}flow_mean_365d",
                yuan(ratio(year, count)),
                en=f"Mean {en.lower()} over a year",
                zh=f"近一年笔均{zh}",
                unit="yuan",
                needs=NEEDS,
                window=365,
            ),
            number(
                f"{flow}flow_max_90d",
                yuan(v.peak(f"{flow}_max", 90).fill_null(0)),
                en=f"Largest single {en.lower()} in 90 days",
                zh=f"近90天单笔最大{zh}",
                unit="yuan",
                needs=NEEDS,
                window=90,
            ),
            number(
                f"{flow}flow_max_365d",
                yuan(v.peak(f"{flow}_max", 365).fill_null(0)),
                en=f"Largest single {en.lower()} in a year",
                zh=f"近一年单笔最大{zh}",
                unit="yuan",
                needs=NEEDS,
                window=365,
            ),
        ]
    return found
