"""What each month of a table holds, and how far it is from other months: the relations that month rules are counted on.

Exact on up to a million rows. Of larger tables every n-th customer is looked at, with all their rows: the ratios
of months to each other are nearly the same, and two million customers cost little more than twenty thousand.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

import pyarrow as pa
from duckdb import DuckDBPyConnection

from goldmine.contract.tables import TABLES
from goldmine.core.sql import literal
from goldmine.validation.month_comparison import MONTHS_BEFORE, compare
from goldmine.validation.month_limits import MonthLimit

_ROWS_LOOKED_AT = 1_000_000

MonthFigures = dict[int, dict[str, float]]
"""Figures by the month's number: 12 times the year, plus the month."""

PartFigures = dict[str, MonthFigures]
"""Figures of the amounts by part and month; the part of all is empty."""


@dataclass(frozen=True)
class MonthMeasures:
    """What is measured of a table's months.

    Parameters
    ----------
    part : str
        The column by whose codes amounts are compared: the kind of a transaction, the class of a product.
    amount : str
        The column of the amounts.
    content : tuple of str
        Columns that two different rows do not share, as a rule; empty where the key already says so.
    """

    part: str
    amount: str
    content: tuple[str, ...] = ()


MEASURED = {
    "balances": MonthMeasures("product_class", "balance"),
    "transactions": MonthMeasures("kind", "amount", ("customer_id", "time", "amount", "direction")),
}
"""Tables whose months are compared."""

COUNTED = ("rows", "customers")
"""Figures whose months differ by chance, the more the smaller they are."""

_DEVIATIONS = 4
"""A healthy month stays within four standard deviations of what its size lets expect."""

LARGEST_CHANCE = 5 / 3
"""Months that by chance could differ by more than this factor are too small to judge: half a month might be one."""

MONTH_FIGURES = ("rows", "customers", "days")
PART_FIGURES = ("median", "total")


def month_relation(
    connection: DuckDBPyConnection,
    figures: MonthFigures,
    month_rows: dict[str, int],
    snapshot: str,
    limits: Sequence[MonthLimit] = (),
) -> str:
    """A row a month: `month`, `rows`, `snapshot`, `rows_before`, `year_ago`, `repeated`, `repeated_before`.

    `year_ago` says whether last year's same month has rows; what repeats is a share of the rows. Of each figure (rows,
    customers, days) also ``<figure>_ratio`` and ``<figure>_usual``; see `Comparison`. Of rows and customers also
    ``<figure>_chance``: the factor by which a healthy month of this size may differ, with a customer's rows as one lot.
    ``<figure>_lowest`` and ``<figure>_highest`` are signed limits; empty where nobody signed any.
    """
    compared = {name: compare({m: row[name] for m, row in figures.items()}) for name in MONTH_FIGURES}
    rows = []
    for month, count in month_rows.items():
        number = _number(month)
        before = [figures[m] for m in range(number - MONTHS_BEFORE, number) if m in figures]
        row: dict[str, Any] = {"month": month, "rows": count, "snapshot": month == snapshot}
        row |= {f"{name}_before": median(r[name] for r in before) if before else None for name in COUNTED}
        row |= {f"{name}_chance": _chance(name, before) for name in COUNTED}
        row["year_ago"] = number - 12 in figures
        row["repeated"] = figures[number]["repeated"] if number in figures else None
        row["repeated_before"] = median(r["repeated"] for r in before) if before else None
        rows.append(row | _ratios(compared, number) | _limits(limits, COUNTED))
    shares = [("year_ago", pa.bool_()), ("repeated", pa.float64()), ("repeated_before", pa.float64())]
    chances = [(f"{name}_chance", pa.float64()) for name in COUNTED] + [("customers_before", pa.float64())]
    return _register(
        connection, "month_figures", rows, [*shares, *chances, *_ratio_columns(MONTH_FIGURES), *_limit_columns(COUNTED)]
    )


@dataclass(frozen=True)
class Unjudged:
    """A figure of the snapshot's month that cannot be judged.

    Parameters
    ----------
    figure : str
        ``rows`` or ``customers``.
    usual, needed : float
        The figure in the months before, and from where on a month could be judged; 0 where the months are too few.
    months : int
        Months of the books up to the snapshot.
    """

    figure: str
    usual: float
    needed: float
    months: int


