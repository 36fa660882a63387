"""A week's plan for every visitor: routes over the households that are worth a visit."""

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from goldmine.contract.bank import Bank
from goldmine.contract.display_names import DisplayNames, display_names
from goldmine.core.audit.log import AuditLog, system_user
from goldmine.core.engine import connect
from goldmine.core.errors import HistoryError, ParameterError
from goldmine.core.file_names import file_names
from goldmine.core.i18n import _
from goldmine.core.progress import track
from goldmine.core.seals import sealed_file
from goldmine.core.workspace import Workspace
from goldmine.grid.route import RoutePlan, Stops, plan_route
from goldmine.grid.rules import GridRules
from goldmine.grid.still_to_visit import still_to_visit
from goldmine.grid.travel import Places, Travel, read_places
from goldmine.grid.visit_list import visits_path
from goldmine.grid.workbook import write_sheets

COLUMNS = (
    *("branch_id", "visitor_id", "on_day", "visit_order", "arrive_at", "leave_at", "grid_id", "customer_id", "members"),
    *("visit_reason", "household_aum", "visit_yuan", "last_met_on"),
)
"""Columns of a plan."""
FORM = ("visited_on", "visit_result", "fact_property", "fact_tax", "fact_provident_fund")
"""Columns that the visitor fills in."""


@dataclass(frozen=True)
class Week:
    """The plans of a week.

    Parameters
    ----------
    path : Path
        Parquet with the visits of all visitors: `COLUMNS`.
    visits : pandas.DataFrame
        Those that were planned now.
    visitors : pandas.DataFrame
        visitor_id, branch_id, candidates, planned, kilometres, hours, net_yuan.
    unplaced : int
        Households on visit lists whose grid or branch has no coordinates.
    places, names : Places, DisplayNames
        Where grids and branches are, and their names.
    of_one : bool
        Only one visitor's plan was asked for.
    left_out : int
        Households on visit lists that are not planned again, see `still_to_visit`.
    """

    path: Path
    visits: pd.DataFrame
    visitors: pd.DataFrame
    unplaced: int
    places: Places
    names: DisplayNames
    of_one: bool = False
    left_out: int = 0


def week_folder(work: Workspace, as_of: date) -> Path:
    """Where the plans made from a month end's visit list are."""
    return work.root / "grid" / "routes" / str(as_of)


def working_days(first: date, number: int) -> list[date]:
    """So many days from a day on, without Saturdays and Sundays.

    Examples
    --------
    >>> [day.day for day in working_days(date(2024, 7, 5), 3)]
    [5, 8, 9]
    """
    days = (first + timedelta(days=ahead) for ahead in range(number * 3 + 3))
    return [day for day in days if day.weekday() < 5][:number]


@dataclass(frozen=True)
class WeekRequest:
    """What is to be planned.

    Parameters
    ----------
    first : date
        First day of the plan.
    matrix : pandas.DataFrame, optional
        Ways by road, from `goldmine.grid.travel.read_matrix`.
    visitor : str
        Only this visitor's plan; empty for all.
    """

    first: date
    matrix: pd.DataFrame | None = None
    visitor: str = ""


