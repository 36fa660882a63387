"""Rules that hold each month of a table against the months before it and the same month a year ago.

What keeps the lists from being made is the month of the snapshot; another month that breaks a rule is a warning.
A limit gives way where the months of this bank vary more than it bears: three times their usual deviation is allowed,
and of counts what chance may do to months of this size.
"""

from typing import Any

from goldmine.contract.tables import TABLES
from goldmine.core.i18n import LocalizedText, _
from goldmine.validation.contract_rules import expectation
from goldmine.validation.month_profiles import COUNTED, LARGEST_CHANCE, MEASURED

_JUDGED = {name: f"{name}_chance <= {LARGEST_CHANCE}" for name in COUNTED}
"""A bank, or a time, with fewer rows a month is too young or too small for a month to be judged; `validate` says so."""

_SOME_ROWS = "rows_chance <= 2.5"
"""From so many rows a month on, a month without any is no chance."""

STARTING_LIMITS = {"rows": (0.6, 1.8), "customers": (0.6, 1.8), "median": (0.1, 10.0), "total": (0.05, 20.0)}
"""The widest limits on the ratio of each figure that every bank starts with."""

NEAR_LIMITS = dict.fromkeys(COUNTED, (0.75, 1.5))
"""Those of rows and customers where a year ago tells the season."""

_FEW, _MANY = (
    f"CASE WHEN year_ago THEN {near} ELSE {wide:g} END"
    for near, wide in zip(NEAR_LIMITS["rows"], STARTING_LIMITS["rows"], strict=True)
)

_ENOUGH_AMOUNTS = "rows_before >= 100 AND rows >= 100"


def month_rules(table: str) -> list[dict[str, Any]]:
    """The expectations on the months of a table, in the form of a suite's file; none for a table without months."""
    if table not in MEASURED:
        return []
    return [*_amount_of_data(table), *(_days_and_repeats(table) if MEASURED[table].content else ()), *_amounts(table)]


def _amount_of_data(table: str) -> list[dict[str, Any]]:
    day = TABLES[table].month_of
    missing = _("The month of the snapshot has rows, where the months before have.")
    return [
        expectation(
            "snapshot_month_without_rows", day, f"snapshot AND rows = 0 AND {_SOME_ROWS}", missing, of="month", needs=()
        ),
        *_pair(
            "rows",
            day,
            f"{_JUDGED['rows']} AND {_outside('rows', *_by_chance('rows'))}",
            _("The month of the snapshot has about as many rows as the months before and a year ago lead to expect."),
            _("Every other month has about as many rows as the months before it and a year ago lead to expect."),
        ),
        *_pair(
            "customers",
            "customer_id",
            f"{_JUDGED['customers']} AND {_outside('customers', *_by_chance('customers'))}",
            _("The month of the snapshot has rows of about as many customers as other months lead to expect."),
            _("Every other month has rows of about as many customers as months before it lead to expect."),
        ),
    ]


def _days_and_repeats(table: str) -> list[dict[str, Any]]:
    day = TABLES[table].month_of
    return [
        *_pair(
            "days",
            day,
            f"{_JUDGED['rows']} AND days_ratio < least(0.7, days_usual ** -3)",
            _("The month of the snapshot has rows on about as many days as other months lead to expect."),
            _("Every other month has rows on about as many days as months before it lead to expect."),
        ),
        *_pair(
            "repeated",
            TABLES[table].key[0],
            f"{_JUDGED['rows']} AND repeated > repeated_before + 0.1",
            _("The snapshot's month repeats no more customers, times and amounts under other numbers than is usual."),
            _("No other month repeats more customers, times and amounts under other numbers than the months before."),
            shown="repeated",
        ),
    ]


def _amounts(table: str) -> list[dict[str, Any]]:
    amount = MEASURED[table].amount
    return [
        *_pair(
            "median",
            amount,
            f"{_ENOUGH_AMOUNTS} AND {_outside('median', *_starting('median'))}",
            _("The median amount of the snapshot's month is, by kind, of the size that other months lead to expect."),
            _("The median amount of every other month is, by kind, of the size that months before it lead to expect."),
            of="part",
        ),
        *_pair(
            "total",
            amount,
            f"{_ENOUGH_AMOUNTS} AND {_outside('total', *_starting('total'))}",
            _("The total amount of the snapshot's month is, by kind, of the size that other months lead to expect."),
            _("The total amount of every other month is, by kind, of the size that months before it lead to expect."),
            of="part",
        ),
    ]


def _by_chance(figure: str) -> tuple[str, str]:
    """Limits on a count, wider where months of its size differ by more."""
    return f"least({_FEW}, 1 / {figure}_chance)", f"greatest({_MANY}, {figure}_chance)"


def _starting(figure: str) -> tuple[str, str]:
    lowest, highest = STARTING_LIMITS[figure]
    return f"{lowest:g}", f"{highest:g}"


def _outside(figure: str, lowest: str, highest: str) -> str:
    """Limits that the table's owner signed take the place of all others."""
    low, high = f"least({lowest}, {figure}_usual ** -3)", f"greatest({highest}, {figure}_usual ** 3)"
    return f"{figure}_ratio NOT BETWEEN coalesce({figure}_lowest, {low}) AND coalesce({figure}_highest, {high})"


def _pair(  # noqa: PLR0913 - a rule of the snapshot's month and one of the others
    figure: str,
    column: str,
    breaks: str,
    meaning: LocalizedText,
    meaning_of_others: LocalizedText,
    *,
    of: str = "month",
    shown: str = "",
) -> list[dict[str, Any]]:
    rules = [
        expectation(f"snapshot_{figure}_unlike_months", column, f"snapshot AND {breaks}", meaning, of=of),
        expectation(
            f"{figure}_unlike_months",
            column,
            f"NOT snapshot AND {breaks}",
            meaning_of_others,
            of=of,
            severity="warning",
        ),
    ]
    for rule in rules:
        rule["meta"]["shown"] = shown or f"{figure}_ratio"
    return rules
