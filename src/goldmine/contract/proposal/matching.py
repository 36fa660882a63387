"""Which of a bank's tables and columns is which of the contract's: by name in both languages and by content."""

from dataclasses import dataclass, field, replace

import numpy as np
from scipy.optimize import linear_sum_assignment

from goldmine.contract.proposal.names import column_fit, table_fit
from goldmine.contract.proposal.profile import SEPARATORS, ColumnProfile
from goldmine.contract.proposal.raw_tables import RawTable
from goldmine.contract.schema import Column, TableSpec
from goldmine.contract.tables import TABLES
from goldmine.contract.value_forms import ValueForms, code_words, normal_code

_LEAST_NAME = 0.5
_LEAST_TABLE = 0.6
_ENOUGH = 0.95


@dataclass(frozen=True)
class ColumnMatch:
    """A column of the contract and the bank's column that gives it.

    Parameters
    ----------
    column : Column
        The contract's.
    raw : str
        The bank's.
    how : str
        ``name``: a known name; ``like``: a known name inside of a longer one; ``codes``, ``values``, ``only``: its
        values fit, they join, no other column of the table fits.
    """

    column: Column
    raw: str
    how: str

    @property
    def sure(self) -> bool:
        """Whether the heading is a known name."""
        return self.how == "name"


@dataclass(frozen=True)
class ProfiledTable:
    """A bank's table, the view that reads it and its columns' profiles."""

    raw: RawTable
    view: str
    columns: dict[str, ColumnProfile] = field(repr=False)

    @property
    def rows(self) -> int:
        """Number of its rows."""
        return next(iter(self.columns.values())).rows if self.columns else 0


@dataclass(frozen=True)
class TableMatch:
    """A table of the contract and the bank's table that gives it."""

    spec: TableSpec
    table: ProfiledTable
    columns: tuple[ColumnMatch, ...]
    score: float
    named: float

    def raw_of(self, column: str) -> str | None:
        """The bank's column that gives one of the contract's."""
        return next((match.raw for match in self.columns if match.column.name == column), None)

    @property
    def missing(self) -> list[str]:
        """Compulsory columns that no column of the bank gives."""
        there = {match.column.name for match in self.columns}
        return [column.name for column in self.spec.columns if column.required and column.name not in there]

    def with_column(self, match: ColumnMatch) -> "TableMatch":
        """The same with one more column."""
        return replace(self, columns=(*self.columns, match))


def match_tables(tables: list[ProfiledTable]) -> list[TableMatch]:
    """Give each table of the contract at most one of the bank's, and each of the bank's to at most one."""
    if not tables:
        return []
    specs = list(TABLES.values())
    matches = [[match_columns(spec, table) for table in tables] for spec in specs]
    scores = np.array([[max(match.score, 0.0) for match in row] for row in matches])
    rows, columns = linear_sum_assignment(scores, maximize=True)
    chosen = [matches[row][column] for row, column in zip(rows, columns, strict=True)]
    return [match for match in chosen if match.score >= _LEAST_TABLE]


def match_columns(spec: TableSpec, table: ProfiledTable) -> TableMatch:
    """Find which of a table's columns could give which of the contract's, and how well the whole fits."""
    raws = list(table.columns)
    if not raws:
        return TableMatch(spec, table, (), 0.0, 0.0)
    fits = np.array([[_fit(spec, column, table, raw) for raw in raws] for column in spec.columns])
    matches = []
    # One good name counts for more than two weak fits.
    for row, place in zip(*linear_sum_assignment(fits**4, maximize=True), strict=True):
        if fits[row, place] >= _LEAST_NAME:
            column, raw = spec.columns[row], raws[place]
            named = column_fit(raw, spec.name, column.name)
            matches.append(ColumnMatch(column, raw, "name" if named == 1 else "like" if named else "codes"))
    named = max((table_fit(title, spec.name) for title in table.raw.titles), default=0.0)
    return TableMatch(spec, table, tuple(matches), _score(spec, table, matches, named), named)


def understood(table: str, column: Column, profile: ColumnProfile) -> float:
    """Share of a code column's rows whose word is understood without being told."""
    words = code_words(table, column, ValueForms())
    known = sum(rows for word, rows in profile.codes.items() if normal_code(word) in words)
    return known / max(1, profile.filled)


def compatible(spec: TableSpec, column: Column, profile: ColumnProfile) -> bool:
    """Whether a column's values could be those of a column of the contract, whatever its heading is."""
    filled = profile.filled
    if not filled or (column.required and filled < 0.98 * profile.rows):
        return not column.required or not profile.rows
    if column.kind in ("day", "moment"):
        return profile.dates[1] >= _ENOUGH * filled
    if column.kind in ("money", "decimal"):
        return max(map(profile.amounts, ("", *SEPARATORS))) >= _ENOUGH * filled
    if column.codes or column.kind == "flag":
        return bool(profile.codes)
    if (column.name,) == spec.key:
        return profile.distinct >= 0.99 * filled
    return not profile.fractional


def _fit(spec: TableSpec, column: Column, table: ProfiledTable, raw: str) -> float:
    profile = table.columns[raw]
    named = column_fit(raw, spec.name, column.name)
    coded = bool(column.codes) and bool(profile.codes)
    if not named and not coded:
        return 0.0
    if not compatible(spec, column, profile):
        return _LEAST_NAME if named == 1 and column.required and profile.filled else 0.0
    if not coded:
        return named
    share = understood(spec.name, column, profile)
    several = profile.distinct > 1 or named
    return max(named, 0.55 if share >= _ENOUGH and several and _telling(column, profile) else 0.0) + 0.4 * share * bool(
        named
    )


def _telling(column: Column, profile: ColumnProfile) -> bool:
    """Whether words alone can name a column: single digits and letters, or yes and no, cannot."""
    return column.kind != "flag" and all(len(word) > 1 or not word.isascii() for word in profile.codes)


def _score(spec: TableSpec, table: ProfiledTable, matches: list[ColumnMatch], named: float) -> float:
    """How well a table fits: by its name and the share of known columns, less for compulsory ones missing."""
    there = {match.column.name: 1.0 if match.sure else 0.6 for match in matches}
    compulsory = [column.name for column in spec.columns if column.required]
    missing = [name for name in compulsory if name not in there]
    if "customer_id" in missing and "account_id" in there and spec.name != "customers":
        missing.remove("customer_id")  # it can be joined
    share = sum(there.values()) / max(len(table.columns), 1)
    own = sum(there.get(column.name, 0) for column in spec.columns) / len(spec.columns)
    if table.raw.headless and named == 1:
        return named  # its columns have no names, so only content can tell them
    if not there or (not named and len(there) < 2):
        return 0.0
    return named + share + own - 0.5 * len(missing) + 0.1 * spec.compulsory
