"""One engine for every figure: counted and added up at head office, branch and employee grain from one table.

Counts and sums are whole numbers (money in fen), so that the branches' add up to the head office's exactly; shares and
ratios are worked out of them, and keep both their parts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import pandas as pd

from goldmine.core.errors import HistoryError
from goldmine.core.files import read_json
from goldmine.core.i18n import _
from goldmine.core.seals import sealed_file, write_sealed_json
from goldmine.core.sql import literal, quoted
from goldmine.core.workspace import Workspace
from goldmine.reporting.customer_mart import COLUMNS, CustomerMart
from goldmine.reporting.metric_definitions import Count, Metric, Metrics, Ratio, Share, Sum, Where

KEYS: dict[str, str | None] = {"head_office": None, "branch": "branch_id", "employee": "employee_id"}
"""Column of the unit's number, by grain."""


@dataclass(frozen=True)
class Figures:
    """All figures of one month end.

    Parameters
    ----------
    as_of : date
        The month end.
    rows : pandas.DataFrame
        grain, unit_id (empty: the head office, or customers of no known branch or employee), metric, above and below
        (whole numbers; money in fen; a count or sum has 1 below), customers (how many the figure is about; of a sum,
        those who add to it) and value (above / below, money in yuan; empty where nothing is below, or the figure could
        not be computed).
    missing : dict of str to str
        By metric that could not be computed, the missing input.
    """

    as_of: date
    rows: pd.DataFrame
    missing: dict[str, str]

    def at(self, grain: str, unit_id: str = "") -> pd.DataFrame:
        """The figures of one unit, by metric."""
        rows = self.rows[(self.rows["grain"] == grain) & (self.rows["unit_id"] == unit_id)]
        return rows.set_index("metric")

    def of(self, metric: str, grain: str) -> pd.DataFrame:
        """One metric at all units of a grain, by unit."""
        rows = self.rows[(self.rows["grain"] == grain) & (self.rows["metric"] == metric)]
        return rows.set_index("unit_id").sort_index()


def figures_path(work: Workspace, as_of: date) -> Path:
    """File of a month end's figures."""
    return work.root / "reporting" / "figures" / f"{as_of}.parquet"


def compute(mart: CustomerMart, metrics: Metrics) -> Figures:
    """Every metric at every grain, in one pass over the mart.

    A metric is computed at all grains, so that they can be added up; `Metric.grain` says where it is shown.
    """
    parts = {m.name: _parts(m.formula) for m in metrics.metrics if not isinstance(m.formula, Ratio)}
    sums = [f"{sql} AS {quoted(f'{name}/{part}')}" for name, pair in parts.items() for part, sql in pair.items()]
    keys = [key for key in KEYS.values() if key]
    query = (
        f"SELECT {', '.join(keys)}, grouping({', '.join(keys)}) AS grain, {', '.join(sums)} "
        f"FROM read_parquet({literal(mart.path)}) GROUP BY GROUPING SETS ((), {', '.join(f'({key})' for key in keys)})"
    )
    with duckdb.connect() as connection:
        frame = connection.execute(query).df()
    # grouping() is a number whose bits say which keys a row is not grouped by, the first key's the highest.
    bits = {"head_office": 0b11, "branch": 0b01, "employee": 0b10}
    frame["grain"] = frame["grain"].map({bit: grain for grain, bit in bits.items()})
    frame["unit_id"] = frame["branch_id"].fillna(frame["employee_id"]).fillna("")
    rows = _long(frame.sort_values(["grain", "unit_id"], ignore_index=True), metrics)
    missing = {m.name: gone for m in metrics.metrics if (gone := _gone(m, metrics, mart))}
    off = rows["metric"].isin(missing)
    rows.loc[off, ["above", "below", "customers"]] = 0
    return Figures(mart.as_of, rows.assign(value=_value(rows, metrics).mask(off)), missing)


def save(work: Workspace, figures: Figures) -> Path:
    """Store the figures in the work folder, where other systems may read them."""
    path = figures_path(work, figures.as_of)
    with sealed_file(path) as temporary:
        figures.rows.to_parquet(temporary, index=False)
    write_sealed_json(path.with_suffix(".json"), figures.missing)
    return path


