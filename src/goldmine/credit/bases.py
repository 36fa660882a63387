"""What limits are worked out from: annual average daily deposits, the latest facts, trades, and what is owed."""

from datetime import date

import ibis

from goldmine.contactability.tables import ContactTables
from goldmine.contract.bank import Bank
from goldmine.core.dates import month_end, month_key, months_back
from goldmine.credit.rules import CreditProduct

DEPOSITS = ("demand", "time")
YEAR = 12


def months_of_deposits_lacking(bank: Bank, as_of: date) -> list[str]:
    """Which of the twelve months the bank's balances lack: a year's average of the others would be another amount."""
    return bank.months_lacking("balances", months_back(as_of, YEAR))


def average_deposits(tables: ContactTables) -> ibis.Table:
    """Annual average daily deposits in fen, rounded down: customer_id and base_fen.

    The mean of the daily balances of the last twelve months; months in which a customer had nothing on the books count
    as nothing. Whether the bank has all twelve says `months_of_deposits_lacking`. Where a bank has no daily averages,
    month ends stand for them.
    """
    months = months_back(tables.as_of, YEAR)
    rows = tables.bank.read(tables.connection, "balances", [month_key(day) for day in months])
    rows = tables.under_survivors(rows.filter(rows.product_class.isin(DEPOSITS)))
    daily = ibis.coalesce(rows.average_daily_balance, rows.balance)
    days = sum(day.day for day in months)
    fen = ((daily * 100).cast("int64") * rows.month_end.day().cast("int64")).sum()
    added = rows.group_by("customer_id").agg(fen_days=fen)
    return added.select("customer_id", base_fen=(added.fen_days // days).cast("int64"))


def latest_facts(tables: ContactTables, fact: str, max_months: int) -> ibis.Table:
    """The latest fact of a kind that is not too old, in fen: customer_id and base_fen; of two of one day the lower."""
    facts = tables.table("external_facts")
    oldest = month_end(tables.as_of, -max_months)
    known = facts.filter(facts.fact == fact, facts.observed_on <= tables.as_of, facts.observed_on > oldest)
    rows = tables.under_survivors(known.select("customer_id", "amount", "observed_on"))
    order = ibis.row_number().over(group_by="customer_id", order_by=[ibis.desc("observed_on"), ibis.asc("amount")])
    ranked = rows.mutate(place=order)
    return ranked.filter(ranked.place == 0).select("customer_id", base_fen=(ranked.amount * 100).cast("int64"))


def traders(tables: ContactTables, product: CreditProduct) -> ibis.Table:
    """Who is in the product's trades at the snapshot: customer_id, trade, and months of the season.

    A customer in several trades counts in the first by name. Months of the season are the customer's own where the bank
    knows them, else the trade's.
    """
    merchants = tables.table("merchants")
    day = tables.as_of
    held = merchants.filter(
        merchants.trade.isin(list(product.trades)),
        merchants.since.isnull() | (merchants.since <= day),
        merchants.ended_on.isnull() | (merchants.ended_on > day),
    )
    rows = tables.under_survivors(held.select("customer_id", "trade", "season_start", "season_end"))
    place = ibis.row_number().over(
        group_by="customer_id", order_by=[ibis.asc("trade"), ibis.asc("season_start"), ibis.asc("season_end")]
    )
    ranked = rows.mutate(place=place)
    first = ranked.filter(ranked.place == 0)
    known = first.season_start.between(1, 12) & first.season_end.between(1, 12)
    starts, ends = (
        ibis.cases(*((first.trade == trade, months[place]) for trade, months in product.trades.items()))
        for place in (0, 1)
    )
    return first.select(
        "customer_id",
        "trade",
        season_start_month=known.fill_null(False).ifelse(first.season_start, starts).cast("int64"),
        season_end_month=known.fill_null(False).ifelse(first.season_end, ends).cast("int64"),
    )


def owed(tables: ContactTables) -> ibis.Table:
    """What each customer owes at the snapshot by product, in fen: customer_id, product_id and fen.

    A loan that runs and has no row of the month counts with its whole limit. Without a table of loans what is owed is
    the balance of the class of loans, of no known product.
    """
    day = tables.as_of
    if not tables.has("loans"):
        rows = tables.bank.read(tables.connection, "balances", [month_key(day)])
        rows = tables.under_survivors(rows.filter(rows.product_class == "loan").select("customer_id", "balance"))
        return rows.select("customer_id", product_id=ibis.null("string"), fen=(rows.balance * 100).cast("int64"))
    loans = tables.table("loans")
    running = loans.filter(loans.granted_on <= day, loans.closed_on.isnull() | (loans.closed_on > day))
    running = tables.under_survivors(running.select("loan_id", "customer_id", "product_id", "credit_limit"))
    months = tables.table("loan_months")
    now = months.filter(months.month_end == day).select(month_loan="loan_id", owed="owed")
    joined = running.left_join(now, running.loan_id == now.month_loan)
    amount = ibis.coalesce(joined.owed, joined.credit_limit)
    return joined.select("customer_id", "product_id", fen=(amount * 100).cast("int64"))


def season_start(day: date) -> str:
    """SQL of the first day of the season that runs at a day or comes next, from the season's months."""
    year, until = day.year, f"DATE '{day}'"
    start = "make_date({year}, season_start_month, 1)"
    end = "last_day(make_date({year} + (season_end_month < season_start_month)::INTEGER, season_end_month, 1))"
    cases = " ".join(
        f"WHEN {end.format(year=at)} > {until} THEN {start.format(year=at)}" for at in (year - 1, year, year + 1)
    )
    return f"CASE {cases} END"
