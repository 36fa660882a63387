"""The customers: first as numbers, then as the contract's columns."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from goldmine.contract.tables import IDENTITIES, RISK_GRADES
from goldmine.core.dates import month_end
from goldmine.sample.arrow import codes, day_number, days, ids
from goldmine.sample.config import (
    CLOSED_SHARE,
    COHORT_MONTHS,
    MERGED_SHARE,
    NO_BIRTH_DATE_SHARE,
    OPT_OUT_SHARE,
    SampleConfig,
)
from goldmine.sample.employers import Employers
from goldmine.sample.employment import draw_employment
from goldmine.sample.persons import FAMILY, FIRM, SECOND_NUMBER_SHARE, draw_persons

People = dict[str, NDArray]
ASSESSED_EVERY = 600
"""Days after which a customer's risk is assessed again."""
_NEVER = 60_000
"""Days after which it does not matter any more whether something happens."""
_IDENTITY_SHARES = (0.45, 0.2, 0.04, 0.05, 0.03, 0.06, 0.15, 0.02)
_FARMER, _TRADER, _MIGRANT = (IDENTITIES.index(name) for name in ("farmer", "merchant", "migrant"))


def draw_people(config: SampleConfig, block: range, employers: Employers, random: np.random.Generator) -> People:
    """Draw the customers of a block; days are numbers since 1970-01-01, nothing is -1.

    What befalls a customer some day has its day here, however late: tables leave out what lies after the books.
    """
    size = len(block)
    anchor = config.reference
    identity = random.choice(len(IDENTITIES), size=size, p=_IDENTITY_SHARES)
    number = np.array(block) + 1
    firm, owner = np.isin(number, employers.firm), np.isin(number, employers.owner)
    persons = draw_persons(config, block, firm | owner)
    age = np.clip(random.normal(46, 15, size), 16, 92)[persons.age_of]
    village = np.repeat(random.integers(0, config.grids, size // FAMILY + 1), FAMILY)[:size]
    grid = np.where(persons.away, persons.other_grid, village)
    works = (random.random(size) < 0.55) & (age < 60) & (identity != _FARMER) & ~firm & ~owner
    birth = (anchor - age * 365.25).astype(np.int64)
    opened = np.maximum(persons.opened(_opened(config, block, random)), birth + 6 * 365)
    mobile_share = 1 / (1 + np.exp((age - 48) / 9))
    mobile_on = some_day(mobile_share, anchor - 2500, anchor - 30, random)
    card_on = some_day(np.full(size, 0.7), anchor - 3500, anchor - 30, random)
    closed_on = some_day(np.full(size, CLOSED_SHARE), anchor - 700, anchor, random)
    # So many of the second numbers that the share of all customers is merged by then.
    merged_on = some_day(np.full(size, MERGED_SHARE / SECOND_NUMBER_SHARE), anchor - 700, anchor, random)
    assessed = random.random(size) < 0.6
    return {
        "number": number,
        "identity": identity,
        "age": age,
        "birth": birth,
        "gender": random.integers(0, 2, size)[persons.age_of],
        "kind": _kinds(random.choice(3, size=size, p=(0.965, 0.03, 0.005)), persons.is_natural | owner, firm),
        "person": persons.person,
        "double": persons.double,
        "away": persons.away,
        "grid": grid,
        **draw_employment(config, block, np.where(works, random.integers(0, config.employers, size), -1)),
        "trader": identity == _TRADER,
        "farmer": identity == _FARMER,
        "migrant": identity == _MIGRANT,
        "nut_trader": (identity == _TRADER) & (random.random(size) < 0.12),
        "salaried": works & (random.random(size) < 0.7) & ~persons.is_second,
        "pensioned": (age >= 60) & (random.random(size) < 0.7) & ~firm & ~persons.is_second,
        "opened": opened,
        "mobile": mobile_on <= anchor,
        "mobile_on": np.maximum(opened, mobile_on),
        "card_on": np.maximum(opened, card_on),
        "grade": np.where(assessed, random.choice(5, size=size, p=(0.25, 0.35, 0.25, 0.1, 0.05)), -1),
        "grade_age": random.integers(1, ASSESSED_EVERY, size),
        "consent": random.random(size) >= OPT_OUT_SHARE,
        "no_birth": random.random(size) < NO_BIRTH_DATE_SHARE,
        "closed_on": closed_on,
        "merged": _merges(persons.person, opened, closed_on, merged_on),
        "merged_on": merged_on,
    }


def _kinds(drawn: NDArray, natural: NDArray, firm: NDArray) -> NDArray:
    """Kinds of customer: as drawn, but for those who must be a person or a firm."""
    return np.where(firm, FIRM, np.where(natural, 0, drawn))


def _opened(config: SampleConfig, block: range, random: np.random.Generator) -> NDArray:
    """Day of joining: up to 22 years before the first simulated month, or one of the month that is a newcomer's own."""
    size = len(block)
    edges = [day_number(month_end(config.lived[0], lag)) for lag in range(-1, len(config.lived) + COHORT_MONTHS)]
    counts = config.founders + np.array([config.joined(month) for month in range(1, len(edges))])
    month = np.searchsorted(counts, np.array(block), side="right")
    starts, lengths = np.array(edges[:-1])[month] + 1, np.diff(edges)[month]
    before, within = random.integers(30, 8000, size), random.random(size)
    return np.where(
        np.array(block) < config.founders, edges[0] + 1 - before, starts + (within * lengths).astype(np.int64)
    )


def some_day(share: NDArray, first: int, last: int, random: np.random.Generator) -> NDArray:
    """Day on which something befalls a customer, at a rate by which it has befallen a share of them by `last`."""
    part = random.random(len(share)) / share
    return first + np.minimum((last - first) * part, _NEVER).astype(np.int64)


def _merges(person: NDArray, opened: NDArray, closed_on: NDArray, merged_on: NDArray) -> NDArray:
    """Whose number is merged some day: into the same person's current one, which is on the books by then."""
    second = person != np.arange(len(person))
    present = (opened < merged_on) & ~((closed_on > opened) & (closed_on <= merged_on))
    kept = (opened[person] <= merged_on) & ~((closed_on > opened) & (closed_on <= merged_on))[person]
    return second & present & kept


def on_books(people: People, first: int, last: int) -> NDArray:
    """Who is on the books between two days: joined by the first, neither closed nor merged by the last."""
    closed = (people["closed_on"] > people["opened"]) & (people["closed_on"] <= last)
    merged = people["merged"] & (people["merged_on"] <= last)
    return (people["opened"] <= first) & ~closed & ~merged


def branch_of(config: SampleConfig, grid: NDArray) -> NDArray:
    """Branch that serves a grid."""
    return grid % config.branches


def customers_table(config: SampleConfig, people: People) -> pa.Table:
    """The customers of a block as the contract has them, by what is known on the books' last day."""
    end = day_number(config.end)
    branch = branch_of(config, people["grid"])
    manager = branch * 4 + people["number"] % 4
    merged = people["merged"] & (people["merged_on"] <= end)
    closed = (people["closed_on"] > people["opened"]) & (people["closed_on"] <= end)
    graded_on = np.maximum(people["opened"], end - (end - config.reference + people["grade_age"]) % ASSESSED_EVERY)
    return pa.table(
        {
            "customer_id": ids("C", people["number"], 8),
            "birth_date": days(people["birth"], people["no_birth"]),
            "gender": codes(("F", "M"), people["gender"]),
            "kind": codes(("person", "sole_trader", "firm"), people["kind"]),
            "opened_on": days(people["opened"]),
            "closed_on": days(people["closed_on"], ~closed),
            "branch_id": ids("B", branch, 3),
            "grid_id": ids("G", people["grid"], 5),
            "manager_id": ids("S", manager, 5),
            "employer_id": ids("E", people["employer"], 6, people["employer"] < 0),
            "identity": codes(IDENTITIES, people["identity"]),
            "risk_grade": codes(RISK_GRADES, np.maximum(people["grade"], 0), people["grade"] < 0),
            "risk_grade_on": days(graded_on, people["grade"] < 0),
            "marketing_consent": pa.array(people["consent"]),
            "social_security_card_on": days(people["card_on"], people["card_on"] > end),
            "mobile_bank_on": days(people["mobile_on"], people["mobile_on"] > end),
            "merged_into": ids("C", people["number"][people["person"]], 8, ~merged),
            "merged_on": days(people["merged_on"], ~merged),
        }
    )


def accounts_table(people: People, end: int) -> pa.Table:
    """A demand account for everybody, a time account for every third."""
    number = people["number"]
    timed = number % 3 == 0
    closed = np.concatenate([people["closed_on"], people["closed_on"][timed]])
    opened = np.concatenate([people["opened"], people["opened"][timed] + 90])
    owner = np.concatenate([number, number[timed]])
    kind = np.concatenate([np.zeros(len(number), int), np.ones(timed.sum(), int)])
    table = pa.table(
        {
            "account_id": ids("A", owner * 10 + kind, 10),
            "customer_id": ids("C", owner, 8),
            "product_class": codes(("demand", "time"), kind),
            "opened_on": days(opened),
            "closed_on": days(closed, (closed <= opened) | (closed > end)),
        }
    )
    return table.filter(pa.array(opened <= end))


def relations_table(people: People, employers: Employers, end: int) -> pa.Table:
    """Neighbouring customers form families of three, a firm is in none; employers' firms have their executives."""
    number = people["number"]
    first = np.arange(0, len(number), FAMILY)
    left = np.concatenate([first, first])
    right = np.concatenate([first + 1, first + 2])
    left, right = left[right < len(number)], right[right < len(number)]
    both = np.maximum(people["opened"][left], people["opened"][right]) <= end
    both &= (people["kind"][left] != FIRM) & (people["kind"][right] != FIRM)
    led = np.isin(employers.firm, number) & np.isin(employers.owner, number)
    firm, owner = (column[led] - number[0] for column in (employers.firm, employers.owner))
    known = np.maximum(people["opened"][firm], people["opened"][owner])
    firm, owner, known = (column[known <= end] for column in (firm, owner, known))
    left, right = np.concatenate([left[both], firm]), np.concatenate([right[both], owner])
    families = int(both.sum())
    return pa.table(
        {
            "customer_id": ids("C", number[left], 8),
            "related_id": ids("C", number[right], 8),
            "relation": pa.array(["family"] * families + ["executive"] * len(firm), pa.string()),
            "since": days(np.concatenate([np.full(families, 10_957), known])),
            "ended_on": pa.nulls(families + len(firm), pa.date32()),
        }
    )
