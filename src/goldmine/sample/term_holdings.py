"""Time deposits that are renewed term by term, and wealth products with the day on which they end.

A customer's deposits come from a stream of their own, and each term's amount from the month in which it began, so that
a longer bank begins with the holdings of a shorter one.
"""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from goldmine.sample.arrow import codes, day_number, days, ids, money
from goldmine.sample.config import SampleConfig
from goldmine.sample.people import People
from goldmine.sample.products import PRODUCTS, Ledger
from goldmine.sample.streams import stream

TERMS = np.array([91, 182, 365, 730, 1095])
"""Days of a deposit."""
TERM_SHARES = (0.15, 0.2, 0.4, 0.15, 0.1)
RATES = np.array([115, 135, 150, 170, 210])
ROLLS_OVER_SHARE = 0.3
TRANCHES = (0.6, 0.4)
"""Shares of a customer's time deposits: most have two."""
LEAST = 1000.0
"""Yuan of the smallest deposit."""


def term_holdings_table(config: SampleConfig, people: People, time: NDArray, ledger: Ledger) -> pa.Table:
    """Deposits and wealth products that had begun by the books' end.

    Parameters
    ----------
    time : array (customers, months)
        Yuan of time deposits by simulated month.
    """
    deposits = [_deposits(config, people, time, share, tranche) for tranche, share in enumerate(TRANCHES)]
    parts = [pa.concat_tables(deposits), _wealth(config, people, ledger)]
    return pa.concat_tables(parts).sort_by([("customer_id", "ascending"), ("holding_id", "ascending")])


def _deposits(config: SampleConfig, people: People, time: NDArray, share: float, tranche: int) -> pa.Table:
    random = stream(config, f"time deposits {tranche}", int(people["number"][0]) - 1)
    size = len(people["number"])
    term = random.choice(len(TERMS), size=size, p=TERM_SHARES)
    offset, rolls = random.random(size), random.random(size) < ROLLS_OVER_SHARE
    ends = np.array([day_number(day) for day in config.lived])
    # Counted from a day that every bank of these customers shares: the first simulated one.
    first = ends[0] + np.floor(offset * TERMS[term]).astype(np.int64)
    turns = np.maximum((ends[-1] - first) // TERMS[term] + 1, 0)
    who = np.repeat(np.arange(size), turns)
    turn = np.arange(len(who)) - np.repeat(np.cumsum(turns) - turns, turns)
    start = first[who] + turn * TERMS[term[who]]
    month = np.searchsorted(ends, start)
    yuan = np.floor(time[who, month] * share / 100) * 100
    closed = (people["closed_on"] > people["opened"]) & (people["closed_on"] <= ends[-1])
    kept = (yuan >= LEAST) & (people["opened"][who] < start) & ~(closed[who] & (people["closed_on"][who] <= start))
    who, turn, start, yuan = who[kept], turn[kept], start[kept], yuan[kept]
    ends_on = start + TERMS[term[who]]
    # Room for 100 terms a tranche keeps the numbers apart.
    number = (people["number"][who] * len(TRANCHES) + tranche) * 100 + turn
    return _table(
        ids("D", number, 12), people["number"][who], np.zeros(len(who), int), pa.nulls(len(who), pa.string()),
        (yuan, RATES[term[who]], start, ends_on), pa.array(rolls[who]), ends[-1],
    )  # fmt: skip


def _wealth(config: SampleConfig, people: People, ledger: Ledger) -> pa.Table:
    end, first = day_number(config.end), day_number(config.month_ends[0].replace(day=1))
    parts = [np.concatenate(column) for column in zip(*ledger.terms, strict=True)] or [np.zeros(0, int)] * 5
    who, start, product, yuan, months = parts
    # One customer buys at most once a month: the day within the books is part of the number.
    kept = (start >= first) & (start <= end)
    who, start, product, yuan, months = (column[kept] for column in (who, start, product, yuan, months))
    number = people["number"][who] * 10_000 + (start - first)
    ends_on = start + np.round(months * 30.44).astype(np.int64)
    return _table(
        ids("P", number, 12), people["number"][who], np.ones(len(who), int), codes(PRODUCTS, product),
        (yuan, np.array([200, 280, 350])[product], start, ends_on), pa.array(np.zeros(len(who), dtype=bool)), end,
    )  # fmt: skip


def _table(
    holding: pa.Array, number: NDArray, kind: NDArray, product: pa.Array, figures: tuple[NDArray, ...], *rest: object
) -> pa.Table:
    yuan, rate, start, ends_on = figures
    rolls, end = rest
    return pa.table(
        {
            "holding_id": holding,
            "customer_id": ids("C", number, 8),
            "product_class": codes(("time", "wealth"), kind),
            "product_id": product,
            "amount": money(np.round(yuan * 100).astype(np.int64)),
            "rate_bp": pa.array(rate.astype(np.int64)),
            "started_on": days(start),
            "matures_on": days(ends_on),
            "rolls_over": rolls,
            "closed_on": days(ends_on, ends_on > end),
        }
    )
