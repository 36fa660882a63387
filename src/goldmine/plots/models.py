"""Figures of a trained model: what it finds, how far its probabilities hold, and what it looks at."""

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from goldmine.plots.style import PALETTE, say

BLUE, GOLD, GREEN, RED, _, GREY = PALETTE
_COLOURS = {"model": BLUE, "baseline": GOLD, "no_skill": GREY}
_BAND_Z = 1.96


def gain_and_lift(curves: pd.DataFrame, list_share: float) -> Figure:
    """Share of all positives found, and times the base rate, by depth of the list.

    Parameters
    ----------
    curves : DataFrame
        who (model, baseline, no_skill), depth, recall (shares of 1), lift.
    list_share : float
        Depth of the published list, a share of 1; drawn as a line.
    """
    figure, (gain, lift) = plt.subplots(1, 2, figsize=(11, 4.2), layout="constrained")
    for who, colour in _COLOURS.items():
        part = curves[curves.who == who]
        gain.plot([0, *part.depth], [0, *part.recall], color=colour, label=_who(who))
        lift.plot(part.depth, part.lift, color=colour, label=_who(who))
    for axis in (gain, lift):
        axis.axvline(list_share, color=RED, linestyle=":", label=say("list", "名单"))
        axis.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        axis.set_xlabel(say("Customers contacted, best first", "触达客户占比（由高到低）"))
        axis.set_xlim(0, 1)
    gain.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    gain.set(ylim=(0, 1.01), ylabel=say("Outcomes found", "覆盖目标客户占比"), title=say("Gain", "增益曲线"))
    lift.set(ylim=(0, None), ylabel=say("Times the base rate", "相对平均水平的倍数"), title=say("Lift", "提升度"))
    gain.legend(loc="lower right")
    return figure


def reliability_figure(bins: pd.DataFrame) -> Figure:
    """Observed against predicted shares; bars show where chance alone would put the observed one.

    Parameters
    ----------
    bins : DataFrame
        rows, predicted, observed (shares of 1), a row a bin.
    """
    figure, axis = plt.subplots(figsize=(5.4, 4.6), layout="constrained")
    top = float(bins[["predicted", "observed"]].to_numpy().max()) * 1.12
    error = _BAND_Z * np.sqrt(bins.predicted * (1 - bins.predicted) / bins.rows)
    axis.plot([0, top], [0, top], color=GREY, linestyle="--", label=say("as promised", "预测与实际一致"))
    axis.errorbar(
        bins.predicted,
        bins.observed,
        yerr=error,
        color=BLUE,
        marker="o",
        linestyle="",
        capsize=3,
        label=say("tenths of the customers, with chance's 95%", "客户十分位（95%随机波动）"),
    )
    for direction in (axis.xaxis, axis.yaxis):
        direction.set_major_locator(MaxNLocator(6))
        direction.set_major_formatter(PercentFormatter(1))
    axis.set(
        xlim=(0, top),
        ylim=(0, top),
        xlabel=say("Predicted probability", "预测概率"),
        ylabel=say("Observed share", "实际比例"),
        title=say("Calibration", "概率校准"),
    )
    axis.legend(loc="lower right", fontsize="small")
    return figure


