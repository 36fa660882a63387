"""The rules in ``pipelines/coverage.yaml``: owner roles by level, customers per person, and contact cadence."""

from itertools import pairwise
from typing import Literal, get_args

from pydantic import Field, model_validator

from goldmine.core.errors import SettingsError
from goldmine.core.i18n import _
from goldmine.core.settings import SettingsModel, read_yaml, typed
from goldmine.core.workspace import home
from goldmine.customers.ladder import LEVELS

Role = Literal["staff", "manager", "supervisor", "branch_head", "department_head", "leader"]
ROLES: tuple[Role, ...] = get_args(Role)
"""From the lowest to the highest; a role without capacity left hands over to the role above."""


class Tier(SettingsModel):
    """Customers from a level up to the next tier's.

    Parameters
    ----------
    min_aum : int
        Yuan of average daily AUM at which the tier begins: one of the ladder's levels.
    roles : list of str
        Roles that may own the customers, the preferred one first.
    contact_every_days : int
        Maximum days between two contacts.
    core : bool
        Whether the customers are core customers, who are told the name of their owner.
    """

    min_aum: int
    roles: list[Role] = Field(min_length=1)
    contact_every_days: int = Field(ge=1, le=366)
    core: bool = False

    @property
    def level(self) -> int:
        """Index of the tier's first level on the ladder."""
        return LEVELS.index(self.min_aum)

    @property
    def roles_above(self) -> tuple[Role, ...]:
        """Roles that take over if the tier's own lack staff or capacity, the next one above first."""
        return ROLES[max(ROLES.index(role) for role in self.roles) + 1 :]


class CoverageRules(SettingsModel):
    """The rules of tiered maintenance.

    Parameters
    ----------
    tiers : list of Tier
        From the lowest to the highest; customers below the first have no owner.
    max_customers : dict of str to int
        Maximum number of customers per person, by role.
    whole_bank : list of str
        Roles that may own customers of every branch; all others only of their own branch.
    """

    tiers: list[Tier] = Field(min_length=1)
    max_customers: dict[Role, int]
    whole_bank: list[Role] = []

    @model_validator(mode="after")
    def _agrees(self) -> "CoverageRules":
        starts = [tier.min_aum for tier in self.tiers]
        if unknown := [start for start in starts if start not in LEVELS]:
            raise ValueError(_("min_aum {n} is no level of the ladder {levels}", n=unknown[0], levels=LEVELS))
        if any(lower >= upper for lower, upper in pairwise(starts)):
            raise ValueError(_("tiers are not in order: list them from the lowest min_aum to the highest, each once"))
        if any(lower.core and not upper.core for lower, upper in pairwise(self.tiers)):
            raise ValueError(_("a tier above a core tier must be core too"))
        without = sorted({role for tier in self.tiers for role in tier.roles} - set(self.max_customers))
        if without:
            raise ValueError(_("max_customers does not say how many customers a {role} may have", role=without[0]))
        if min(self.max_customers.values()) < 0:
            raise ValueError(_("max_customers must not be below zero"))
        return self

    def tier_of(self, level: int) -> int:
        """Index of the tier of a level; -1 below the first."""
        return sum(tier.level <= level for tier in self.tiers) - 1


def load_coverage_rules() -> CoverageRules:
    """Read ``pipelines/coverage.yaml``.

    Raises
    ------
    SettingsError
        If it is missing, has an unknown key, or its limits do not agree.
    """
    path = home() / "pipelines" / "coverage.yaml"
    if not path.exists():
        raise SettingsError(
            _("coverage.yaml: there is no such file in pipelines."), _("Write who looks after which level.")
        )
    return typed(CoverageRules, read_yaml(path), "coverage.yaml")
