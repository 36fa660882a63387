"""How many rows break each rule: DuckDB counts them all in a pass or two over the table."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from duckdb import DuckDBPyConnection

from goldmine.validation.rules import Rule


@dataclass(frozen=True)
class Count:
    """How many rows (or months, columns, tables) a rule looked at, and how many break it."""

    checked: int
    failing: int


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
    """

    table: str
    columns: tuple[str, ...]
    month_rows: dict[str, int]


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
    rows = _one(connection, f'SELECT count(*) FROM "{subject.table}"')
    for key in dict.fromkeys(r.key for r in rules if r.of == "key"):
        about = [r for r in rules if r.key == key]
        repeats = _count_over(connection, _repeats(connection, subject.table, key), about)
        counts |= {name: Count(rows, found.failing) for name, found in repeats.items()}
    relations = {"month": _months, "column": _columns, "table": _whole}
    for grain, relation in relations.items():
        about = [r for r in rules if r.of == grain]
        if about:
            counts |= _count_over(connection, relation(connection, subject), about)
    return counts


def _count_over(connection: DuckDBPyConnection, relation: str, rules: list[Rule]) -> dict[str, Count]:
    if not rules:
        return {}
    # A warning and a fatal rule often look for the same rows and differ in how many they bear: count them once.
    conditions = list(dict.fromkeys(rule.breaks for rule in rules))
    flags = ", ".join(f"({condition}) AS r{n}" for n, condition in enumerate(conditions))
    sums = ", ".join(f"count(*) FILTER (WHERE r{n})" for n in range(len(conditions)))
    found = connection.execute(f"SELECT count(*), {sums} FROM (SELECT {flags} FROM {relation})").fetchall()
    checked, *failing = found[0]
    by_condition = dict(zip(conditions, failing, strict=True))
    return {rule.name: Count(checked, by_condition[rule.breaks]) for rule in rules}


def _one(connection: DuckDBPyConnection, query: str) -> int:
    return int(connection.execute(query).fetchall()[0][0])


def _rows(table: str, rules: list[Rule]) -> str:
    """The table; for rules on its customers, `owner_id` (empty if unknown) and `owner_opened_on` stand beside it."""
    if not any("owner_" in rule.breaks for rule in rules):
        return f'"{table}"'
    owners = "SELECT customer_id AS owner_id, min(opened_on) AS owner_opened_on FROM customers GROUP BY customer_id"
    return f'"{table}" LEFT JOIN ({owners}) ON customer_id = owner_id'


def _repeats(connection: DuckDBPyConnection, table: str, key: tuple[str, ...]) -> str:
    """Keys that stand more than once, with how often and in how many versions.

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
    months = pa.table({"month": list(subject.month_rows), "rows": list(subject.month_rows.values())})
    connection.register("month_rows", months)
    return "month_rows"


def _columns(connection: DuckDBPyConnection, subject: Subject) -> str:
    described = connection.execute(f'DESCRIBE "{subject.table}"').fetchall()
    numbers = [(name, kind in ("FLOAT", "DOUBLE")) for name, kind, *_ in described if name in subject.columns]
    sums = ", ".join(
        f'count("{name}"), ' + (f'count(*) FILTER (WHERE NOT isfinite("{name}"))' if floating else "0")
        for name, floating in numbers
    )
    rows, *found = connection.execute(f'SELECT count(*), {sums} FROM "{subject.table}"').fetchall()[0]
    counted = {
        "name": [name for name, _ in numbers],
        "rows": [rows] * len(numbers),
        "empty": [rows - filled for filled in found[::2]],
        "infinite": found[1::2],
    }
    connection.register("column_counts", pa.table(counted))
    return "column_counts"


def _whole(connection: DuckDBPyConnection, subject: Subject) -> str:
    columns = pa.table({"columns": pa.array([list(subject.columns)], pa.list_(pa.string()))})
    connection.register("held_columns", columns)
    return f'(SELECT (SELECT count(*) FROM "{subject.table}") AS rows, columns FROM held_columns)'
