"""Transfers between two customers, as they were known at a day: in how many months, and since when."""

from datetime import date

import ibis
from ibis.backends.duckdb import Backend

from goldmine.contract.bank import Bank
from goldmine.core.dates import month_key, months_back
from goldmine.identity.survivors import merged_numbers, under_survivors


def known_moves(connection: Backend, bank: Bank, day: date, months: int) -> ibis.Table:
    """Transactions of some months up to a day that had reached the books by then."""
    moves = bank.read(connection, "transactions", [month_key(end) for end in months_back(day, months)])
    until = ibis.literal(day)
    return moves.filter(moves.time.date() <= until, moves.known_on.isnull() | (moves.known_on <= until))


def transfers_between(connection: Backend, bank: Bank, day: date, months: int) -> ibis.Table:
    """Pairs of customers with transfers; one that both sides hold, or that the books hold twice, counts once.

    Each side counts with all numbers that were merged into theirs by the day.

    Parameters
    ----------
    months : int
        Months that are looked at.

    Returns
    -------
    ibis.Table
        one and other (surviving numbers, the smaller first), months with a transfer, since (the first).
    """
    moves = known_moves(connection, bank, day, months)
    moves = moves.filter(moves.counterparty_customer_id.notnull(), moves.kind.isnull() | (moves.kind == "transfer"))
    sides = ("customer_id", "counterparty_customer_id")
    merged = merged_numbers(connection, bank.read(connection, "customers"), day)
    moves = under_survivors(moves.select(*sides, "time"), merged, sides)
    one, other = moves.customer_id, moves.counterparty_customer_id
    moves = moves.filter(one != other).select(
        one=ibis.least(one, other), other=ibis.greatest(one, other), month=moves.time.strftime("%Y-%m"),
        day=moves.time.date(),
    )  # fmt: skip
    return moves.group_by("one", "other").agg(months=moves.month.nunique(), since=moves.day.min())
