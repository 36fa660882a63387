"""What a task counts of a table: rows that break rules, values of columns, figures of months."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from duckdb import DuckDBPyConnection

from goldmine.core.sql import quoted
from goldmine.validation.month_profiles import (
    MonthFigures,
    PartFigures,
    keep_some_customers,
    month_figures,
    part_figures,
)
from goldmine.validation.rules import Rule

Parameters = Mapping[str, Any]


@dataclass(frozen=True)
class Tally:
    """Counts of a piece of a table, or of several.

    Parameters
    ----------
    failing : dict of str to int
        Rows, or keys, that break a rule, by its name.
    columns : dict of str to tuple of int
        For each column the rows that have a value, and those where it is NaN or infinite.
    months, parts : MonthFigures, PartFigures
        Figures of months, where they are measured.
    """

    failing: dict[str, int] = field(default_factory=dict)
    columns: dict[str, tuple[int, int]] = field(default_factory=dict)
    months: MonthFigures = field(default_factory=dict)
    parts: PartFigures = field(default_factory=dict)

    def __add__(self, other: "Tally") -> "Tally":
        failing, columns = dict(self.failing), dict(self.columns)
        for name, count in other.failing.items():
            failing[name] = failing.get(name, 0) + count
        for name, (filled, infinite) in other.columns.items():
            before = columns.get(name, (0, 0))
            columns[name] = before[0] + filled, before[1] + infinite
        # A month is never cut, so that its figures come from one piece.
        parts = {part: self.parts.get(part, {}) | other.parts.get(part, {}) for part in {**self.parts, **other.parts}}
        return Tally(failing, columns, self.months | other.months, parts)


@dataclass(frozen=True)
class RowCount:
    """Rows of a piece of a table.

    Parameters
    ----------
    table : str
        The table's name.
    rows : str
        SQL of the piece's rows.
    size : int
        How many those are, about.
    rules : tuple of Rule
        Rules on rows, counted together in one pass.
    views : dict of str to str
        SQL of the tables that the rules look up, by name.
    columns : tuple of str
        Columns whose values are counted.
    every : int
        Figures of months are made of every n-th customer; 0 for a table whose months are not measured.
    """

    table: str
    rows: str
    size: int
    rules: tuple[Rule, ...]
    views: dict[str, str]
    columns: tuple[str, ...] = ()
    every: int = 0

    def tally(self, connection: DuckDBPyConnection) -> Tally:
        """Count them."""
        _create_views(connection, self.views)
        rows = f"({self.rows}) AS {quoted(self.table)}"
        breaking = _breaking(connection, _with_owners(rows, self.rules), self.rules)
        values = _values(connection, rows, self.columns) if self.columns else {}
        if not self.every:
            return Tally(breaking, values)
        keep_some_customers(connection, self.table, rows, self.every)
        return Tally(breaking, values, month_figures(connection, self.table), part_figures(connection, self.table))


@dataclass(frozen=True)
class Lookup:
    """What a rule asks of another row: whether a column's value is a key of a table.

    Both sides can be divided by the hash of the value, since equal values fall into one partition.
    """

    column: str
    table: str
    key: str

    def partition(self, rows: str, looked_up: str, part: int, parts: int) -> tuple[str, str]:
        """SQL of the rows of a partition, and of the table's rows that they can find."""
        # A row without a value finds nothing in any partition, and would find a table without rows in an empty one.
        given = f"{quoted(self.column)} IS NOT NULL AND hash({quoted(self.column)}) % {parts} = {part}"
        found = f"hash({quoted(self.key)}) % {parts} = {part}"
        return f"SELECT * FROM ({rows}) WHERE {given}", f"SELECT * FROM ({looked_up}) WHERE {found}"


_OWNER = Lookup("customer_id", "customers", "customer_id")
_LOOKS_UP = re.compile(
    r"(?P<column>\w+) (NOT )?IN \(SELECT (?P<key>\w+) FROM (?P<table>\w+) WHERE (?P=key) IS NOT NULL"
    r"( GROUP BY ALL HAVING count\(\*\) > \d+)?\)"
)


