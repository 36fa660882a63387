"""Months of Spark's tables: which files hold rows of which, so that only months whose files changed are read again."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from goldmine.contract.bank import TableFile
from goldmine.contract.column_counts import ColumnCounts
from goldmine.core.settings import RecordModel


class MonthCounts(RecordModel):
    """What an intake counted of one month, before rows of forgotten customers were left out."""

    rows: int
    counts: list[ColumnCounts]
    codes: dict[str, list[str]]


class SparkMonths(RecordModel):
    """What an intake read of a table, by file and by month.

    Parameters
    ----------
    made_by : str
        Fingerprint of the SELECT, of how values are written and of this code, without the files.
    files : dict of str to list
        For each file its size and time, and the months of its rows.
    months : dict of str to MonthCounts
        The months.
    """

    made_by: str
    files: dict[str, tuple[int, int, list[str]]]
    months: dict[str, MonthCounts]

    @classmethod
    def of(cls, entry: dict[str, Any]) -> "SparkMonths | None":
        """What a table's entry in the manifest says; None of a table that was not taken in by month from Spark."""
        return cls.model_validate(entry["months"]) if entry.get("months") else None


@dataclass(frozen=True)
class Kept:
    """What stands of an earlier intake while a table is read: its months, and their canonical files."""

    before: SparkMonths
    files: tuple[TableFile, ...]
    columns: tuple[str, ...]

    def changed(self, states: dict[str, tuple[int, int]]) -> tuple[set[str], set[str]]:
        """Files that are new or were written, and the months that changed or lost files have held."""
        held = {name: (size, time) for name, (size, time, _months) in self.before.files.items()}
        changed = {name for name, state in states.items() if held.get(name) != state}
        touched = [name for name in held if name in changed or name not in states]
        return changed, {month for name in touched for month in self.before.files[name][2]}

    def with_rows_of(self, months: set[str], states: dict[str, tuple[int, int]]) -> set[str]:
        """Files that are still there and have held rows of some months."""
        return {name for name, (*_state, held) in self.before.files.items() if name in states and months & set(held)}

    def standing(self, months: set[str]) -> dict[str, MonthCounts]:
        """Months besides some."""
        return {month: counts for month, counts in self.before.months.items() if month not in months}

    def forgotten(self, months: Iterable[str]) -> int:
        """Rows of forgotten customers that were left out of some months."""
        stand = {file.month: file.rows for file in self.files}
        return sum(self.before.months[month].rows - stand.get(month, 0) for month in months)


def codes_of(months: Iterable[MonthCounts]) -> dict[str, list[str]]:
    """The contract's codes that rows of some months hold, by column."""
    held: dict[str, set[str]] = {}
    for month in months:
        for column, codes in month.codes.items():
            held.setdefault(column, set()).update(codes)
    return {column: sorted(codes) for column, codes in held.items()}
