"""Tables of one name but for digits that make one table of the contract, though their headings differ."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product

import duckdb

from goldmine.contract.proposal.clock import clock_of
from goldmine.contract.proposal.joins import Join, completed, join_for
from goldmine.contract.proposal.matching import ProfiledTable, TableMatch, match_columns, match_tables
from goldmine.contract.proposal.profile import profiles
from goldmine.contract.proposal.select import signed_amounts
from goldmine.contract.proposal.values import Certainty, ValueKeys, unit_of, value_keys
from goldmine.contract.value_forms import fit_same_text
from goldmine.core.sql import quoted

LEAST_SCORE = 1.0
"""A table that fits worse is no part of another."""
_SAME_AGAIN = 0.1
_FEN_APART = 20
_SHARED, _STRANGE = 0.95, 0.5


@dataclass(frozen=True)
class Part:
    """One of the tables that make a table of the contract: its columns, and the table that gives its customers."""

    match: TableMatch
    join: Join | None = None

    @property
    def where(self) -> str:
        """What a person calls it."""
        return self.match.table.raw.where

    @property
    def missing(self) -> tuple[str, ...]:
        """Compulsory columns that nothing gives."""
        given = [*(["customer_id"] if self.join else []), *(["direction"] if signed_amounts(self.match) else [])]
        return tuple(name for name in self.match.missing if name not in given)


@dataclass(frozen=True)
class TableUnion:
    """The parts of one table of the contract.

    Parameters
    ----------
    parts : tuple of Part
        The first is the one that fits best.
    values : ValueKeys
        How the values of all are written.
    apart : dict of str to str
        Tables that could be parts and are not joined, and why.
    """

    parts: tuple[Part, ...]
    values: ValueKeys
    apart: dict[str, str]


def match_with_parts(tables: list[ProfiledTable]) -> list[list[TableMatch]]:
    """Match tables to those of the contract: for each the one that fits best, then others of its family that fit."""
    rest = list(tables)
    taken: dict[str, list[ProfiledTable]] = {}
    while True:
        matches = match_tables(rest)
        new = {match.spec.name: _relatives(match, matches, rest) for match in matches}
        if not any(new.values()):
            return [[m, *(match_columns(m.spec, table) for table in taken.get(m.spec.name, ()))] for m in matches]
        for name, relatives in new.items():
            taken.setdefault(name, []).extend(relatives)
        gone = {table.view for relatives in new.values() for table in relatives}
        rest = [table for table in rest if table.view not in gone]


def _relatives(match: TableMatch, matches: list[TableMatch], tables: list[ProfiledTable]) -> list[ProfiledTable]:
    """Tables of a match's family that fit its table of the contract at least as well as the one they were given to."""
    scores = {other.table.view: other.score for other in matches}
    found = []
    for table in tables:
        if table is match.table or table.raw.family != match.table.raw.family:
            continue
        fit = match_columns(match.spec, table)
        if len(fit.columns) > 1 and fit.score >= max(LEAST_SCORE, scores.get(table.view, 0.0)):
            found.append(table)
    return found


def union_of(
    matches: list[TableMatch],
    customers: TableMatch | None,
    tables: list[ProfiledTable],
    connection: duckdb.DuckDBPyConnection,
) -> TableUnion:
    """Join the tables that match one table of the contract, as far as they hold the same fields.

    Parameters
    ----------
    matches : list of TableMatch
        From `match_with_parts`.
    customers : TableMatch or None
        The customers, whose numbers the parts must hold.
    tables : list of ProfiledTable
        All of the bank's tables, for joins.
    connection : duckdb.DuckDBPyConnection
        Where they stand.
    """
    wholes = [completed(match, customers) for match in matches]
    found = [Part(whole, join_for(whole, tables)) for whole in wholes]
    parts: list[Part] = []
    apart = {}
    for part in sorted(found, key=lambda part: (bool(part.missing), part.where)):
        reason = _refused(parts, part, customers, connection) if parts else ""
        if reason:
            apart[part.where] = reason
        else:
            parts.append(part)
    values = value_keys(parts[0].match) if len(parts) == 1 else _values(parts, connection)
    return TableUnion(tuple(parts), values, apart)


