"""The small tables beside the activity, one row a customer each, as known at a cutoff."""

from datetime import date, timedelta

import ibis
from ibis import _
from ibis.backends.duckdb import Backend

from goldmine.contract.bank import Bank

EVENTS = ("bought", "redeemed", "loan_drawn", "loan_repaid")
FACTS = ("property", "tax", "provident_fund")


def accounts_side(connection: Backend, bank: Bank, cutoff: date) -> ibis.Table:
    """Accounts open at the cutoff, and closed in the year before it."""
    rows = bank.read(connection, "accounts")
    rows = rows.filter(rows.opened_on.isnull() | (rows.opened_on <= cutoff))
    opened = rows.closed_on.isnull() | (rows.closed_on > cutoff)
    year_ago = cutoff - timedelta(days=365)
    return rows.group_by("customer_id").agg(
        accounts_open=opened.sum(),
        accounts_time=(opened & (rows.product_class == "time")).sum(),
        accounts_closed=(~opened & (rows.closed_on > year_ago)).sum(),
        accounts_opened=(rows.opened_on > year_ago).sum(),
    )


def events_side(connection: Backend, bank: Bank, cutoff: date) -> ibis.Table:
    """Product events up to the cutoff."""
    rows = bank.read(connection, "product_events").filter(_.happened_on <= cutoff)
    year = rows.happened_on > cutoff - timedelta(days=365)
    wealth = (rows.product_class == "wealth") & (rows.event == "bought")
    measures = {f"{event}_count_365d": (year & (rows.event == event)).sum() for event in EVENTS}
    measures |= {f"{event}_last": rows.happened_on.max(where=rows.event == event) for event in EVENTS}
    return rows.group_by("customer_id").agg(
        **measures,
        wealth_bought_365d=(year & wealth).sum(),
        wealth_bought_ever=wealth.sum(),
        wealth_last=rows.happened_on.max(where=wealth),
        events_classes=rows.product_class.nunique(),
    )


def contacts_side(connection: Backend, bank: Bank, cutoff: date) -> ibis.Table:
    """Marketing contacts up to the cutoff, and what the customer answered."""
    rows = bank.read(connection, "contacts").filter(_.contacted_on <= cutoff)
    year = rows.contacted_on > cutoff - timedelta(days=365)
    return rows.group_by("customer_id").agg(
        contacts_365d=year.sum(),
        contacts_90d=(rows.contacted_on > cutoff - timedelta(days=90)).sum(),
        contacts_yes=(rows.answer == "yes").sum(),
        contacts_no=(rows.answer == "no").sum(),
        contact_last=rows.contacted_on.max(),
    )


def facts_side(connection: Backend, bank: Bank, cutoff: date) -> ibis.Table:
    """The highest amount of each fact from outside, of those known at the cutoff, in yuan."""
    rows = bank.read(connection, "external_facts").filter(_.observed_on <= cutoff)
    return rows.group_by("customer_id").agg(
        **{f"fact_{fact}": rows.amount.max(where=rows.fact == fact).cast("float64") for fact in FACTS}
    )
