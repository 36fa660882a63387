"""The rules in ``pipelines/village_credit.yaml``."""

from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from goldmine.core.i18n import _
from goldmine.core.placeholders import BankSettings
from goldmine.core.settings import SettingsModel, read_yaml, typed
from goldmine.core.workspace import home

PARTS = ("deposits", "land_mu", "tax", "provident_fund", "property")
Part = Literal["deposits", "land_mu", "tax", "provident_fund", "property"]
Rating = Literal["excellent", "good", "fair", "not_recommended"]
LedgerReason = Literal[
    "deceased", "frozen", "opted_out", "complaint", "litigation", "debt_collection", "do_not_call", "other"
]
_SCALE = 10_000


def _four_decimals(value: float) -> float:
    if Decimal(str(value)) * _SCALE % 1:
        raise ValueError(_("has more than four decimals"))
    return value


Factor = Annotated[float, Field(ge=0, le=100_000, allow_inf_nan=False), AfterValidator(_four_decimals)]


def ten_thousandths(factor: float) -> int:
    """A factor in ten thousandths, so that amounts are worked out in whole numbers.

    Examples
    --------
    >>> ten_thousandths(1.2)
    12000
    """
    return int(Decimal(str(factor)) * _SCALE)


class LimitRule(SettingsModel):
    """One kind of limit.

    Parameters
    ----------
    parts : dict of str to float
        What it adds up: times annual average daily deposits, yuan for each mu, times the latest fact.
    min, max : int
        Yuan: less is not worth a limit, and nobody gets more.
    """

    parts: dict[Part, Factor] = Field(min_length=1)
    min: int = Field(ge=0)
    max: int = Field(ge=0)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.min > self.max:
            raise ValueError(_("min is above max"))
        return self


class VillageRules(BankSettings):
    """How the households of a village get their limits.

    Parameters
    ----------
    ages : list of int
        Youngest and oldest age of a head, full years.
    refused_ratings : list of str
        Ratings of the committee that get nothing.
    ledger : list of str
        Reasons in the ledger of suppressions that keep a household off, if they hold for any member.
    business, consumption : LimitRule
        The two limits.
    rating_factor : dict of str to float
        What the parts' sum is multiplied by, by rating.
    credit_village_factor : float
        The same for a credit village.
    household_max : int
        Most that both limits and what the household owes add up to, yuan.
    round_to : int
        Limits are rounded down to it, yuan.
    """

    ages: list[int] = Field(min_length=2, max_length=2)
    refused_ratings: list[Rating]
    ledger: list[LedgerReason]
    business: LimitRule
    consumption: LimitRule
    rating_factor: dict[Rating, Factor]
    credit_village_factor: Factor
    household_max: int = Field(ge=0)
    round_to: int = Field(ge=1)

    @model_validator(mode="after")
    def _every_rating_is_told(self) -> Self:
        if self.ages[0] < 18 or self.ages[0] > self.ages[1]:
            raise ValueError(_("ages must begin at 18 or later and rise"))
        told = {*self.refused_ratings, *self.rating_factor}
        if missing := [rating for rating in ("excellent", "good", "fair", "not_recommended") if rating not in told]:
            raise ValueError(_("rating_factor says nothing of {name}, and refused_ratings neither", name=missing[0]))
        return self


def load_village_rules() -> VillageRules:
    """The rules of the work project.

    Raises
    ------
    SettingsError
        If a key is unknown, missing or of the wrong type.
    """
    return typed(VillageRules, read_yaml(home() / "pipelines" / "village_credit.yaml"), "village_credit.yaml")
