"""The rules in ``pipelines/grid.yaml``."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from goldmine.core.i18n import _
from goldmine.core.placeholders import BankSettings
from goldmine.core.settings import SettingsModel, read_yaml, typed
from goldmine.core.workspace import home
from goldmine.coverage.rules import Role

Identity = Literal["farmer", "worker", "public_servant", "merchant", "student", "retired", "migrant", "other"]


class VisitorRules(SettingsModel):
    """Who visits, and how many customers one person can.

    Parameters
    ----------
    roles : list of str
        Roles that may be a grid's visitor.
    max_customers : int
        Maximum number of customers in the grids of one visitor.
    """

    roles: list[Role] = Field(min_length=1)
    max_customers: int = Field(ge=1)


class VisitRules(SettingsModel):
    """Whom a visit is worth more than a call.

    Parameters
    ----------
    rest_days : int
        Days after a meeting in which a household is left alone.
    minutes : int
        Minutes that a visit takes.
    yuan_per_minute, call_yuan : float
        What a visitor's minute and a call cost.
    prior_contacts : float
        Contacts at the bank's own rate that are added to a customer's history of being reached.
    effect_over_call : float
        How many times as much a meeting brings about as a call that was answered; the bank's own measurement, if any.
    care_rate : float
        Yuan that a call earns for each yuan of assets of a household that nobody spoke to for `care_days`.
    care_days : int
        Those days.
    min_gain : float
        Yuan by which a visit must be worth more than a call.
    """

    rest_days: int = Field(ge=0)
    minutes: int = Field(ge=1, le=240)
    yuan_per_minute: float = Field(ge=0, allow_inf_nan=False)
    call_yuan: float = Field(ge=0, allow_inf_nan=False)
    prior_contacts: float = Field(gt=0, allow_inf_nan=False)
    effect_over_call: float = Field(gt=0, allow_inf_nan=False)
    care_rate: float = Field(ge=0, le=1)
    care_days: int = Field(ge=1)
    min_gain: float = Field(ge=0, allow_inf_nan=False)


Clock = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]


def minutes_of(clock: str) -> int:
    """Minutes since midnight of a time such as ``08:30``.

    Examples
    --------
    >>> minutes_of("08:30")
    510
    """
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


class RouteRules(SettingsModel):
    """How a visitor's week is planned.

    Parameters
    ----------
    days : int
        Working days of a plan.
    starts, ends : str
        The visitor leaves the branch no sooner and is back by then.
    lunch_from, lunch_to : str
        The visitor is at the branch then.
    windows : dict of str to list of str
        By identity of the customer: hours in which they can be met, if not all day.
    speed_kmh, detour : float
        Speed on the road, and how much longer a road is than the straight line.
    between_minutes : int
        Minutes between two households of one grid.
    yuan_per_km : float
        What a kilometre costs.
    most_stops : int
        Households that are considered for a visitor's plan, the best ones.
    iterations : int
        Iterations of the search.
    """

    days: int = Field(ge=1, le=7)
    starts: Clock
    ends: Clock
    lunch_from: Clock
    lunch_to: Clock
    windows: dict[Identity, Annotated[list[Clock], Field(min_length=2, max_length=2)]] = {}
    speed_kmh: float = Field(gt=0, le=120)
    detour: float = Field(ge=1, le=3)
    between_minutes: int = Field(ge=0, le=60)
    yuan_per_km: float = Field(ge=0, allow_inf_nan=False)
    most_stops: int = Field(ge=1, le=1000)
    iterations: int = Field(ge=1)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        clocks = [minutes_of(clock) for clock in (self.starts, self.lunch_from, self.lunch_to, self.ends)]
        if clocks != sorted(set(clocks)):
            raise ValueError(_("starts, lunch_from, lunch_to and ends must follow each other"))
        if wrong := [name for name, (first, last) in self.windows.items() if minutes_of(first) >= minutes_of(last)]:
            raise ValueError(_("windows: {name} ends before it begins", name=wrong[0]))
        return self

    @property
    def halves(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """Morning and afternoon, from and to, in seconds since midnight."""
        first, noon, after, last = (
            minutes_of(clock) * 60 for clock in (self.starts, self.lunch_from, self.lunch_to, self.ends)
        )
        return (first, noon), (after, last)


class GridRules(BankSettings):
    """The rules of field work.

    Parameters
    ----------
    visitors : VisitorRules
        Who visits.
    visits : VisitRules
        Whom a visit is worth more than a call.
    routes : RouteRules
        How a week is planned.
    """

    visitors: VisitorRules
    visits: VisitRules
    routes: RouteRules


def load_grid_rules() -> GridRules:
    """The rules of the work project.

    Raises
    ------
    SettingsError
        If a key is unknown, missing or of the wrong type.
    """
    return typed(GridRules, read_yaml(home() / "pipelines" / "grid.yaml"), "grid.yaml")
