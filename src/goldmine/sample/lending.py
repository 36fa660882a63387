"""Who trades in what, who applies for loans, who gets them, who pays them back; and the truth of it.

Whether a borrower fails depends on wealth, steady income and character. The bureau's score sees part of the character;
what the loan officer knows of it stands in no table, and decides on approvals. So those who were granted a loan are
safer than their data say, and a model that learns from them alone is too kind to everybody else.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.special import expit

from goldmine.sample.arrow import Writers, codes, day_number, days, ids, money
from goldmine.sample.associations import TRADES
from goldmine.sample.config import SampleConfig
from goldmine.sample.loan_book import LoanBook, loan_months_table, loans_table
from goldmine.sample.people import People
from goldmine.sample.products import PRODUCTS, Ledger
from goldmine.sample.streams import stream
from goldmine.sample.traits import FIXED_SHARE, Traits

SEASONS = {"nut_roasting": (9, 2), "jade_carving": (1, 12), "board_mill": (3, 6), "garlic_trade": (5, 8)}
"""First and last month of each trade's season."""
OTHER_TRADES = {"grocery": (12, 2), "catering": (1, 12)}
MONTHLY_HAZARD = 0.012
"""Chance that a grown-up applies for a small loan within a month."""
SMALL_LOAN_MEDIAN = 40_000.0
RATES = 425, 1_000
"""Lowest and highest rate offered, basis points: what is offered varies with the month and the branch, not the risk."""
USUAL_RATE = 600
BUREAU_MEAN, BUREAU_SPREAD = 620, 55
BUREAU_SEES = 0.9
"""Correlation of the score with the character."""
_ODD = 0x9E3779B97F4A7C15
OTHERS_WITH_SCORE = 0.2
"""Share of customers whose bureau score the bank knows without an application."""


@dataclass(frozen=True)
class Borrowers:
    """Hidden traits of a block's customers as borrowers, an array (customers,) each; of unit variance.

    Parameters
    ----------
    wealth, character, private, need : array of float
        Lasting wealth; character, of which the bureau sees part; what only the loan officer knows; need of money.
    steady : array of bool
        Wages or a pension every month.
    """

    wealth: NDArray
    character: NDArray
    private: NDArray
    need: NDArray
    steady: NDArray

    def default_log_odds(self, rows: NDArray, burden: NDArray | float = 0.0) -> NDArray:
        """Log odds to be 90 days in arrears within 12 months; `burden` is the log of the loan over the usual one."""
        risk = -2.5 - 0.8 * self.wealth[rows] - 1.2 * self.character[rows] - 0.7 * self.private[rows]
        return risk - 0.5 * self.steady[rows] + 0.35 * burden

    def demand(self, rows: NDArray, rate: NDArray | int = USUAL_RATE) -> NDArray:
        """Chance to take a loan that is offered at a rate, basis points."""
        return expit(0.9 + 0.7 * self.need[rows] - 0.005 * (np.asarray(rate) - USUAL_RATE))


def draw_borrowers(config: SampleConfig, people: People, traits: Traits) -> Borrowers:
    """Draw the hidden traits of a block."""
    random = stream(config, "borrowers", int(people["number"][0]) - 1)
    character, private, need = random.standard_normal((3, len(people["number"])))
    steady = people["salaried"] | people["pensioned"]
    return Borrowers(traits.wealth_fixed / np.sqrt(FIXED_SHARE), character, private, need, steady)


def write_lending(config: SampleConfig, people: People, traits: Traits, ledger: Ledger, writers: Writers) -> None:
    """Write merchants, applications, loans, their months, bureau scores and the truth of a block."""
    borrowers = draw_borrowers(config, people, traits)
    writers.write("merchants", merchants_table(config, people))
    applied = _apply(config, people, borrowers)
    books = LoanBook.joined(
        [_granted(config, people, borrowers, applied), _of_ledger(config, people, borrowers, ledger)]
    )
    writers.write("loan_applications", _applications_table(people, applied))
    writers.write("loans", loans_table(config, people, books))
    writers.write("loan_months", loan_months_table(config, people, books))
    writers.write("bureau_scores", _bureau_table(config, people, borrowers, applied))
    writers.write("truth/credit_applications", _applications_truth(people, borrowers, applied))
    writers.write("truth/credit", _credit_truth(config, people, borrowers))


