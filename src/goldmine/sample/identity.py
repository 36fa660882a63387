"""Names of made-up customers, staff and branches; telephone numbers and refusals: drawn from streams of their own."""

from functools import cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from goldmine.contract.tables import SUPPRESSION_REASONS
from goldmine.core.settings import read_yaml
from goldmine.sample.arrow import codes, day_number, days, ids
from goldmine.sample.config import NO_PHONE_SHARE, SUPPRESSED_SHARE, SampleConfig
from goldmine.sample.people import People
from goldmine.sample.streams import stream

_ONE_LETTER = 0.25
_REASON_SHARES = (0.03, 0.05, 0.2, 0.12, 0.08, 0.12, 0.38, 0.02)


def with_identity(customers: pa.Table, kind: np.ndarray, random: np.random.Generator) -> pa.Table:
    """The customers with a name and a telephone number that nobody has.

    No Chinese mobile number begins with 120, so that none of these can be dialled.

    Parameters
    ----------
    customers : pyarrow.Table
        The contract's other columns.
    kind : array (customers,)
        2 for a firm, whose name says so.
    random : Generator
        The names' own stream.
    """
    size = customers.num_rows
    people = _people_names(size, random)
    shop = pc.if_else(pa.array(kind == 2), _names()["firm"], "")
    names = pc.binary_join_element_wise(people, shop, "")
    phones = ids("120", random.integers(0, 10**8, size), 8, random.random(size) < NO_PHONE_SHARE)
    return customers.append_column("name", names).append_column("phone", phones)


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
    return _people_names(size, stream(config, "staff_names"))


def place_names(number: np.ndarray, kind: str) -> pa.Array:
    """Names of branches, towns or villages by their numbers; the first 240 differ.

    Parameters
    ----------
    kind : str
        ``branch``, ``town`` or ``village``.
    """
    begins, ends = tuple(_names()["town_begins"]), tuple(_names()["town_ends"])
    turn = number // len(begins)
    place = [codes(begins, number % len(begins)), codes(ends, (number + 5 * turn) % len(ends))]
    return pc.binary_join_element_wise(*place, _names()[kind], "")


def _people_names(size: int, random: np.random.Generator) -> pa.Array:
    """A surname and one or two given characters each."""
    surnames, given = tuple(_names()["surnames"]), tuple(_names()["given"])
    letters = [codes(surnames, random.integers(0, len(surnames), size))]
    letters += [codes(given, random.integers(0, len(given), size)) for _ in range(2)]
    last = pc.if_else(pa.array(random.random(size) < _ONE_LETTER), "", letters[2])
    return pc.binary_join_element_wise(letters[0], letters[1], last, "")


@cache
def _names() -> dict[str, str]:
    return read_yaml(Path(__file__).with_name("names.yaml"))
