"""Sort the rows of a returned sheet: which results to store, and which rows go back."""

from dataclasses import asdict, dataclass

from goldmine.campaigns.results.answer_text import OPT_OUT
from goldmine.campaigns.results.result_check import Known, check_row
from goldmine.core.sheet import Sheet

KEY = ("campaign_id", "customer_id", "contacted_on")
"""Columns that name a contact."""
Key = tuple[object, ...]
Row = dict[str, object]
_OUTCOMES = {"bought": "converted", "no": "not_converted", OPT_OUT: "not_converted"}


@dataclass(frozen=True)
class SortedRows:
    """Rows of a sheet, sorted into those to store and those that go back.

    Parameters
    ----------
    good : dict
        Results to store, by their contact; among them what is stored already.
    bad : dict of int to str
        Reasons of bad rows by index.
    heard : frozenset of int
        Bad rows whose refusal counts all the same.
    idle : int
        Number of rows that were not worked.
    places : dict
        Indices of the rows of each contact.
    """

    good: dict[Key, Row]
    bad: dict[int, str]
    heard: frozenset[int]
    idle: int
    places: dict[Key, list[int]]


def sort_rows(sheet: Sheet, known: Known, stored: dict[Key, Row], *, newest: bool = False) -> SortedRows:
    """Check the rows of a sheet, and compare them with each other and with what is stored.

    Parameters
    ----------
    stored : dict
        Results that were imported before, by their contact.
    newest : bool
        Whether a result of the sheet replaces another one of the same contact; a refusal stays.
    """
    good: dict[Key, Row] = {}
    refusals: dict[Key, Row] = {}
    indices: dict[Key, list[int]] = {}
    bad: dict[int, str] = {}
    refused: set[int] = set()
    idle = 0
    for index, cells in enumerate(sheet.rows):
        named = {name: cells[column] if column < len(cells) else None for name, column in sheet.columns.items()}
        if not named.get("contacted_on") and not named.get("answer"):
            idle += 1
            continue
        checked = check_row(named, known)
        if checked.fault is not None:
            bad[index] = checked.fault
        if checked.result is None:
            continue
        row: Row = {**asdict(checked.result), "outcome": outcome_of(checked.result.answer)}
        key = tuple(row[name] for name in KEY)
        if refuses(row):
            refused.add(index)
            refusals.setdefault(key, row)
        if checked.fault is not None:
            continue
        indices.setdefault(key, []).append(index)
        if good.setdefault(key, row) != row:
            bad |= dict.fromkeys(indices[key], "twice")
        elif stored.get(key, row) != row and not _gives_way(stored[key], row, newest=newest):
            bad[index] = "other"
    spoilt = {key for key, rows in indices.items() if any(index in bad for index in rows)}
    bad |= {index: bad.get(index, "twice") for key in spoilt for index in indices[key]}
    accepted = {key: row for key, row in good.items() if key not in spoilt}
    return SortedRows(_refusals(refusals, stored) | accepted, bad, frozenset(refused), idle, indices)


def _gives_way(stored: Row, row: Row, *, newest: bool) -> bool:
    """Whether a stored result is replaced by another one of the same contact."""
    return not stored["certain"] or (not refuses(stored) and (newest or refuses(row)))


def _refusals(refusals: dict[Key, Row], stored: dict[Key, Row]) -> dict[Key, Row]:
    """Refusals to store: each replaces another result of its contact, and is stored once."""
    refused = {key[:2] for key, row in stored.items() if refuses(row)}
    new = {}
    for key, row in refusals.items():
        before = stored.get(key)
        if before is not None and refuses(before):
            new[key] = before
        elif before is not None:
            new[key] = before | {name: value for name, value in row.items() if value is not None}
        elif key[:2] not in refused:
            new[key] = row
    return new


def outcome_of(answer: str) -> str:
    """What came of a contact, as far as its answer says: converted, not_converted, or open.

    Nobody reports later what became of a ``yes`` or a ``later``: whoever buys is reported as ``bought``.

    Examples
    --------
    >>> outcome_of("bought"), outcome_of("no"), outcome_of("yes")
    ('converted', 'not_converted', 'open')
    """
    return _OUTCOMES.get(answer, "open")


def refuses(row: Row) -> bool:
    """Whether a result is a refusal."""
    return row["answer"] == OPT_OUT