def unjudged(connection: DuckDBPyConnection, snapshot: str) -> list[Unjudged]:
    """What cannot be judged of the snapshot's month, by the relation that `month_relation` has made.

    Parameters
    ----------
    snapshot : str
        The month, ``YYYY-MM``.
    """
    asked = ", ".join(f"{name}_ratio, {name}_chance, {name}_before" for name in COUNTED)
    found = connection.execute(
        f"SELECT (SELECT count(*) FROM month_figures WHERE month <= $1), {asked} FROM month_figures "
        "WHERE month = $1 AND rows > 0",
        [snapshot],
    ).fetchall()
    if not found:
        return []
    months, *figures = found[0]
    said = []
    for name, ratio, chance, before in zip(COUNTED, figures[::3], figures[1::3], figures[2::3], strict=True):
        if ratio is None:
            said.append(Unjudged(name, 0, 0, months))
        elif chance > LARGEST_CHANCE:
            said.append(Unjudged(name, before, before * (math.log(chance) / math.log(LARGEST_CHANCE)) ** 2, months))
    return said


def _chance(figure: str, before: list[dict[str, float]]) -> float | None:
    if not before:
        return None
    lot = median(row["lot"] for row in before) if figure == "rows" else 1.0
    return math.exp(_DEVIATIONS * math.sqrt(lot / median(row[figure] for row in before)))


def part_relation(
    connection: DuckDBPyConnection, parts: PartFigures, snapshot: str, limits: Sequence[MonthLimit] = ()
) -> str:
    """A row a month and part (a code of the part's column, ``-`` for others, or all): `month`, `rows`, `snapshot`.

    `rows_before` is there too, and of each figure (median and total of the amounts above zero) ``<figure>_ratio`` and
    ``<figure>_usual``; see `Comparison`; signed limits as in `month_relation`.
    """
    rows: list[dict[str, Any]] = []
    for part, figures in sorted(parts.items()):
        compared = {name: compare({m: row[name] for m, row in figures.items()}) for name in PART_FIGURES}
        for number, figure in figures.items():
            before = [figures[m]["rows"] for m in range(number - MONTHS_BEFORE, number) if m in figures]
            month = _month(number)
            row = {
                "month": f"{month} {part}".strip(),
                "rows": int(figure["rows"]),
                "snapshot": month == snapshot,
                "rows_before": median(before) if before else None,
            }
            own = [limit for limit in limits if limit.part == part]
            rows.append(row | _ratios(compared, number) | _limits(own, PART_FIGURES))
    columns = [*_ratio_columns(PART_FIGURES), *_limit_columns(PART_FIGURES)]
    return _register(connection, "part_figures", rows, columns)


def every_customer(rows: int) -> int:
    """Of a table of so many rows every n-th customer is looked at."""
    return rows // _ROWS_LOOKED_AT + 1


def keep_some_customers(connection: DuckDBPyConnection, table: str, rows: str, every: int) -> None:
    """Keep what is measured of every n-th customer in the temporary table ``looked_at``, so that rows are read once.

    Parameters
    ----------
    rows : str
        A relation of the table's rows that holds each of its months whole.
    """
    contract, measures = TABLES[table], MEASURED[table]
    names = dict.fromkeys(
        ("customer_id", contract.month_of, *contract.key, *measures.content, measures.part, measures.amount)
    )
    # A month that the books break off in is not compared.
    known = f"{rows} WHERE {contract.month_of} < date_trunc('month', getvariable('data_until') + INTERVAL 1 DAY)"
    some = known if every == 1 else f"{known} AND hash(customer_id) % {every} = 0"
    connection.execute(f"CREATE OR REPLACE TEMP TABLE looked_at AS SELECT {', '.join(names)} FROM {some}")


