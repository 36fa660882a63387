"""The elements of the contract: columns, tables and kinds."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "day", "moment", "money", "decimal", "whole", "flag"]
"""text: string; day: date; moment: timestamp; money: yuan as decimal(18, 2); decimal: that of no money;
whole: int64; flag: boolean."""

DUCKDB_TYPES: dict[Kind, str] = {
    "text": "VARCHAR",
    "day": "DATE",
    "moment": "TIMESTAMP",
    "money": "DECIMAL(18, 2)",
    "decimal": "DECIMAL(18, 2)",
    "whole": "BIGINT",
    "flag": "BOOLEAN",
}


@dataclass(frozen=True)
class Column:
    """One column of a canonical table.

    Parameters
    ----------
    name, kind : str
        Its name and its kind; money is in yuan.
    meaning : str
        One line of business meaning, with the unit where it has one.
    required : bool
        Must be mapped, and never empty. Other columns may be absent or empty.
    codes : tuple of str
        The code list, where the column has one; others are reported and treated as missing.
    after_books : str
        What it means that a day lies after the last day of the books: ``fatal``, ``warning`` or ``allowed``.
    fail_closed : bool
        Whether a value that is not understood stops the intake, since an empty one would permit a contact.
    since_ever : bool
        Whether a placeholder such as 1900-01-01 means the beginning; elsewhere it means that no day is known.
    whole_years : bool
        Whether years of two digits are not read: an engine puts 45 into 2045, which is no year of a birth.
    """

    name: str
    kind: Kind
    meaning: str
    required: bool = False
    codes: tuple[str, ...] = ()
    after_books: Literal["fatal", "warning", "allowed"] = "fatal"
    fail_closed: bool = False
    since_ever: bool = False
    whole_years: bool = False


@dataclass(frozen=True)
class TableSpec:
    """One canonical table.

    Parameters
    ----------
    name, meaning : str
        Its name and what a row is.
    columns : tuple of Column
        In the order in which they are documented and written.
    key : tuple of str
        Columns that name a row.
    month_of : str
        The column whose month decides a row's partition; empty where the table is not partitioned.
    compulsory : bool
        Whether a bank must have it.
    """

    name: str
    meaning: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    month_of: str = ""
    compulsory: bool = False

    def column(self, name: str) -> Column:
        """The column of that name."""
        return next(c for c in self.columns if c.name == name)
