"""What customers buy, redeem, borrow and repay."""

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from goldmine.sample.arrow import codes, day_number, days, ids, money
from goldmine.sample.associations import EMIGRANT_CREDIT_MEAN, takes_emigrant_credit
from goldmine.sample.config import (
    CITIZEN_LOAN_DAYS,
    CITIZEN_LOAN_MEAN,
    CITIZEN_LOAN_SHARE,
    EMIGRANT_CREDIT_DAYS,
    NUT_CREDIT_MULTIPLE,
    SampleConfig,
)
from goldmine.sample.people import People, on_books
from goldmine.sample.streams import stream
from goldmine.sample.true_probabilities import DECIDED

EVENTS = ("bought", "redeemed", "loan_drawn", "loan_repaid")
CLASSES = ("wealth", "loan")
PRODUCTS = ("W-R1", "W-R2", "W-R3", "L-CITIZEN", "L-NUTS", "L-EMIGRANT", "L-SMALL", "L-TAX", "L-FUND")
Event = tuple[NDArray, NDArray, int, int, NDArray, NDArray]


@dataclass
class Ledger:
    """Events of one block, gathered month by month: who, when, what, which class, which product, fen."""

    events: list[Event] = field(default_factory=list)
    terms: list[tuple[NDArray, NDArray, NDArray, NDArray, NDArray]] = field(default_factory=list)
    """Wealth products by the month of purchase: who, when, product, yuan, months."""

    def add(self, who: NDArray, when: NDArray, event: str, product: NDArray, yuan: NDArray) -> None:
        """Gather events; `product` holds indices into `PRODUCTS`."""
        kind = int(event.startswith("loan"))
        self.events.append((who, when, EVENTS.index(event), kind, product, np.round(yuan * 100).astype(np.int64)))

    def table(self, people: People, months_first: int) -> pa.Table:
        """The events from the books' first day on, as the contract has them."""
        if not self.events:
            return pa.table({})
        who = np.concatenate([e[0] for e in self.events])
        when = np.concatenate([e[1] for e in self.events])
        sizes = [len(e[0]) for e in self.events]
        event = np.repeat([e[2] for e in self.events], sizes)
        kind = np.repeat([e[3] for e in self.events], sizes)
        product = np.concatenate([e[4] for e in self.events])
        fen = np.concatenate([e[5] for e in self.events])
        # Numbered by day, so that later events do not change the numbers of earlier ones.
        order = np.argsort(when, kind="stable")
        who, when, event, kind, product, fen = (column[order] for column in (who, when, event, kind, product, fen))
        keep = when >= months_first
        # Far fewer than a hundred events a customer, so that blocks cannot meet.
        number = int(people["number"][0]) * 100 + np.arange(len(who))[keep]
        events = pa.table(
            {
                "event_id": ids("V", number, 11),
                "customer_id": ids("C", people["number"][who[keep]], 8),
                "happened_on": days(when[keep]),
                "event": codes(EVENTS, event[keep]),
                "product_class": codes(CLASSES, kind[keep]),
                "product_id": codes(PRODUCTS, product[keep]),
                "amount": money(fen[keep]),
            }
        )
        return events.sort_by([("customer_id", "ascending"), ("happened_on", "ascending"), ("event_id", "ascending")])


def days_in(month_end_before: int, month_end: int, size: int, random: np.random.Generator) -> NDArray:
    """Random days of a month."""
    return random.integers(month_end_before + 1, month_end + 1, size)


def wealth_life(
    people: People, hazard: NDArray, total: NDArray, ends: list[int], *, ledger: Ledger, random: np.random.Generator
) -> NDArray:
    """Simulate purchases and redemptions of wealth products.

    Parameters
    ----------
    hazard : array (customers, months)
        Chance to decide on a purchase by each month's state; it happens `DECIDED` months later.
    total : array (customers, months)
        AUM in yuan.
    ends : list of int
        Month ends, as day numbers.

    Returns
    -------
    array (customers, months) of bool
        Who holds a wealth product when.
    """
    size, months = hazard.shape
    left = np.zeros(size, dtype=np.int64)
    owns = np.zeros((size, months), dtype=bool)
    for month in range(DECIDED, months):
        before = ends[month - 1]
        buys = (random.random(size) < hazard[:, month - DECIDED]) & on_books(people, before, ends[month])
        lapses = (left == 1) & ~buys
        left = np.where(buys, random.integers(3, 13, size), np.maximum(left - 1, 0))
        owns[:, month] = left > 0
        for event, customers in (("bought", np.flatnonzero(buys)), ("redeemed", np.flatnonzero(lapses))):
            when = days_in(before, ends[month], len(customers), random)
            yuan = 0.3 * total[customers, month] + 1000
            ledger.add(customers, when, event, customers % 3, yuan)
            if event == "bought":
                ledger.terms.append((customers, when, customers % 3, yuan, left[customers]))
    return owns


