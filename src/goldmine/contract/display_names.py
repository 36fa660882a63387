"""Names of staff, branches and grids, which people read beside their numbers."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import pyarrow as pa

from goldmine.contract.bank import Bank
from goldmine.core.columns import all_columns, column
from goldmine.core.engine import connect
from goldmine.core.i18n import _, in_language

_WITH_NUMBER = _("{name} ({number})")


@dataclass(frozen=True)
class DisplayNames:
    """Names by table, then by number; a number without a name is shown alone.

    Parameters
    ----------
    by_table : mapping of str to mapping of str to str
        Of ``staff``, ``branches`` and ``grids``.

    Examples
    --------
    >>> names = DisplayNames({"branches": {"B001": "River Bend"}})
    >>> names.beside("branch_id", ["B001", "B002", None], "en")
    ['River Bend (B001)', 'B002', None]
    """

    by_table: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def beside(self, name: str, numbers: Iterable[Any], language: str) -> list[Any]:
        """Name and number of each entry of a column of the column catalogue."""
        return self.of_table(column(name).named_in, numbers, language)

    def of_table(self, table: str, numbers: Iterable[Any], language: str) -> list[Any]:
        """Name and number of entries of ``staff``, ``branches`` or ``grids``."""
        known = self.by_table.get(table, {})
        form, numbers = str(in_language(_WITH_NUMBER, language)), list(numbers)
        shown = {n: form.format(name=known[n], number=n) for n in set(numbers) & known.keys()}
        return [shown.get(number, number) for number in numbers]

    def in_table(self, rows: pa.Table, language: str) -> pa.Table:
        """The rows with names beside the numbers of staff and branches."""
        for name in _named(rows.column_names):
            shown = self.beside(name, rows[name].to_pylist(), language)
            rows = rows.set_column(rows.column_names.index(name), name, pa.array(shown, pa.string()))
        return rows

    def in_frame(self, rows: pd.DataFrame, language: str) -> pd.DataFrame:
        """The same for a frame."""
        return rows.assign(**{name: self.beside(name, rows[name], language) for name in _named(rows.columns)})


def _named(names: Iterable[str]) -> list[str]:
    """Those of some columns whose numbers have names."""
    numbered = {entry.name for entry in all_columns() if entry.named_in}
    return [name for name in names if name in numbered]


def display_names(bank: Bank) -> DisplayNames:
    """The names that a bank's tables of staff, branches and grids hold; of a number that stands twice, the first."""
    connection = connect()
    keys = {"staff": "staff_id", "branches": "branch_id", "grids": "grid_id"}
    by_table = {}
    for table, key in keys.items():
        if bank.has(table, "name"):
            rows = bank.read(connection, table).select(key, "name").drop_null().order_by(key, "name").to_pandas()
            rows = rows[rows["name"].str.strip() != ""].drop_duplicates(key)
            by_table[table] = dict(zip(rows[key], rows["name"], strict=True))
    return DisplayNames(by_table)
