"""One visitor's plan: which households, on which half-day, in which order; a prize-collecting problem for PyVRP."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyvrp import Client, Depot, Location, ProblemData, Route, VehicleType, solve
from pyvrp.stop import MaxIterations, MultipleCriteria, NoImprovement

from goldmine.grid.rules import RouteRules, VisitRules, minutes_of
from goldmine.grid.travel import Travel

UNITS = 10_000
"""PyVRP counts in whole numbers: a yuan is so many of its units, so that a metre and a second have a cost too."""
_PATIENCE = 3
"""The search stops early after a third of its iterations without a better plan."""


@dataclass(frozen=True)
class Stops:
    """What a plan may visit.

    Parameters
    ----------
    rows : pandas.DataFrame
        grid_id, gain_yuan (what a visit earns before the time in the household and on the way is paid), identity; a row
        a household.
    where : array (households + 1, 2)
        Latitude and longitude in degrees; the first is the branch.
    branch_id : str
        The branch.
    """

    rows: pd.DataFrame
    where: NDArray
    branch_id: str


@dataclass(frozen=True)
class RoutePlan:
    """A plan.

    Parameters
    ----------
    visits : pandas.DataFrame
        stop (row of the stops), day (from 1), visit_order (from 1 on each day), arrive, leave (seconds since midnight).
    metres, seconds : int
        On the way and with customers, back at the branch for lunch and in the evening.
    net_yuan : float
        What the visits earn less time and kilometres.
    """

    visits: pd.DataFrame
    metres: int
    seconds: int
    net_yuan: float


def plan_route(stops: Stops, travel: Travel, visits: VisitRules, *, seed: int = 1) -> RoutePlan:
    """The plan that earns most: not every household fits, and one whose visit does not pay for its way stays out.

    Each half-day is a vehicle of its own from the branch and back to it, so that lunch is at the branch. The same
    inputs give the same plan.
    """
    rules = travel.rules
    if stops.rows.empty:
        return RoutePlan(_no_visits(), 0, 0, 0.0)
    data = _problem(stops, travel, visits)
    patience = max(1, rules.iterations // _PATIENCE)
    stop = MultipleCriteria([MaxIterations(rules.iterations), NoImprovement(patience)])
    best = solve(data, stop, seed=seed, collect_stats=False).best
    routes, gains = list(best.routes()), stops.rows["gain_yuan"].to_numpy(dtype=float)
    rows: list[tuple[int, int, int, int]] = []
    for half in range(len(rules.halves)):
        own = [_steps(route) for route in routes if route.vehicle_type() % len(rules.halves) == half]
        # The days of a week are alike: the best half-days come first, so that a week cut short loses least.
        own.sort(key=lambda steps: -sum(gains[stop] for stop, _arrive, _leave in steps))
        rows += [(stop, day, arrive, leave) for day, steps in enumerate(own, start=1) for stop, arrive, leave in steps]
    metres = sum(route.distance() for route in routes)
    seconds = sum(route.duration() for route in routes)
    frame = pd.DataFrame(rows, columns=["stop", "day", "arrive", "leave"]).sort_values(["day", "arrive"])
    frame["visit_order"] = frame.groupby("day").cumcount() + 1
    earned = float(gains[frame["stop"].to_numpy(dtype=int)].sum())
    cost = seconds / 60 * visits.yuan_per_minute + metres / 1000 * rules.yuan_per_km
    return RoutePlan(frame.reset_index(drop=True)[list(_VISIT_COLUMNS)], metres, seconds, round(earned - cost, 2))


def _steps(route: Route) -> list[tuple[int, int, int]]:
    """Stop, arrival and departure of a route's visits."""
    return [(step.idx, step.start_time, step.end_time) for step in route.schedule() if step.is_client()]


_VISIT_COLUMNS = ("stop", "day", "visit_order", "arrive", "leave")


def _no_visits() -> pd.DataFrame:
    return pd.DataFrame({name: np.zeros(0, dtype=np.int64) for name in _VISIT_COLUMNS})


def _problem(stops: Stops, travel: Travel, visits: VisitRules) -> ProblemData:
    rules = travel.rules
    numbers = [stops.branch_id, *stops.rows["grid_id"]]
    metres, seconds = travel.between(numbers, stops.where)
    service = visits.minutes * 60
    clients = []
    for place, (gain, identity) in enumerate(
        zip(stops.rows["gain_yuan"], stops.rows["identity"], strict=True), start=1
    ):
        first, last = _window(identity, rules)
        clients.append(
            Client(
                place,
                service_duration=service,
                tw_early=first,
                tw_late=max(first, last - service),
                prize=max(0, round(gain * UNITS)),
                required=False,
            )
        )
    vehicles = [
        VehicleType(
            tw_early=first,
            tw_late=last,
            unit_distance_cost=round(rules.yuan_per_km * UNITS / 1000),
            unit_duration_cost=round(visits.yuan_per_minute * UNITS / 60),
        )
        for _day in range(rules.days)
        for first, last in rules.halves
    ]
    places = [Location(float(y), float(x)) for x, y in stops.where]
    # PyVRP's stubs name the element type where NumPy's have the shape.
    matrices: Any = ([metres], [seconds])
    return ProblemData(places, clients, [Depot(0)], vehicles, *matrices)


def _window(identity: str | None, rules: RouteRules) -> tuple[int, int]:
    """When a customer can be met, in seconds since midnight."""
    hours = rules.windows.get(identity) if identity else None  # type: ignore[call-overload]
    first, last = hours or (rules.starts, rules.ends)
    return minutes_of(first) * 60, minutes_of(last) * 60
