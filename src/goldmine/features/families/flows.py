"""Money in and out, by kind, over windows, and against the quarter before and the same months a year ago."""

from goldmine.features.define import Defined, number, ratio, yuan
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


def flows(v: View) -> list[Defined]:
    """Totals over all windows, kinds over a quarter and a year, change and season."""
    return [*_totals(v), *_kinds(v), *_change(v)]


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
