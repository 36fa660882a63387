"""Names of made-up people and places."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from goldmine.core.settings import read_yaml
from goldmine.sample.arrow import codes
from goldmine.sample.config import SampleConfig
from goldmine.sample.streams import stream

VILLAGES = 7
"""Place name of the first village, so that villages and branches of one number are not called the same."""
_ONE_LETTER = 0.25


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


def staff_names(config: SampleConfig, size: int) -> pa.Array:
    """Names of so many members of staff."""
    return draw_names(size, stream(config, "staff_names")).texts()


def place_names(number: np.ndarray, kind: str) -> pa.Array:
    """Names of branches, towns or villages by their numbers; the first 240 differ.

    Parameters
    ----------
    kind : str
        ``branch``, ``town`` or ``village``; ``bare`` for the place alone.
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
def words() -> dict[str, Any]:
    """What names and addresses are put together from."""
    return read_yaml(Path(__file__).with_name("names.yaml"))
