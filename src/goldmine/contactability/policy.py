"""What holds for all campaigns, ``pipelines/offers.yaml``: how often a customer is contacted, who is held out."""

from datetime import date
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from goldmine.core.errors import SettingsError
from goldmine.core.settings import SettingsModel, read_yaml, typed
from goldmine.core.workspace import home

ChannelName = Literal["call", "visit", "sms", "app", "counter", "wechat"]
TimeBand = Literal["morning", "noon", "afternoon", "evening"]
Day = Annotated[date, Field(strict=True)]
Count = Annotated[int, Field(ge=0)]


class Limits(SettingsModel):
    """How many contacts one branch, manager or grid may make at most, and must make at least."""

    max: Count | None = None
    min: Count = 0


class UnitCapacity(SettingsModel):
    """How many contacts each branch, manager or grid can work.

    Parameters
    ----------
    default : int
        The most for each of them.
    overrides : dict of str to Limits
        Exceptions, by number.
    """

    default: Count
    overrides: dict[str, Limits] = {}


class Capacity(SettingsModel):
    """What can be worked while an offer is valid; grids may be left without a limit."""

    branch: UnitCapacity
    manager: UnitCapacity
    grid: UnitCapacity | None = None


class Fatigue(SettingsModel):
    """How often one customer may be contacted, across campaigns.

    Parameters
    ----------
    days : int
        Days that are looked back from the snapshot.
    max_total : int
        Contacts in them by all channels; one more is too many.
    channels : dict of str to int
        Contacts in them by one channel; those not named have no limit of their own.
    """

    days: int = Field(ge=1, le=366)
    max_total: int = Field(ge=1)
    channels: dict[ChannelName, Annotated[int, Field(ge=1)]] = {}


class HoldOut(SettingsModel):
    """Customers whom no campaign contacts while it lasts, drawn by a salted hash of their number.

    Parameters
    ----------
    salt : str
        Makes the draw the bank's own; it must not change while the hold-out lasts. Empty: one is drawn by chance once
        and kept in the work folder.
    share : float
        Of all customers.
    start_date, end_date : date
        First and last day; it may be prolonged.
    """

    salt: str = Field(default="", pattern=r"^$|^.{8,}$")
    share: float = Field(gt=0, le=0.2)
    start_date: Day
    end_date: Day

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.end_date < self.start_date:
            raise ValueError("end_date lies before start_date")
        return self


class Policy(SettingsModel):
    """What holds for all campaigns of the bank.

    Parameters
    ----------
    language : str
        ``zh`` or ``en``: headings and sheets of the campaigns' files.
    fatigue : Fatigue
        How often a customer may be contacted.
    holdout : HoldOut, optional
        Who is never contacted.
    capacity : Capacity, optional
        What branches, managers and grids can work of all campaigns together.
    """

    language: Literal["zh", "en"] = "zh"
    fatigue: Fatigue
    holdout: HoldOut | None = None
    capacity: Capacity | None = None


def campaigns_folder() -> Path:
    """Where the campaigns are."""
    return home() / "pipelines" / "campaigns"


def load_policy() -> Policy:
    """What holds for all campaigns.

    Raises
    ------
    SettingsError
        If the file is missing, has an unknown key or a value of the wrong type.
    """
    path = home() / "pipelines" / "offers.yaml"
    if not path.exists():
        raise SettingsError(f"{path.name}: is missing, and there are campaigns.", "Write it as docs/campaigns.md says.")
    return typed(Policy, read_yaml(path), path.name)
