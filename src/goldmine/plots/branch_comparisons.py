"""Figures that compare branches: by likely true share, with what is uncertain, and by size."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter
from matplotlib.transforms import Bbox

from goldmine.plots.style import GREEN, GREY, RED, _, finished, name_rows, nothing_to_draw, row_inches, wrapped
from goldmine.reporting.compare import funnel

_ENDS = 8
"""Branches drawn at each end of a ranking that is too long to be drawn whole."""
_VERDICTS = {"better": GREEN, "worse": RED, "chance": GREY}


def branch_ranking(compared: pd.DataFrame, title: str, own: str = "") -> Figure:
    """Branches by their likely true share, with what is uncertain about it and about their rank.

    Parameters
    ----------
    compared : pandas.DataFrame
        From `goldmine.reporting.compare.compare`.
    title : str
        The metric's name.
    own : str
        A branch to be marked.
    """
    if compared.empty:
        return nothing_to_draw(_("No branch has five customers in this figure."))
    figure, axis = plt.subplots(figsize=(8, row_inches(compared.index, 0.34) * len(compared) + 1.6))
    _forest(axis, compared, title, own)
    axis.set_xlabel(_forest_key())
    return finished(figure)


def branch_rankings(compared: Mapping[str, pd.DataFrame]) -> Figure:
    """`branch_ranking` of several metrics in one figure; of more than 16 branches the eight best and worst, as it says.

    Parameters
    ----------
    compared : mapping of str to pandas.DataFrame
        By the metric's name.
    """
    shown = {name: rows for name, rows in compared.items() if len(rows)}
    if not shown:
        return nothing_to_draw(_("No branch has five customers in any figure."))
    ends = dict(_best_and_worst(name, rows) for name, rows in shown.items())
    lines, max_rows = -(-len(ends) // 2), max(len(rows) for rows in ends.values())
    row = row_inches([name for rows in ends.values() for name in rows.index], 0.3)
    figure, axes = plt.subplots(lines, 2, figsize=(12, lines * (row * max_rows + 1.5)), squeeze=False)
    for axis, (name, rows) in zip(axes.flat, ends.items(), strict=False):
        _forest(axis, rows, name, "")
    for axis in axes.flat[len(ends) :]:
        axis.axis("off")
    figure.supxlabel(_forest_key(), fontsize=10, color="#444444")
    return finished(figure)


def _best_and_worst(title: str, compared: pd.DataFrame) -> tuple[str, pd.DataFrame]:
    """A metric's title and the branches to draw, of which the title tells where they are not all."""
    if len(compared) <= 2 * _ENDS:
        return title, compared
    told = _("{title}: the {n} best and {n} worst of {all} branches", title=title, n=_ENDS, all=len(compared))
    return told, pd.concat([compared.head(_ENDS), compared.tail(_ENDS)])


def _forest_key() -> str:
    return _("dot: likely true share with its 90% range; ring: as counted; dotted: whole bank")


def _forest(axis: Axes, compared: pd.DataFrame, title: str, own: str) -> None:
    position = np.arange(len(compared))
    colours = [_VERDICTS[verdict] for verdict in compared["verdict"]]
    axis.hlines(position, compared["low"], compared["high"], color=colours, linewidth=2.4)
    axis.scatter(compared["shrunk"], position, color=colours, s=42, zorder=3)
    axis.scatter(compared["value"], position, facecolor="white", edgecolor="#222222", linewidth=1.1, s=30, zorder=2.5)
    axis.axvline(compared["bank"].iloc[0], color=GREY, linestyle=":", linewidth=1.3)
    for y, (low, high) in enumerate(zip(compared["rank_low"], compared["rank_high"], strict=True)):
        text = _("rank {low}–{high}", low=low, high=high) if low != high else _("rank {low}", low=low)
        axis.annotate(text, (1.01, y), xycoords=("axes fraction", "data"), va="center", fontsize=9, color="#444444")
    name_rows(axis, list(compared.index))
    _highlight(axis, list(compared.index), own)
    axis.xaxis.set_major_locator(MaxNLocator(5))  # more would touch where ticks need two decimals
    axis.xaxis.set_major_formatter(PercentFormatter(1))  # as many decimals as tell the ticks apart
    axis.set_title(wrapped(title), loc="left")
    axis.grid(visible=False, axis="y")


def branch_funnel(compared: pd.DataFrame, title: str, own: str = "") -> Figure:
    """Branches' shares by size: within the funnel, differences are no more than chance.

    Parameters
    ----------
    compared, title, own
        See `branch_ranking`.
    """
    if compared.empty:
        return nothing_to_draw(_("No branch has five customers in this figure."))
    bank = float(compared["bank"].iloc[0])
    limits = funnel(bank, int(compared["below"].max()))
    limits = limits[limits["below"] >= compared["below"].min() * 0.6]
    figure, axis = plt.subplots(figsize=(8, 3.8))
    axis.fill_between(limits["below"], limits["low_998"], limits["high_998"], color="#eef1f4", linewidth=0)
    axis.fill_between(limits["below"], limits["low_95"], limits["high_95"], color="#d9e0e8", linewidth=0)
    axis.axhline(bank, color=GREY, linestyle=":", linewidth=1.3)
    colours = [_VERDICTS[verdict] for verdict in compared["verdict"]]
    axis.scatter(compared["below"], compared["value"], color=colours, s=40, zorder=3)
    axis.yaxis.set_major_formatter(PercentFormatter(1))
    axis.set_xlabel(_("customers (inner band: 95% of branches lie there by chance alone; outer: 99.8%)"))
    axis.set_title(title, loc="left")
    finished(figure)
    _name_points(axis, compared, own)
    return figure


def _name_points(axis: Axes, compared: pd.DataFrame, own: str) -> None:
    """Write branches' names where there is room: the own one first, then those farthest from the whole bank."""
    renderer = FigureCanvasAgg(axis.get_figure(root=True)).get_renderer()
    dots = axis.transData.transform(compared[["below", "value"]].to_numpy(dtype=float))
    taken = [Bbox.from_extents(x - 4, y - 4, x + 4, y + 4) for x, y in dots]
    first = (-compared["z"].abs()).where(compared.index != own, -np.inf).sort_values(kind="stable")
    for name in first.index:
        point = (compared.at[name, "below"], compared.at[name, "value"])
        for across, up in ((6, 4), (6, -11), (-6, 4), (-6, -11)):
            text = axis.annotate(
                name, point, xytext=(across, up), textcoords="offset points", fontsize=9,
                ha="left" if across > 0 else "right", weight="bold" if name == own else "normal",
            )  # fmt: skip
            box = text.get_window_extent(renderer)
            inside = axis.bbox.x0 <= box.x0 and box.x1 <= axis.bbox.x1 and axis.bbox.y0 <= box.y0 <= axis.bbox.y1
            if inside and not any(box.overlaps(other) for other in taken):
                taken.append(box)
                break
            text.remove()


def _highlight(axis: Axes, names: list[str], own: str) -> None:
    for label, name in zip(axis.get_yticklabels(), names, strict=True):
        label.set_fontweight("bold" if name == own else "normal")