def read_figures(work: Workspace, as_of: date) -> Figures:
    """Stored figures of a month end.

    Raises
    ------
    HistoryError
        If there are none of that month end.
    """
    path = figures_path(work, as_of)
    if not path.exists():
        raise HistoryError(
            _("figures at {as_of}: they have not been computed yet.", as_of=as_of), _("Run `goldmine report` for it.")
        )
    return Figures(as_of, pd.read_parquet(path), read_json(path.with_suffix(".json"), {}))


def _parts(formula: Count | Sum | Share) -> dict[str, str]:
    """What a metric adds up, as SQL: above, and below where it is a share; and how many customers it is about."""
    if isinstance(formula, Share):
        matching = _number([*formula.among, *formula.where])
        return {"above": matching, "below": _number(formula.among), "customers": _number(formula.among)}
    if isinstance(formula, Sum):
        column, holds = quoted(formula.of), _holds(formula.where)
        total = f"coalesce(sum({column}) FILTER (WHERE {holds}), 0)::BIGINT"
        # The one borrower of a branch is not hidden among all who owe nothing.
        return {"above": total, "customers": f"count(*) FILTER (WHERE {holds} AND {column} <> 0)"}
    return {"above": _number(formula.where), "customers": _number(formula.where)}


def _number(conditions: Sequence[Where]) -> str:
    return f"count(*) FILTER (WHERE {_holds(conditions)})"


def _holds(conditions: Sequence[Where]) -> str:
    return " AND ".join(part for condition in conditions for part in _comparisons(condition)) or "true"


def _comparisons(condition: Where) -> list[str]:
    column, unit = quoted(condition.column), 100 if COLUMNS[condition.column].kind == "fen" else 1
    held = []
    if isinstance(condition.equals, str):
        held.append(f"{column} = {literal(condition.equals)}")
    elif condition.equals is not None:
        held.append(f"{column} = {condition.equals}")
    if condition.at_least is not None:
        held.append(f"{column} >= {condition.at_least * unit}")
    if condition.below is not None:
        held.append(f"{column} < {condition.below * unit}")
    return held


def _long(frame: pd.DataFrame, metrics: Metrics) -> pd.DataFrame:
    """A row a unit and metric, in the order of the definitions."""
    blocks = []
    for metric in metrics.metrics:
        formula = metric.formula
        above, below = (formula.of, formula.to) if isinstance(formula, Ratio) else (metric.name, metric.name)
        block = frame[["grain", "unit_id"]].assign(metric=metric.name, above=frame[f"{above}/above"])
        if isinstance(formula, Ratio):
            block["below"] = frame[f"{below}/above"]
            parts = frame[[f"{above}/customers", f"{below}/customers"]]
            # With the other part a ratio would tell the one that is about few.
            block["customers"] = parts.where(parts > 0).min(axis=1).fillna(0).astype("int64")
        else:
            block["below"] = frame[f"{below}/below"] if isinstance(formula, Share) else 1
            block["customers"] = frame[f"{above}/customers"]
        blocks.append(block)
    return pd.concat(blocks, ignore_index=True)


def _value(rows: pd.DataFrame, metrics: Metrics) -> pd.Series:
    money = [name for name, metric in metrics.by_name.items() if metric.unit.startswith("yuan")]
    scale = rows["metric"].isin(money).map({True: 100, False: 1})
    return (rows["above"] / rows["below"].where(rows["below"] != 0)) / scale


def _gone(metric: Metric, metrics: Metrics, mart: CustomerMart) -> str:
    """What is missing for a metric; empty where nothing is."""
    formula = metric.formula
    if isinstance(formula, Ratio):
        return _gone(metrics.by_name[formula.of], metrics, mart) or _gone(metrics.by_name[formula.to], metrics, mart)
    conditions = [*formula.where, *(formula.among if isinstance(formula, Share) else [])]
    columns = [condition.column for condition in conditions] + ([formula.of] if isinstance(formula, Sum) else [])
    return next((mart.missing[name] for name in columns if name in mart.missing), "")
