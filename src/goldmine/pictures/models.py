"""Figures of one model: lift and gain, calibration, what it looks at, and how its scores are spread."""

import pandas as pd
import seaborn as sns
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from goldmine.pictures.style import PALETTE, say

BLUE, GOLD, GREEN, RED, _, GREY = PALETTE
_COLOURS = {"model": BLUE, "rule": GOLD, "no_skill": GREY}


def _who(name: str) -> str:
    words = {
        "model": say("model", "模型"),
        "rule": say("one-line rule", "单一规则"),
        "no_skill": say("no skill", "随机"),
    }
    return words[name]


def lift_and_gain(curves: pd.DataFrame, list_share: float) -> Figure:
    """Share of all positives caught, and lift, over the depth of the list.

    Parameters
    ----------
    curves : pandas.DataFrame
        who (model, rule, no_skill), depth, recall (shares of 1), lift.
    list_share : float
        Share of everyone judged that the list holds; marked by a line.
    """
    figure, axes = plt.subplots(1, 2, figsize=(11, 4.2))
    for who, colour in _COLOURS.items():
        one = curves[curves["who"] == who]
        axes[0].plot(one["depth"], one["recall"], color=colour, label=_who(who), linewidth=2)
        axes[1].plot(one["depth"], one["lift"], color=colour, label=_who(who), linewidth=2)
    axes[0].set_title(say("Gain: share of all outcomes caught", "增益:捕获的目标客户占比"), loc="left")
    axes[1].set_title(say("Lift: times the average rate", "提升度:相对平均水平的倍数"), loc="left")
    axes[0].yaxis.set_major_formatter(PercentFormatter(1))
    for axis in axes:
        axis.axvline(list_share, color=RED, linestyle=":", linewidth=1.5)
        axis.xaxis.set_major_formatter(PercentFormatter(1))
        axis.set_xlabel(say("depth of the list (dotted: list size)", "名单深度(虚线为名单容量)"))
    axes[0].legend(frameon=False)
    return _done(figure)


def calibration(bins: pd.DataFrame, error: float) -> Figure:
    """What was promised against what came, in bins of equally many customers.

    Parameters
    ----------
    bins : pandas.DataFrame
        predicted, observed (shares of 1), a row a bin.
    error : float
        Expected calibration error.
    """
    figure, axis = plt.subplots(figsize=(5.4, 4.6))
    most = float(max(bins["predicted"].max(), bins["observed"].max())) * 1.05
    axis.plot([0, most], [0, most], color=GREY, linestyle="--", linewidth=1)
    axis.plot(bins["predicted"], bins["observed"], color=BLUE, marker="o", linewidth=2)
    title = say(f"Calibration (error {error:.3f})", f"校准(误差 {error:.3f})")
    axis.set_title(title, loc="left")
    axis.set_xlabel(say("promised probability", "预测概率"))
    axis.set_ylabel(say("share that came", "实际发生占比"))
    axis.xaxis.set_major_formatter(PercentFormatter(1))
    axis.yaxis.set_major_formatter(PercentFormatter(1))
    return _done(figure)


def importance(gains: pd.DataFrame, top: int = 15) -> Figure:
    """Features that brought most of the trees' gain.

    Parameters
    ----------
    gains : pandas.DataFrame
        feature (its label), gain (share of 1); largest first.
    """
    shown = gains.head(top)
    figure, axis = plt.subplots(figsize=(9, 0.32 * len(shown) + 1.2))
    axis.barh(shown["feature"], shown["gain"], color=BLUE)
    axis.invert_yaxis()
    axis.xaxis.set_major_formatter(PercentFormatter(1))
    axis.set_title(say("What the model looks at: share of gain", "模型依据:特征重要性"), loc="left")
    axis.grid(visible=False, axis="y")
    return _done(figure)


def effects(values: pd.DataFrame) -> Figure:
    """SHAP summary: how far each feature moves customers up or down, coloured by the feature's standing.

    Parameters
    ----------
    values : pandas.DataFrame
        feature (its label, most important first), effect (log-odds), standing (0 lowest, 1 highest).
    """
    figure, axis = plt.subplots(figsize=(9, 0.36 * values["feature"].nunique() + 1.4))
    sns.stripplot(
        values,
        x="effect",
        y="feature",
        hue="standing",
        palette="coolwarm",
        size=2.5,
        jitter=0.3,
        legend=False,
        ax=axis,
    )
    axis.axvline(0, color=GREY, linewidth=1)
    axis.set_title(say("What moves a customer up or down (red: high value)", "各特征的影响(红色为数值高)"), loc="left")
    axis.set_xlabel(say("effect on log-odds", "对数几率变化"))
    axis.set_ylabel("")
    return _done(figure)


def score_distribution(probability: pd.Series, list_size: int) -> Figure:
    """How the calibrated probabilities are spread, and where the list ends.

    Parameters
    ----------
    probability : pandas.Series
        Of everyone scored, highest first.
    list_size : int
        Rows of the list.
    """
    figure, axis = plt.subplots(figsize=(9, 3.8))
    sns.histplot(x=probability.to_numpy(), bins=60, color=BLUE, ax=axis)
    edge = float(probability.iloc[min(list_size, len(probability)) - 1])
    axis.axvline(edge, color=RED, linestyle=":", linewidth=1.5)
    axis.set_yscale("log")
    axis.xaxis.set_major_formatter(PercentFormatter(1))
    axis.set_title(say("Scores of everyone eligible (dotted: end of the list)", "评分分布(虚线为名单末位)"), loc="left")
    axis.set_xlabel(say("calibrated probability", "校准后概率"))
    axis.set_ylabel(say("customers", "客户数"))
    return _done(figure)


def deciles(scores: pd.DataFrame) -> Figure:
    """Mean promised probability by decile.

    Parameters
    ----------
    scores : pandas.DataFrame
        probability, decile (1 best).
    """
    means = scores.groupby("decile")["probability"].mean()
    figure, axis = plt.subplots(figsize=(9, 3.2))
    bars = axis.bar(means.index, means.to_numpy(), color=BLUE)
    axis.bar_label(bars, [f"{value:.1%}" for value in means], fontsize=9)
    axis.set_xticks(means.index)
    axis.yaxis.set_major_formatter(PercentFormatter(1))
    axis.set_title(say("Mean probability by decile", "各十分位平均概率"), loc="left")
    axis.set_xlabel(say("decile (1 is the best)", "十分位(1 为最高)"))
    axis.grid(visible=False, axis="x")
    return _done(figure)


def _done(figure: Figure) -> Figure:
    figure.tight_layout()
    plt.close(figure)  # a notebook shows what a cell gives; left open it would be shown twice
    return figure
