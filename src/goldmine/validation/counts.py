"""How many rows break each rule: DuckDB counts them all in a pass or two over the table."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
from duckdb import DuckDBPyConnection
from ibis.backends.duckdb import Backend

from goldmine.contract.bank import Bank
from goldmine.contract.tables import TABLES
from goldmine.core.dates import month_end, month_key, snapshot_date
from goldmine.core.engine import connect
from goldmine.validation.month_limits import MonthLimit, signed_limits
from goldmine.validation.month_profiles import MEASURED, Unjudged, month_relation, part_relation, unjudged
from goldmine.validation.rules import Rule, load_rules

_NAMED = ("month", "part")
"""Grains of which the rows that break a rule are named: months are no customer's values."""


@dataclass(frozen=True)
class Count:
    """How many rows (or months, columns, tables) a rule checked, and how many break it; which ones, of months."""

    checked: int
    failing: int
    months: tuple[str, ...] = ()


@dataclass(frozen=True)
class Subject:
    """A table to be counted, a view of that name in the connection.

    Parameters
    ----------
    table : str
        Its name.
    columns : tuple of str
        The columns it holds.
    month_rows : dict of str to int
        Rows by month (``YYYY-MM``), every month of the books; empty for tables without months.
    snapshot : str
        Month of the snapshot.
    limits : tuple of MonthLimit
        Limits of its months that the table's owner signed.
    """

    table: str
    columns: tuple[str, ...]
    month_rows: dict[str, int] = field(default_factory=dict)
    snapshot: str = ""
    limits: tuple[MonthLimit, ...] = ()


def count(connection: DuckDBPyConnection, subject: Subject, rules: Iterable[Rule]) -> dict[str, Count]:
    """Count what breaks each rule.

    Returns
    -------
    dict of str to Count
        By the rule's name.
    """
    rules = tuple(rules)
    about = [r for r in rules if r.of == "row"]
    counts = _count_over(connection, _rows(subject.table, about), about)
    rows = _count(connection, f'SELECT count(*) FROM "{subject.table}"')
    for key in dict.fromkeys(r.key for r in rules if r.of == "key"):
        about = [r for r in rules if r.key == key]
        repeats = _count_over(connection, _repeats(connection, subject.table, key), about)
        counts |= {name: Count(rows, repeated.failing) for name, repeated in repeats.items()}
    relations = {"month": _months, "part": _parts, "column": _columns, "table": _whole}
    for grain, relation in relations.items():
        about = [r for r in rules if r.of == grain]
        if about:
            counted_on = relation(connection, subject)
            counts |= _count_over(connection, counted_on, about)
            for rule in (r for r in about if grain in _NAMED and counts[r.name].failing):
                counts[rule.name] = replace(counts[rule.name], months=_which(connection, counted_on, rule))
    return counts


def _count_over(connection: DuckDBPyConnection, relation: str, rules: list[Rule]) -> dict[str, Count]:
    if not rules:
        return {}
    # A warning and a fatal rule often look for the same rows and differ in how many they bear: count them once.
    conditions = list(dict.fromkeys(rule.breaks for rule in rules))
    flags = ", ".join(f"({condition}) AS r{n}" for n, condition in enumerate(conditions))
    sums = ", ".join(f"count(*) FILTER (WHERE r{n})" for n in range(len(conditions)))
    totals = connection.execute(f"SELECT count(*), {sums} FROM (SELECT {flags} FROM {relation})").fetchall()
    checked, *failing = totals[0]
    by_condition = dict(zip(conditions, failing, strict=True))
    return {rule.name: Count(checked, by_condition[rule.breaks]) for rule in rules}


def _which(connection: DuckDBPyConnection, relation: str, rule: Rule) -> tuple[str, ...]:
    figure = f" || printf(' ({rule.shown} %.2f)', {rule.shown})" if rule.shown else ""
    query = f"SELECT month{figure} FROM {relation} WHERE {rule.breaks} ORDER BY month DESC"
    return tuple(month for (month,) in connection.execute(query).fetchall())


def _count(connection: DuckDBPyConnection, query: str) -> int:
    return int(connection.execute(query).fetchall()[0][0])


def _rows(table: str, rules: list[Rule]) -> str:
    """The table; for rules on its customers, `owner_id` (empty if unknown) and `owner_opened_on` stand beside it."""
    if not any("owner_" in rule.breaks for rule in rules):
        return f'"{table}"'
    owners = "SELECT customer_id AS owner_id, min(opened_on) AS owner_opened_on FROM customers GROUP BY customer_id"
    return f'"{table}" LEFT JOIN ({owners}) ON customer_id = owner_id'


def _repeats(connection: DuckDBPyConnection, table: str, key: tuple[str, ...]) -> str:
    """Duplicate keys, with how often and in how many versions they occur.

    Equal neighbours among the sorted hashes of all keys are found several times faster than DuckDB would group
    60 million of them; only the few rows they point at are then grouped by the keys themselves.
    """
    columns = ", ".join(f'"{name}"' for name in key)
    known = " AND ".join(f'"{name}" IS NOT NULL' for name in key)
    query = f'SELECT hash({columns}) AS hashed FROM "{table}" WHERE {known}'
    hashes = connection.execute(query).fetchnumpy()["hashed"]
    hashes.sort()
    twice = np.unique(hashes[1:][hashes[1:] == hashes[:-1]])
    connection.register("hashed_twice", pa.table({"hashed": twice}))
    return (
        f'(SELECT count(*) AS copies, count(DISTINCT hash(t)) AS versions FROM "{table}" AS t '
        f"WHERE {known} AND hash({columns}) IN (SELECT hashed FROM hashed_twice) "
        f"GROUP BY {columns} HAVING count(*) > 1)"
    )


