"""The customers: first as numbers, then as the contract's columns."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from goldmine.contract.tables import IDENTITIES, RISK_GRADES
from goldmine.sample.arrow import codes, day_number, days, ids
from goldmine.sample.config import CLOSED_SHARE, MERGED_SHARE, NO_BIRTH_DATE_SHARE, OPT_OUT_SHARE, SampleConfig

People = dict[str, NDArray]
_IDENTITY_SHARES = (0.45, 0.2, 0.04, 0.05, 0.03, 0.06, 0.15, 0.02)
_FARMER, _TRADER, _MIGRANT = (IDENTITIES.index(name) for name in ("farmer", "merchant", "migrant"))


def draw_people(config: SampleConfig, block: range, random: np.random.Generator) -> People:
    """Draw the customers of a block; days are numbers since 1970-01-01, nothing is -1."""
    size = len(block)
    end = day_number(config.end)
    first = day_number(config.lived[0])
    identity = random.choice(len(IDENTITIES), size=size, p=_IDENTITY_SHARES)
    age = np.clip(random.normal(46, 15, size), 16, 92)
    grid = np.repeat(random.integers(0, config.grids, size // 3 + 1), 3)[:size]
    works = (random.random(size) < 0.55) & (age < 60) & (identity != _FARMER)
    late = random.random(size) < 0.12
    opened = np.where(late, random.integers(first, end, size), first - random.integers(30, 8000, size))
    birth = (end - age * 365.25).astype(np.int64)
    opened = np.maximum(opened, birth + 6 * 365)
    mobile_ever = random.random(size) < 1 / (1 + np.exp((age - 48) / 9))
    assessed = random.random(size) < 0.6
    return {
        "number": np.array(block) + 1,
        "identity": identity,
        "age": age,
        "birth": birth,
        "gender": random.integers(0, 2, size),
        "kind": random.choice(3, size=size, p=(0.965, 0.03, 0.005)),
        "grid": grid,
        "employer": np.where(works, random.integers(0, config.employers, size), -1),
        "trader": identity == _TRADER,
        "farmer": identity == _FARMER,
        "migrant": identity == _MIGRANT,
        "nut_trader": (identity == _TRADER) & (random.random(size) < 0.12),
        "salaried": works & (random.random(size) < 0.7),
        "pensioned": (age >= 60) & (random.random(size) < 0.7),
        "opened": opened,
        "mobile": mobile_ever,
        "mobile_on": np.maximum(opened, end - random.integers(30, 2500, size)),
        "card": random.random(size) < 0.7,
        "card_on": np.maximum(opened, end - random.integers(30, 3500, size)),
        "grade": np.where(assessed, random.choice(5, size=size, p=(0.25, 0.35, 0.25, 0.1, 0.05)), -1),
        "grade_on": np.maximum(opened, end - random.integers(1, 600, size)),
        "consent": random.random(size) >= OPT_OUT_SHARE,
        "no_birth": random.random(size) < NO_BIRTH_DATE_SHARE,
        "closed_on": np.where(random.random(size) < CLOSED_SHARE, random.integers(end - 700, end, size), -1),
        "merged": random.random(size) < MERGED_SHARE,
        "merged_on": random.integers(end - 700, end, size),
    }


def on_books(people: People, first: int, last: int) -> NDArray:
    """Who is on the books between two days: joined by the first, neither closed nor merged by the last."""
    closed = (people["closed_on"] > people["opened"]) & (people["closed_on"] <= last)
    merged = people["merged"] & (people["merged_on"] <= last)
    return (people["opened"] <= first) & ~closed & ~merged


def branch_of(config: SampleConfig, grid: NDArray) -> NDArray:
    """Branch that serves a grid."""
    return grid % config.branches


def customers_table(config: SampleConfig, people: People) -> pa.Table:
    """The customers of a block as the contract has them."""
    branch = branch_of(config, people["grid"])
    manager = branch * 4 + people["number"] % 4
    # A merged record's survivor is the next customer of the block, who is not merged away itself.
    survivor = people["number"] + 1
    merged = people["merged"] & ~np.append(people["merged"][1:], True)
    gone = people["closed_on"] <= people["opened"]
    return pa.table(
        {
            "customer_id": ids("C", people["number"], 8),
            "birth_date": days(people["birth"], people["no_birth"]),
            "gender": codes(("F", "M"), people["gender"]),
            "kind": codes(("person", "sole_trader", "firm"), people["kind"]),
            "opened_on": days(people["opened"]),
            "closed_on": days(people["closed_on"], gone),
            "branch_id": ids("B", branch, 3),
            "grid_id": ids("G", people["grid"], 5),
            "manager_id": ids("S", manager, 5),
            "employer_id": ids("E", people["employer"], 6, people["employer"] < 0),
            "identity": codes(IDENTITIES, people["identity"]),
            "risk_grade": codes(RISK_GRADES, np.maximum(people["grade"], 0), people["grade"] < 0),
            "risk_grade_on": days(people["grade_on"], people["grade"] < 0),
            "marketing_consent": pa.array(people["consent"]),
            "social_security_card_on": days(people["card_on"], ~people["card"]),
            "mobile_bank_on": days(people["mobile_on"], ~people["mobile"]),
            "merged_into": ids("C", survivor, 8, ~merged),
            "merged_on": days(np.maximum(people["merged_on"], people["opened"]), ~merged),
        }
    )


def accounts_table(people: People, end: int) -> pa.Table:
    """A demand account for everybody, a time account for every third."""
    number = people["number"]
    timed = number % 3 == 0
    closed = np.concatenate([people["closed_on"], people["closed_on"][timed]])
    opened = np.concatenate([people["opened"], np.minimum(people["opened"][timed] + 90, end)])
    owner = np.concatenate([number, number[timed]])
    kind = np.concatenate([np.zeros(len(number), int), np.ones(timed.sum(), int)])
    return pa.table(
        {
            "account_id": ids("A", owner * 10 + kind, 10),
            "customer_id": ids("C", owner, 8),
            "product_class": codes(("demand", "time"), kind),
            "opened_on": days(opened),
            "closed_on": days(closed, closed <= opened),
        }
    )


def relations_table(people: People) -> pa.Table:
    """Neighbouring customers form families of three."""
    number = people["number"]
    first = number[(number - number[0]) % 3 == 0]
    last = number[-1]
    pairs = [(first, first + 1), (first, first + 2)]
    left = np.concatenate([a[b <= last] for a, b in pairs])
    right = np.concatenate([b[b <= last] for _a, b in pairs])
    return pa.table(
        {
            "customer_id": ids("C", left, 8),
            "related_id": ids("C", right, 8),
            "relation": pa.array(["family"] * len(left)),
            "since": days(np.full(len(left), 10_957)),
        }
    )
