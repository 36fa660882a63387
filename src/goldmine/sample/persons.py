"""Who is one person and who lives together: families of three neighbouring rows, with what makes them hard to find.

Of a family's rows the first is its head, the second the spouse, the third a grown child. In some families the second
row is an old number of the third's person, opened decades earlier; in some the child lives in another village. Some
heads share name and date of birth with a stranger.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from goldmine.sample.arrow import day_number, ids
from goldmine.sample.config import SampleConfig
from goldmine.sample.streams import stream

FAMILY = 3
"""Neighbouring customers who form a family."""
SECOND_NUMBER_SHARE = 0.03
"""Share of the customers from before the first simulated month whose number is an old one of another customer."""
AWAY_SHARE = 0.2
"""Share of families whose child lives in another village."""
HOMONYM_SHARE = 0.01
"""Share of families whose head has name and date of birth of the next family's head."""
SECOND_OPENED = 5400, 8000
"""Days before the first simulated month, from and to, in which old numbers were opened."""
CURRENT_OPENED = 30, 2500
"""Days before it in which such a person's current number was opened."""
FIRM = 2
"""Place of firms among the kinds of customer."""


@dataclass(frozen=True)
class Persons:
    """Persons behind the customer numbers of a block, an array (customers,) each; rows are counted from 0.

    Parameters
    ----------
    person : array of int
        The row of the same person's current number: its own for most.
    double : array of int
        The row whose name and date of birth it has by chance: its own for most.
    away : array of bool
        Who lives in another village than the family.
    other_grid : array of int
        That village.
    second_opened, current_opened : array of int
        Days of joining of second numbers, and of the current numbers of those persons.
    """

    person: NDArray
    double: NDArray
    away: NDArray
    other_grid: NDArray
    second_opened: NDArray
    current_opened: NDArray

    @property
    def age_of(self) -> NDArray:
        """The row whose age and gender each row has."""
        return self.double[self.person]

    @property
    def is_second(self) -> NDArray:
        """Whether a number is an old one of another row's person."""
        return self.person != np.arange(len(self.person))

    @property
    def is_current(self) -> NDArray:
        """Whether a number is the current one of a person who has two."""
        current = np.zeros(len(self.person), dtype=bool)
        current[self.person[self.is_second]] = True
        return current

    @property
    def is_natural(self) -> NDArray:
        """Who must be a person, for having two numbers or a double."""
        natural = self.is_second | self.is_current
        doubled = np.flatnonzero(self.double != np.arange(len(self.double)))
        natural[doubled] = natural[self.double[doubled]] = True
        return natural

    def opened(self, drawn: NDArray) -> NDArray:
        """Days of joining: as drawn, but for persons with two numbers."""
        return np.where(self.is_second, self.second_opened, np.where(self.is_current, self.current_opened, drawn))


def draw_persons(config: SampleConfig, block: range, apart: NDArray) -> Persons:
    """Draw who is whose second number, who lives away from the family and who has a double.

    Parameters
    ----------
    apart : array (customers,) of bool
        Firms and those who lead them: none of it befalls them.
    """
    random = stream(config, "persons", block.start)
    size = len(block)
    place, families = np.arange(size), size // FAMILY + 1
    second, away, doubled = (
        np.repeat(random.random(families) < share, FAMILY)[:size]
        for share in (FAMILY * SECOND_NUMBER_SHARE, AWAY_SHARE, HOMONYM_SHARE)
    )
    in_family = place % FAMILY
    # Of founders only: a newcomer's day of joining is that of their month.
    following = np.minimum(place + 1, size - 1)
    second = second & (in_family == 1) & (following > place) & (np.array(block) + 1 < config.founders)
    second &= ~apart & ~apart[following]
    person = np.where(second, following, place)
    away = away & (in_family == FAMILY - 1) & ~second[np.maximum(place - 1, 0)] & ~apart
    like = np.minimum(place + FAMILY, size - 1)
    doubled = doubled & (in_family == 0) & (like % FAMILY == 0) & ~apart & ~apart[like]
    first = day_number(config.lived[0].replace(day=1))
    return Persons(
        person,
        np.where(doubled, like, place),
        away,
        random.integers(0, config.grids, size),
        first - random.integers(*SECOND_OPENED, size),
        first - random.integers(*CURRENT_OPENED, size),
    )


def household_of(people: dict[str, NDArray]) -> NDArray:
    """The row that each row's household is named by: its family's first, its own if it lives away, -1 for a firm."""
    place = np.arange(len(people["number"]))
    household = np.where(people["away"], place, place - place % FAMILY)
    return np.where(people["kind"] == FIRM, -1, household)


def persons_table(people: dict[str, NDArray]) -> pa.Table:
    """The truth of a block: person and household of each number; a firm has no household."""
    number, household = people["number"], household_of(people)
    return pa.table(
        {
            "customer_id": ids("C", number, 8),
            "person_id": ids("C", number[people["person"]], 8),
            "household_id": ids("H", number[np.maximum(household, 0)], 8, household < 0),
        }
    )