def _months(connection: DuckDBPyConnection, subject: Subject) -> str:
    return month_relation(connection, subject.table, subject.month_rows, subject.snapshot, subject.limits)


def _parts(connection: DuckDBPyConnection, subject: Subject) -> str:
    return part_relation(connection, subject.table, subject.snapshot, subject.limits)


def _columns(connection: DuckDBPyConnection, subject: Subject) -> str:
    described = connection.execute(f'DESCRIBE "{subject.table}"').fetchall()
    numbers = [(name, kind in ("FLOAT", "DOUBLE")) for name, kind, *_ in described if name in subject.columns]
    sums = ", ".join(
        f'count("{name}"), ' + (f'count(*) FILTER (WHERE NOT isfinite("{name}"))' if floating else "0")
        for name, floating in numbers
    )
    rows, *figures = connection.execute(f'SELECT count(*), {sums} FROM "{subject.table}"').fetchall()[0]
    counted = {
        "name": [name for name, _ in numbers],
        "rows": [rows] * len(numbers),
        "empty": [rows - filled for filled in figures[::2]],
        "infinite": figures[1::2],
    }
    connection.register("column_counts", pa.table(counted))
    return "column_counts"


def _whole(connection: DuckDBPyConnection, subject: Subject) -> str:
    columns = pa.table({"columns": pa.array([list(subject.columns)], pa.list_(pa.string()))})
    connection.register("held_columns", columns)
    return f'(SELECT (SELECT count(*) FROM "{subject.table}") AS rows, columns FROM held_columns)'


Parameters = Mapping[str, str | date]


@dataclass(frozen=True)
class CountedSuite:
    """A suite with the counts of its rules.

    Parameters
    ----------
    suite : str
        Its name.
    rules : tuple of Rule
        The rules that apply.
    counts : dict of str to Count
        By the rule's name.
    skipped : dict of str to list of str
        Rules that do not apply, and the columns or parameters that are absent.
    unjudged : list of Unjudged
        Figures of the snapshot's month that no rule can judge.
    """

    suite: str
    rules: tuple[Rule, ...]
    counts: dict[str, Count]
    skipped: dict[str, list[str]]
    unjudged: list[Unjudged] = field(default_factory=list)


@dataclass(frozen=True)
class _RuleContext:
    """What a rule can read: the views of the connection, the bank behind them, the parameters."""

    connection: DuckDBPyConnection
    bank: Bank | None
    parameters: Parameters

    def case(self, subject: Subject) -> CountedSuite:
        rules = load_rules(subject.table)
        absent = {rule.name: [need for need in rule.needs if not self._there(need, subject)] for rule in rules}
        applying = tuple(rule for rule in rules if not absent[rule.name])
        skipped = {name: needs for name, needs in absent.items() if needs}
        counts = count(self.connection, subject, applying)
        small = unjudged(self.connection, subject.snapshot) if subject.table in MEASURED else []
        return CountedSuite(subject.table, applying, counts, skipped, small)

    def _there(self, need: str, subject: Subject) -> bool:
        if need.startswith("$"):
            return need[1:] in self.parameters
        table, dot, column = need.partition(".")
        if not dot:
            return need in subject.columns
        return self.bank is not None and self.bank.has(table, column)


def count_tables(bank: Bank, tables: Iterable[str] | None = None, as_of: date | None = None) -> list[CountedSuite]:
    """Count rows that break the rules of a bank's tables: of all that it has, or of some.

    Rules tell the month of the snapshot, `as_of`, from the others; if not given, it is the last of the books.
    """
    scene = _rule_context(connect(), bank, {"data_until": bank.data_until})
    snapshot = month_key(as_of or snapshot_date("", bank.data_until))
    return [scene.case(_canonical(bank, name, snapshot)) for name in (bank.tables if tables is None else tables)]


def month_tables(bank: Bank, table: str, snapshot: str) -> DuckDBPyConnection:
    """A connection with the relations ``month_figures`` and ``part_figures`` of a table with months."""
    scene = _rule_context(connect(), bank, {"data_until": bank.data_until})
    subject = _canonical(bank, table, snapshot)
    _months(scene.connection, subject)
    _parts(scene.connection, subject)
    return scene.connection


def count_file(suite: str, path: Path, parameters: Parameters, bank: Bank | None) -> CountedSuite:
    """Count rows that break the rules of a file that Goldmine wrote."""
    scene = _rule_context(connect(), bank, parameters)
    file = scene.connection.read_parquet(str(path))
    file.create_view(suite)
    return scene.case(Subject(suite, tuple(file.columns)))


def _rule_context(connection: Backend, bank: Bank | None, parameters: Parameters) -> _RuleContext:
    if bank is not None:
        for name in bank.tables:
            rows = connection.compile(bank.read(connection, name, raw=True))
            connection.con.execute(f'CREATE VIEW "{name}" AS {rows}')
    for name, value in parameters.items():
        connection.con.execute(f"SET VARIABLE {name} = ?", [value])
    return _RuleContext(connection.con, bank, parameters)


def _canonical(bank: Bank, name: str, snapshot: str) -> Subject:
    table = bank.tables[name]
    months: dict[str, int] = {}
    held = [f.month for f in table.files if f.rows]
    if TABLES[name].month_of and held:
        month = date.fromisoformat(f"{min(held)}-01")
        while month <= bank.data_until:
            months[month_key(month)] = sum(f.rows for f in table.files if f.month == month_key(month))
            month = month_end(month, 1).replace(day=1)
    limits = signed_limits(bank.name, name) if name in MEASURED else ()
    return Subject(name, table.columns, months, snapshot, limits)
