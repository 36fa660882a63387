"""Whose ties may be used: natural persons and businesses on the books who do not refuse it, nor leave it unsaid."""

from datetime import date

import ibis

from goldmine.contract.bank import Bank
from goldmine.core.errors import HistoryError
from goldmine.core.i18n import _
from goldmine.customers.source_tables import SourceTables
from goldmine.identity.link_consent import refusing


def has_link_consent(bank: Bank) -> bool:
    """Whether the bank says whose ties may be used; without it nobody's are."""
    return bank.has("customers", "link_consent")


def linkable(sources: SourceTables, as_of: date) -> ibis.Table:
    """Customers on the books at a day whose ties may be used: `customer_id`.

    A refusal counts for all numbers of a person, whenever they are merged, and for the past too: a tie to somebody who
    refused is not used at an earlier day either.

    Raises
    ------
    HistoryError
        If the bank does not say whose ties may be used.
    """
    if not has_link_consent(sources.bank):
        raise HistoryError(
            _("customers.link_consent: this bank does not have it, so nobody's ties to others may be used."),
            _("Map the column in bank.yaml; a bank that writes down refusals only says so there."),
        )
    people, day = sources.customers(as_of), ibis.literal(as_of)
    here = people.filter(
        people.opened_on.isnull() | (people.opened_on <= day), people.closed_on.isnull() | (people.closed_on > day)
    )
    return here.select("customer_id").anti_join(refusing(sources.connection, sources.bank), "customer_id").distinct()
