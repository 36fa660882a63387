"""Tables and figures of customers: the AUM ladder, moves between its levels, concentration, tags."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.ticker import PercentFormatter, StrMethodFormatter

from goldmine.customers.concentration import concentration, lorenz
from goldmine.customers.ladder import LAYER_TITLES, LEVELS
from goldmine.customers.moves import KINDS, OUTSIDE, Moves
from goldmine.customers.sleeping import definitions, side_by_side, tag_counts
from goldmine.customers.tags import Catalogue
from goldmine.plots.bank_tables import without_balances
from goldmine.plots.style import BLUE, GOLD, GREEN, GREY, RED, _, finished, localized, pgettext, short_yuan

KIND_COLOURS = dict(zip(KINDS, (GREEN, BLUE, "#cfcfcf", GOLD, RED), strict=True))
_GAP = 0.02
_MIN_HEIGHT = 0.015
_PLATE = {"facecolor": "white", "alpha": 0.75, "linewidth": 0}
_MAX_STAYING = 0.4
"""Band of those who stay below the first level, as a multiple of all others together."""


def kind_words() -> dict[str, str]:
    """Names of the kinds of move."""
    return {
        "joined": pgettext("move", "new"),
        "up": pgettext("move", "up"),
        "same": pgettext("move", "same level"),
        "down": pgettext("move", "down"),
        "closed": pgettext("move", "left"),
    }


def level_word(level: int) -> str:
    """Name of a level by its lower end; outside the books: new or closed."""
    if level == OUTSIDE:
        return _("not here")
    if level == 0:
        return _("below 10k")
    return _("{amount}+", amount=short_yuan(LEVELS[level]))


def transition_table(quarters: Sequence[Moves], measure: str = "customers") -> pd.DataFrame:
    """The last quarter's transition matrix, rows by level before, columns by level after; empty without balances."""
    if not quarters:
        return pd.DataFrame()
    matrix = quarters[-1].matrix(measure)
    words = [level_word(level) for level in matrix.index]
    return matrix.set_axis(words, axis=0).set_axis(words, axis=1)


def level_table(customers: pd.DataFrame) -> pd.DataFrame:
    """One row per level: layer, customers and their AUM in yuan.

    Parameters
    ----------
    customers : pandas.DataFrame
        level, layer, aum_avg of each customer.
    """
    if "level" not in customers:
        return pd.DataFrame()
    table = customers.groupby(["level", "layer"], observed=True).agg(
        customers=("level", "size"), aum=("aum_avg", "sum")
    )
    table = table.reset_index()
    titles = {name: localized(title) for name, title in LAYER_TITLES.items()}
    return table.assign(level=table.level.map(level_word), layer=table.layer.map(titles))


def sankey(quarters: Sequence[Moves]) -> Figure:
    """Customers flowing from level to level, those who stayed among them.

    Those who stay below the first level are most of all and would fill the figure: their band is cut short, and says
    how many they are.
    """
    if not quarters:
        return without_balances()
    moves = quarters[-1]
    counted = moves.matrix()
    counted.loc[OUTSIDE, OUTSIDE] = 0
    matrix = counted.astype(float)
    rest = float(matrix.to_numpy().sum()) - matrix.loc[0, 0]
    cut_short = matrix.loc[0, 0] > _MAX_STAYING * rest > 0
    matrix.loc[0, 0] = _MAX_STAYING * rest if cut_short else matrix.loc[0, 0]
    figure, axis = plt.subplots(figsize=(10, 6))
    total = max(float(matrix.to_numpy().sum()), 1.0)
    left, right = _bands(matrix.sum(axis=1), total), _bands(matrix.sum(axis=0), total)
    start, end = {k: low for k, (low, _) in left.items()}, {k: low for k, (low, _) in right.items()}
    for before in left:
        for after in right:
            share = matrix.loc[before, after] / total
            if share:
                kind = "same" if before == after else _kind(before, after)
                _ribbon(axis, (start[before], end[after]), share, KIND_COLOURS[kind])
                if cut_short and before == after == 0:
                    stayed = _("{n:,} stayed below 10k (band cut short)", n=counted.loc[0, 0])
                    middle = (start[0] + end[0] + share) / 2
                    axis.text(0.5, middle, stayed, ha="center", va="center", fontsize=9, bbox=_PLATE)
                start[before] += share
                end[after] += share
    for bands, counts, x, side in (
        (left, counted.sum(axis=1), 0.0, "right"),
        (right, counted.sum(axis=0), 1.0, "left"),
    ):
        for level, (low, high) in bands.items():
            axis.plot([x, x], [low, high], color=GREY, linewidth=6, solid_capstyle="butt")
            words = f"{level_word(level)}  {counts[level]:,.0f}"
            axis.text(x + (-0.02 if x == 0 else 0.02), (low + high) / 2, words, ha=side, va="center", fontsize=9)
    handles = [plt.Line2D([], [], color=KIND_COLOURS[k], linewidth=6, label=kind_words()[k]) for k in KINDS]
    axis.legend(handles=handles, ncols=5, loc="upper center", bbox_to_anchor=(0.5, -0.01), frameon=False, fontsize=9)
    axis.set(xlim=(-0.28, 1.28))
    axis.axis("off")
    span = f"{moves.begin} – {moves.end}"
    axis.set_title(_("Moves between levels, {span}", span=span), loc="left")
    return finished(figure)


