"""The portal's policy, ``pipelines/portal.yaml``: what a bank decides about downloads, approval and claims."""

from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from goldmine.core.i18n import LocalizedText
from goldmine.core.settings import SettingsModel, read_yaml, typed
from goldmine.core.workspace import home
from goldmine.portal.roles import Role

_FILE = "portal.yaml"
Count = Annotated[int, Field(ge=0)]


class Downloads(SettingsModel):
    """How many rows a person may download.

    Parameters
    ----------
    rows_a_day : int
        Rows of one person in one day; what exceeds it needs a second person's approval.
    rows_at_most : int
        Rows of one file, approved or not.
    """

    rows_a_day: Count = 2000
    rows_at_most: Count = 100_000


class Uploads(SettingsModel):
    """Limits of a file of results: megabytes as sent, and megabytes after it was unpacked."""

    megabytes: Annotated[int, Field(ge=1)] = 5
    unpacked_megabytes: Annotated[int, Field(ge=1)] = 50


class Approvals(SettingsModel):
    """What needs a second person's yes before branches see it."""

    release: bool = False
    campaigns: bool = False


class Lobby(SettingsModel):
    """The counter's look-up.

    Parameters
    ----------
    share : float
        Share of customers who are made offers there; the others are made none, so that the effect can be measured.
    salt : str
        Makes the draw specific to the bank; empty: the hold-out's salt.
    start_date : date, optional
        First day of the draw; None: look-ups are not measured.
    """

    share: float = Field(default=0.9, ge=0, le=1)
    salt: str = ""
    start_date: date | None = None


class PortalPolicy(SettingsModel):
    """The portal's policy.

    Parameters
    ----------
    language : {"zh", "en"}
        Language before a user chooses one.
    time_zone : str
        The bank's, by its IANA name.
    claim_minutes : int
        How long a claimed customer is kept for the one who claimed.
    session_minutes : int
        Minutes without a request after which a user has to sign in again.
    failed_sign_ins : int
        Failed attempts after which a name is locked.
    locked_minutes : int
        How long it stays locked.
    second_factor : list of Role
        Roles that sign in with a one-time code too.
    not_to_say : dict of str to LocalizedText
        What must not be said to a customer, by use case; ``all`` holds for every customer.
    """

    language: Literal["zh", "en"] = "zh"
    time_zone: str = "Asia/Shanghai"
    claim_minutes: int = Field(default=30, ge=1)
    session_minutes: int = Field(default=60, ge=1)
    failed_sign_ins: int = Field(default=5, ge=1)
    locked_minutes: int = Field(default=15, ge=1)
    second_factor: list[Role] = []
    downloads: Downloads = Downloads()
    uploads: Uploads = Uploads()
    approvals: Approvals = Approvals()
    lobby: Lobby = Lobby()
    not_to_say: dict[str, LocalizedText] = {}


def policy_path() -> Path:
    """Path of the policy."""
    return home() / "pipelines" / _FILE


@cache
def portal_policy() -> PortalPolicy:
    """Read ``pipelines/portal.yaml``, once a process; without it the defaults hold.

    Raises
    ------
    SettingsError
        If it has an unknown key or a value of another type.
    """
    return typed(PortalPolicy, read_yaml(policy_path()), _FILE)
