"""Limits of months that a table's owner has signed: ``pipelines/month_limits.yaml``.

They take the place of those that every bank starts with. `goldmine month-limits` proposes them from a bank's history.
"""

from typing import Any, Literal

import yaml
from pydantic import Field

from goldmine.core.settings import SettingsModel, read_yaml, typed
from goldmine.core.signed import SignedEntry
from goldmine.core.workspace import home

_FILE = "month_limits.yaml"

Figure = Literal["rows", "customers", "median", "total"]


class MonthLimit(SettingsModel):
    """How far a figure of a month may be from what other months lead to expect.

    Parameters
    ----------
    bank, table : str
        Whose, and which canonical table.
    figure : str
        Rows, customers, or the median or total of the amounts.
    part : str
        Kind or product class of the amounts; empty for all of them, and for rows and customers.
    lowest, highest : float
        Least and largest ratio to the nearer end of the expected range.
    months : int
        Months of history that they were proposed from.
    """

    bank: str = Field(min_length=1)
    table: Literal["balances", "transactions"]
    figure: Figure
    part: str = ""
    lowest: float = Field(gt=0, le=1)
    highest: float = Field(ge=1)
    months: int = Field(ge=0)


class SignedMonthLimit(MonthLimit, SignedEntry):
    """A limit with the name of the owner of the table, the day and the reason."""


class _File(SettingsModel):
    signed: list[SignedMonthLimit] = []


def signed_limits(bank: str, table: str) -> tuple[SignedMonthLimit, ...]:
    """The signed limits of one table of a bank.

    Raises
    ------
    SettingsError
        If the file has an unknown key, or an entry lacks its name, day or reason.
    """
    entries = typed(_File, read_yaml(home() / "pipelines" / _FILE), _FILE).signed
    return tuple(entry for entry in entries if (entry.bank, entry.table) == (bank, table))


def as_proposal(limits: list[MonthLimit]) -> str:
    """Limits as a file to be signed: name, day and reason of each are empty, and refused as long as they are.

    >>> limit = MonthLimit(bank="b", table="balances", figure="rows", lowest=0.8, highest=1.2, months=24)
    >>> print(as_proposal([limit]).splitlines()[-1].partition("months")[2])
    : 24, name: '', date: null, reason: ''}
    """
    head = (
        "# Proposed from this bank's own months. Whoever answers for a table looks at its entries, signs each that\n"
        "# is to hold with name, date and reason, and moves it below `signed` in pipelines/month_limits.yaml.\n"
    )
    entries: list[dict[str, Any]] = [{**limit.model_dump(), "name": "", "date": None, "reason": ""} for limit in limits]
    lines = (
        yaml.safe_dump(entry, default_flow_style=True, sort_keys=False, allow_unicode=True, width=1000)
        for entry in entries
    )
    return head + "signed:\n" + "".join(f"- {line}" for line in lines)