def merchants_table(config: SampleConfig, people: People) -> pa.Table:
    """Trade and season of those in trade; the associations' members are in their association's trade."""
    start = int(people["number"][0]) - 1
    random = stream(config, "merchants", start)
    size = len(people["number"])
    names = (*TRADES, *OTHER_TRADES)
    drawn = random.choice(len(names), size=size, p=(0.02, 0.08, 0.08, 0.12, 0.4, 0.3))
    of_member = (people["association"] >= 0) & (people["association"] < len(TRADES))
    trade = np.where(of_member, people["association"], drawn)
    trade = np.where(people["nut_trader"], TRADES.index("nut_roasting"), trade)
    since = np.maximum(people["opened"], config.reference - random.integers(0, 2500, size))
    seasons = np.array(list((SEASONS | OTHER_TRADES).values()))
    rows = np.flatnonzero(people["trader"] & (since <= day_number(config.end)))
    return pa.table(
        {
            "customer_id": ids("C", people["number"][rows], 8),
            "trade": codes(names, trade[rows]),
            "season_start": pa.array(seasons[trade[rows], 0]),
            "season_end": pa.array(seasons[trade[rows], 1]),
            "since": days(since[rows]),
            "ended_on": pa.nulls(len(rows), pa.date32()),
        }
    )


@dataclass(frozen=True)
class _Applied:
    """Applications, an array (applications,) each, by month."""

    who: NDArray
    month: NDArray
    day: NDArray
    fen: NDArray
    rate: NDArray
    score: NDArray
    granted: NDArray
    taken: NDArray

    @property
    def burden(self) -> NDArray:
        """Log of the amount over the usual one."""
        return np.log(self.fen / 100 / SMALL_LOAN_MEDIAN)


def _apply(config: SampleConfig, people: People, borrowers: Borrowers) -> _Applied:
    """Applications of every simulated month, each month from a stream of its own."""
    start, size = int(people["number"][0]) - 1, len(people["number"])
    ends = [day_number(day) for day in config.lived]
    grown = (people["age"] >= 20) & (people["age"] < 66) & (people["kind"] < 2)
    parts = []
    for index in range(1, len(ends)):
        random = stream(config, "applications", start, index)
        chance = MONTHLY_HAZARD * np.exp(0.5 * borrowers.need - 0.125 + 0.4 * people["trader"] + 0.3 * people["farmer"])
        asks = random.random(size) < chance
        day = random.integers(ends[index - 1] + 1, ends[index] + 1, size)
        spread, noise, officer, choice = random.standard_normal((4, size))
        closed = (people["closed_on"] > people["opened"]) & (people["closed_on"] <= day)
        gone = people["merged"] & (people["merged_on"] <= day)
        who = np.flatnonzero(asks & grown & (people["opened"] + 60 < day) & ~closed & ~gone)
        yuan = SMALL_LOAN_MEDIAN * np.exp(0.5 * spread[who] + 0.35 * borrowers.wealth[who])
        fen = np.maximum(np.round(yuan / 1000), 5).astype(np.int64) * 100_000
        steps = (RATES[1] - RATES[0]) // 25
        rate = RATES[0] + 25 * (random.random(size)[who] * (steps + 1)).astype(np.int64)
        seen = _seen_by_bureau(borrowers.character[who], noise[who])
        liked = 0.3 * seen + borrowers.private[who] + 0.3 * borrowers.wealth[who] + 0.6 * officer[who]
        granted = liked > -0.15
        taken = granted & (expit(choice[who] * 1.702) < borrowers.demand(who, rate))
        score = np.round(BUREAU_MEAN + BUREAU_SPREAD * seen).astype(np.int64)
        parts.append((who, np.full(len(who), index), day[who], fen, rate, score, granted, taken))
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    order = np.lexsort((columns[2], columns[0]))
    return _Applied(*(column[order] for column in columns))


def _seen_by_bureau(character: NDArray, noise: NDArray) -> NDArray:
    """What the bureau's score shows of the character, of unit variance."""
    return BUREAU_SEES * character + np.sqrt(1 - BUREAU_SEES**2) * noise


def _numbers(people: People, applied: _Applied) -> NDArray:
    """Number of each application: the customer's, and the month's."""
    return people["number"][applied.who] * 10_000 + applied.month


def _granted(config: SampleConfig, people: People, borrowers: Borrowers, applied: _Applied) -> LoanBook:
    rows = np.flatnonzero(applied.taken)
    who = applied.who[rows]
    number = _numbers(people, applied)[rows]
    chance, missed, slip, term = (_hashed(config, number, salt) for salt in range(4))
    purpose = np.select([people["farmer"][who], people["trader"][who]], [2, 0], 1)
    return LoanBook(
        number=number,
        who=who,
        product=np.full(len(rows), PRODUCTS.index("L-SMALL")),
        purpose=purpose,
        fen=applied.fen[rows],
        rate=applied.rate[rows],
        granted=applied.day[rows],
        term=np.array([12, 24, 36])[(term * 3).astype(int)],
        repaid=np.full(len(rows), -1),
        fails=chance < expit(borrowers.default_log_odds(who, applied.burden[rows])),
        missed=2 + (missed * 7).astype(int),
        slips=slip,
    )