def newest(matches: list[TableMatch]) -> tuple[list[TableMatch], dict[str, str]]:
    """The table with the last file alone, where tables hold the same rows again month after month; why others are not.

    So is a monthly export of all customers.
    """
    spec = matches[0].spec
    if len(matches) == 1 or len(spec.key) > 1 or spec.month_of:
        return matches, {}
    last = max(matches, key=lambda match: (match.table.raw.files[-1:], match.table.raw.where))
    keys = {match.table.raw.where: match.table.columns.get(match.raw_of(spec.key[0]) or "") for match in matches}
    newer = keys.pop(last.table.raw.where)
    again = {where: key.shared_with(newer) for where, key in keys.items() if key and newer}
    if not any(share > _SAME_AGAIN for share in again.values()):
        return matches, {}
    why = {where: f"{share:.0%} of its numbers stand there again" for where, share in again.items()}
    return [last], why


def _refused(parts: list[Part], part: Part, customers: TableMatch | None, connection: duckdb.DuckDBPyConnection) -> str:
    """Why a table cannot be joined to others; empty where it can."""
    if part.missing:
        return f"no column gives its {', '.join(part.missing)}"
    for other in parts:
        reason = (
            _other_meaning(other, part)
            or _other_numbers(other, part, customers)
            or _other_amounts(other, part)
            or _other_dates(other, part)
        )
        if reason:
            return reason
    repeated, rows = _repeated([*parts, part], connection), part.match.table.rows
    if repeated > _SAME_AGAIN * rows and part.match.spec.name != "suppressions":
        return f"{repeated:,} of its {rows:,} rows stand in another part too, by {', '.join(part.match.spec.key)}"
    return ""


def _other_meaning(one: Part, two: Part) -> str:
    """A heading of both that gives a column of the contract in one, and another or none in the other."""
    for first, second in ((one, two), (two, one)):
        for column in first.match.columns:
            name = column.column.name
            if column.raw in second.match.table.columns and second.match.raw_of(name) != column.raw:
                there = next((other.column.name for other in second.match.columns if other.raw == column.raw), "not")
                return f"{column.raw} is {name} in {first.where}, and {there} in {second.where}"
    return ""


def _other_numbers(one: Part, two: Part, customers: TableMatch | None) -> str:
    """Numbers of customers in one, of something else in the other."""
    known = customers.table.columns.get(customers.raw_of("customer_id") or "") if customers else None
    raws = one.match.raw_of("customer_id"), two.match.raw_of("customer_id")
    if known is None or not all(raws) or one.match.spec.name == "customers":
        return ""
    shares = [
        part.match.table.columns[raw or ""].shared_with(known) for part, raw in zip((one, two), raws, strict=True)
    ]
    if max(shares) >= _SHARED and min(shares) < _STRANGE:
        return f"{shares[1]:.0%} of the numbers under {raws[1]} are known customers, {shares[0]:.0%} in {one.where}"
    return ""


def _other_amounts(one: Part, two: Part) -> str:
    """Amounts in yuan in one and in fen in the other, by what each is found to be or by their medians."""
    for column in two.match.columns:
        raw = one.match.raw_of(column.column.name)
        if column.column.kind != "money" or raw is None:
            continue
        profiles_ = one.match.table.columns[raw], two.match.table.columns[column.raw]
        units = unit_of(raw, profiles_[0]), unit_of(column.raw, profiles_[1])
        medians = [profile.median for profile in profiles_]
        if units[0] == units[1] and max(medians) < _FEN_APART * max(min(medians), 0.01):
            continue
        told = f"{column.column.name} has the median {medians[1]:,.2f}, and {medians[0]:,.2f} in {one.where}"
        return f"{told}: {units[1]} and {units[0]}" if units[0] != units[1] else f"{told}: one may be in fen"
    return ""


