"""Figures of the head-office, branch and employee views."""

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, StrMethodFormatter
from scipy.stats import binomtest

from goldmine.plots.style import (
    BLUE,
    GOLD,
    GREEN,
    GREY,
    RED,
    ExactPercent,
    _,
    finished,
    name_rows,
    nothing_to_draw,
    pgettext,
    row_inches,
    yuan_words,
)


def growth(history: pd.DataFrame) -> Figure:
    """AUM of the whole bank or a branch at the last quarter ends, deposits and wealth products within it.

    Parameters
    ----------
    history : pandas.DataFrame
        as_of, metric (aum, deposits, wealth), value (yuan).
    """
    wide = history.pivot(index="as_of", columns="metric", values="value")
    words, in_unit = {"deposits": _("deposits"), "wealth": _("wealth products")}, yuan_words(history["value"])
    figure, axis = plt.subplots(figsize=(8, 3.8), layout="constrained")
    position, bottom = np.arange(len(wide)), np.zeros(len(wide))
    for name, colour in (("deposits", BLUE), ("wealth", GOLD)):
        if name in wide:
            axis.bar(position, wide[name], 0.55, bottom=bottom, color=colour, label=words[name])
            bottom += wide[name].fillna(0).to_numpy()
    if "aum" in wide:
        axis.plot(position, wide["aum"], color=GREY, marker="o", label=pgettext("total", "AUM"))
        for x, yuan in zip(position, wide["aum"], strict=True):
            axis.annotate(in_unit(yuan), (x, yuan), xytext=(0, 7), textcoords="offset points", ha="center", fontsize=9)
    axis.set_xticks(position, [f"{day:%Y-%m}" for day in wide.index])
    axis.set_ylim(0, axis.get_ylim()[1] * 1.08)
    axis.yaxis.set_major_formatter(FuncFormatter(lambda yuan, _: in_unit(yuan)))
    axis.set_title(_("Average daily AUM at quarter ends"), loc="left")
    axis.grid(visible=False, axis="x")
    figure.legend(frameon=False, ncols=3, loc="outside lower center")
    return finished(figure)


def change_steps(steps: pd.DataFrame) -> Figure:
    """Where the quarter's change of AUM comes from, step by step to the total.

    Parameters
    ----------
    steps : pandas.DataFrame
        step (its name), yuan; they add up to the change.
    """
    if steps.empty:
        return nothing_to_draw(_("The quarter before is not in the books."))
    total = steps["yuan"].sum()
    ends = steps["yuan"].cumsum()
    in_unit = yuan_words([*ends, *steps["yuan"]])
    figure, axis = plt.subplots(figsize=(8, 3.4))
    colours = [GREEN if yuan >= 0 else RED for yuan in steps["yuan"]]
    axis.barh(range(len(steps)), steps["yuan"], left=ends - steps["yuan"], color=colours, height=0.6)
    axis.barh(len(steps), [total], color=BLUE, height=0.6)
    name_rows(axis, [*steps["step"], _("change of the quarter")])
    rights = [*np.maximum(ends, ends - steps["yuan"]), max(total, 0)]
    for position, (right, yuan) in enumerate(zip(rights, [*steps["yuan"], total], strict=True)):
        axis.annotate(
            ("+" if yuan >= 0 else "−") + in_unit(abs(yuan)),
            (right, position),
            xytext=(5, 0),
            textcoords="offset points",
            va="center",
            fontsize=9,
        )
    axis.axvline(0, color=GREY, linewidth=0.8)
    axis.margins(x=0.18)
    axis.xaxis.set_major_formatter(FuncFormatter(lambda yuan, _: in_unit(yuan)))
    axis.set_title(_("Where the quarter's change of AUM comes from"), loc="left")
    axis.grid(visible=False, axis="y")
    return finished(figure)


