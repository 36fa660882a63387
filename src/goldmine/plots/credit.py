"""Figures of credit: who gets a limit and why others do not, how true the risk is, and groups beside four fifths."""

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.dates import DateFormatter
from matplotlib.figure import Figure

from goldmine.core.columns import column
from goldmine.credit.exclusions import REFUSALS
from goldmine.credit.limits import Limits
from goldmine.credit.risk_evaluation import RiskEvaluation
from goldmine.plots.style import (
    BLUE,
    GOLD,
    GREY,
    RED,
    ExactPercent,
    _,
    finished,
    language,
    localized,
    name_rows,
    row_inches,
    yuan_words,
)

FOUR_FIFTHS = 0.8


def limits_by_product(limits: Limits) -> Figure:
    """Customers with a limit and without, by product."""
    names = list(limits.refused)
    titles = [localized(limits.rules.products[name].title) for name in names]
    granted = [limits.offered.get(name, (0, 0.0))[0] for name in names]
    refused = [sum(limits.refused[name].values()) for name in names]
    figure, axis = plt.subplots(figsize=(8, 1 + len(names) * row_inches(titles)))
    rows = range(len(names))
    axis.barh(rows, granted, color=BLUE, label=_("with a limit"))
    axis.barh(rows, refused, left=granted, color=GREY, label=_("without a limit"))
    name_rows(axis, titles)
    axis.set_xlabel(_("customers"))
    axis.set_title(_("Who gets a limit, by product"), loc="left")
    axis.grid(visible=False, axis="y")
    axis.legend(loc="upper left", bbox_to_anchor=(1, 1))
    return finished(figure)


def refusals(limits: Limits) -> Figure:
    """Why customers have no limit, all products together, the most frequent first."""
    counts = {rule: sum(product.get(rule, 0) for product in limits.refused.values()) for rule in REFUSALS}
    seen = sorted(((count, rule) for rule, count in counts.items() if count), reverse=True)
    titles = [localized(REFUSALS[rule]) for _count, rule in seen]
    figure, axis = plt.subplots(figsize=(8, 1 + len(seen) * row_inches(titles)))
    bars = axis.barh(range(len(seen)), [count for count, _rule in seen], color=GREY)
    name_rows(axis, titles)
    axis.bar_label(bars, [f"{count:,}" for count, _rule in seen], padding=2)
    axis.set_xlabel(_("refusals"))
    axis.set_xlim(0, 1.15 * max((count for count, _rule in seen), default=1))
    axis.set_title(_("Why there is no limit"), loc="left")
    axis.grid(visible=False, axis="y")
    return finished(figure)


def risk_by_tenth(found: RiskEvaluation) -> Figure:
    """Predicted and observed rate of failure of later loans, by tenth of the predicted one."""
    rows = found.deciles
    figure, axis = plt.subplots(figsize=(8, 3.6))
    axis.bar(rows["decile"], rows["observed"], color=GREY, label=_("share that failed"))
    axis.plot(rows["decile"], rows["predicted"], color=BLUE, marker="o", label=_("share predicted"))
    axis.yaxis.set_major_formatter(ExactPercent(1))
    axis.set_xticks(rows["decile"])
    axis.set_xlabel(_("tenth of the predicted chance of default, the safest first"))
    axis.set_title(_("Loans that failed, against what was predicted"), loc="left")
    axis.grid(visible=False, axis="x")
    axis.legend()
    return finished(figure)


def four_fifths_figure(rows: pd.DataFrame, titles: dict[str, str]) -> Figure:
    """Share with a limit against that of the best group, a point a group, the four-fifths line.

    Parameters
    ----------
    rows : pandas.DataFrame
        From `goldmine.credit.fairness.fairness_table`.
    titles : dict of str to str
        Of the products, by code name.
    """
    products, traits = list(dict.fromkeys(rows["credit_product"])), column("compared_by")
    figure, axis = plt.subplots(figsize=(8, 1.4 + len(products) * row_inches(titles.values())))
    for index, (trait, colour) in enumerate(zip(("age", "gender", "village"), (BLUE, GOLD, GREY), strict=True)):
        some = rows[rows["compared_by"] == trait]
        height = np.array([products.index(name) for name in some["credit_product"]]) + (index - 1) * 0.2
        label = traits.in_words([trait], language())[0]
        axis.scatter(some["four_fifths"], height, color=colour, s=28, label=label)
    axis.axvline(FOUR_FIFTHS, color=RED, linestyle="--", linewidth=1)
    name_rows(axis, [titles[name] for name in products])
    axis.xaxis.set_major_formatter(ExactPercent(1))
    axis.set_xlim(0, 1.05)
    axis.set_title(_("Share with a limit against the best group; the line is four fifths"), loc="left")
    axis.grid(visible=False, axis="y")
    axis.legend(loc="upper left", bbox_to_anchor=(1, 1))
    return finished(figure)


def endings(rows: pd.DataFrame) -> Figure:
    """Yuan that end by day, deposits and wealth products.

    Parameters
    ----------
    rows : pandas.DataFrame
        The `ends` of `goldmine.wealth.offers.due_offers`: matures_on, ending_class, ending_amount.
    """
    days = pd.to_datetime(rows["matures_on"])
    table = rows.assign(day=days).pivot_table(
        index="day", columns="ending_class", values="ending_amount", aggfunc="sum", fill_value=0.0
    )
    figure, axis = plt.subplots(figsize=(8, 3.2))
    below = np.zeros(len(table))
    for name, colour in (("time", BLUE), ("wealth", GOLD)):
        if name in table:
            label = column("ending_class").in_words([name], language())[0]
            axis.bar(table.index, table[name], bottom=below, color=colour, label=label, width=0.8)
            below = below + table[name].to_numpy()
    axis.yaxis.set_major_formatter(lambda yuan, _place: yuan_words(list(below))(yuan))
    axis.xaxis.set_major_formatter(DateFormatter("%m-%d"))
    axis.set_ylabel(_("yuan"))
    axis.set_title(_("What ends, by day"), loc="left")
    axis.grid(visible=False, axis="x")
    axis.legend()
    return finished(figure)
