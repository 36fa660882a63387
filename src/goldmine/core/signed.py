"""A person's word under a setting: who looked into it, when, and why it may hold."""

from datetime import date as day

from pydantic import Field

from goldmine.core.settings import SettingsModel


class SignedEntry(SettingsModel):
    """An entry that counts because a person signed it.

    Parameters
    ----------
    name : str
        Who looked into it.
    date : datetime.date
        When.
    reason : str
        Why it may hold.
    """

    name: str = Field(min_length=1)
    date: day
    reason: str = Field(min_length=1)
