"""The small tables beside the activity, one row a customer each, as known at a cutoff."""

from collections.abc import Callable
from datetime import date, timedelta

import ibis
from ibis import _

EVENTS = ("bought", "redeemed", "loan_drawn", "loan_repaid")
FACTS = ("property", "tax", "provident_fund")


def accounts_side(rows: ibis.Table, cutoff: date) -> ibis.Table:
    """Accounts open at the cutoff, and opened or closed in the year before it."""
    rows = rows.filter(rows.opened_on.isnull() | (rows.opened_on <= cutoff))
    opened = rows.closed_on.isnull() | (rows.closed_on > cutoff)
    year_ago = cutoff - timedelta(days=365)
    return rows.group_by("customer_id").agg(
        accounts_open=opened.sum(),
        accounts_time=(opened & (rows.product_class == "time")).sum(),
        accounts_closed=(~opened & (rows.closed_on > year_ago)).sum(),
        accounts_opened=(rows.opened_on > year_ago).sum(),
    )


def events_side(rows: ibis.Table, cutoff: date) -> ibis.Table:
    """Product events up to the cutoff."""
    rows = rows.filter(_.happened_on <= cutoff)
    year = rows.happened_on > cutoff - timedelta(days=365)
    wealth = (rows.product_class == "wealth") & (rows.event == "bought")
    measures = {f"{event}_count_365d": (year & (rows.event == event)).sum() for event in EVENTS}
    measures |= {f"{event}_last": rows.happened_on.max(where=rows.event == event) for event in EVENTS}
    return rows.group_by("customer_id").agg(
        **measures,
        wealth_bought_365d=(year & wealth).sum(),
        wealth_bought_ever=wealth.sum(),
        wealth_last=rows.happened_on.max(where=wealth),
    )


def contacts_side(rows: ibis.Table, cutoff: date) -> ibis.Table:
    """Marketing contacts up to the cutoff, and what the customer answered."""
    rows = rows.filter(_.contacted_on <= cutoff)
    year = rows.contacted_on > cutoff - timedelta(days=365)
    return rows.group_by("customer_id").agg(
        contacts_365d=year.sum(),
        contacts_90d=(rows.contacted_on > cutoff - timedelta(days=90)).sum(),
        contacts_yes=(rows.answer == "yes").sum(),
        contacts_no=(rows.answer == "no").sum(),
        contact_last=rows.contacted_on.max(),
    )


def facts_side(rows: ibis.Table, cutoff: date) -> ibis.Table:
    """The highest amount of each fact from outside, of those known at the cutoff, in yuan."""
    rows = rows.filter(_.observed_on <= cutoff)
    return rows.group_by("customer_id").agg(
        **{f"fact_{fact}": rows.amount.max(where=rows.fact == fact).cast("float64") for fact in FACTS}
    )


def _columns(kinds: dict[str, str]) -> ibis.Schema:
    return ibis.schema({"customer_id": "string"} | kinds)


SIDES: dict[str, tuple[Callable[[ibis.Table, date], ibis.Table], ibis.Schema]] = {
    "accounts": (
        accounts_side,
        _columns(dict.fromkeys(("accounts_open", "accounts_time", "accounts_closed", "accounts_opened"), "int64")),
    ),
    "product_events": (
        events_side,
        _columns(
            {f"{event}_count_365d": "int64" for event in EVENTS}
            | {f"{event}_last": "date" for event in EVENTS}
            | {"wealth_bought_365d": "int64", "wealth_bought_ever": "int64", "wealth_last": "date"}
        ),
    ),
    "contacts": (
        contacts_side,
        _columns(
            dict.fromkeys(("contacts_365d", "contacts_90d", "contacts_yes", "contacts_no"), "int64")
            | {"contact_last": "date"}
        ),
    ),
    "external_facts": (facts_side, _columns({f"fact_{fact}": "float64" for fact in FACTS})),
}
"""By table: what makes a row a customer of it, and the columns of that row."""
