"""Figures of model governance: calibration by group, the champion beside it, backtests, drift."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from goldmine.governance.drift.stability import TOLERATED
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
    pgettext,
    row_inches,
)

_VERDICTS = {"ok": BLUE, "warning": GOLD, "stop": RED}


def calibration_by_group(table: pd.DataFrame) -> Figure:
    """Predicted and observed shares of each group, and by how much the error is above its noise floor.

    Parameters
    ----------
    table : DataFrame
        by, group, predicted, observed, error, floor (shares of 1), verdict; a row a group, the whole first.
    """
    figure, (left, right) = plt.subplots(
        1, 2, figsize=(11, 1.7 + 0.27 * len(table)), sharey=True, layout="constrained", width_ratios=[3, 2]
    )
    places = np.arange(len(table))
    left.hlines(places, table.predicted, table.observed, color=GREY, linewidth=1)
    left.plot(table.predicted, places, "o", color=GREY, label=_("predicted"), markersize=5)
    left.plot(table.observed, places, "o", color=BLUE, label=_("observed"), markersize=5)
    left.set_yticks(places, [_group(row.by, row.group) for row in table.itertuples()])
    left.set_ylim(len(table) - 0.5, -0.5)
    left.set_xlim(0, 1.05 * max(table.predicted.max(), table.observed.max()))
    left.set(title=_("Predicted and observed shares"))
    right.barh(places, table.error, color=[_VERDICTS[verdict] for verdict in table.verdict], height=0.6)
    right.plot(table.floor, places, "|", color="black", markersize=9, label=_("noise floor"))
    right.set(title=_("Calibration error"))
    figure.legend(fontsize="small", frameon=False, loc="outside lower center", ncols=3)  # not over the points
    for axis in (left, right):
        axis.xaxis.set_major_formatter(ExactPercent(1))
        axis.grid(visible=False, axis="y")
    return figure


def against_champion(figures: pd.DataFrame) -> Figure:
    """The difference of challenger and champion, figure by figure, with its interval; right of the line is better.

    Parameters
    ----------
    figures : DataFrame
        A row a figure; difference, low, high. Where it has no difference, the challenger's own figures are shown.
    """
    paired = "difference" in figures
    shown = (
        figures.rename(columns={"difference": "value"}) if paired else figures.rename(columns={"challenger": "value"})
    )
    parts = [("lift_list", "lift_10pct"), ("auc", "average_precision"), ("brier", "calibration_error")]
    figure, axes = plt.subplots(1, 3, figsize=(11, 2.4), layout="constrained")
    for axis, names in zip(axes, parts, strict=True):
        _intervals(axis, shown.loc[list(names)], falling=names[0] == "brier" and paired, line=paired)
    axes[0].set_title(_("Lift"))
    axes[1].set_title(_("Order"))
    axes[2].set_title(_("Probabilities"))
    title = _("challenger less champion, 95% interval")
    alone = _("challenger alone, 95% interval")
    figure.suptitle(title if paired else alone, fontsize="medium")
    return figure


def backtest_figure(over_time: pd.DataFrame, decay: pd.DataFrame) -> Figure:
    """Each figure over the test cutoffs with its interval, and what is lost by models in use for longer.

    Parameters
    ----------
    over_time : DataFrame
        test_cutoff, figure, value, low, high, baseline.
    decay : DataFrame
        age (quarters), figure, difference, low, high; may have no rows.
    """
    shown = {
        "auc": "AUC",
        "lift_list": _("lift at list size"),
        "lift_10pct": _("lift at 10%"),
    }
    shown["calibration_error"] = _("calibration error")
    figure, axes = plt.subplots(2, 4, figsize=(13, 5.6), layout="constrained", height_ratios=[3, 2])
    for column, (name, title) in enumerate(shown.items()):
        part = over_time[over_time.figure == name]
        days = [f"{day:%Y-%m}" for day in part.test_cutoff]
        top, low = axes[0, column], axes[1, column]
        top.fill_between(days, part.low, part.high, color=BLUE, alpha=0.18, linewidth=0)
        top.plot(days, part.value, "o-", color=BLUE, label=_("model"))
        if part.baseline.notna().any():
            top.plot(days, part.baseline, "o--", color=GOLD, markersize=4, label=pgettext("model", "baseline"))
        top.tick_params(axis="x", rotation=90)
        top.set_title(title)
        lost = decay[decay.figure == name]
        low.errorbar(
            lost.age,
            lost.difference,
            yerr=[lost.difference - lost.low, lost.high - lost.difference],
            color=RED,
            marker="o",
            linestyle="",
            capsize=3,
        )
        low.axhline(0, color=GREY, linewidth=0.8)
        low.set(xlim=(0.5, 3.5), xticks=[1, 2, 3])
        low.set_xlabel(_("Quarters in use"))
    axes[0, 0].legend(fontsize="small")
    axes[0, 0].set_ylabel(_("by test cutoff"))
    axes[1, 0].set_ylabel(_("aged less fresh"))
    return figure


def _intervals(axis: Axes, part: pd.DataFrame, *, falling: bool, line: bool) -> None:
    """Points with their intervals; green where the whole interval is better, red where it is worse."""
    for position, row in enumerate(part.itertuples()):
        sign = -1 if falling else 1
        low, high = sorted((sign * row.low, sign * row.high))
        colour = GREEN if line and low > 0 else RED if line and high < 0 else BLUE
        axis.hlines(position, row.low, row.high, color=colour, linewidth=2)
        axis.plot(row.value, position, "o", color=colour)
    if line:
        axis.axvline(0, color=GREY, linewidth=0.8)
    names = {
        "lift_list": _("at list size"),
        "lift_10pct": _("at 10%"),
        "auc": "AUC",
        "average_precision": _("average precision"),
        "brier": _("Brier (less is better)"),
        "calibration_error": _("calibration error (less is better)"),
    }
    axis.set_yticks(range(len(part)), [names[name] for name in part.index])
    axis.set_ylim(len(part) - 0.5, -0.5)
    axis.grid(visible=False, axis="y")


def _group(by: str, group: str) -> str:
    words: Mapping[str, str] = {
        "all": _("everyone"),
        "branch": pgettext("group", "branch"),
        "aum_level": pgettext("group", "AUM"),
        "age_band": pgettext("group", "age"),
    }
    return f"{words.get(by, by)} {group}".strip()


_COLOURS = {"alarm": RED, "drifted": GOLD, "stable": BLUE}


def most_drifted(seen: pd.DataFrame, labels: dict[str, str], until: str = "", top: int = 20) -> Figure:
    """The features that drifted most since training; a tick marks each limit.

    Parameters
    ----------
    seen : pandas.DataFrame
        feature, psi, limit and state (``alarm``, ``drifted`` or ``stable``), largest psi first.
    labels : dict of str to str
        Names for people by feature.
    until : str
        The snapshot that training is compared with; empty for the test cutoff.
    top : int
        How many columns to show.
    """
    shown = seen.head(top)
    names = [labels.get(name, _("the score itself") if name == "score" else name) for name in shown.feature]
    figure, axis = plt.subplots(figsize=(10, row_inches(names) * len(shown) + 1.6), layout="constrained")
    places = range(len(shown))
    axis.barh(places, shown.psi, color=[_COLOURS[state] for state in shown.state])
    axis.scatter(shown.limit, places, marker="|", s=120, color=GREY, zorder=3)
    name_rows(axis, names)
    axis.set_xlim(0, max(float(shown.psi.max()), TOLERATED) * 1.15)
    axis.grid(visible=False, axis="y")
    axis.set_xlabel(_("population stability index; | marks the limit"))
    span = _("What drifted most, training to {day}", day=until) if until else _("What drifted most, training to test")
    axis.set_title(span, loc="left")
    words = {
        "alarm": _("alarm"),
        "drifted": _("drifted this time"),
        "stable": _("stable"),
    }
    keys = [Patch(color=colour, label=words[state]) for state, colour in _COLOURS.items()]
    axis.legend(handles=keys, loc="lower right")
    return finished(figure)
