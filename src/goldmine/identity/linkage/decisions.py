"""Decisions on pairs of customer numbers, and the mergers that follow from them.

A decision is kept for good, with its day and who made it; the newest on a pair counts. Numbers that are one person by
a chain of decisions get one survivor: a number still on the books before a closed one, then the one opened first, then
the smallest. A group in which somebody decided that two of its numbers are different people is not merged at all.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from goldmine.core.files import whole_file
from goldmine.core.workspace import Workspace

Pair = tuple[str, str]
Standing = Mapping[str, tuple[date | None, date | None]]
"""Days on which customers were opened and closed, by number."""

_DECISIONS = pa.schema(
    [
        ("customer_id", pa.string()),
        ("other_customer_id", pa.string()),
        ("same", pa.bool_()),
        ("decided_on", pa.date32()),
        ("decided_by", pa.string()),
    ]
)
_MERGERS = pa.schema([("customer_id", pa.string()), ("merged_into", pa.string()), ("merged_on", pa.date32())])


@dataclass(frozen=True)
class Decision:
    """A decision on a pair.

    Parameters
    ----------
    pair : tuple of str
        Two customer numbers, the smaller first.
    same : bool
        Whether they are one person.
    decided_on : date
        From this day on the bank knows it.
    decided_by : str
        Who decided; ``merge_alone`` for the rule of the settings.
    """

    pair: Pair
    same: bool
    decided_on: date
    decided_by: str


@dataclass(frozen=True)
class Merged:
    """The mergers of some decisions.

    Parameters
    ----------
    rows : list of tuple
        Number merged away, its survivor, and the day.
    contradictory : int
        Groups that are not merged because two of their numbers were decided to be different people.
    """

    rows: list[tuple[str, str, date]]
    contradictory: int


def read_decisions(work: Workspace) -> dict[Pair, Decision]:
    """All decisions so far."""
    if not work.same_person.exists():
        return {}
    rows = pq.read_table(work.same_person).to_pylist()
    decisions = [
        Decision((row["customer_id"], row["other_customer_id"]), row["same"], row["decided_on"], row["decided_by"])
        for row in rows
    ]
    return {decision.pair: decision for decision in decisions}


def store_decisions(work: Workspace, new: Iterable[Decision], standing: Standing) -> Merged:
    """Add decisions to those of before, and store the mergers that follow from all of them."""
    decisions = read_decisions(work) | {decision.pair: decision for decision in new}
    merged = mergers_of(decisions.values(), standing)
    rows = [
        (*decision.pair, decision.same, decision.decided_on, decision.decided_by)
        for _pair, decision in sorted(decisions.items())
    ]
    _write(work.mergers, merged.rows, _MERGERS)
    _write(work.same_person, rows, _DECISIONS)
    return merged


def mergers_of(decisions: Iterable[Decision], standing: Standing) -> Merged:
    """The mergers that follow from decisions.

    Each number merges on the first day on which a chain of decisions led from it to the survivor.

    Examples
    --------
    >>> days = {"A": (date(2001, 5, 1), None), "B": (date(1988, 3, 1), None), "C": (date(1975, 1, 1), date(2020, 1, 1))}
    >>> first = Decision(("A", "B"), True, date(2024, 6, 3), "m1")
    >>> second = Decision(("B", "C"), True, date(2024, 6, 9), "m1")
    >>> mergers_of([first, second], days).rows
    [('A', 'B', datetime.date(2024, 6, 3)), ('C', 'B', datetime.date(2024, 6, 9))]
    """
    decisions = list(decisions)
    links: dict[str, list[tuple[str, date]]] = {}
    for decision in decisions:
        if decision.same:
            for one, other in (decision.pair, decision.pair[::-1]):
                links.setdefault(one, []).append((other, decision.decided_on))
    different = [decision.pair for decision in decisions if not decision.same]
    rows, contradictory, seen = [], 0, set[str]()
    for start in sorted(links):
        if start in seen:
            continue
        group = set(_days_from(start, links))
        seen |= group
        if any(one in group and other in group for one, other in different):
            contradictory += 1
            continue
        survivor = min(group, key=lambda number: _rank(number, standing))
        known = _days_from(survivor, links)
        rows += [(number, survivor, known[number]) for number in group if number != survivor]
    return Merged(sorted(rows), contradictory)


def _days_from(start: str, links: Mapping[str, list[tuple[str, date]]]) -> dict[str, date]:
    """Numbers that decisions lead to, each with the first day on which they did."""
    days = {start: date.min}
    waiting = [start]
    while waiting:
        number = waiting.pop()
        for other, decided_on in links[number]:
            day = max(days[number], decided_on)
            if other not in days or day < days[other]:
                days[other] = day
                waiting.append(other)
    return days


def _rank(number: str, standing: Standing) -> tuple[bool, date, str]:
    opened_on, closed_on = standing.get(number, (None, None))
    return closed_on is not None, opened_on or date.max, number


def _write(path: Path, rows: Sequence[tuple[object, ...]], schema: pa.Schema) -> None:
    columns = [list(column) for column in zip(*rows, strict=True)] or [[] for _name in schema.names]
    with whole_file(path) as temporary:
        pq.write_table(pa.table(columns, schema=schema), temporary, compression="zstd")