def beaten(figures: pd.DataFrame) -> Figure:
    """Model, one-line rule and no skill side by side: AUC, and lift by depth.

    Parameters
    ----------
    figures : DataFrame
        A row a figure (``auc``, ``lift_1pct`` ...), columns model, baseline, no_skill.
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 3.8), width_ratios=[1, 3], layout="constrained")
    _side_by_side(left, figures.loc[["auc"]].rename(index={"auc": "AUC"}), "{:.3f}")
    left.set(ylim=(0.4, 1.0), title=say("Order of all customers", "整体排序能力"))
    lifts = figures.loc[[name for name in figures.index if name.startswith("lift_")]]
    names = {name: name.removeprefix("lift_").replace("pct", "%") for name in lifts.index}
    _side_by_side(right, lifts.rename(index=names | {"lift_list": say("list", "名单")}), "{:.1f}")
    right.set(title=say("Lift by depth of the list", "不同名单深度的提升度"))
    handles, labels = right.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False)
    return figure


def learning_curve(losses: dict[str, list[float]], kept: int) -> Figure:
    """Log loss by number of trees, and where the training stopped.

    Parameters
    ----------
    losses : dict of str to list of float
        ``train`` and ``calibrate``, or ``folds``, a value a tree.
    kept : int
        Trees kept.
    """
    figure, axis = plt.subplots(figsize=(6, 3.6), layout="constrained")
    names = {
        "train": say("training cutoffs", "训练时点"),
        "calibrate": say("calibration cutoff", "校准时点"),
        "folds": say("held-out folds", "留出折"),
    }
    for (part, values), colour in zip(losses.items(), (GREY, BLUE), strict=False):
        axis.plot(range(1, len(values) + 1), values, color=colour, label=names.get(part, part))
    axis.axvline(kept, color=RED, linestyle=":", label=say(f"{kept} trees kept", f"保留 {kept} 棵树"))
    axis.set(xlabel=say("Trees", "树的数量"), ylabel=say("Log loss", "对数损失"), title=say("Training", "训练过程"))
    axis.legend()
    return figure


def importance_figure(shares: pd.DataFrame, top: int = 20) -> Figure:
    """Features by the share of the trees' gain that they brought.

    Parameters
    ----------
    shares : DataFrame
        feature (its label) and gain (share of 1), largest first.
    top : int
        Bars.
    """
    shown = shares.head(top)
    figure, axis = plt.subplots(figsize=(8, 0.9 + 0.27 * len(shown)), layout="constrained")
    axis.barh(shown.feature, shown.gain, color=BLUE)
    axis.invert_yaxis()
    axis.margins(y=0.01)
    axis.grid(visible=False, axis="y")
    axis.xaxis.set_major_formatter(PercentFormatter(1))
    axis.set(xlabel=say("Share of the trees' gain", "信息增益占比"), title=say("What the trees split on", "特征重要性"))
    return figure


def shap_summary(effects: pd.DataFrame) -> Figure:
    """Effects of the strongest features, a dot a customer, coloured by the standing of the value.

    Parameters
    ----------
    effects : DataFrame
        feature (label; most important first), effect (log-odds), standing (0 lowest to 1 highest value; NaN
        for text and unknown values).
    """
    names = list(dict.fromkeys(effects.feature))
    figure, axis = plt.subplots(figsize=(9, 1.2 + 0.36 * len(names)), layout="constrained")
    colours = sns.color_palette("blend:#3b76af,#d9d2c5,#b8432f", as_cmap=True).with_extremes(bad="#b5b5b5")
    for place, name in enumerate(names):
        part = effects[effects.feature == name]
        dots = axis.scatter(
            part.effect,
            place + _swarm(part.effect.to_numpy()),
            c=part.standing.to_numpy(dtype=float),
            cmap=colours,
            vmin=0,
            vmax=1,
            s=7,
            linewidths=0,
            plotnonfinite=True,
        )
    axis.axvline(0, color=GREY, linewidth=0.8)
    axis.set_yticks(range(len(names)), names)
    axis.set_ylim(len(names) - 0.5, -0.5)
    axis.set_xlabel(say("Effect on the log-odds: left lowers, right raises", "对对数几率的影响：左降右升"))
    axis.set_title(say("What moves a customer's probability", "影响单个客户概率的因素"))
    bar = figure.colorbar(dots, ax=axis, ticks=[0, 1], aspect=40, pad=0.01)
    bar.ax.set_yticklabels([say("low", "低"), say("high", "高")])
    bar.set_label(say("Value among the customers (grey: text or unknown)", "取值高低（灰色：文本或未知）"))
    bar.outline.set_visible(False)
    return figure


def score_distribution(probability: np.ndarray, list_size: int) -> Figure:
    """How the probabilities spread, where the list ends, and the mean of each tenth.

    Parameters
    ----------
    probability : numpy.ndarray
        Of everyone scored.
    list_size : int
        Rows of the list.
    """
    ranked = np.sort(probability)[::-1]
    edge = ranked[min(list_size, len(ranked)) - 1]
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 3.8), layout="constrained")
    low = max(float(ranked[-1]), 1e-6)
    left.hist(np.clip(ranked, low, None), bins=np.geomspace(low, max(ranked[0], low * 1.01), 50).tolist(), color=BLUE)
    left.set_xscale("log")
    left.xaxis.set_major_formatter(PercentFormatter(1))
    left.axvline(edge, color=RED, linestyle=":", label=say(f"the first {list_size:,}", f"前 {list_size:,} 名"))
    left.set(
        xlabel=say("Probability (logarithmic)", "预测概率（对数刻度）"),
        ylabel=say("Customers", "客户数"),
        title=say("Everyone scored", "全部评分客户"),
    )
    left.legend()
    means = [float(part.mean()) for part in np.array_split(ranked, 10) if len(part)]
    right.bar(range(1, len(means) + 1), means, color=BLUE)
    right.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    right.set_xticks(range(1, len(means) + 1))
    right.grid(visible=False, axis="x")
    right.set(
        xlabel=say("Decile, 1 the most probable", "十分位（1 为最高）"),
        ylabel=say("Mean probability", "平均概率"),
        title=say("By decile", "按十分位"),
    )
    return figure


def _who(name: str) -> str:
    words = {
        "model": say("model", "模型"),
        "baseline": say("one-line rule", "单一规则"),
        "no_skill": say("no skill", "随机"),
    }
    return words[name]


def _side_by_side(axis: Axes, figures: pd.DataFrame, form: str) -> None:
    places = np.arange(len(figures))
    for step, (who, colour) in enumerate(_COLOURS.items()):
        bars = axis.bar(places + (step - 1) * 0.27, figures[who], width=0.25, color=colour, label=_who(who))
        axis.bar_label(bars, labels=[form.format(v) for v in figures[who]], fontsize=8, padding=2)
    axis.set_xticks(places, list(figures.index))
    axis.grid(visible=False, axis="x")
    axis.margins(y=0.12)


def _swarm(values: np.ndarray, bins: int = 60, width: float = 0.38) -> np.ndarray:
    """Offsets that spread equal values about their line, wider where there are more; no chance in it."""
    if len(values) == 0 or np.ptp(values) == 0:
        return np.linspace(-width, width, len(values))
    place = ((values - values.min()) / np.ptp(values) * (bins - 1)).astype(int)
    order = pd.Series(place).groupby(place).cumcount().to_numpy()
    size = np.bincount(place, minlength=bins)
    signs = np.where(order % 2 == 0, 1, -1)
    return signs * (order + 1) // 2 / max(size.max(), 1) * 2 * width
