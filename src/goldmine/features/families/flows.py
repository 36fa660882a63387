"""Money in and out, by kind, over windows, and against the quarter before and the same months a year ago.

* All channels and kinds count, interest and fees among them; of a kind only its own direction.
* The same months a year ago are the three that end a year before the cutoff. The coming quarter's months are the three
  after those.
"""

from goldmine.core.i18n import _, pgettext
from goldmine.features.definition import FeatureDefinition, numbers, ratio, with_reason_texts, yuan
from goldmine.features.reason_text import ReasonText
from goldmine.features.view import View
from goldmine.features.windows import WINDOW_MONTHS

NEEDS = ("transactions",)
KIND_NEEDS = ("transactions", "transactions.kind")
FLOW_TITLES = {"in": (_("Inflow"), _("inflow")), "out": (_("Outflow"), _("outflow"))}
"""Titles at the start of a text and within one."""
KIND_TITLES = {
    "in_transfer": _("Transfers in"),
    "in_cash": _("Cash paid in"),
    "in_investment": _("Investment money in"),
    "out_transfer": _("Transfers out"),
    "out_cash": _("Cash withdrawn"),
    "out_purchase": _("Purchases"),
    "out_investment": _("Investment money out"),
}

REASON_TEXTS = {
    "inflow_sum_*": ReasonText(
        "inflow", positive=_("{value} came in over {window}"), zero=_("No money came in over {window}")
    ),
    "inflow_count_*": ReasonText(
        "inflow", positive=_("Payments in over {window}: {value}"), zero=_("No money came in over {window}")
    ),
    "inflow_change_90d": ReasonText(
        "inflow",
        positive=_("{value} more came in than in the 3 months before"),
        negative=_("{value} less came in than in the 3 months before"),
        zero=_("As much came in as in the 3 months before"),
        show_typical=False,
    ),
    "inflow_share_90d": ReasonText(
        "inflow",
        positive=_("The last 3 months brought {value} of the year's inflow"),
        mostly=_("The last 3 months brought most of the year's inflow"),
        zero=_("No money came in over the last 3 months"),
        missing=_("No money came in over {window}"),
    ),
    "inflow_to_year_ago": ReasonText(
        "inflow",
        positive=_("About {times} as much came in over the last 3 months as in the same months last year"),
        few=_("Next to nothing came in over the last 3 months compared with the same months last year"),
        zero=_("No money came in over the last 3 months"),
        missing=_("Nothing came in in the same months last year"),
        show_typical=False,
    ),
    "inflow_season_share": ReasonText(
        "inflow_season",
        positive=_("{value} of the year's inflow fell in {coming}"),
        mostly=_("Most of the year's inflow fell in {coming}"),
        zero=_("No money came in in {coming}"),
        missing=_("No money came in over {window}"),
    ),
    "inflow_mean_365d": ReasonText(
        "inflow",
        positive=_("Payments in averaged {value} over the last year"),
        missing=_("No money came in over {window}"),
    ),
    "inflow_max_*": ReasonText(
        "inflow",
        positive=_("{value} came in at once within {window}"),
        zero=_("No money came in over {window}"),
    ),
    "outflow_sum_*": ReasonText(
        "outflow", positive=_("{value} went out over {window}"), zero=_("No money went out over {window}")
    ),
    "outflow_count_*": ReasonText(
        "outflow", positive=_("Payments out over {window}: {value}"), zero=_("No money went out over {window}")
    ),
    "outflow_change_90d": ReasonText(
        "outflow",
        positive=_("{value} more went out than in the 3 months before"),
        negative=_("{value} less went out than in the 3 months before"),
        zero=_("As much went out as in the 3 months before"),
        show_typical=False,
    ),
    "outflow_share_90d": ReasonText(
        "outflow",
        positive=_("The last 3 months took {value} of the year's outflow"),
        mostly=_("The last 3 months took most of the year's outflow"),
        zero=_("No money went out over the last 3 months"),
        missing=_("No money went out over {window}"),
    ),
    "outflow_to_year_ago": ReasonText(
        "outflow",
        positive=_("About {times} as much went out over the last 3 months as in the same months last year"),
        few=_("Next to nothing went out over the last 3 months compared with the same months last year"),
        zero=_("No money went out over the last 3 months"),
        missing=_("Nothing went out in the same months last year"),
        show_typical=False,
    ),
    "outflow_season_share": ReasonText(
        "outflow_season",
        positive=_("{value} of the year's outflow fell in {coming}"),
        mostly=_("Most of the year's outflow fell in {coming}"),
        zero=_("No money went out in {coming}"),
        missing=_("No money went out over {window}"),
    ),
    "outflow_mean_365d": ReasonText(
        "outflow",
        positive=_("Payments out averaged {value} over the last year"),
        missing=_("No money went out over {window}"),
    ),
    "outflow_max_*": ReasonText(
        "outflow",
        positive=_("{value} went out at once within {window}"),
        zero=_("No money went out over {window}"),
    ),
    "netflow_sum_*": ReasonText(
        "netflow",
        positive=_("{value} more came in than went out over {window}"),
        negative=_("{value} more went out than came in over {window}"),
        zero=_("As much went out as came in over {window}"),
        show_typical=False,
    ),
    "in_transfer_*": ReasonText(
        "transfers_in",
        positive=_("{value} came in by transfer over {window}"),
        zero=_("No transfers came in over {window}"),
    ),
    "in_cash_*": ReasonText(
        "cash_in", positive=_("{value} deposited in cash over {window}"), zero=_("No cash paid in over {window}")
    ),
    "in_investment_*": ReasonText(
        "investment_in",
        positive=_("{value} came back from investments over {window}"),
        zero=_("Nothing came back from investments over {window}"),
    ),
    "out_transfer_*": ReasonText(
        "transfers_out", positive=_("{value} transferred out over {window}"), zero=_("No transfers out over {window}")
    ),
    "out_cash_*": ReasonText(
        "cash_out", positive=_("{value} withdrawn in cash over {window}"), zero=_("No cash withdrawn over {window}")
    ),
    "out_purchase_*": ReasonText(
        "purchases", positive=_("{value} spent on purchases over {window}"), zero=_("No purchases over {window}")
    ),
    "out_investment_*": ReasonText(
        "investment_out",
        positive=_("{value} put into investments over {window}"),
        zero=_("Nothing put into investments over {window}"),
    ),
}
"""How a customer manager words each feature."""