def plan_week(bank: Bank, work: Workspace, as_of: date, rules: GridRules, wanted: WeekRequest) -> Week:
    """Plan the routes of all visitors, or of one, and store them; stored plans of other visitors are kept.

    Raises
    ------
    HistoryError
        If there is no visit list of that month end.
    ContractError
        If there are no places, or their coordinates cannot be right.
    ParameterError
        If the visitor has no household on the list.
    """
    places = read_places(bank)
    listed = _listed(bank, work, as_of)
    if wanted.visitor and wanted.visitor not in set(listed["visitor_id"]):
        raise ParameterError(
            _("routes: no household on the visit list is of that visitor."),
            _("Give a visitor_id that the visit list names."),
        )
    if wanted.visitor:
        listed = listed[listed["visitor_id"] == wanted.visitor]
    asked, listed = len(listed), still_to_visit(bank, work, as_of, listed)
    branches = listed["branch_id"].isin(list(places.branches))
    known = branches & listed["grid_id"].isin(list(places.grids))
    travel, days = Travel(rules.routes, wanted.matrix), working_days(wanted.first, rules.routes.days)
    parts, totals = [], []
    groups = list(listed[known].groupby("visitor_id", sort=True))
    for number, rows in track(groups, "routes by visitor"):
        branch = rows["branch_id"].mode().iloc[0]
        best = rows.nlargest(rules.routes.most_stops, "visit_yuan").reset_index(drop=True)
        best["gain_yuan"] = best["visit_yuan"] + rules.visits.minutes * rules.visits.yuan_per_minute
        where = np.array([places.branches[branch], *(places.grids[grid] for grid in best["grid_id"])])
        plan = plan_route(Stops(best, where, branch), travel, rules.visits)
        parts.append(_as_rows(best, plan, days))
        totals.append((number, branch, len(rows), len(plan.visits), plan))
    visits = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(COLUMNS))
    path = week_folder(work, as_of) / "week.parquet"
    with sealed_file(path) as temporary:
        _with_others(visits, path, wanted.visitor).to_parquet(temporary, index=False)
    details = {"rows": len(visits)}
    AuditLog.of_bank(bank.name).append("download", who=system_user(), subject=f"routes:{as_of}", details=details)
    unplaced, left_out = int((~known).sum()), asked - len(listed)
    return Week(path, visits, _totals(totals), unplaced, places, display_names(bank), bool(wanted.visitor), left_out)


def _with_others(visits: pd.DataFrame, path: Path, visitor: str) -> pd.DataFrame:
    """Visits of one visitor with the stored ones of the others; those of all visitors as they are."""
    if not visitor or not path.exists():
        return visits
    stored = pd.read_parquet(path)
    return pd.concat([stored[stored["visitor_id"] != visitor], visits], ignore_index=True)


def _listed(bank: Bank, work: Workspace, as_of: date) -> pd.DataFrame:
    path = visits_path(work, as_of)
    if not path.exists():
        raise HistoryError(
            _("routes: there is no visit list of {day}.", day=as_of),
            _("Run `goldmine visits --as-of {day}` first.", day=as_of),
        )
    customers = bank.read(connect(), "customers").select("customer_id", "identity").distinct(on="customer_id")
    return pd.read_parquet(path).merge(customers.to_pandas(), on="customer_id", how="left")


def _as_rows(stops: pd.DataFrame, plan: RoutePlan, days: list[date]) -> pd.DataFrame:
    visits = plan.visits
    rows = stops.iloc[visits["stop"].to_numpy(dtype=int)].reset_index(drop=True)
    rows["on_day"] = [days[day - 1] for day in visits["day"]]
    rows["visit_order"] = visits["visit_order"]
    for name in ("arrive", "leave"):
        rows[f"{name}_at"] = [f"{seconds // 3600:02}:{seconds % 3600 // 60:02}" for seconds in visits[name]]
    return rows[list(COLUMNS)]


def _totals(totals: list[tuple[str, str, int, int, RoutePlan]]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            (visitor, branch, candidates, planned, plan.metres / 1000, plan.seconds / 3600, plan.net_yuan)
            for visitor, branch, candidates, planned, plan in totals
        ],
        columns=["visitor_id", "branch_id", "candidates", "planned", "kilometres", "hours", "net_yuan"],
    )


def write_week(folder: Path, week: Week, as_of: date, language: str) -> list[Path]:
    """A workbook a visitor with the visits in their order, and unless one alone was planned one of all totals."""
    village = week.names.by_table.get("grids", {})
    rows = week.visits.assign(grid_name=week.visits["grid_id"].map(village))
    layout = [*COLUMNS[1:7], "grid_name", *COLUMNS[7:], *FORM]
    look = (week.names, language)
    written = []
    totals = ["branch_id", "visitor_id", "candidates", "planned", "kilometres", "hours", "net_yuan"]
    title = _("Routes of the week")
    if not week.of_one:
        sheets = {_("Visitors"): (week.visitors, totals)}
        written.append(write_sheets(folder / "all visitors.xlsx", title, as_of, sheets, look))
    for visitor, name in file_names(week.visitors["visitor_id"]).items():
        own = rows[rows["visitor_id"] == visitor]
        written.append(write_sheets(folder / f"{name}.xlsx", title, as_of, {_("Route"): (own, layout)}, look))
    return written
