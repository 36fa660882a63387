"""Figures of field work: visitors' loads, cards by age and village, and the villages' progress with credit."""

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from goldmine.core.columns import column
from goldmine.grid.one_grid import OneGrid
from goldmine.grid.workbook import FINDING_TEXTS
from goldmine.plots.style import (
    BLUE,
    GOLD,
    GREY,
    RED,
    ExactPercent,
    _,
    finished,
    language,
    localized,
    name_rows,
    pgettext,
    row_inches,
)

_VILLAGES = 20
"""Villages of a figure at most, so that their names can be read."""


def finding_table(grid: OneGrid) -> pd.DataFrame:
    """What is wrong in the grid and how often."""
    rows = [(localized(text), grid.findings[name]) for name, text in FINDING_TEXTS.items()]
    return pd.DataFrame(rows, columns=[pgettext("column", "finding"), pgettext("column", "count")])


def visitor_loads(loads: pd.DataFrame) -> Figure:
    """Customers of each visitor, in the books and as proposed, the most loaded first."""
    rows = loads.sort_values("customers", ascending=False).reset_index(drop=True)
    figure, axis = plt.subplots(figsize=(8, 3.2))
    axis.bar(rows.index, rows["customers"], color=GREY, label=_("in the books"))
    axis.plot(rows.index, rows["proposed_customers"], "o", color=BLUE, markersize=4, label=_("as proposed"))
    axis.set_xticks([])
    axis.set_xlabel(_("visitors, the most loaded first"))
    axis.set_ylabel(_("customers"))
    axis.set_title(_("How many customers a visitor has"), loc="left")
    axis.legend(loc="upper left", bbox_to_anchor=(1, 1))
    return finished(figure)


def cards_by_age(rows: pd.DataFrame) -> Figure:
    """Share of residents with a card, with an active one, and with one in use, by age."""
    order = list(column("age").words)
    known = rows["age"].isin(order)
    rows = pd.concat([rows[known].sort_values("age", key=lambda ages: ages.map(order.index)), rows[~known]])
    ages = [
        *column("age").in_words(rows["age"][rows["age"].isin(order)], language()),
        *[_("not known")] * (~known).sum(),
    ]
    figure, axis = plt.subplots(figsize=(9.5, 3.4))
    parts = {"card_holders": (_("have a card"), GREY), "active_cards": (_("activated"), GOLD)}
    parts["used_cards"] = _("in use"), BLUE
    for index, (name, (label, colour)) in enumerate(parts.items()):
        share = rows[name] / rows["residents"].clip(lower=1)
        axis.bar(np.arange(len(rows)) + (index - 1) * 0.27, share, width=0.25, color=colour, label=label)
    axis.set_xticks(range(len(rows)), ages)
    axis.yaxis.set_major_formatter(ExactPercent(1))
    axis.set_ylim(0, 1)
    axis.set_title(_("Social security cards by age"), loc="left")
    axis.grid(visible=False, axis="x")
    axis.legend(loc="upper left", bbox_to_anchor=(1, 1))
    return finished(figure)


def village_progress(villages: pd.DataFrame, names: dict[str, str]) -> Figure:
    """Households on the roll, beyond the cap and not on it, by village, those with most households first.

    Parameters
    ----------
    villages : pandas.DataFrame
        From `goldmine.grid.village_credit.make_village_credit`.
    names : dict of str to str
        Of the grids.
    """
    rows = villages.sort_values("banked_households", ascending=False).head(_VILLAGES)
    titles = [names.get(grid, grid) for grid in rows["grid_id"]]
    figure, axis = plt.subplots(figsize=(9, 1 + len(rows) * row_inches(titles)))
    left = np.zeros(len(rows))
    for name, label, colour in (
        ("listed_households", _("on the roll"), BLUE),
        ("waiting_households", _("beyond the village's cap"), RED),
        ("refused_households", _("not on the roll"), GREY),
    ):
        axis.barh(range(len(rows)), rows[name], left=left, color=colour, label=label)
        left = left + rows[name].to_numpy()
    name_rows(axis, titles)
    axis.set_xlabel(_("households"))
    axis.set_title(_("Whole-village credit, by village"), loc="left")
    axis.grid(visible=False, axis="y")
    axis.legend(loc="upper left", bbox_to_anchor=(1, 1))
    return finished(figure)