def flows(v: View) -> list[FeatureDefinition]:
    """Totals over all windows, kinds over a quarter and a year, change and season."""
    return with_reason_texts([*_totals(v), *_kinds(v), *_change(v)], REASON_TEXTS)


def _totals(v: View) -> list[FeatureDefinition]:
    definitions = []
    for days in WINDOW_MONTHS:
        for flow, (title, inner) in FLOW_TITLES.items():
            amount, count = v.total(f"{flow}_sum", days), v.total(f"{flow}_count", days)
            count_title = _("Number of {flow}s over {days} days", days=days, flow=inner)
            definitions += numbers(
                NEEDS,
                (
                    f"{flow}flow_sum_{days}d",
                    yuan(amount),
                    _("{flow} over {days} days", days=days, flow=title),
                    "yuan",
                    days,
                ),
                (f"{flow}flow_count_{days}d", count, count_title, "count", days),
            )
        net, net_title = v.total("in_sum", days) - v.total("out_sum", days), _("Net inflow over {days} days", days=days)
        definitions += numbers(NEEDS, (f"netflow_sum_{days}d", yuan(net), net_title, "yuan", days))
    return definitions


def _kinds(v: View) -> list[FeatureDefinition]:
    return numbers(
        KIND_NEEDS,
        *[
            (
                f"{kind}_sum_{days}d",
                yuan(v.total(f"{kind}_sum", days)),
                pgettext("sum by kind", "{kind} over {days} days", kind=title, days=days),
                "yuan",
                days,
            )
            for kind, title in KIND_TITLES.items()
            for days in (90, 365)
        ],
    )


def _change(v: View) -> list[FeatureDefinition]:
    definitions = []
    for flow, (title, inner) in FLOW_TITLES.items():
        now, before = v.total(f"{flow}_sum", 90), v.previous(f"{flow}_sum")
        year_ago, season = v.zero(f"{flow}_sum_5"), v.zero(f"{flow}_sum_4")
        year = v.total(f"{flow}_sum", 365)
        mean = ratio(year, v.total(f"{flow}_count", 365))
        max_quarter, max_year = (v.peak(f"{flow}_max", days).fill_null(0) for days in (90, 365))
        definitions += numbers(
            NEEDS,
            (
                f"{flow}flow_change_90d",
                yuan(now - before),
                _("{flow}: last 90 days less the 90 before", flow=title),
                "yuan",
                180,
            ),
            (
                f"{flow}flow_share_90d",
                ratio(now, year),
                _("{flow}: last quarter's share of the year", flow=title),
                "share",
                365,
            ),
            (
                f"{flow}flow_to_year_ago",
                ratio(now, year_ago),
                _("{flow} over that of the same months a year ago", flow=title),
                "ratio",
                90,
            ),
            (
                f"{flow}flow_season_share",
                ratio(season, year),
                _("{flow}: share of the year that fell in the coming quarter's months", flow=title),
                "share",
                365,
            ),
            (f"{flow}flow_mean_365d", yuan(mean), _("Mean {flow} over a year", flow=inner), "yuan", 365),
            (f"{flow}flow_max_90d", yuan(max_quarter), _("Largest single {flow} in 90 days", flow=inner), "yuan", 90),
            (f"{flow}flow_max_365d", yuan(max_year), _("Largest single {flow} in a year", flow=inner), "yuan", 365),
        )
    return definitions
