"""Figures of a trained model: what it finds, how far its probabilities hold, and what it looks at."""

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter, PercentFormatter

from goldmine.plots.style import BLUE, GOLD, GREY, RED, ExactPercent, _, name_rows, pgettext, row_inches

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
        axis.axvline(list_share, color=RED, linestyle=":", label=pgettext("column", "list"))
        axis.xaxis.set_major_formatter(ExactPercent(1))
        axis.set_xlabel(_("Customers contacted, best first"))
        axis.set_xlim(0, 1)
    gain.yaxis.set_major_formatter(ExactPercent(1))
    gain.set(ylim=(0, 1.01), ylabel=_("Outcomes found"), title=_("Gain"))
    lift.set(ylim=(0, None), ylabel=_("Times the base rate"), title=_("Lift"))
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
    axis.plot([0, top], [0, top], color=GREY, linestyle="--", label=_("as predicted"))
    axis.errorbar(
        bins.predicted,
        bins.observed,
        yerr=error,
        color=BLUE,
        marker="o",
        linestyle="",
        capsize=3,
        label=_("tenths of the customers, with chance's 95%"),
    )
    for direction in (axis.xaxis, axis.yaxis):
        direction.set_major_locator(MaxNLocator(6))
        direction.set_major_formatter(PercentFormatter(1))
    axis.set(
        xlim=(0, top),
        ylim=(0, top),
        xlabel=_("Predicted probability"),
        ylabel=_("Observed share"),
        title=_("Calibration"),
    )
    axis.legend(loc="lower right", fontsize="small")
    return figure


def beaten(figures: pd.DataFrame) -> Figure:
    """Model, baseline and no skill side by side: AUC, and lift by depth.

    Parameters
    ----------
    figures : DataFrame
        A row a figure (``auc``, ``lift_1pct`` ...), columns model, baseline, no_skill.
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 3.8), width_ratios=[1, 3], layout="constrained")
    _side_by_side(left, figures.loc[["auc"]].rename(index={"auc": "AUC"}), "{:.3f}")
    left.set(ylim=(0, 1), title=_("Order of all customers"))
    lifts = figures.loc[[name for name in figures.index if name.startswith("lift_")]]
    names = {name: name.removeprefix("lift_").replace("pct", "%") for name in lifts.index}
    _side_by_side(right, lifts.rename(index=names | {"lift_list": pgettext("column", "list")}), "{:.1f}")
    right.set(title=_("Lift by depth of the list"))
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
        "train": _("training cutoffs"),
        "calibrate": _("calibration cutoff"),
        "folds": _("held-out folds"),
    }
    for (part, values), colour in zip(losses.items(), (GREY, BLUE), strict=False):
        axis.plot(range(1, len(values) + 1), values, color=colour, label=names.get(part, part))
    axis.axvline(kept, color=RED, linestyle=":", label=_("{kept} trees kept", kept=kept))
    axis.set(xlabel=_("Trees"), ylabel=_("Log loss"), title=_("Training"))
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
    figure, axis = plt.subplots(figsize=(8, 0.9 + row_inches(shown.feature) * len(shown)), layout="constrained")
    axis.barh(range(len(shown)), shown.gain, color=BLUE)
    name_rows(axis, list(shown.feature))
    axis.grid(visible=False, axis="y")
    axis.xaxis.set_major_formatter(PercentFormatter(1))
    axis.set(xlabel=_("Share of the trees' gain"), title=_("What the trees split on"))
    return figure


def shap_summary(effects: pd.DataFrame) -> Figure:
    """Effects of the strongest features, a dot per customer, coloured by the rank of the value.

    Parameters
    ----------
    effects : DataFrame
        feature (label; most important first), effect (log-odds), standing (0 lowest to 1 highest value; NaN
        for text and unknown values).
    """
    names = list(dict.fromkeys(effects.feature))
    figure, axis = plt.subplots(figsize=(9, 1.2 + row_inches(names, 0.36) * len(names)), layout="constrained")
    colours = sns.color_palette("blend:#3b76af,#d9d2c5,#b8432f", as_cmap=True).with_extremes(bad="#b5b5b5")
    for position, name in enumerate(names):
        part = effects[effects.feature == name]
        dots = axis.scatter(
            part.effect,
            position + _swarm(part.effect.to_numpy()),
            c=part.standing.to_numpy(dtype=float),
            cmap=colours,
            vmin=0,
            vmax=1,
            s=7,
            linewidths=0,
            plotnonfinite=True,
        )
    axis.axvline(0, color=GREY, linewidth=0.8)
    name_rows(axis, names)
    axis.set_xlabel(_("Effect on the log-odds: left lowers, right raises"))
    axis.set_title(_("What moves a customer's probability"))
    bar = figure.colorbar(dots, ax=axis, ticks=[0, 1], aspect=40, pad=0.01)
    bar.ax.set_yticklabels([pgettext("value", "low"), pgettext("value", "high")])
    bar.set_label(_("Value among the customers (grey: text or unknown)"))
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
    wide = ranked[0] > 30 * low
    left.xaxis.set_major_locator(LogLocator(subs=(1.0,) if wide else (1.0, 2.0, 5.0)))
    left.xaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{100 * share:g}%"))
    left.xaxis.set_minor_formatter(NullFormatter())
    left.axvline(edge, color=RED, linestyle=":", label=_("the first {list_size:,}", list_size=list_size))
    left.set(
        xlabel=_("Probability (logarithmic)"),
        ylabel=_("Customers"),
        title=_("Everyone scored"),
    )
    left.legend()
    means = [float(part.mean()) for part in np.array_split(ranked, 10) if len(part)]
    right.bar(range(1, len(means) + 1), means, color=BLUE)
    right.yaxis.set_major_formatter(ExactPercent(1))
    right.set_xticks(range(1, len(means) + 1))
    right.grid(visible=False, axis="x")
    right.set(
        xlabel=_("Decile, 1 the most probable"),
        ylabel=_("Mean probability"),
        title=_("By decile"),
    )
    return figure


def _who(name: str) -> str:
    words = {
        "model": _("model"),
        "baseline": pgettext("model", "baseline"),
        "no_skill": _("no skill"),
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
    """Offsets that spread equal values about their line, wider where there are more, without randomness."""
    if len(values) == 0 or np.ptp(values) == 0:
        return np.linspace(-width, width, len(values))
    position = ((values - values.min()) / np.ptp(values) * (bins - 1)).astype(int)
    order = pd.Series(position).groupby(position).cumcount().to_numpy()
    size = np.bincount(position, minlength=bins)
    signs = np.where(order % 2 == 0, 1, -1)
    return signs * (order + 1) // 2 / max(size.max(), 1) * 2 * width