def ladder_levels(levels: pd.DataFrame) -> Figure:
    """Customers on each level now and a quarter earlier, on a logarithmic scale, as the ladder is steep.

    Parameters
    ----------
    levels : pandas.DataFrame
        level (its name), now, before (customers), the lowest level first.
    """
    figure, axis = plt.subplots(figsize=(8, 3.8))
    position = np.arange(len(levels))
    axis.barh(position - 0.2, levels["before"], 0.36, color="#c9d3de", label=_("a quarter earlier"))
    bars = axis.barh(position + 0.2, levels["now"], 0.36, color=BLUE, label=_("now"))
    change = levels["now"] - levels["before"]
    labels = [f"{now:,.0f}" if pd.isna(by) else f"{now:,.0f} ({by:+,.0f})"
              for now, by in zip(levels["now"], change, strict=True)]  # fmt: skip
    axis.bar_label(bars, labels, fontsize=9, padding=4)
    axis.set_yticks(position, levels["level"])
    axis.set_xscale("symlog", linthresh=1)
    axis.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axis.set_xlim(0, max(levels[["now", "before"]].max().max(), 1) * 6)
    axis.set_xlabel(_("customers (logarithmic)"))
    axis.set_title(_("The ladder"), loc="left")
    axis.grid(visible=False, axis="y")
    axis.legend(frameon=False, loc="upper right")
    return finished(figure)


def campaign_results(campaigns: pd.DataFrame) -> Figure:
    """Campaigns' conversion of those who answered, with its 95% interval.

    Parameters
    ----------
    campaigns : pandas.DataFrame
        campaign_id, started_on, settled (answered, and known what came of it), converted, conversion.
    """
    if campaigns.empty:
        return nothing_to_draw(_("No campaign in the last twelve months."))
    low, high = _ranges(campaigns["converted"], campaigns["settled"])
    spread = np.clip([campaigns["conversion"] - low, high - campaigns["conversion"]], 0, None)
    figure, axis = plt.subplots(figsize=(8, 0.4 * len(campaigns) + 1.4))
    position = np.arange(len(campaigns))
    axis.errorbar(campaigns["conversion"], position, xerr=spread, fmt="o", color=BLUE, ecolor=GREY, capsize=3)
    began = pd.to_datetime(campaigns["started_on"])
    axis.set_yticks(
        position, [f"{campaign}  {day:%Y-%m}" for campaign, day in zip(campaigns["campaign_id"], began, strict=True)]
    )
    axis.invert_yaxis()
    axis.set_xlim(left=0)
    axis.xaxis.set_major_formatter(ExactPercent(1))
    axis.set_title(_("Conversion of those who answered, with its 95% range"), loc="left")
    axis.grid(visible=False, axis="y")
    return finished(figure)


def _ranges(counted: pd.Series, among: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Ends of the 95% intervals of some shares (Wilson), which few rows leave wide at 0% and 100% too."""
    ends = [
        binomtest(some, of).proportion_ci(0.95, method="wilson") if of else (np.nan, np.nan)
        for some, of in zip(counted.astype(int), among.astype(int), strict=True)
    ]
    low, high = np.array(ends, dtype=float).T
    return low, high


def own_results(rows: pd.DataFrame) -> Figure:
    """One person's shares beside the branch's and the whole bank's.

    Parameters
    ----------
    rows : pandas.DataFrame
        figure (its name), and own, branch, bank (0 to 1).
    """
    if rows.empty:
        return nothing_to_draw(_("No share can be shown yet."))
    words = {
        "own": pgettext("reference", "own"),
        "branch": pgettext("reference", "branch"),
        "bank": pgettext("reference", "whole bank"),
    }
    height = row_inches(rows["figure"], 0.62) * len(rows) + 1.2
    figure, axis = plt.subplots(figsize=(8, height), layout="constrained")
    colours = (BLUE, GOLD, "#c9d3de")
    for shift, (column, label), colour in zip((-0.27, 0, 0.27), words.items(), colours, strict=True):
        axis.barh(np.arange(len(rows)) + shift, rows[column], 0.26, color=colour, label=label)
    axis.xaxis.set_major_formatter(ExactPercent(1))
    axis.set_title(_("Own results"), loc="left")
    axis.grid(visible=False, axis="y")
    name_rows(axis, list(rows["figure"]))
    figure.legend(frameon=False, loc="outside lower center", ncols=3)
    return finished(figure)
