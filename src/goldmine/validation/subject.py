"""A table or file whose rules are counted, and how tasks share its rows."""

import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from pathlib import Path

from goldmine.contract.bank import Bank, TableFile, selected_columns
from goldmine.contract.tables import TABLES
from goldmine.core.dates import month_end, month_key
from goldmine.core.engine import DUCKDB, Engine
from goldmine.core.sql import literals
from goldmine.validation.month_limits import MonthLimit, signed_limits
from goldmine.validation.month_profiles import MEASURED


@dataclass(frozen=True)
class Sizes:
    """How many rows a task counts at most.

    Parameters
    ----------
    piece : int
        Rows of a piece of a table; a month is never cut.
    key : int
        Keys that are held against each other at once: their hashes take 16 bytes each, sorting included.
    looked_up : int
        Rows of another table that are looked up at once, which take some 64 bytes each.
    task : int
        Rows of small tables that one task counts one after the other.
    """

    piece: int
    key: int
    looked_up: int
    task: int


@dataclass(frozen=True)
class Counting:
    """Where and in what pieces rows are counted, which no count depends on.

    Parameters
    ----------
    engine : Engine
        Where.
    folder : Path, optional
        What does not fit into a task's memory is written below it; all machines must see it. The system's folder of
        temporary files, if not given.
    sizes : Sizes, optional
        Those that suit the engine, if not given.
    """

    engine: Engine = DUCKDB
    folder: Path = field(default_factory=lambda: Path(tempfile.gettempdir()))
    sizes: Sizes | None = None

    @property
    def task_sizes(self) -> Sizes:
        """Sizes of the tasks."""
        return self.sizes or (_TASKS if self.engine.name == "spark" else _ONE_PASS)


_TASKS = Sizes(piece=2**23, key=2**26, looked_up=2**24, task=2**22)
_ONE_PASS = Sizes(piece=2**63, key=2**26, looked_up=2**63, task=2**20)
"""In this process a query reads a table once with all cores; what does not fit into its memory it spills."""


@dataclass(frozen=True)
class Subject:
    """A table to be counted.

    Parameters
    ----------
    table : str
        Its name.
    columns : tuple of str
        The columns it holds.
    files : tuple of TableFile
        Its files.
    selected : str
        The columns that rules can read, as a list of SELECT.
    until : date, optional
        The last day of the books.
    snapshot : str
        Month of the snapshot.
    limits : tuple of MonthLimit
        Limits of its months that the table's owner signed.
    """

    table: str
    columns: tuple[str, ...]
    files: tuple[TableFile, ...]
    selected: str = "*"
    until: date | None = None
    snapshot: str = ""
    limits: tuple[MonthLimit, ...] = field(default=())

    @classmethod
    def of_bank(cls, bank: Bank, name: str, snapshot: str) -> "Subject":
        """A canonical table."""
        table = bank.tables[name]
        limits = signed_limits(bank.name, name) if name in MEASURED else ()
        return cls(name, table.columns, table.files, selected_columns(table), bank.data_until, snapshot, limits)

    @property
    def rows(self) -> int:
        """Rows in all files."""
        return sum(file.rows for file in self.files)

    @property
    def month_rows(self) -> dict[str, int]:
        """Rows by month (``YYYY-MM``), every month from the first to the end of the books; none without months."""
        held = [file.month for file in self.files if file.rows]
        if self.until is None or self.table not in TABLES or not TABLES[self.table].month_of or not held:
            return {}
        months, month = {}, date.fromisoformat(f"{min(held)}-01")
        while month <= self.until:
            months[month_key(month)] = sum(file.rows for file in self.files if file.month == month_key(month))
            month = month_end(month, 1).replace(day=1)
        return months

    @property
    def whole(self) -> str:
        """SQL of all rows."""
        return self._select(self.files)

    def pieces(self, most: int) -> list[str]:
        """SQL of the rows of each piece: some months, some files, or some row groups of a large file."""
        pieces = []
        for files in _bundled(self._undivided(), most):
            if len(files) > 1 or files[0].month or files[0].rows <= most:
                pieces.append(self._select(files))
            else:
                pieces += [
                    f"{self._select(files, numbered=True)} WHERE file_row_number BETWEEN {start} AND {start + most - 1}"
                    for start in range(0, files[0].rows, most)
                ]
        return pieces

    def _undivided(self) -> Iterator[tuple[TableFile, ...]]:
        if any(file.month for file in self.files):
            for _month, files in groupby(sorted(self.files, key=lambda file: file.month), lambda file: file.month):
                yield tuple(files)
        else:
            yield from ((file,) for file in self.files)

    def _select(self, files: Iterable[TableFile], *, numbered: bool = False) -> str:
        selected, number = self.selected, ""
        if numbered:
            selected = "* EXCLUDE (file_row_number)" if selected == "*" else selected
            number = ", file_row_number = true"
        paths = literals(file.path for file in files)
        return f"SELECT {selected} FROM read_parquet({paths}, hive_partitioning = false{number})"


def _bundled(lots: Iterable[tuple[TableFile, ...]], most: int) -> Iterator[tuple[TableFile, ...]]:
    """Neighbouring lots together, as long as they have no more rows than that."""
    held: tuple[TableFile, ...] = ()
    for lot in lots:
        if held and sum(file.rows for file in held + lot) > most:
            yield held
            held = ()
        held += lot
    if held:
        yield held
