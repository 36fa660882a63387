"""The picture of a visitor's week: the branch, the villages and each day's way, without a map from the network."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from goldmine.core.files import whole_file
from goldmine.grid.travel import Places
from goldmine.grid.week import Week
from goldmine.plots.style import BLUE, GOLD, GREEN, GREY, RED, VIOLET, _, finished

_DAY_COLOURS = (BLUE, GOLD, GREEN, RED, VIOLET, GREY)
_SPREAD = 0.0022
"""Degrees by which households of one village are drawn apart: the bank knows the village's place only."""


def route_map(week: Week, visitor: str) -> Figure:
    """One visitor's week: a colour a day, numbers in the order of the visits, north at the top."""
    rows = week.visits[week.visits["visitor_id"] == visitor]
    total = week.visitors.set_index("visitor_id").loc[visitor]
    branch = week.places.branches[total["branch_id"]]
    figure, axis = plt.subplots(figsize=(9, 8), layout="constrained")
    _villages(axis, week.places, rows, week.names.by_table.get("grids", {}))
    for number, (day, visits) in enumerate(rows.groupby("on_day")):
        colour = _DAY_COLOURS[number % len(_DAY_COLOURS)]
        where = _apart(week.places, visits, number)
        morning = (visits["arrive_at"] < "12:30").to_numpy()
        for half in (morning, ~morning):
            if half.any():
                way = np.vstack([branch, where[half], branch])
                axis.plot(way[:, 1], way[:, 0], color=colour, linewidth=1.2, alpha=0.8)
        axis.scatter(where[:, 1], where[:, 0], color=colour, s=70, zorder=3, label=f"{day:%m-%d} ({len(visits)})")
        for (latitude, longitude), order in zip(where, visits["visit_order"], strict=True):
            axis.text(longitude, latitude, str(order), color="white", fontsize=6, ha="center", va="center", zorder=4)
    axis.scatter(branch[1], branch[0], marker="s", s=120, color="black", zorder=5, label=_("branch"))
    axis.set_aspect(1 / np.cos(np.radians(branch[0])))
    axis.set_axis_off()
    axis.set_title(
        _("{visitor}: {visits} visits, {kilometres} km, {hours} hours", visitor=visitor, visits=len(rows),
          kilometres=f"{total['kilometres']:,.0f}", hours=f"{total['hours']:,.1f}"), loc="left")  # fmt: skip
    axis.legend(loc="upper right", fontsize=8)
    return finished(figure)


def _villages(axis: plt.Axes, places: Places, rows: pd.DataFrame, names: Mapping[str, str]) -> None:
    for grid in sorted(set(rows["grid_id"])):
        latitude, longitude = places.grids[grid]
        axis.scatter(longitude, latitude, s=900, color=GREY, alpha=0.15, linewidth=0)
        axis.text(longitude, latitude - 2.4 * _SPREAD, names.get(grid, grid), fontsize=8, color=GREY, ha="center")


def _apart(places: Places, visits: pd.DataFrame, day: int) -> np.ndarray:
    """Places of the visits, those of one village around its centre."""
    turn = visits.groupby("grid_id").cumcount().to_numpy()
    angle = turn * 2.4 + day
    radius = _SPREAD * np.sqrt(turn + 0.5)
    centre = np.array([places.grids[grid] for grid in visits["grid_id"]]).reshape(-1, 2)
    return centre + np.column_stack([np.sin(angle), np.cos(angle)]) * radius[:, None]


def write_route_map(path: Path, week: Week, visitor: str) -> Path:
    """Store the picture as SVG, which opens in any browser without a network."""
    with whole_file(path) as temporary:
        route_map(week, visitor).savefig(temporary, format="svg", metadata={"Date": None})
    return path
