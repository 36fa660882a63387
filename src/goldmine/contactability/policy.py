"""Policy for all campaigns, ``pipelines/offers.yaml``: contact frequency, hold-out and capacity."""

from datetime import date
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from goldmine.core.errors import SettingsError
from goldmine.core.i18n import _
from goldmine.core.settings import SettingsModel, read_yaml, typed
from goldmine.core.workspace import home

ChannelName = Literal["call", "visit", "sms", "app", "counter", "wechat"]
TimeBand = Literal["morning", "noon", "afternoon", "evening"]
Day = Annotated[date, Field(strict=True)]
Count = Annotated[int, Field(ge=0)]


class Limits(SettingsModel):
    """Maximum and minimum number of contacts of one branch, manager or grid."""

    max: Count | None = None
    min: Count = 0


class UnitCapacity(SettingsModel):
    """How many contacts each branch, manager or grid can work.

    Parameters
    ----------
    default : int
        Maximum for each of them.
    overrides : dict of str to Limits
        Exceptions, by number.
    """

    default: Count
    overrides: dict[str, Limits] = {}


class Capacity(SettingsModel):
    """How many contacts can be made while an offer is valid; grids may have no limit."""

    branch: UnitCapacity
    manager: UnitCapacity
    grid: UnitCapacity | None = None


class Fatigue(SettingsModel):
    """How often one customer may be contacted, across campaigns.

    Parameters
    ----------
    days : int
        Days to look back from the snapshot.
    max_total : int
        Maximum contacts in these days over all channels.
    channels : dict of str to int
        Maximum contacts in these days by one channel; others have no limit of their own.
    """

    days: int = Field(ge=1, le=366)
    max_total: int = Field(ge=1)
    channels: dict[ChannelName, Annotated[int, Field(ge=1)]] = {}


class HoldOut(SettingsModel):
    """Customers whom no campaign contacts while the hold-out lasts, drawn by a salted hash of their number.

    Parameters
    ----------
    salt : str
        Makes the draw specific to the bank; it must not change while the hold-out lasts. Empty: a random salt is drawn
        once and stored in the work folder.
    share : float
        Share of all customers.
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
            raise ValueError(_("end_date lies before start_date"))
        return self


class Policy(SettingsModel):
    """Policy for all campaigns of the bank.

    Parameters
    ----------
    language : str
        ``zh`` or ``en``: headings and sheets of the campaigns' files.
    fatigue : Fatigue
        How often a customer may be contacted.
    holdout : HoldOut, optional
        Customers whom no campaign contacts.
    capacity : Capacity, optional
        Capacity of branches, managers and grids over all campaigns together.
    """

    language: Literal["zh", "en"] = "zh"
    fatigue: Fatigue
    holdout: HoldOut | None = None
    capacity: Capacity | None = None


def campaigns_folder() -> Path:
    """Folder of the campaigns' settings."""
    return home() / "pipelines" / "campaigns"


def load_policy() -> Policy:
    """Read the policy for all campaigns.

    Raises
    ------
    SettingsError
        If the file is missing, has an unknown key or a value of the wrong type.
    """
    path = home() / "pipelines" / "offers.yaml"
    if not path.exists():
        raise SettingsError(
            _("{name}: is missing, and there are campaigns.", name=path.name), _("Write it as docs/campaigns.md says.")
        )
    return typed(Policy, read_yaml(path), path.name)
