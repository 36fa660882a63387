"""Moves on the ladder within a quarter: the transition matrix, and growth and loss by kind of move."""

from dataclasses import dataclass
from datetime import date
from functools import cache

import ibis
import numpy as np
import pandas as pd

from goldmine.customers.ladder import LEVELS, level_expression
from goldmine.customers.source_tables import SourceTables, quarter_before

OUTSIDE = -1
"""In place of a level: no customer at that time (joined later, or closed)."""

KINDS = ("joined", "up", "same", "down", "closed")


@dataclass(frozen=True)
class Moves:
    """The moves of one quarter, in counts.

    Parameters
    ----------
    begin, end : date
        The month ends compared.
    cells : pandas.DataFrame
        A row per branch and pair of levels: branch_id, before, after (indices in `LEVELS`, or `OUTSIDE`), customers,
        aum_before, aum_after (average daily AUM of the month, fen, whole numbers).
    """

    begin: date
    end: date
    cells: pd.DataFrame

    def matrix(self, measure: str = "customers") -> pd.DataFrame:
        """The transition matrix.

        Parameters
        ----------
        measure : {"customers", "aum_before", "aum_after"}
            Customers, or yuan before or after.

        Returns
        -------
        pandas.DataFrame
            A row per level before, a column per level after, `OUTSIDE` first.
        """
        levels = [OUTSIDE, *range(len(LEVELS))]
        table = self.cells.pivot_table(index="before", columns="after", values=measure, aggfunc="sum", fill_value=0)
        table = table.reindex(index=levels, columns=levels, fill_value=0)
        return table if measure == "customers" else table / 100

    def decomposed(self, by: str | None = None) -> pd.DataFrame:
        """Growth and loss by kind of move.

        Parameters
        ----------
        by : str, optional
            ``branch_id`` for a table per branch.

        Returns
        -------
        pandas.DataFrame
            A row per kind of move (joined, up, same, down, closed): customers, aum_before, aum_after, change (yuan).
            The changes add up to the total change, to the fen.
        """
        keys = [by] if by else []
        kind = pd.Categorical(_kind(self.cells), categories=list(KINDS))
        grouped = self.cells.assign(kind=kind).groupby([*keys, "kind"], observed=False)
        table = grouped[["customers", "aum_before", "aum_after"]].sum().reset_index()
        table["change"] = table.aum_after - table.aum_before
        money = ["aum_before", "aum_after", "change"]
        return table.assign(**{name: table[name] / 100 for name in money})


def moves(sources: SourceTables, end: date, begin: date | None = None) -> Moves:
    """Compare the ladder of two month ends, by default a quarter apart.

    Each customer counts once, at their last branch, with their levels before and after; a customer who changed branch
    within the quarter counts at one branch only. A merged number counts as the surviving one at both ends.

    Raises
    ------
    HistoryError
        If the balances of either month are missing.
    """
    begin = begin or quarter_before(end)
    sources.require_month(begin)
    sources.require_month(end)
    people = sources.customers(end)
    on_books = {"there_before": _on_the_books(people, begin), "there_after": _on_the_books(people, end)}
    parts = {
        "ladder_people": people.select("customer_id", "branch_id", **on_books),
        "ladder_before": sources.balances(begin, end),
        "ladder_after": sources.balances(end, end),
    }
    for name, rows in parts.items():
        query = ibis.to_sql(rows, dialect="duckdb", pretty=False)
        sources.connection.raw_sql(f"CREATE OR REPLACE TEMP VIEW {name} AS {query}")
    cells = sources.connection.con.sql(_cells()).df()
    integers = dict.fromkeys(("customers", "aum_before", "aum_after"), "int64")
    return Moves(begin, end, cells.assign(branch_id=cells.branch_id.fillna("")).astype(integers))


@cache
def _cells() -> str:
    """The query of the cells over views with fixed names; cached, as it is slow to compile and always the same."""
    schema = {"customer_id": "string", "branch_id": "string", "there_before": "boolean", "there_after": "boolean"}
    rows = ibis.table(schema, name="ladder_people")
    rows = rows.filter(rows.there_before | rows.there_after)
    for when in ("before", "after"):
        held = ibis.table({"customer_id": "string", "aum": "int64"}, name=f"ladder_{when}")
        held = held.rename({f"of_{when}": "customer_id", f"fen_{when}": "aum"})
        rows = rows.left_join(held, rows.customer_id == held[f"of_{when}"]).drop(f"of_{when}")
        fen = rows[f"there_{when}"].ifelse(rows[f"fen_{when}"].fill_null(0), 0)
        rows = rows.mutate(**{f"aum_{when}": fen}).drop(f"fen_{when}")
        level = rows[f"there_{when}"].ifelse(level_expression(rows[f"aum_{when}"] / 100), OUTSIDE)
        rows = rows.mutate(**{when: level.cast("int8")})
    cells = rows.group_by("branch_id", "before", "after").agg(
        customers=rows.count(), aum_before=rows.aum_before.sum(), aum_after=rows.aum_after.sum()
    )
    query: str = ibis.to_sql(cells.order_by("branch_id", "before", "after"), dialect="duckdb", pretty=False)
    return query


def quarters(sources: SourceTables, end: date, count: int = 4) -> list[Moves]:
    """The moves of the last quarters that have balances, oldest first."""
    past: list[Moves] = []
    while len(past) < count and sources.has_month(end) and sources.has_month(quarter_before(end)):
        past.append(moves(sources, end))
        end = quarter_before(end)
    return past[::-1]


def _on_the_books(people: ibis.Table, day: date) -> ibis.expr.types.BooleanValue:
    joined = (people.opened_on <= day).fill_null(True)
    return joined & (people.closed_on > day).fill_null(True)


def _kind(cells: pd.DataFrame) -> np.ndarray:
    joined, closed = cells.before == OUTSIDE, cells.after == OUTSIDE
    tests = [joined, closed, cells.after > cells.before, cells.after < cells.before]
    return np.select(tests, ["joined", "closed", "up", "down"], default="same")