def _bands(counts: pd.Series, total: float) -> dict[int, tuple[float, float]]:
    low, bands = 0.0, {}
    for level, count in counts[counts > 0].items():
        bands[int(str(level))] = (low, low + count / total)
        low += max(count / total, _MIN_HEIGHT) + _GAP
    return bands


def _kind(before: int, after: int) -> str:
    if before == OUTSIDE:
        return "joined"
    if after == OUTSIDE:
        return "closed"
    return "up" if after > before else "down"


def _ribbon(axis: Axes, ends: tuple[float, float], width: float, colour: str) -> None:
    a, b = ends
    points = [(0, a), (0.5, a), (0.5, b), (1, b), (1, b + width), (0.5, b + width), (0.5, a + width), (0, a + width)]
    codes = [Path.MOVETO, *[Path.CURVE4] * 3, Path.LINETO, *[Path.CURVE4] * 3]
    axis.add_patch(PathPatch(Path(points, codes), facecolor=colour, alpha=0.55, linewidth=0))


def growth(quarters: Sequence[Moves]) -> Figure:
    """Growth and loss of AUM by quarter: what new customers brought, who rose, stayed, fell and left."""
    if not quarters:
        return without_balances()
    tables = {str(moves.end): moves.decomposed().set_index("kind").change for moves in quarters}
    figure, axis = plt.subplots(figsize=(10, 4.2), layout="constrained")
    position = np.arange(len(tables))
    above, below = np.zeros(len(tables)), np.zeros(len(tables))
    for kind in KINDS:
        change = np.array([float(table[kind]) for table in tables.values()]) / 10_000
        bottom = np.where(change >= 0, above, below)
        axis.bar(position, change, 0.6, bottom=bottom, color=KIND_COLOURS[kind], label=kind_words()[kind])
        above, below = above + change.clip(min=0), below + change.clip(max=0)
    axis.plot(position, above + below, "o", color="black", label=pgettext("total", "in all"))
    axis.use_sticky_edges = False  # a bar of nothing would hold the axis to its end and cut the margin off
    axis.axhline(0, color=GREY, linewidth=1)
    axis.set_xticks(position, [_("quarter to {end}", end=end) for end in tables])
    axis.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axis.set_ylabel(_("change of AUM, 10,000 yuan"))
    axis.set_title(_("Growth and loss taken apart"), loc="left")
    axis.grid(visible=False, axis="x")
    figure.legend(ncols=6, loc="outside lower center", frameon=False, fontsize=9)
    return finished(figure)


def lorenz_curve(aum: pd.Series) -> Figure:
    """The Lorenz curve of AUM, with the figures that the bank reports.

    Parameters
    ----------
    aum : pandas.Series
        Average daily AUM of each customer, yuan.
    """
    if aum.empty:
        return without_balances()
    curve, shares = lorenz(aum), concentration(aum)
    figure, axis = plt.subplots(figsize=(7, 4.8))
    axis.plot(curve.customer_share, curve.aum_share, color=BLUE, linewidth=2.2)
    axis.fill_between(curve.customer_share, curve.aum_share, curve.customer_share, color=BLUE, alpha=0.08)
    axis.plot([0, 1], [0, 1], color=GREY, linestyle="--", linewidth=1)
    figures = (
        _("Gini {gini:.3f}", gini=shares.gini),
        _("top 10%: {top_tenth_share:.1%} of AUM", top_tenth_share=shares.top_tenth_share),
        _(
            "40,000 yuan and more: {customer_share_40k:.2%} of customers, {aum_share_40k:.2%} of AUM",
            customer_share_40k=shares.customer_share_40k,
            aum_share_40k=shares.aum_share_40k,
        ),
        _(
            "long tail: {longtail_customer_share:.1%} of customers, {longtail_aum_share:.1%} of AUM",
            longtail_customer_share=shares.longtail_customer_share,
            longtail_aum_share=shares.longtail_aum_share,
        ),
    )
    axis.text(0.03, 0.96, "\n".join(figures), va="top", fontsize=9, linespacing=1.6)
    axis.xaxis.set_major_formatter(PercentFormatter(1))
    axis.yaxis.set_major_formatter(PercentFormatter(1))
    axis.set(xlim=(0, 1), ylim=(0, 1.01))
    axis.set_xlabel(_("customers, poorest first"))
    axis.set_ylabel(_("share of AUM"))
    axis.set_title(_("Lorenz curve of AUM"), loc="left")
    return finished(figure)


def tag_table(customers: pd.DataFrame, catalogue: Catalogue) -> pd.DataFrame:
    """One row per tag: names of its set and of the tag, customers and their share."""
    sets = [localized(tag_set.title) for tag_set in catalogue.sets for _tag in tag_set.tags]
    tags = [localized(tag.title) for tag_set in catalogue.sets for tag in tag_set.tags]
    return tag_counts(customers, catalogue).assign(set=sets, tag=tags)


def sleeping_table(customers: pd.DataFrame, catalogue: Catalogue) -> pd.DataFrame:
    """The definitions of sleeping and lost side by side, with the share of each that the others match too."""
    titles = {tag.name: localized(tag.title) for tag in definitions(catalogue).tags}
    also = {f"also_{name}": _("also: {title}", title=title) for name, title in titles.items()}
    shown = side_by_side(customers, catalogue).replace({"name": titles})
    return shown.rename(columns={**also, "name": pgettext("column", "definition")})
