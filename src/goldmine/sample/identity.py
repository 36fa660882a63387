"""Names of made-up people and places, and refusals: drawn from streams of their own."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from goldmine.contract.tables import SUPPRESSION_REASONS
from goldmine.core.settings import read_yaml
from goldmine.sample.arrow import codes, day_number, days, ids
from goldmine.sample.config import SUPPRESSED_SHARE, SampleConfig
from goldmine.sample.people import People
from goldmine.sample.streams import stream

VILLAGES = 7
"""Place name of the first village, so that villages and branches of one number are not called the same."""
_ONE_LETTER = 0.25
_REASON_SHARES = (0.03, 0.05, 0.2, 0.12, 0.08, 0.12, 0.38, 0.02)


@dataclass(frozen=True)
class Names:
    """Names of people as places in the lists of characters; the last is -1 where there is none."""

    surname: NDArray
    first: NDArray
    second: NDArray

    def texts(self) -> pa.Array:
        """The names as text."""
        surnames, given = tuple(words()["surnames"]), tuple(words()["given"])
        last = codes(given, np.maximum(self.second, 0))
        last = pc.if_else(pa.array(self.second < 0), "", last)
        return pc.binary_join_element_wise(codes(surnames, self.surname), codes(given, self.first), last, "")

    def of_rows(self, rows: NDArray) -> "Names":
        """The names of other rows."""
        return Names(self.surname[rows], self.first[rows], self.second[rows])


def suppressions_table(config: SampleConfig, people: People, random: np.random.Generator) -> pa.Table:
    """The ledger of suppressions: customers, first and last day; some rows are over, some hold for calls only."""
    size, end = len(people["number"]), day_number(config.end)
    # At such a rate that the share has a row by the reference day.
    day = config.reference - 700 + np.minimum(700 * random.random(size) / SUPPRESSED_SHARE, 60_000).astype(np.int64)
    first = np.maximum(people["opened"], day)
    reason = random.choice(len(SUPPRESSION_REASONS), size=size, p=_REASON_SHARES)
    last = first + random.integers(30, 400, size)
    table = pa.table(
        {
            "customer_id": ids("C", people["number"], 8),
            "reason": codes(SUPPRESSION_REASONS, reason),
            "start_date": days(first),
            "end_date": days(last, random.random(size) < 0.6),
            "channel": codes(("call",), np.zeros(size), reason != len(SUPPRESSION_REASONS) - 2),
        }
    )
    return table.filter(pa.array(first <= end))


def staff_names(config: SampleConfig, size: int) -> pa.Array:
    """Names of so many members of staff."""
    return draw_names(size, stream(config, "staff_names")).texts()


def place_names(number: np.ndarray, kind: str) -> pa.Array:
    """Names of branches, towns or villages by their numbers; the first 240 differ.

    Parameters
    ----------
    kind : str
        ``branch``, ``town`` or ``village``.
    """
    begins, ends = tuple(words()["town_begins"]), tuple(words()["town_ends"])
    turn = number // len(begins)
    place = [codes(begins, number % len(begins)), codes(ends, (number + 5 * turn) % len(ends))]
    return pc.binary_join_element_wise(*place, words()[kind], "")


def draw_names(size: int, random: np.random.Generator) -> Names:
    """A surname and one or two given characters each."""
    surnames, given = len(words()["surnames"]), len(words()["given"])
    surname = random.integers(0, surnames, size)
    first, second = (random.integers(0, given, size) for _ in range(2))
    return Names(surname, first, np.where(random.random(size) < _ONE_LETTER, -1, second))


@cache
def words() -> dict[str, str]:
    """What names and addresses are put together from."""
    return read_yaml(Path(__file__).with_name("names.yaml"))