def loan_life(
    config: SampleConfig, people: People, total: NDArray, ledger: Ledger, random: np.random.Generator
) -> NDArray:
    """Simulate loans: the citizen loan's first months, emigrants' credit, and the nut trade's credit each autumn.

    Returns
    -------
    array (customers, months)
        Yuan owed.
    """
    lived = config.lived
    owed = np.zeros(total.shape)
    _citizen_loans(config, people, owed, ledger, random)
    _emigrant_credit(config, people, owed, ledger)
    traders = np.flatnonzero(people["nut_trader"])
    for month, day in enumerate(lived):
        if day.month != 11 or month < 2 or not len(traders):
            continue
        limit = NUT_CREDIT_MULTIPLE * total[traders, max(0, month - 12) : month].mean(axis=1)
        end = day_number(day)
        worth = (limit > 1000) & on_books(people, end - 30, end)[traders]
        who, limit = traders[worth], limit[worth]
        ledger.add(who, days_in(end - 30, end, len(who), random), "loan_drawn", np.full(len(who), 4), limit)
        back = min(month + 4, len(lived))
        owed[who, month:back] += limit[:, None]
        if back < len(lived):
            when = days_in(day_number(lived[back - 1]), day_number(lived[back]), len(who), random)
            ledger.add(who, when, "loan_repaid", np.full(len(who), 4), limit)
    return owed


def _citizen_loans(
    config: SampleConfig, people: People, owed: NDArray, ledger: Ledger, random: np.random.Generator
) -> None:
    start, stop = (day_number(day) for day in CITIZEN_LOAN_DAYS)
    ends = np.array([day_number(day) for day in config.lived])
    # Every customer of so many, so that small banks have their share of households exactly.
    step = round(0.96 / CITIZEN_LOAN_SHARE)
    who = np.flatnonzero(people["number"] % step == step // 2)
    when = random.integers(start, stop + 1, len(who))
    spread = random.normal(0, 0.35, len(who))
    yuan = CITIZEN_LOAN_MEAN * np.exp(spread - 0.35**2 / 2)
    if len(who) > 1:
        yuan *= CITIZEN_LOAN_MEAN / yuan.mean()
    known = (when <= ends[-1]) & (people["opened"][who] < when)
    who, when, yuan = who[known], when[known], yuan[known]
    ledger.add(who, when, "loan_drawn", np.full(len(who), 3), yuan)
    owed[who] += np.where(ends[None, :] >= when[:, None], yuan[:, None], 0)


def _emigrant_credit(config: SampleConfig, people: People, owed: NDArray, ledger: Ledger) -> None:
    """Credit lines of members of associations elsewhere, drawn once and owed from then on."""
    random = stream(config, "emigrants' credit", int(people["number"][0]) - 1)
    start, stop = (day_number(day) for day in EMIGRANT_CREDIT_DAYS)
    ends = np.array([day_number(day) for day in config.lived])
    who = np.flatnonzero(takes_emigrant_credit(people))
    when = np.maximum(random.integers(start, stop + 1, len(who)), people["association_on"][who] + 30)
    yuan = EMIGRANT_CREDIT_MEAN * np.exp(random.normal(-(0.4**2) / 2, 0.4, len(who)))
    known = (when <= ends[-1]) & (people["opened"][who] < when)
    who, when, yuan = who[known], when[known], yuan[known]
    ledger.add(who, when, "loan_drawn", np.full(len(who), PRODUCTS.index("L-EMIGRANT")), yuan)
    owed[who] += np.where(ends[None, :] >= when[:, None], yuan[:, None], 0)