def _other_dates(one: Part, two: Part) -> str:
    """Dates whose form is clear in each, but not where both stand in one column."""
    for column in two.match.columns:
        raw = one.match.raw_of(column.column.name)
        if column.column.kind not in ("day", "moment") or raw is None:
            continue
        (own, _, own_rivals), (other, _, other_rivals) = (
            part.match.table.columns[name].dates for part, name in ((two, column.raw), (one, raw))
        )
        for first, second in product(own, other):
            if first != second and fit_same_text(first, second) and not {first, second} & {*own_rivals, *other_rivals}:
                return f"{column.column.name} is written {first}, in {one.where} {second}, which fit the same texts"
    return ""


def _repeated(parts: list[Part], connection: duckdb.DuckDBPyConnection) -> int:
    """Keys of the last part that stand in another too; 0 where they cannot be told."""
    spec = parts[-1].match.spec
    columns = [raw for name in spec.key if (raw := parts[0].match.raw_of(name))]
    if len(columns) < len(spec.key):
        return 0
    keys = ", ".join(map(quoted, columns))
    both = (
        f"SELECT count(*) FROM (SELECT {keys} FROM ({_rows(parts)}) GROUP BY {keys} "
        f"HAVING count(DISTINCT part) > 1 AND max(part) = {len(parts) - 1})"
    )
    return int(connection.execute(both).fetchall()[0][0])


def _values(parts: list[Part], connection: duckdb.DuckDBPyConnection) -> ValueKeys:
    """How the values of all parts are written, and what is joined with which counts."""
    match = _combined(parts, connection)
    values = value_keys(match)
    rows = ", ".join(f"{part.where} {part.match.table.rows:,} rows" for part in parts)
    for place in range(1, len(parts)):
        if repeated := _repeated(parts[: place + 1], connection):
            values.add("tell", "", f"{repeated:,} rows of {parts[place].where} stand in another part too")
    values.add("guessed", "", f"joined by UNION ALL, their names differ in digits only: {rows}")
    for column in match.columns:
        name = column.column.name
        raws = {part.where: part.match.raw_of(name) for part in parts if name != "customer_id" or not part.join}
        if len({raw for raw in raws.values() if raw}) > 1:
            values.add("guessed", name, ", ".join(f"from {raw} in {where}" for where, raw in raws.items() if raw))
        for part in parts:
            if part.where in raws and not raws[part.where] and not (name == "direction" and signed_amounts(part.match)):
                certainty: Certainty = "tell" if column.column.fail_closed else "guessed"
                values.add(certainty, name, f"is not in {part.where}: empty in its {part.match.table.rows:,} rows")
        for part in parts:
            clock = clock_of(part.match)
            if clock and clock.column == name:
                values.add("guessed", name, f"the time of day is joined from {clock.raw} in {part.where}")
    return values


def _combined(parts: list[Part], connection: duckdb.DuckDBPyConnection) -> TableMatch:
    """All parts as one profiled table, under the headings of the first part that has a column."""
    view = f"{parts[0].match.table.view} with {len(parts) - 1} more"
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {quoted(view)} AS SELECT * EXCLUDE (part) FROM ({_rows(parts)})")
    table = ProfiledTable(parts[0].match.table.raw, view, profiles(connection, view))
    columns = {column.column.name: column for part in reversed(parts) for column in part.match.columns}
    ordered = [columns[column.name] for column in parts[0].match.spec.columns if column.name in columns]
    return replace(parts[0].match, table=table, columns=tuple(ordered))


def _rows(parts: list[Part]) -> str:
    """SELECT of the rows of all parts, under the headings of the first part that has a column, and the part's place."""
    headings = {column.column.name: column.raw for part in reversed(parts) for column in part.match.columns}
    return " UNION ALL BY NAME ".join(_rows_of(part, headings, place) for place, part in enumerate(parts))


def _rows_of(part: Part, headings: dict[str, str], place: int) -> str:
    columns = ", ".join(_texts(part, headings))
    return f"SELECT {columns}, {place} AS part FROM {quoted(part.match.table.view)}"


def _texts(part: Part, headings: dict[str, str]) -> Iterator[str]:
    clock = clock_of(part.match)
    for column in part.match.columns:
        text = f"CAST({quoted(column.raw)} AS VARCHAR)"
        if clock and clock.column == column.column.name:
            text = clock.sql(quoted(column.raw), quoted(clock.raw), "csv")
        yield f"{text} AS {quoted(headings[column.column.name])}"
