"""Who supplies whom, since when, and what is invoiced or taken in each month."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from goldmine.sample.arrow import codes, day_number, days, ids, money
from goldmine.sample.config import SampleConfig
from goldmine.sample.people import People, on_books
from goldmine.sample.persons import FIRM
from goldmine.sample.streams import stream

SUPPLIERS = 3
"""Suppliers drawn for each firm."""
ENDED_SHARE = 0.2
"""Share of supplies that end within five years."""
KINDS = ("sales_invoices", "purchase_invoices", "acquiring")


@dataclass(frozen=True)
class Supplies:
    """Supplies of a block, an array (supplies,) each: buyer and supplier (rows), first and last day, yuan a month."""

    buyer: NDArray
    supplier: NDArray
    since: NDArray
    ended: NDArray
    yuan: NDArray


def draw_supplies(config: SampleConfig, people: People) -> Supplies:
    """Firms buy from firms and traders of their block, half of them from members of the same association."""
    random = stream(config, "supplies", int(people["number"][0]) - 1)
    firms = np.flatnonzero(people["kind"] == FIRM)
    sellers = np.flatnonzero((people["kind"] == FIRM) | people["trader"])
    buyer = np.repeat(firms, SUPPLIERS)
    size = len(buyer)
    supplier = sellers[random.integers(0, max(len(sellers), 1), size)] if len(sellers) else buyer
    fellows = {a: sellers[people["association"][sellers] == a] for a in np.unique(people["association"][buyer])}
    pick, same = random.random(size), random.random(size) < 0.5
    for place in np.flatnonzero(same & (people["association"][buyer] >= 0)):
        others = fellows[people["association"][buyer[place]]]
        supplier[place] = others[int(len(others) * pick[place])]
    since = np.maximum(
        np.maximum(people["opened"][buyer], people["opened"][supplier]),
        config.reference - random.integers(0, 2500, size),
    )
    ended = since + (1826 * random.random(size) / ENDED_SHARE).astype(np.int64)
    yuan = np.exp(9.5 + random.standard_normal(size))
    pair = buyer.astype(np.int64) * (len(people["kind"]) + 1) + supplier
    once = np.zeros(size, dtype=bool)
    once[np.unique(pair, return_index=True)[1]] = True
    kept = once & (buyer != supplier)
    return Supplies(*(column[kept] for column in (buyer, supplier, since, ended, yuan)))


def supply_relations(config: SampleConfig, people: People, supplies: Supplies) -> pa.Table:
    """The supplies as the bank's relations have them: the supplier of each buyer."""
    end = day_number(config.end)
    known = supplies.since <= end
    number, ended = people["number"], supplies.ended[known]
    return pa.table(
        {
            "customer_id": ids("C", number[supplies.buyer[known]], 8),
            "related_id": ids("C", number[supplies.supplier[known]], 8),
            "relation": pa.array(["supplier"] * int(known.sum()), pa.string()),
            "since": days(supplies.since[known]),
            "ended_on": days(ended, ended > end),
        }
    )


def turnover_table(
    config: SampleConfig, people: People, supplies: Supplies, month_end: date, takings: tuple[NDArray, pa.Array]
) -> pa.Table:
    """A month's turnover: invoices between firms of the block, and takings by card and code.

    Parameters
    ----------
    takings : tuple
        Fen that each customer took in by card and code, and the names of the customers.
    """
    fen, names = takings
    last = day_number(month_end)
    random = stream(config, "turnover", int(people["number"][0]) - 1, last)
    alive = on_books(people, last, last)
    noise = np.exp(0.3 * random.standard_normal(len(supplies.yuan)))
    runs = (supplies.since <= last) & (supplies.ended > last) & alive[supplies.buyer] & alive[supplies.supplier]
    amount = np.round(100 * supplies.yuan * noise)[runs].astype(np.int64)
    buyer, supplier = supplies.buyer[runs], supplies.supplier[runs]
    takes = np.flatnonzero(fen)
    who = np.concatenate([supplier, buyer, takes])
    other = np.concatenate([buyer, supplier, np.full(len(takes), -1)])
    kind = np.repeat([0, 1, 2], [len(buyer), len(buyer), len(takes)])
    entry, number = np.maximum(other, 0), people["number"]
    return pa.table(
        {
            "customer_id": ids("C", number[who], 8),
            "month_end": days(np.full(len(who), last)),
            "kind": codes(KINDS, kind),
            "counterparty": ids("X", number[entry], 8, other < 0),
            "counterparty_name": names.take(pa.array(other, mask=other < 0)),
            "counterparty_customer_id": ids("C", number[entry], 8, other < 0),
            "amount": money(np.concatenate([amount, amount, fen[takes].astype(np.int64)])),
        }
    )
