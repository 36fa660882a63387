"""Transactions of a month: the customers' own, then what employers, the state and the bank itself enter."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.special import expit

from goldmine.contract.tables import CHANNELS, TRANSACTION_KINDS
from goldmine.sample.arrow import codes, day_number, days, ids, money
from goldmine.sample.config import BAD_CODE_SHARE, DUPLICATE_SHARE, LATE_SHARE
from goldmine.sample.counterparties import Directory, columns_of
from goldmine.sample.employers import Employers
from goldmine.sample.employment import is_private, paid_by, wages
from goldmine.sample.people import People, on_books
from goldmine.sample.traits import Traits

_KIND = {name: code for code, name in enumerate(TRANSACTION_KINDS)}
_CHANNEL = {name: code for code, name in enumerate(CHANNELS)}
BAD_CHANNEL = "kiosk"
"""A code that is in no code list."""


@dataclass
class Rows:
    """Transactions as columns of numbers: who (row of the block), day, direction (1 is in), channel, kind, fen.

    `other` is the entry of the directory that is on the other side, -1 for none.
    """

    who: NDArray
    day: NDArray
    inward: NDArray
    channel: NDArray
    kind: NDArray
    fen: NDArray
    other: NDArray


@dataclass(frozen=True)
class Payers:
    """The employers, and the directory of a block in which their payers stand."""

    employers: Employers
    directory: Directory


@dataclass(frozen=True)
class Month:
    """What a month's transactions depend on: its index, its days, the AUM before and in it, who is on the books."""

    index: int
    first: int
    last: int
    before: NDArray
    total: NDArray
    present: NDArray


def month_of(index: int, lived: list[date], total: NDArray, people: People) -> Month:
    """Gather what a month's transactions depend on."""
    first, last = day_number(lived[index].replace(day=1)), day_number(lived[index])
    return Month(index, first, last, total[:, index - 1], total[:, index], on_books(people, first, last))


def own_rows(people: People, traits: Traits, month: Month, lift: float, random: np.random.Generator) -> Rows:
    """The customers' own transactions, without their other sides: as many as engagement and the season make likely."""
    rate = np.exp(traits.engagement[:, month.index] + lift) * month.present
    count = random.poisson(rate)
    who = np.repeat(np.arange(len(count)), count)
    size = len(who)
    change = (month.total - month.before)[who]
    inward = random.random(size) < expit(1.5 * change / (np.abs(change) + 0.1 * month.total[who] + 50))
    scale = 40 + 0.02 * month.total[who] + 0.5 * np.abs(change) / np.maximum(count[who], 1)
    fen = np.round(100 * np.clip(scale * np.exp(0.9 * random.standard_normal(size)), 0.5, 5e6)).astype(np.int64)
    draws = random.random((3, size))
    day = random.integers(month.first, month.last + 1, size)
    channel = _channels(people["mobile_on"][who] <= day, draws[0])
    kind = _kinds(people, traits.appetite[who, month.index], (who, inward, channel), draws[1:])
    return Rows(who, day, inward, channel, kind, fen, np.full(size, -1))


def takings(own: Rows, people: People) -> NDArray:
    """Fen that each customer took in by card and code, from the customers' own transactions."""
    taken = own.kind == _KIND["merchant"]
    return np.bincount(own.who[taken], weights=own.fen[taken], minlength=len(people["number"]))


def _channels(activated: NDArray, draw: NDArray) -> NDArray:
    """The channel of each transaction: the counter above all, and the mobile bank once it is activated."""
    edges = np.where(activated[:, None], [0.08, 0.16, 0.3, 0.62, 0.68], [0.42, 0.7, 0.84, 0.84, 0.86])
    choice = (draw[:, None] >= edges).sum(axis=1)
    order = np.array([_CHANNEL[n] for n in ("counter", "atm", "pos", "mobile", "online", "third_party")])
    return order[choice]


def _kinds(people: People, appetite: NDArray, rows: tuple[NDArray, ...], draws: NDArray) -> NDArray:
    who, inward, channel = rows
    draw = draws[0]
    cash = (channel == _CHANNEL["counter"]) | (channel == _CHANNEL["atm"])
    kind = np.where(cash, _KIND["cash"], np.where(inward, _KIND["transfer"], _KIND["purchase"]))
    kind = np.where(~inward & ~cash & (draw < 0.3), _KIND["transfer"], kind)
    kind = np.where(~inward & (draw > 0.93), _KIND["utility"], kind)
    shop = inward & people["trader"][who] & (channel == _CHANNEL["third_party"])
    kind = np.where(shop, _KIND["merchant"], kind)
    return np.where(draws[1] < expit(2.0 * appetite - 2.0), _KIND["investment"], kind)


