"""Aggregates of the small tables as known at a cutoff: one row a customer each."""

from collections.abc import Callable

import ibis

from goldmine.features.windows import within

EVENTS = ("bought", "redeemed", "loan_drawn", "loan_repaid")
FACTS = ("property", "tax", "provident_fund")
ENDS_WITHIN = 30
"""Days after the cutoff in which a deposit or product ends soon."""


def accounts_by_customer(rows: ibis.Table) -> ibis.Table:
    """Accounts open at the cutoff, and opened or closed in the year before it."""
    rows = rows.filter(rows.opened_on.isnull() | (rows.opened_on <= rows.cutoff))
    opened = rows.closed_on.isnull() | (rows.closed_on > rows.cutoff)
    return rows.group_by("customer_id").agg(
        accounts_open=opened.sum(),
        accounts_time=(opened & (rows.product_class == "time")).sum(),
        accounts_closed=(~opened & within(rows.cutoff, rows.closed_on, 365)).sum(),
        accounts_opened=within(rows.cutoff, rows.opened_on, 365).sum(),
    )


def events_by_customer(rows: ibis.Table) -> ibis.Table:
    """Product events up to the cutoff."""
    rows = rows.filter(rows.happened_on <= rows.cutoff)
    year = within(rows.cutoff, rows.happened_on, 365)
    wealth = (rows.product_class == "wealth") & (rows.event == "bought")
    measures = {f"{event}_count_365d": (year & (rows.event == event)).sum() for event in EVENTS}
    measures |= {f"{event}_last": rows.happened_on.max(where=rows.event == event) for event in EVENTS}
    return rows.group_by("customer_id").agg(
        **measures,
        wealth_bought_365d=(year & wealth).sum(),
        wealth_bought_ever=wealth.sum(),
        wealth_last=rows.happened_on.max(where=wealth),
    )


def contacts_by_customer(rows: ibis.Table) -> ibis.Table:
    """Marketing contacts up to the cutoff, and what the customer answered."""
    rows = rows.filter(rows.contacted_on <= rows.cutoff)
    return rows.group_by("customer_id").agg(
        contacts_365d=within(rows.cutoff, rows.contacted_on, 365).sum(),
        contacts_90d=within(rows.cutoff, rows.contacted_on, 90).sum(),
        contacts_yes=rows.answer.isin(("yes", "bought")).sum(),
        contacts_no=(rows.answer == "no").sum(),
        contact_last=rows.contacted_on.max(),
    )


def facts_by_customer(rows: ibis.Table) -> ibis.Table:
    """The highest amount of each fact from outside, of those known at the cutoff, in yuan."""
    rows = rows.filter(rows.observed_on <= rows.cutoff)
    return rows.group_by("customer_id").agg(
        **{f"fact_{fact}": rows.amount.max(where=rows.fact == fact).cast("float64") for fact in FACTS}
    )


def memberships_by_customer(rows: ibis.Table) -> ibis.Table:
    """Associations that the customer is a member of."""
    rows = rows.filter(
        rows.joined_on.isnull() | (rows.joined_on <= rows.cutoff), rows.left_on.isnull() | (rows.left_on > rows.cutoff)
    )
    return rows.group_by("customer_id").agg(associations=rows.association_id.nunique())


def trades_by_customer(rows: ibis.Table) -> ibis.Table:
    """Months until the customer's season begins, 1 to 12, and the trade; of several trades the one that is next.

    A season of the whole year, or of unknown months, is none.
    """
    rows = rows.filter(
        rows.since.isnull() | (rows.since <= rows.cutoff), rows.ended_on.isnull() | (rows.ended_on > rows.cutoff)
    )
    in_year = rows.season_start.between(1, 12) & rows.season_end.between(1, 12)
    part_of_year = in_year & ((rows.season_end - rows.season_start + 12) % 12 != 11)
    ahead = (rows.season_start - rows.cutoff.month() + 11) % 12 + 1
    months = ibis.cases((part_of_year.fill_null(False), ahead), else_=ibis.null("int64"))
    # As text "03nut_roasting": the least one is the trade whose season is next, of equal ones the first by name.
    by_season = months.fill_null(99).cast("string").lpad(2, "0").concat(rows.trade)
    rows = rows.select("customer_id", months=months, by_season=by_season)
    return rows.group_by("customer_id").agg(season_months_until=rows.months.min(), trade=rows.by_season.min().substr(2))


def endings_by_customer(rows: ibis.Table) -> ibis.Table:
    """Deposits and wealth products that run at the cutoff and end in the 30 days after it, in yuan."""
    ahead = rows.matures_on.delta(rows.cutoff, unit="day")
    rows = rows.filter(
        rows.started_on.isnull() | (rows.started_on <= rows.cutoff),
        rows.closed_on.isnull() | (rows.closed_on > rows.cutoff),
        ahead.between(1, ENDS_WITHIN),
        (rows.product_class != "loan").fill_null(True),
    )
    wealth = rows.product_class == "wealth"
    return rows.group_by("customer_id").agg(
        ending_yuan=rows.amount.sum().cast("float64"), ending_wealth_yuan=rows.amount.sum(where=wealth).cast("float64")
    )


CUSTOMER_AGGREGATES: dict[str, Callable[[ibis.Table], ibis.Table]] = {
    "accounts": accounts_by_customer,
    "product_events": events_by_customer,
    "contacts": contacts_by_customer,
    "external_facts": facts_by_customer,
    "association_members": memberships_by_customer,
    "merchants": trades_by_customer,
    "term_holdings": endings_by_customer,
}
"""By table: the function that aggregates it by customer."""
