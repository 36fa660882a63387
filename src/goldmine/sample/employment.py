"""Who works where, until when, at what level, and the wages that reach the accounts here."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from goldmine.sample.arrow import codes, day_number, days, ids
from goldmine.sample.config import SampleConfig
from goldmine.sample.employers import PAYERS, Employers, employer_of
from goldmine.sample.streams import stream

LEVELS = ("staff", "middle", "senior")
"""Levels of an employer's people."""
_LEVEL_SHARES, _LEVEL_PAY = (0.75, 0.2, 0.05), np.array((0.85, 1.3, 2.2))
LEFT_SHARE, LEFT_DAYS = 0.12, 700
"""Share of the employed who left within so many days before the reference day."""
NEXT_SHARE = 0.5
"""Share of those who left and are paid through the bank by their next employer too."""
HOURLY_SHARE = 0.4
"""Share whose wages differ from month to month; the others' stay the same."""
_NEVER = 60_000


def draw_employment(config: SampleConfig, block: range, drawn: NDArray) -> dict[str, NDArray]:
    """Draw the employment of a block.

    Parameters
    ----------
    drawn : array of int
        An employer's number for who works, drawn evenly; -1 for who does not.

    Returns
    -------
    dict of str to array (customers,)
        employer and next_employer (-1 for none), left_job (day), level (place in `LEVELS`), hourly (bool) and own_pay
        (factor).
    """
    random = stream(config, "employment", block.start)
    size = len(drawn)
    employer = np.where(drawn >= 0, employer_of(config, np.maximum(drawn, 0), random.random(size)), -1)
    part = random.random(size) / LEFT_SHARE
    other = employer_of(config, random.integers(0, config.employers, size), random.random(size))
    moves = (random.random(size) < NEXT_SHARE) & (employer >= 0) & (other != employer)
    return {
        "employer": employer,
        "next_employer": np.where(moves, other, -1),
        "left_job": config.reference - LEFT_DAYS + np.minimum(LEFT_DAYS * part, _NEVER).astype(np.int64),
        "level": random.choice(len(LEVELS), size=size, p=_LEVEL_SHARES),
        "hourly": random.random(size) < HOURLY_SHARE,
        "own_pay": 0.9 + 0.2 * random.random(size),
    }


def paid_by(people: dict[str, NDArray], day: int) -> NDArray:
    """The employer who pays each customer's wages here on a day; -1 for nobody."""
    employer = np.where(day < people["left_job"], people["employer"], people["next_employer"])
    return np.where(people["salaried"], employer, -1)


def wages(people: dict[str, NDArray], employer: NDArray) -> NDArray:
    """Yuan a month of customers at employers; what an employer pays depends on its number."""
    pay = np.exp(8.1 + 0.35 * ((employer * 2654435761) % 1000 / 500 - 1))
    return np.round(pay * _LEVEL_PAY[people["level"]] * people["own_pay"])


def is_private(employers: Employers, employer: NDArray) -> NDArray:
    """Whether the wages come from the owner's private account, as transfers."""
    return employers.payer_kind[employer] == PAYERS.index("owner")


def employment_table(config: SampleConfig, people: dict[str, NDArray]) -> pa.Table:
    """The truth of a block: a row a customer and employer, first and last day, whether paid here, level."""
    end = day_number(config.end)
    first = np.flatnonzero(people["employer"] >= 0)
    then = np.flatnonzero((people["next_employer"] >= 0) & people["salaried"] & (people["left_job"] <= end))
    who = np.concatenate([first, then])
    is_first = np.arange(len(who)) < len(first)
    employer = np.where(is_first, people["employer"][who], people["next_employer"][who])
    began = np.where(is_first, people["opened"][who], people["left_job"][who])
    last = people["left_job"][who] - 1
    return pa.table(
        {
            "customer_id": ids("C", people["number"][who], 8),
            "employer_id": ids("E", employer, 6),
            "first_day": days(began),
            "last_day": days(last, ~is_first | (last > end)),
            "paid_here": pa.array(people["salaried"][who]),
            "level": codes(LEVELS, people["level"][who]),
        }
    ).filter(pa.array(began <= end))