def month_figures(connection: DuckDBPyConnection, table: str) -> MonthFigures:
    """Figures of each month, by the rows of the table that `keep_some_customers` has kept."""
    day, content = TABLES[table].month_of, MEASURED[table].content
    keys = f"count(DISTINCT hash({', '.join(TABLES[table].key)}))"  # a row that stands twice counts once
    different = f"count(DISTINCT hash({', '.join(content)}))" if content else keys
    select = f"{keys} AS rows, count(DISTINCT customer_id), count(DISTINCT {day}::DATE), 1 - {different} / {keys}"
    # Rows of one customer come together or not at all: a month is worth as many lots as it has rows by their mean size.
    lots = (
        f"SELECT month, sum(n * n) / sum(n) AS lot FROM (SELECT {_number_of(day)} AS month, count(*) AS n "
        "FROM looked_at GROUP BY 1, customer_id) GROUP BY 1"
    )
    query = (
        f"SELECT month, * EXCLUDE (month) FROM (SELECT {_number_of(day)} AS month, {select} FROM looked_at GROUP BY 1) "
        f"JOIN ({lots}) USING (month)"
    )
    names = (*MONTH_FIGURES, "repeated", "lot")
    return {month: dict(zip(names, row, strict=True)) for month, *row in connection.execute(query).fetchall()}


def part_figures(connection: DuckDBPyConnection, table: str) -> PartFigures:
    """Figures of the amounts of each part and month, by the same rows."""
    day, measures = TABLES[table].month_of, MEASURED[table]
    # An unknown code may hold anything: it is not named.
    codes = ", ".join(map(literal, TABLES[table].column(measures.part).codes))
    known = f"CASE WHEN {measures.part} IN ({codes}) THEN {measures.part} ELSE '-' END"
    query = (
        f"SELECT CASE WHEN grouping(part) = 1 THEN '' ELSE part END, month, count(*), "
        f"CAST(median(amount) AS DOUBLE), CAST(sum(amount) AS DOUBLE) "
        f"FROM (SELECT {known} AS part, {_number_of(day)} AS month, {measures.amount} AS amount "
        f"FROM looked_at WHERE {measures.amount} > 0) "
        f"GROUP BY GROUPING SETS ((part, month), (month)) ORDER BY month"
    )
    figures: PartFigures = defaultdict(dict)
    for part, month, *row in connection.execute(query).fetchall():
        figures[part][month] = dict(zip(("rows", *PART_FIGURES), row, strict=True))
    return dict(figures)


def _number_of(day: str) -> str:
    return f"CAST(12 * year({day}) + month({day}) AS INTEGER)"


def _number(month: str) -> int:
    return 12 * int(month[:4]) + int(month[5:])


def _month(number: int) -> str:
    year, month = divmod(number - 1, 12)
    return f"{year:04}-{month + 1:02}"


def _ratios(compared: dict[str, Any], number: int) -> dict[str, float | None]:
    ratios = {}
    for name, months in compared.items():
        comparison = months.get(number)
        ratios[f"{name}_ratio"] = comparison.ratio if comparison else None
        ratios[f"{name}_usual"] = comparison.usual if comparison else None
    return ratios


def _ratio_columns(figures: Iterable[str]) -> list[tuple[str, pa.DataType]]:
    return [(f"{figure}_{what}", pa.float64()) for figure in figures for what in ("ratio", "usual")]


def _limits(limits: Iterable[MonthLimit], figures: Iterable[str]) -> dict[str, float]:
    signed = [limit for limit in limits if limit.figure in set(figures)]
    lowest = {f"{limit.figure}_lowest": limit.lowest for limit in signed}
    return lowest | {f"{limit.figure}_highest": limit.highest for limit in signed}


def _limit_columns(figures: Iterable[str]) -> list[tuple[str, pa.DataType]]:
    return [(f"{figure}_{end}", pa.float64()) for figure in figures for end in ("lowest", "highest")]


def _register(
    connection: DuckDBPyConnection, name: str, rows: list[dict[str, Any]], columns: list[tuple[str, pa.DataType]]
) -> str:
    common = [("month", pa.string()), ("rows", pa.int64()), ("snapshot", pa.bool_()), ("rows_before", pa.float64())]
    connection.register(name, pa.Table.from_pylist(rows, pa.schema([*common, *columns])))
    return name
