"""Figures of the graph of customers: ties, communities, the groups of prospects, and how look-alikes were evaluated."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator
from pandas.io.formats.style import Styler

from goldmine.core.columns import column, columns
from goldmine.plots.notebook_tables import show_table
from goldmine.plots.style import BLUE, GOLD, GREY, _, finished, language, pgettext, row_inches


def ties_by_kind(counts: Mapping[str, int]) -> Figure:
    """How many ties of each kind there are, the most first."""
    rows = sorted(counts.items(), key=lambda row: row[1])
    names = column("main_tie").in_words([kind for kind, _ties in rows], language())
    figure, axis = plt.subplots(figsize=(8, 1 + len(names) * row_inches(names)))
    axis.barh(names, [ties for _kind, ties in rows], color=BLUE)
    axis.set_xlabel(_("ties"))
    axis.set_title(_("What ties customers to each other and to groups"), loc="left")
    axis.grid(visible=False, axis="y")
    return finished(figure)


def resolution_stability(stability: pd.DataFrame, chosen: float) -> Figure:
    """How well runs from different seeds agree by resolution; the chosen one in gold.

    Parameters
    ----------
    stability : pandas.DataFrame
        resolution, agreement.
    chosen : float
        The resolution that was taken.
    """
    figure, axis = plt.subplots(figsize=(7, 3.6))
    place = np.arange(len(stability))
    colours = np.where(np.isclose(stability["resolution"].to_numpy(dtype=float), chosen), GOLD, BLUE)
    axis.bar(place, stability["agreement"], color=colours)
    every = len(stability) // 6 + 1
    axis.set_xticks(place[::every], [f"{value:,.0f}" for value in stability["resolution"][::every]])
    axis.set_ylim(0, 1.05)
    axis.set_xlabel(_("resolution"))
    axis.set_ylabel(_("agreement (adjusted Rand index)"))
    axis.set_title(_("At which resolution communities are stable"), loc="left")
    return finished(figure)


def community_sizes(communities: pd.DataFrame) -> Figure:
    """How many communities there are of each size."""
    figure, axis = plt.subplots(figsize=(7, 3.6))
    sizes = communities["customers"].to_numpy(dtype=float)
    edges = np.geomspace(2, max(sizes.max(initial=2), 4), 25)
    axis.hist(sizes, bins=edges.tolist(), color=BLUE)
    axis.set_xscale("log")
    round_sizes = np.outer(10.0 ** np.arange(7), [2, 5, 10]).ravel()
    shown = round_sizes[round_sizes <= edges[-1]]
    shown = shown[:: len(shown) // 8 + 1]
    axis.set_xticks(shown, [f"{size:,.0f}" for size in shown])
    axis.xaxis.set_minor_locator(NullLocator())
    axis.set_xlabel(_("customers of a community"))
    axis.set_ylabel(_("communities"))
    axis.set_title(_("How large the communities are"), loc="left")
    return finished(figure)


def lookalike_lift(rankers: pd.DataFrame) -> Figure:
    """Lift of the listed by the model, by look-alikes, and of those whom the look-alikes alone list.

    Parameters
    ----------
    rankers : pandas.DataFrame
        From `goldmine.customers.graph.lookalikes`; empty where they were not evaluated.
    """
    lift = rankers.set_index("ranker").reindex(["model", "lookalikes"])
    names = [_("model"), _("look-alikes"), _("look-alikes that the model does not list"), _("random")]
    values = [*lift["lift"], lift["others_lift"].iloc[1], 1.0]
    figure, axis = plt.subplots(figsize=(8, 1 + len(names) * row_inches(names)))
    axis.barh(names[::-1], np.nan_to_num(np.array(values, dtype=float))[::-1], color=[GREY, GOLD, GOLD, BLUE])
    axis.axvline(1, color=GREY, linestyle=":", linewidth=1.5)
    axis.set_xlabel(_("lift over random"))
    axis.set_title(_("The best tenth of a quarter that was held out"), loc="left")
    axis.grid(visible=False, axis="y")
    return finished(figure)


def worded_table(table: pd.DataFrame) -> Styler:
    """A table of groups or communities under the headings of people's files, with words for its codes."""
    layout = columns(table.columns)
    worded = table.assign(**{entry.name: entry.in_words(table[entry.name], language()) for entry in layout})
    heads = {entry.name: entry.heading(language()) for entry in layout}
    shares = {heads[entry.name]: "{:.1%}" for entry in layout if entry.format == "percent"}
    return show_table(worded.rename(columns=heads), shares)


def ranker_table(rankers: pd.DataFrame) -> pd.DataFrame:
    """One row per way of ranking: listed, converted, lift, and those whom the model does not list."""
    words = {"model": _("model"), "lookalikes": _("look-alikes")}
    return pd.DataFrame(
        {
            pgettext("column", "ranked by"): rankers["ranker"].map(words),
            pgettext("column", "listed"): rankers["listed"],
            pgettext("column", "converted"): rankers["converted"],
            pgettext("column", "lift"): rankers["lift"],
            pgettext("column", "not listed by the model"): rankers["others"],
            pgettext("column", "lift of these"): rankers["others_lift"],
        }
    )
