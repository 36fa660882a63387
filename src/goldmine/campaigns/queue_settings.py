"""Settings of the daily queue, ``pipelines/daily_queue.yaml``: capacity, working days, and values of a contact."""

from datetime import date, timedelta
from pathlib import Path
from typing import Annotated

from pydantic import Field

from goldmine.contactability.policy import ChannelName, Day, UnitCapacity
from goldmine.core.errors import SettingsError
from goldmine.core.i18n import LocalizedText, _
from goldmine.core.settings import SettingsModel, read_yaml, typed
from goldmine.core.workspace import home

_FILE = "daily_queue.yaml"
_SATURDAY = 5
Share = Annotated[float, Field(ge=0, le=1)]


class Source(SettingsModel):
    """A reason to contact a customer without an offer.

    Parameters
    ----------
    chance : float
        Chance that a contact keeps or wins the amount at stake.
    say : LocalizedText
        What the caller may say first; it claims nothing of the customer beyond the reason itself.
    """

    chance: Share
    say: LocalizedText


class CallBack(Source):
    """Customers who answered `later`.

    Parameters
    ----------
    times : float
        An offer that is still valid counts so many times its own expected value.
    after_days : int
        Days after the answer from which the customer is contacted again.
    within_days : int
        Days after the answer after which the call-back lapses.
    """

    times: float = Field(ge=1, allow_inf_nan=False)
    after_days: int = Field(ge=0)
    within_days: int = Field(ge=1)


class OnList(Source):
    """Customers on a list that no campaign works; its chance is the probability on the list.

    Parameters
    ----------
    value : float
        Value of the outcome, yuan.
    """

    chance: Share = 1.0
    value: float = Field(gt=0, allow_inf_nan=False)


class Sources(SettingsModel):
    """By kind of contact."""

    call_back: CallBack
    handed_over: Source
    overdue: Source
    near_next: Source
    lost: Source
    on_list: OnList


class QueueSettings(SettingsModel):
    """Settings of the daily queue.

    Parameters
    ----------
    capacity : dict of str to UnitCapacity
        Contacts of one person a day, by channel; `overrides` by staff number.
    plan_days : int
        Days over which contacts without a last day of their own are spread.
    rest_days : int
        A customer reached within so many days is not contacted again, except for a call-back.
    holidays, working_weekends : list of date
        Days on which nobody works, and weekend days on which the bank works.
    margin : float
        What one yuan kept or won earns in a year, yuan.
    sources : Sources
        Value and first sentence of each kind of contact.
    """

    capacity: dict[ChannelName, UnitCapacity] = Field(min_length=1)
    plan_days: int = Field(ge=1, le=366)
    rest_days: int = Field(ge=0)
    holidays: list[Day] = []
    working_weekends: list[Day] = []
    margin: Share
    sources: Sources

    def of_person(self, staff_id: str) -> dict[str, int]:
        """Contacts of one person a day, by channel."""
        limits: dict[str, int] = {}
        for channel, unit in self.capacity.items():
            override = unit.overrides.get(staff_id)
            limits[channel] = unit.default if override is None or override.max is None else override.max
        return limits

    def is_working_day(self, day: date) -> bool:
        """Whether the bank works on a day."""
        if day in self.working_weekends:
            return True
        return day.weekday() < _SATURDAY and day not in self.holidays

    def working_days(self, first: date, last: date) -> list[date]:
        """Working days from the first to the last day, both included."""
        days = (first + timedelta(days=count) for count in range((last - first).days + 1))
        return [day for day in days if self.is_working_day(day)]


def queue_settings_path() -> Path:
    """Path of the settings."""
    return home() / "pipelines" / _FILE


def load_queue_settings() -> QueueSettings:
    """Read ``pipelines/daily_queue.yaml``.

    Raises
    ------
    SettingsError
        If it is missing, or has an unknown key or a value of the wrong type.
    """
    path = queue_settings_path()
    if not path.exists():
        raise SettingsError(
            _("{file}: there is no such file in pipelines.", file=_FILE), _("Write it as docs/reporting.md says.")
        )
    return typed(QueueSettings, read_yaml(path), _FILE)
