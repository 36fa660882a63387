"""Figures of what a model is held to: calibration by groups, and the challenger beside the champion."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from goldmine.plots.style import PALETTE, say

BLUE, GOLD, GREEN, RED, _, GREY = PALETTE
_VERDICTS = {"kept": BLUE, "warning": GOLD, "stop": RED}


def calibration_by_group(table: pd.DataFrame) -> Figure:
    """What was promised and what came in each group, and by how much the error is above its noise floor.

    Parameters
    ----------
    table : DataFrame
        by, group, predicted, observed, error, floor (shares of 1), verdict; a row a group, the whole first.
    """
    figure, (left, right) = plt.subplots(
        1, 2, figsize=(11, 1.4 + 0.27 * len(table)), sharey=True, layout="constrained", width_ratios=[3, 2]
    )
    places = np.arange(len(table))
    left.hlines(places, table.predicted, table.observed, color=GREY, linewidth=1)
    left.plot(table.predicted, places, "o", color=GREY, label=say("promised", "预测"), markersize=5)
    left.plot(table.observed, places, "o", color=BLUE, label=say("came", "实际"), markersize=5)
    left.set_yticks(places, [_group(row.by, row.group) for row in table.itertuples()])
    left.set_ylim(len(table) - 0.5, -0.5)
    left.set_xlim(0, None)
    left.set(title=say("Promised and come", "预测与实际比例"))
    left.legend(fontsize="small")
    right.barh(places, table.error, color=[_VERDICTS[verdict] for verdict in table.verdict], height=0.6)
    right.plot(table.floor, places, "|", color="black", markersize=9, label=say("noise floor", "随机误差下限"))
    right.set(title=say("Calibration error", "校准误差"))
    right.legend(fontsize="small")
    for axis, decimals in ((left, 0), (right, 1)):
        axis.xaxis.set_major_formatter(PercentFormatter(1, decimals=decimals))
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
    axes[0].set_title(say("Lift", "提升度"))
    axes[1].set_title(say("Order", "排序能力"))
    axes[2].set_title(say("Probabilities", "概率"))
    title = say("challenger less champion, 95% interval", "挑战模型减冠军模型，95%置信区间")
    alone = say("challenger alone, 95% interval", "挑战模型（暂无冠军可比），95%置信区间")
    figure.suptitle(title if paired else alone, fontsize="medium")
    return figure


def backtest_figure(over_time: pd.DataFrame, decay: pd.DataFrame) -> Figure:
    """Each figure over the judging cutoffs with its interval, and what is lost by models in use for longer.

    Parameters
    ----------
    over_time : DataFrame
        judged_at, figure, value, low, high, rule.
    decay : DataFrame
        age (quarters), figure, difference, low, high; may have no rows.
    """
    shown = {
        "auc": "AUC",
        "lift_list": say("lift at list size", "名单提升度"),
        "lift_10pct": say("lift at 10%", "前10%提升度"),
    }
    shown["calibration_error"] = say("calibration error", "校准误差")
    figure, axes = plt.subplots(2, 4, figsize=(13, 5.6), layout="constrained", height_ratios=[3, 2])
    for column, (name, title) in enumerate(shown.items()):
        part = over_time[over_time.figure == name]
        days = [f"{day:%Y-%m}" for day in part.judged_at]
        top, low = axes[0, column], axes[1, column]
        top.fill_between(days, part.low, part.high, color=BLUE, alpha=0.18, linewidth=0)
        top.plot(days, part.value, "o-", color=BLUE, label=say("model", "模型"))
        if part.rule.notna().any():
            top.plot(days, part.rule, "o--", color=GOLD, markersize=4, label=say("one-line rule", "单一规则"))
        top.tick_params(axis="x", rotation=60)
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
        low.set_xlabel(say("Quarters in use", "使用季度数"))
    axes[0, 0].legend(fontsize="small")
    axes[0, 0].set_ylabel(say("by judging cutoff", "按检验时点"))
    axes[1, 0].set_ylabel(say("aged less fresh", "旧模型减新模型"))
    return figure


def _intervals(axis: Axes, part: pd.DataFrame, *, falling: bool, line: bool) -> None:
    """Points with their intervals; green where surely better, red where surely worse."""
    for place, row in enumerate(part.itertuples()):
        sign = -1 if falling else 1
        low, high = sorted((sign * row.low, sign * row.high))
        colour = GREEN if line and low > 0 else RED if line and high < 0 else BLUE
        axis.hlines(place, row.low, row.high, color=colour, linewidth=2)
        axis.plot(row.value, place, "o", color=colour)
    if line:
        axis.axvline(0, color=GREY, linewidth=0.8)
    names = {
        "lift_list": say("at list size", "名单内"),
        "lift_10pct": say("at 10%", "前10%"),
        "auc": "AUC",
        "average_precision": say("average precision", "平均精度"),
        "brier": say("Brier (less is better)", "Brier（越低越好）"),
        "calibration_error": say("calibration error (less is better)", "校准误差（越低越好）"),
    }
    axis.set_yticks(range(len(part)), [names[name] for name in part.index])
    axis.set_ylim(len(part) - 0.5, -0.5)
    axis.grid(visible=False, axis="y")


def _group(by: str, group: str) -> str:
    words: Mapping[str, str] = {
        "all": say("everyone", "全部客户"),
        "branch": say("branch", "支行"),
        "aum_level": say("AUM", "资产等级"),
        "age_band": say("age", "年龄"),
    }
    return f"{words.get(by, by)} {group}".strip()
