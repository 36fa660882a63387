"""Figures and tables of households: how many members bank here, what they hold together."""

from collections.abc import Iterable

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from goldmine.customers.ladder import LAYER_TITLES, layer_of, level_of
from goldmine.plots.style import BLUE, GOLD, GREY, ExactPercent, _, finished, localized, pgettext

_MANY = 5
"""From so many members on, households are drawn as one bar."""


def household_sizes(households: pd.DataFrame) -> Figure:
    """Households by the number of their members.

    Parameters
    ----------
    households : pandas.DataFrame
        From `goldmine.identity.household_table.read_households`, a row a customer.
    """
    sizes = _heads(households)["size"]
    counts = sizes.value_counts().reindex(_sizes(sizes), fill_value=0)
    figure, axis = plt.subplots(figsize=(8, 3.2))
    bars = axis.bar(_size_names(counts.index), counts.to_list(), color=BLUE)
    axis.bar_label(bars, [f"{count:,}" for count in counts], padding=2)
    axis.set_xlabel(_("members who bank here"))
    axis.set_ylabel(_("households"))
    axis.yaxis.set_major_locator(MaxNLocator(integer=True))
    axis.margins(y=0.15)
    axis.grid(visible=False, axis="x")
    axis.set_title(_("Households by members"), loc="left")
    return finished(figure)


def layer_table(households: pd.DataFrame) -> pd.DataFrame:
    """One row a layer: customers by their own month-end AUM, households by that of all members.

    The last column counts the households none of whose members stands there alone. Empty without balances.
    """
    heads = _heads(households)
    if heads.empty or heads["household_aum"].isna().any():
        return pd.DataFrame()
    best = households.groupby("household_id")["customer_aum"].max()
    alone = _layers(heads["household_id"].map(best))
    together, own = _layers(heads["household_aum"]), _layers(households["customer_aum"])
    rows = {
        name: (
            int((own == name).sum()),
            int((together == name).sum()),
            int(((together == name) & (alone != name)).sum()),
        )
        for name in LAYER_TITLES
    }
    columns = [
        pgettext("column", "customers"),
        pgettext("column", "households"),
        pgettext("column", "only together"),
    ]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=columns)
    table.index = pd.Index([localized(LAYER_TITLES[name]) for name in table.index], name=pgettext("column", "layer"))
    return table


def products_together(households: pd.DataFrame) -> Figure:
    """Shares of households by the classes of products that any member has, by the number of members."""
    heads = _heads(households)
    classes = heads["household_products"].fillna(0).clip(upper=3).astype(int)
    shares = pd.crosstab(heads["size"], classes, normalize="index")
    shares = shares.reindex(index=_sizes(heads["size"]), columns=range(4), fill_value=0.0)
    words = (_("none"), _("one class"), _("two classes"), _("three or more"))
    figure, axis = plt.subplots(figsize=(8, 3.4))
    left = np.zeros(len(shares))
    for number, (word, colour) in enumerate(zip(words, ("#cfcfcf", GREY, BLUE, GOLD), strict=True)):
        axis.barh(_size_names(shares.index), shares[number], left=left, color=colour, label=word)
        left += shares[number].to_numpy()
    axis.invert_yaxis()
    axis.set_xlim(0, 1)
    axis.xaxis.set_major_formatter(ExactPercent(1))
    axis.set_ylabel(_("members who bank here"))
    axis.grid(visible=False, axis="y")
    axis.set_title(_("Product classes in the household"), loc="left")
    axis.legend(loc="upper left", bbox_to_anchor=(1.01, 1))
    return finished(figure)


def _heads(households: pd.DataFrame) -> pd.DataFrame:
    heads = households[households["is_head"]]
    return heads.assign(size=heads["members"].clip(upper=_MANY))


def _sizes(sizes: pd.Series) -> range:
    """From one member to the most that a household has."""
    return range(1, int(sizes.max() if len(sizes) else 1) + 1)


def _size_names(sizes: Iterable[int]) -> list[str]:
    return [_("{n} and more", n=size) if size == _MANY else str(size) for size in sizes]


def _layers(aum: pd.Series) -> np.ndarray:
    return layer_of(level_of(aum.to_numpy()))