def _of_ledger(config: SampleConfig, people: People, borrowers: Borrowers, ledger: Ledger) -> LoanBook:
    """The citizen loans, nut credits and emigrants' credits that the ledger of products has."""
    drawn = [event for event in ledger.events if event[2] == 2]
    if not drawn:
        return LoanBook.empty()
    who, day, product, fen = (np.concatenate([event[place] for event in drawn]) for place in (0, 1, 4, 5))
    order = np.lexsort((day, who))
    who, day, product, fen = who[order], day[order], product[order], fen[order]
    nuts = product == PRODUCTS.index("L-NUTS")
    back = {
        (int(w), int(d)) for event in ledger.events if event[2] == 3 for w, d in zip(event[0], event[1], strict=True)
    }
    repaid = np.full(len(who), -1)
    for row in np.flatnonzero(nuts):
        repaid[row] = min((d for w, d in back if w == who[row] and d > day[row]), default=-1)
    number = people["number"][who] * 10_000 + 1_000 * product + day % 1_000
    chance, missed, slip = (_hashed(config, number, salt) for salt in range(3))
    return LoanBook(
        number=number,
        who=who,
        product=product,
        purpose=np.where(nuts, 0, 1),
        fen=fen,
        rate=np.where(nuts, 550, 480),
        granted=day,
        term=np.where(nuts, 5, 36),
        repaid=repaid,
        fails=~nuts & (chance < expit(borrowers.default_log_odds(who))),
        missed=2 + (missed * 7).astype(int),
        slips=np.where(nuts, 1.0, slip),
    )


def _hashed(config: SampleConfig, numbers: NDArray, salt: int) -> NDArray:
    """A draw between 0 and 1 for each loan that depends on its number alone: a longer bank draws the same."""
    mixed = (numbers.astype(np.uint64) * np.uint64(1_009) + np.uint64(config.seed * 7 + salt)) * np.uint64(_ODD)
    mixed ^= mixed >> np.uint64(29)
    mixed *= np.uint64(0xBF58476D1CE4E5B9)
    return (mixed >> np.uint64(11)).astype(np.float64) / 2**53


def _applications_table(people: People, applied: _Applied) -> pa.Table:
    number = _numbers(people, applied)
    return pa.table(
        {
            "application_id": ids("Q", number, 12),
            "customer_id": ids("C", people["number"][applied.who], 8),
            "product_id": pa.array(["L-SMALL"] * len(number), pa.string()),
            "applied_on": days(applied.day),
            "amount": money(applied.fen),
            "rate_bp": pa.array(applied.rate),
            "decision": codes(
                ("refused", "granted", "not_taken"), applied.taken + 2 * (applied.granted & ~applied.taken)
            ),
            "loan_id": ids("L", number, 12, ~applied.taken),
        }
    )


def _bureau_table(config: SampleConfig, people: People, borrowers: Borrowers, applied: _Applied) -> pa.Table:
    """A score for every application, and one for some of the others."""
    random = stream(config, "bureau", int(people["number"][0]) - 1)
    size = len(people["number"])
    noise, has = random.standard_normal(size), random.random(size) < OTHERS_WITH_SCORE
    day = np.maximum(people["opened"], config.reference - random.integers(-200, 1500, size))
    seen = BUREAU_MEAN + BUREAU_SPREAD * _seen_by_bureau(borrowers.character, noise)
    has &= (people["kind"] < 2) & (day <= day_number(config.end))
    first = np.concatenate([np.diff(applied.who, prepend=-1) != 0]) | (np.diff(applied.day, prepend=-1) != 0)
    who = np.concatenate([applied.who[first], np.flatnonzero(has)])
    when = np.concatenate([applied.day[first], day[has]])
    score = np.concatenate([applied.score[first], np.round(seen[has]).astype(np.int64)])
    _, kept = np.unique(who * 100_000 + when, return_index=True)
    return pa.table(
        {
            "customer_id": ids("C", people["number"][who[kept]], 8),
            "score": pa.array(score[kept]),
            "observed_on": days(when[kept]),
        }
    )


def _applications_truth(people: People, borrowers: Borrowers, applied: _Applied) -> pa.Table:
    """The true chances of each application: to fail if it is granted, and to be taken at the rate offered."""
    fails = expit(borrowers.default_log_odds(applied.who, applied.burden))
    return pa.table(
        {
            "application_id": ids("Q", _numbers(people, applied), 12),
            "default_probability": pa.array(fails),
            "demand_probability": pa.array(borrowers.demand(applied.who, applied.rate)),
        }
    )


def _credit_truth(config: SampleConfig, people: People, borrowers: Borrowers) -> pa.Table:
    """The true chances of each customer at the books' end: to fail with the usual loan, and to take it if offered."""
    end, rows = day_number(config.end), np.arange(len(people["number"]))
    table = pa.table(
        {
            "customer_id": ids("C", people["number"], 8),
            "default_probability": pa.array(expit(borrowers.default_log_odds(rows))),
            "demand_probability": pa.array(borrowers.demand(rows)),
        }
    )
    return table.filter(pa.array(people["opened"] <= end))
