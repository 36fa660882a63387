"""Associations and their members, and who would take what is offered to them."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from goldmine.sample.arrow import codes, day_number, days, ids
from goldmine.sample.config import SampleConfig
from goldmine.sample.employers import INDUSTRIES, Employers
from goldmine.sample.names import words
from goldmine.sample.people import People
from goldmine.sample.streams import stream

TRADES = ("nut_roasting", "jade_carving", "board_mill", "garlic_trade")
"""Industries with an association of their own."""
TRADERS_SHARE, FIRMS_SHARE, EMIGRANTS_SHARE = 0.35, 0.7, 0.12
"""Shares of traders, of the trade's firms and of migrants who are members of an association."""
LISTED_SHARE = 0.8
"""Share of members whom the bank knows as such."""
EMIGRANT_CREDIT_SHARE, EMIGRANT_CREDIT_MEAN = 585 / 2_000_000, 560_000_000 / 585
"""Share of customers with a credit line by an association elsewhere, and its yuan."""
ACCEPTS = {"emigrant": 0.22, "migrant": 0.03, "trade": 0.15, "colleague": 0.25, "paid_elsewhere": 0.02}
"""Chance to accept, on average: the emigrants' credit as a member and as another migrant, the trade's credit as a
member, wages paid here at an employer that pays others here, and at another."""


def associations_table() -> pa.Table:
    """One association a trade, and one a place where many from here live."""
    places = words()["emigrant_places"]
    names = [*words()["trade_associations"], *(place + words()["emigrant_association"] for place in places)]
    number = np.arange(len(names))
    is_trade = number < len(TRADES)
    return pa.table(
        {
            "association_id": ids("A", number, 3),
            "name": pa.array(names),
            "kind": codes(("trade", "emigrant"), (~is_trade).astype(int)),
            "industry": codes(TRADES, np.minimum(number, len(TRADES) - 1), ~is_trade),
            "place": pa.array([*[None] * len(TRADES), *places], pa.string()),
        }
    )


def draw_associations(config: SampleConfig, block: range, people: People, employers: Employers) -> dict[str, NDArray]:
    """Draw the members of a block.

    Returns
    -------
    dict of str to array (customers,)
        association (number, -1 for none), association_on (day), listed (bool).
    """
    random = stream(config, "associations", block.start)
    size = len(block)
    draw, place = random.random((2, size))
    trade = (place * len(TRADES)).astype(np.int64)
    trade = np.where(people["nut_trader"], TRADES.index("nut_roasting"), trade)
    row = employers.firm - people["number"][0]
    of_trade = np.array([TRADES.index(name) if name in TRADES else -1 for name in INDUSTRIES])[employers.industry]
    inside = (row >= 0) & (row < size) & (employers.firm > 0)
    industry = np.full(size, -1)
    industry[row[inside]] = of_trade[inside]
    emigrant = len(TRADES) + (place * len(words()["emigrant_places"])).astype(np.int64)
    association = np.select(
        [
            (industry >= 0) & (draw < FIRMS_SHARE),
            people["trader"] & (people["kind"] < 2) & (draw < TRADERS_SHARE),
            people["migrant"] & (draw < EMIGRANTS_SHARE),
        ],
        [industry, trade, emigrant],
        -1,
    )
    joined = np.maximum(people["opened"], config.reference - random.integers(60, 3000, size))
    return {
        "association": association,
        "association_on": joined,
        "listed": random.random(size) < LISTED_SHARE,
    }


def takes_emigrant_credit(people: People) -> NDArray:
    """Who has the credit line of an association elsewhere: so many of the members that the field's figure holds."""
    step = round(0.15 * EMIGRANTS_SHARE / EMIGRANT_CREDIT_SHARE)
    return (people["association"] >= len(TRADES)) & (
        people["number"] * 2654435761 % 4_294_967_296 // 65_536 % step == 0
    )


def members_table(config: SampleConfig, people: People, *, listed: bool) -> pa.Table:
    """Members of a block: those the bank knows, or in truth all of them."""
    chosen = (people["association"] >= 0) & (people["association_on"] <= day_number(config.end))
    who = np.flatnonzero(chosen & (people["listed"] if listed else True))
    table = {
        "association_id": ids("A", people["association"][who], 3),
        "customer_id": ids("C", people["number"][who], 8),
        "joined_on": days(people["association_on"][who]),
    }
    return pa.table(table if not listed else {**table, "left_on": pa.nulls(len(who), pa.date32())})


def prospects_table(config: SampleConfig, people: People) -> pa.Table:
    """The truth: who would accept what, and how likely."""
    random = stream(config, "prospects", int(people["number"][0]) - 1)
    member, paid_elsewhere = people["association"], (people["employer"] >= 0) & ~people["salaried"]
    openness = np.exp(0.3 * random.standard_normal(len(member)) - 0.045)
    colleague = random.random(len(member)) < 0.9
    offers: dict[str, tuple[NDArray, NDArray | float]] = {
        "L-EMIGRANT": (
            people["migrant"] & ~takes_emigrant_credit(people),
            np.where(member >= len(TRADES), ACCEPTS["emigrant"], ACCEPTS["migrant"]),
        ),
        "L-NUTS": ((member == TRADES.index("nut_roasting")) & ~people["nut_trader"], ACCEPTS["trade"]),
        "payroll": (paid_elsewhere, np.where(colleague, ACCEPTS["colleague"], ACCEPTS["paid_elsewhere"])),
    }
    parts = []
    for product, (mask, chance) in offers.items():
        who = np.flatnonzero(mask & (people["opened"] <= day_number(config.end)))
        parts.append(
            pa.table(
                {
                    "customer_id": ids("C", people["number"][who], 8),
                    "product_id": pa.array([product] * len(who), pa.string()),
                    "probability": pa.array(np.minimum(np.broadcast_to(chance, len(member)) * openness, 1.0)[who]),
                }
            )
        )
    return pa.concat_tables(parts)
