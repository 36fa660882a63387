"""Rules that exclude customers from contact, in the order of counting, and which of them each purpose applies."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import ibis
import pandas as pd

from goldmine.contactability.tables import ContactTables
from goldmine.contract.serving_staff import serving
from goldmine.contract.tables import CONTACT_CHANNELS, PRODUCT_RISKS, RISK_GRADES
from goldmine.core.i18n import LocalizedText, _

_SUIT = "suitability"
ADULT_YEARS = 18
ASSESSMENT_MONTHS = 12
"""Months for which a risk assessment is in date."""


def assessed_until(assessed_on: pd.Series) -> pd.Series:
    """The last day on which each risk assessment is in date; no wealth product is offered after it.

    Examples
    --------
    >>> str(assessed_until(pd.Series(["2024-01-15"]))[0].date())
    '2025-01-14'
    """
    return pd.to_datetime(assessed_on) + pd.DateOffset(months=ASSESSMENT_MONTHS) - pd.Timedelta(days=1)


def validity(last_day: date, assessed: pd.Series) -> dict[str, list[object]]:
    """Until when the rows of a list are valid: a wealth product is offered no longer than the customer's assessment.

    Parameters
    ----------
    last_day : date
        Of rows that nothing limits.
    assessed : pandas.Series
        From `assessed_until`; empty where no wealth product is offered.

    Returns
    -------
    dict of str to list
        `valid_until`, a date a row; `expires_with`, ``assessment`` where that limits it, else None.
    """
    limited = assessed < pd.Timestamp(last_day)
    return {
        "valid_until": [day.date() if short else last_day for day, short in zip(assessed, limited, strict=True)],
        "expires_with": ["assessment" if short else None for short in limited],
    }


@dataclass(frozen=True)
class Rule:
    """One reason not to contact customers.

    Parameters
    ----------
    name : str
        Its code name.
    who : LocalizedText
        Whom it excludes.
    needs : tuple of str
        Columns (``table.column``) that it reads.
    query : callable
        From the tables to a table with one column, `customer_id`: the excluded customers.
    stage : str
        Stage of the funnel: ``eligible``, ``consent``, or ``suitability`` (wealth products only).
    """

    name: str
    who: LocalizedText
    needs: tuple[str, ...]
    query: Callable[[ContactTables], ibis.Table]
    stage: str = "eligible"

    def missing(self, tables: ContactTables) -> tuple[str, ...]:
        """Columns it needs and the bank does not have."""
        return tuple(need for need in self.needs if not tables.has(*need.split(".")))

    def is_skipped(self, tables: ContactTables) -> bool:
        """Whether the bank lacks what it needs; one of suitability is kept then and excludes everybody."""
        return self.stage != _SUIT and bool(self.missing(tables))


def _closed(tables: ContactTables) -> ibis.Table:
    customers = tables.table("customers")
    return customers.filter(customers.closed_on.notnull()).select("customer_id")


def _merged(tables: ContactTables) -> ibis.Table:
    customers = tables.table("customers")
    return customers.filter(customers.merged_into.notnull()).select("customer_id")


def _opted_out(tables: ContactTables) -> ibis.Table:
    customers = tables.table("customers")
    return tables.with_survivors(customers.filter(~customers.marketing_consent))


def _consent_unknown(tables: ContactTables) -> ibis.Table:
    customers = tables.table("customers")
    return customers.filter(customers.marketing_consent.isnull()).select("customer_id")


def _refused(tables: ContactTables) -> ibis.Table:
    contacts = tables.table("contacts")
    return tables.with_survivors(contacts.filter(contacts.answer == "opt_out"))


def _staff(tables: ContactTables) -> ibis.Table:
    staff = tables.table("staff")
    return tables.with_survivors(serving(staff.filter(staff.customer_id.notnull()), tables.as_of))


def _minor(tables: ContactTables) -> ibis.Table:
    customers = tables.table("customers")
    youngest = ibis.literal(tables.as_of) - ibis.interval(years=ADULT_YEARS)
    return customers.filter(customers.birth_date > youngest).select("customer_id")


def _age_unknown(tables: ContactTables) -> ibis.Table:
    customers = tables.table("customers")
    return customers.filter(customers.birth_date.isnull()).select("customer_id")


def _not_assessed(tables: ContactTables) -> ibis.Table:
    customers = tables.table("customers")
    known = customers.risk_grade.isin(RISK_GRADES).fill_null(False)
    return customers.filter(~known).select("customer_id")


def _assessment_old(tables: ContactTables) -> ibis.Table:
    customers = tables.table("customers")
    # In date on the day after the snapshot, the first on which a list is worked.
    oldest = ibis.literal(tables.as_of + timedelta(days=1)) - ibis.interval(months=ASSESSMENT_MONTHS)
    # Until the end of the books, not the snapshot: a renewal since then counts, a later date is an error.
    in_date = (customers.risk_grade_on > oldest) & (customers.risk_grade_on <= tables.bank.data_until)
    return customers.filter(~in_date.fill_null(False)).select("customer_id")


def _unsuited(tables: ContactTables) -> ibis.Table:
    customers, products = tables.table("customers"), tables.table("products")
    offered = products.filter((products.product_class == "wealth") & products.risk_grade.isin(PRODUCT_RISKS))
    lowest = offered.risk_grade.substr(1).cast("int64").min().as_scalar()
    grade = customers.risk_grade.substr(1).try_cast("int64")
    # Without graded products `lowest` is empty: no product is known to suit anybody.
    return customers.filter(~(grade >= lowest).fill_null(False)).select("customer_id")


def _on_ledger(*reasons: str) -> Callable[[ContactTables], ibis.Table]:
    """Customers on the ledger for one of some reasons and for every channel, by all rows that have not ended."""

    def listed(tables: ContactTables) -> ibis.Table:
        rows = open_rows(tables)
        return tables.with_survivors(rows.filter(rows.reason.isin(reasons) & rows.channel.isnull()))

    return listed


def _suppressed(tables: ContactTables) -> ibis.Table:
    rows = open_rows(tables)
    # A person's channels are counted over all of their numbers.
    own = tables.under_survivors(rows.filter(rows.channel.notnull()).select("customer_id", "channel"))
    by_channel = own.group_by("customer_id").agg(channels=own.channel.nunique())
    all_channels = by_channel.filter(by_channel.channels == len(CONTACT_CHANNELS)).select("customer_id")
    return tables.with_survivors(rows.filter(rows.channel.isnull()).select("customer_id").union(all_channels))


def open_rows(tables: ContactTables) -> ibis.Table:
    """Rows of the ledger that have not ended by the snapshot, including those that begin later."""
    rows = tables.table("suppressions")
    return rows.filter(rows.end_date.isnull() | (rows.end_date >= tables.as_of))


def refused_channel(tables: ContactTables, channel: str) -> ibis.Table:
    """Customers who refused one channel, or whom the ledger excludes from it: `customer_id`."""
    rows = open_rows(tables)
    return tables.with_survivors(rows.filter(rows.channel == channel)).distinct()


_LEDGER = ("suppressions.reason",)

RULES = (
    Rule("closed", _("has left the books"), ("customers.closed_on",), _closed),
    Rule("merged", _("merged into another customer number"), ("customers.merged_into",), _merged),
    Rule("deceased", _("has died"), _LEDGER, _on_ledger("deceased")),
    Rule("frozen", _("frozen by order"), _LEDGER, _on_ledger("frozen")),
    Rule("staff", _("own staff"), ("staff.customer_id",), _staff),
    Rule("minor", _("under 18"), ("customers.birth_date",), _minor),
    Rule(
        "opted_out",
        _("opted out of automated marketing (PIPL art. 24)"),
        ("customers.marketing_consent",),
        _opted_out,
        "consent",
    ),
    Rule(
        "consent_unknown",
        _("consent to marketing not known"),
        ("customers.marketing_consent",),
        _consent_unknown,
        "consent",
    ),
    Rule("refused", _("asked not to be contacted again"), ("contacts.answer",), _refused, "consent"),
    Rule("complained", _("has complained"), _LEDGER, _on_ledger("complaint"), "consent"),
    Rule(
        "disputed",
        _("under litigation or debt collection"),
        _LEDGER,
        _on_ledger("litigation", "debt_collection"),
        "consent",
    ),
    Rule(
        "suppressed",
        _("on the ledger of those not to be contacted"),
        ("suppressions.customer_id",),
        _suppressed,
        "consent",
    ),
    Rule("age_unknown", _("age not known"), ("customers.birth_date",), _age_unknown, _SUIT),
    Rule("not_assessed", _("no risk assessment"), ("customers.risk_grade",), _not_assessed, _SUIT),
    Rule(
        "assessment_old",
        _("risk assessment older than 12 months"),
        ("customers.risk_grade_on",),
        _assessment_old,
        _SUIT,
    ),
    Rule(
        "unsuited",
        _("risk grade below every wealth product's"),
        ("customers.risk_grade", "products.risk_grade", "products.product_class"),
        _unsuited,
        _SUIT,
    ),
)


def suitability_columns() -> tuple[str, ...]:
    """Columns (``table.column``) without which nobody may be offered a wealth product."""
    return tuple(dict.fromkeys(need for rule in RULES if rule.stage == _SUIT for need in rule.needs))


Purpose = Literal["marketing_list", "wealth_list", "campaign", "on_request_list", "relationship", "visit"]


@dataclass(frozen=True)
class PurposeRules:
    """What a purpose of contact requires beyond the rules of eligibility and consent.

    Parameters
    ----------
    channels : tuple of str
        Channels that staff use for it: a customer who refused all of them is excluded. Empty: any.
    suitability : bool
        Whether the rules of suitability for wealth products apply.
    held_back : bool
        Whether all control and the universal hold-out are excluded; else only the control of other campaigns.
    """

    channels: tuple[str, ...] = ()
    suitability: bool = False
    held_back: bool = True


PURPOSES: dict[Purpose, PurposeRules] = {
    "marketing_list": PurposeRules(),
    "wealth_list": PurposeRules(suitability=True),
    # A campaign draws its control from its candidates, and checks channels and suitability offer by offer.
    "campaign": PurposeRules(held_back=False),
    "on_request_list": PurposeRules(channels=("call",)),
    "relationship": PurposeRules(channels=("call",)),
    "visit": PurposeRules(channels=("visit",)),
}
"""Purposes of contact: released lists, campaigns' offers, on-request lists (worked by telephone), and contacts by the
customer's owner (call sheets, overdue contacts, customers near the next level), and visits to households."""


def rules_for(purpose: Purpose) -> tuple[Rule, ...]:
    """The rules of a purpose, in order."""
    return tuple(rule for rule in RULES if PURPOSES[purpose].suitability or rule.stage != _SUIT)
