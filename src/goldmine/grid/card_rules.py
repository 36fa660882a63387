"""The rules in ``pipelines/cards.yaml``."""

from typing import Annotated, Literal

from pydantic import Field

from goldmine.core.settings import SettingsModel, read_yaml, typed
from goldmine.core.workspace import home
from goldmine.grid.rules import Identity

Agency = Literal["human_resources", "finance", "civil_affairs", "agriculture", "medical_insurance"]


class Entitled(SettingsModel):
    """Whom an agency pays or collects from.

    Parameters
    ----------
    ages : list of int
        Youngest and oldest, full years.
    identities : list of str
        Identities as in the customers table; none means everybody.
    """

    ages: Annotated[list[int], Field(min_length=2, max_length=2)] = [0, 150]
    identities: list[Identity] = []


class CardRules(SettingsModel):
    """Whom the card concerns.

    Parameters
    ----------
    entitled : dict of str to Entitled
        By agency.
    event_days : int
        Days for which an event of life counts.
    pension_age : int
        Age at which the card becomes a pension card.
    """

    entitled: dict[Agency, Entitled] = Field(min_length=1)
    event_days: int = Field(ge=1, le=3660)
    pension_age: int = Field(ge=40, le=80)


def load_card_rules() -> CardRules:
    """The rules of the work project.

    Raises
    ------
    SettingsError
        If a key is unknown, missing or of the wrong type.
    """
    return typed(CardRules, read_yaml(home() / "pipelines" / "cards.yaml"), "cards.yaml")