def system_rows(people: People, month: Month, month_end: date, payers: Payers, random: np.random.Generator) -> Rows:
    """Wages, pensions, farm subsidies, interest and fees: batch entries, not the customers' own."""
    present = month.present
    subsidy = people["farmer"] & (month_end.month in (5, 10))
    quarter = month_end.month % 3 == 0
    interest = (month.total > 300) & quarter
    fee = (people["number"] % 40 == 0) & (month_end.month == 12)
    state = payers.directory.starts["state"]
    plans = [
        (present & people["pensioned"], 14, "pension", state, 900 + 20 * people["age"]),
        (present & subsidy, 24, "subsidy", state + 1, np.full(len(present), 600.0)),
        (present & interest, 20, "interest", -1, month.total * 0.0008),
        (present & fee, 27, "fee", -1, np.full(len(present), 10.0)),
    ]
    parts = [_wage_rows(people, month, payers, random)]
    for mask, day, kind, other, yuan in plans:
        who = np.flatnonzero(mask)
        paid = yuan[who] * (1 + 0.05 * random.standard_normal(len(who)))
        inward = np.full(len(who), kind != "fee")
        parts.append(
            _batch(who, np.full(len(who), month.first + day), (inward, np.full(len(who), _KIND[kind])), paid, other)
        )
    return join(parts)


def _wage_rows(people: People, month: Month, payers: Payers, random: np.random.Generator) -> Rows:
    """Wages on the employers' pay days, from whichever account pays them."""
    employer = np.where(month.present, paid_by(people, month.first + 10), -1)
    who = np.flatnonzero(employer >= 0)
    employer = employer[who]
    usual = wages({name: people[name][who] for name in ("level", "own_pay")}, employer)
    paid = usual * (1 + 0.05 * people["hourly"][who] * random.standard_normal(len(who)))
    kind = np.where(is_private(payers.employers, employer), _KIND["transfer"], _KIND["salary"])
    day = month.first + payers.employers.pay_day(employer, month.index)
    return _batch(who, day, (np.full(len(who), True), kind), paid, payers.directory.payer(employer, month.index))


def _batch(who: NDArray, day: NDArray, entry: tuple[NDArray, NDArray], yuan: NDArray, other: NDArray | int) -> Rows:
    """Batch entries: whose, when, (direction, kind), yuan, the other side."""
    inward, kind = entry
    fen = np.maximum(np.round(100 * yuan), 1).astype(np.int64)
    channel = np.full(len(who), _CHANNEL["batch"])
    return Rows(who, day, inward, channel, kind, fen, np.broadcast_to(other, len(who)))


def join(parts: list[Rows]) -> Rows:
    """Concatenate rows."""
    names = ("who", "day", "inward", "channel", "kind", "fen", "other")
    return Rows(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def transactions_table(
    people: People, rows: Rows, start: int, end: int, random: np.random.Generator, *, directory: Directory
) -> tuple[pa.Table, dict]:
    """The contract's columns, with the dirt of real books in it.

    Parameters
    ----------
    start : int
        First transaction number; numbers go up from it.
    end : int
        Last day of the books; what became known later is not in them.

    Returns
    -------
    tuple
        The table, and counts of duplicates, late rows and bad codes.
    """
    size = len(rows.who)
    late = random.random(size) < LATE_SHARE
    known = rows.day + random.integers(1, 26, size)
    bad = random.random(size) < BAD_CODE_SHARE
    twice = random.random(size) < DUPLICATE_SHARE
    here = ~late | (known <= end)
    number = people["number"][rows.who]
    moment = rows.day.astype(np.int64) * 86_400 + random.integers(7 * 3600, 22 * 3600, size)
    table = pa.table(
        {
            "transaction_id": ids("T", np.arange(start, start + size), 11),
            "customer_id": ids("C", number, 8),
            "account_id": ids("A", number * 10, 10),
            "time": pa.array(moment * 1_000_000).cast(pa.timestamp("us")),
            "known_on": days(known, ~late),
            "amount": money(rows.fen),
            "direction": codes(("out", "in"), rows.inward.astype(int)),
            "channel": codes((*CHANNELS, BAD_CHANNEL), np.where(bad, len(CHANNELS), rows.channel)),
            "kind": codes(TRANSACTION_KINDS, rows.kind),
            **columns_of(directory, rows.other, random),
        }
    )
    dirt = {
        "duplicate_transactions": int((twice & here).sum()),
        "late_transactions": int((late & here).sum()),
        "bad_channels": int((bad & here).sum()),
    }
    return pa.concat_tables([table.filter(pa.array(here)), table.filter(pa.array(here & twice))]), dirt
