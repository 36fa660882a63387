"""The customers table and the moves between levels, recomputed as docs/customers.md and pipelines/tags.yaml say."""

import ast
import operator
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from tests.audit.books import ASSETS, Books, age_in_months, month_end
from tests.audit.households import household_columns

STARTS = (0, 10_000, 50_000, 200_000, 500_000, 2_000_000, 5_000_000)
COMPARE = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.In: lambda value, options: value in options,
}
UNARY = {ast.USub: operator.neg, ast.Not: operator.not_}
COUNT = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul}


def aum_of_month(books: Books, month: pd.Timestamp, day: pd.Timestamp) -> pd.Series:
    """Average daily AUM of a month in yuan, by the number that survives on a day."""
    rows = books.under_survivors(books.tables["balances"], day, ("customer_id",))
    rows = rows[(age_in_months(rows.month_end, month) == 0) & rows.product_class.isin(ASSETS)]
    average = rows.average_daily_balance.fillna(rows.balance)
    return average.groupby(rows.customer_id).sum() / 100


def level_of(aum: pd.Series) -> pd.Series:
    """Levels 0 to 6; an amount at the beginning of a level is on it."""
    return pd.Series(np.searchsorted(STARTS, aum.clip(lower=0), side="right") - 1, aum.index)


def transition_matrix(books: Books, begin: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
    """Customers by their levels at two month ends, under the numbers that survive at the second; -1 is not there."""
    everyone = books.tables["customers"].customer_id.unique()
    levels = {}
    for name, day in (("before", begin), ("after", end)):
        there = books.on_the_books(day, merged_by=end).index
        level = level_of(aum_of_month(books, day, end).reindex(there).fillna(0))
        levels[name] = level.reindex(everyone).fillna(-1).astype(int)
    both = pd.DataFrame(levels)
    counts = both[(both > -1).any(axis=1)].value_counts().unstack(fill_value=0)
    return counts.reindex(index=range(-1, 7), columns=range(-1, 7), fill_value=0)


def recompute_customers(
    books: Books, day: pd.Timestamp, features: pd.DataFrame, tags: Path, before: pd.DataFrame | None
) -> pd.DataFrame:
    """Branch, levels, layer and tags of everyone on the books.

    Parameters
    ----------
    features : pandas.DataFrame
        The features of that day.
    tags : Path
        The file that declares the tags.
    before : pandas.DataFrame, optional
        The customers table made before this one, for since when a tag has stood.
    """
    people = books.on_the_books(day)
    table = people[["branch_id", "manager_id"]].copy()
    table["aum_avg"] = aum_of_month(books, day, day).reindex(table.index).fillna(0)
    table["level"] = level_of(table.aum_avg)
    table["layer"] = pd.cut(table.level, [-1, 1, 3, 6], labels=["basic", "wealth", "high_end"]).astype(str)
    quarter = month_end(day, -3)
    if books.has_month("balances", quarter):
        held_then = aum_of_month(books, quarter, day).reindex(table.index).fillna(0)
        joined_since = people.opened_on > quarter
        table["previous_aum_avg"] = held_then.mask(joined_since)
        table["previous_level"] = level_of(held_then).astype(float).mask(joined_since)
    table = table.join(household_columns(books, day, table.aum_avg))
    known = features.join(table)
    records = [{name: _plain(value) for name, value in row.items()} for row in known.to_dict("records")]
    for tag_set in yaml.safe_load(tags.read_text("utf-8"))["sets"]:
        cases = [(tag["name"], ast.parse(tag["when"], mode="eval").body) for tag in tag_set["tags"]]
        name = f"tag_{tag_set['name']}"
        if tag_set["exclusive"]:
            first = [next((tag for tag, when in cases if holds(when, row) is True), None) for row in records]
            table[name] = pd.Series(first, table.index, dtype=object)
            _history(table, name, before, day, exclusive=True)
        else:
            for tag, when in cases:
                table[f"{name}_{tag}"] = [holds(when, row) is True for row in records]
                _history(table, f"{name}_{tag}", before, day, exclusive=False)
    return table


def holds(node: ast.AST, row: Mapping[str, Any]) -> Any:
    """A condition's value for one customer; None where it is unknown."""
    match node:
        case ast.Constant():
            value = node.value
        case ast.Name():
            value = row[node.id]
        case ast.List():
            value = [holds(item, row) for item in node.elts]
        case ast.BoolOp():
            value = _all(node.op, [holds(part, row) for part in node.values])
        case ast.Compare():
            parts = [holds(part, row) for part in (node.left, *node.comparators)]
            steps = zip(parts[:-1], node.ops, parts[1:], strict=True)
            value = _all(ast.And(), [_compare(left, step, right) for left, step, right in steps])
        case ast.UnaryOp():
            inner = holds(node.operand, row)
            value = inner if inner is None else UNARY[type(node.op)](inner)
        case ast.BinOp():
            left, right = holds(node.left, row), holds(node.right, row)
            value = None if left is None or right is None else COUNT[type(node.op)](left, right)
        case _:
            raise ValueError(ast.dump(node))
    return value


def _compare(left: Any, step: ast.cmpop, right: Any) -> bool | None:
    if isinstance(step, ast.Is | ast.IsNot):
        return (left is None) == isinstance(step, ast.Is)
    return None if left is None or right is None else COMPARE[type(step)](left, right)


def _all(joined_by: ast.boolop, values: list[bool | None]) -> bool | None:
    """Whether all or any of several conditions hold, of which some may be unknown."""
    decides = isinstance(joined_by, ast.Or)
    if any(value is decides for value in values):
        return decides
    return None if None in values else not decides


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and np.isnan(value) else value


def _history(
    table: pd.DataFrame, name: str, before: pd.DataFrame | None, day: pd.Timestamp, *, exclusive: bool
) -> None:
    """Since when a tag has stood as it does, and what stood there before."""
    if before is None or name not in before:
        table[f"{name}_since"] = day
        if exclusive:
            table[f"{name}_from"] = None
        return
    earlier = before.reindex(table.index)
    same = (table[name] == earlier[name]) | (table[name].isna() & earlier[name].isna())
    same &= table.index.isin(before.index)
    since = pd.to_datetime(earlier[f"{name}_since"])
    table[f"{name}_since"] = since.where(same, day)
    if exclusive:
        table[f"{name}_from"] = earlier[f"{name}_from"].where(same, earlier[name])