def needs_other_rows(rule: Rule) -> bool:
    """Whether a rule on rows looks at more than the row itself."""
    return re.search(r"\bSELECT\b|\bOVER\b|\bowner_", rule.breaks) is not None


def lookup_of(rule: Rule) -> Lookup | None:
    """The one key that a rule looks up; none where it looks at other rows in another way."""
    if "owner_" in rule.breaks and "SELECT" not in rule.breaks:
        return _OWNER
    found = _LOOKS_UP.fullmatch(rule.breaks)
    return Lookup(found["column"], found["table"], found["key"]) if found else None


def views_for(rules: Iterable[Rule], tables: Mapping[str, str]) -> dict[str, str]:
    """SQL of the tables that rules name."""
    breaks = " ".join(rule.breaks for rule in rules)
    words = {*re.findall(r"\w+", breaks), *([_OWNER.table] if "owner_" in breaks else ())}
    return {name: rows for name, rows in tables.items() if name in words}


def set_parameters(connection: DuckDBPyConnection, parameters: Parameters) -> None:
    """Let rules read parameters by ``getvariable``."""
    for name, value in parameters.items():
        connection.execute(f"SET VARIABLE {name} = ?", [value])


def count_breaking(
    connection: DuckDBPyConnection, relation: str, rules: tuple[Rule, ...]
) -> tuple[int, dict[str, int]]:
    """How many rows a relation has, and how many of them break each rule."""
    # A warning and a fatal rule often look for the same rows and differ in how many they bear: count them once.
    conditions = list(dict.fromkeys(rule.breaks for rule in rules))
    flags = ", ".join(f"({condition}) AS r{n}" for n, condition in enumerate(conditions))
    sums = ", ".join(f"count(*) FILTER (WHERE r{n})" for n in range(len(conditions)))
    checked, *failing = connection.execute(f"SELECT count(*), {sums} FROM (SELECT {flags} FROM {relation})").fetchall()[
        0
    ]
    by_condition = dict(zip(conditions, failing, strict=True))
    return checked, {rule.name: by_condition[rule.breaks] for rule in rules}


def _breaking(connection: DuckDBPyConnection, relation: str, rules: tuple[Rule, ...]) -> dict[str, int]:
    return count_breaking(connection, relation, rules)[1] if rules else {}


def _create_views(connection: DuckDBPyConnection, views: Mapping[str, str]) -> None:
    for name, rows in views.items():
        connection.execute(f"CREATE OR REPLACE VIEW {quoted(name)} AS {rows}")


def _with_owners(rows: str, rules: tuple[Rule, ...]) -> str:
    """The rows; for rules on their customers, `owner_id` (empty if unknown) and `owner_opened_on` stand beside them."""
    if not any("owner_" in rule.breaks for rule in rules):
        return rows
    owners = "SELECT customer_id AS owner_id, min(opened_on) AS owner_opened_on FROM customers GROUP BY customer_id"
    return f"{rows} LEFT JOIN ({owners}) ON customer_id = owner_id"


def _values(connection: DuckDBPyConnection, rows: str, columns: tuple[str, ...]) -> dict[str, tuple[int, int]]:
    described = connection.execute(f"DESCRIBE SELECT * FROM {rows}").fetchall()
    numbers = [(name, kind in ("FLOAT", "DOUBLE")) for name, kind, *_ in described if name in columns]
    sums = ", ".join(
        f"count({quoted(name)}), " + (f"count(*) FILTER (WHERE NOT isfinite({quoted(name)}))" if floating else "0")
        for name, floating in numbers
    )
    figures = connection.execute(f"SELECT {sums} FROM {rows}").fetchall()[0]
    return {name: (figures[2 * n], figures[2 * n + 1]) for n, (name, _) in enumerate(numbers)}
