"""Frames for the figures of the books: counts and shares over many customers, never one customer's values."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from goldmine.contract.bank import Bank
from goldmine.contract.tables import TABLES
from goldmine.core.i18n import in_language
from goldmine.core.parquet import parquet_schema
from goldmine.customers import LEVELS
from goldmine.validation import SuiteResult


def table_counts(bank: Bank) -> pd.DataFrame:
    """A row a canonical table: rows, columns that the bank has of those in the contract, and first and last month."""
    rows = []
    for name, spec in TABLES.items():
        table, months = bank.tables.get(name), bank.months(name)
        rows.append(
            {
                "table": name,
                "rows": table.rows if table else 0,
                "columns": f"{len(table.columns) if table else 0} of {len(spec.columns)}",
                "months": f"{months[0]} to {months[-1]}" if months and months[0] else "",
                "here": table is not None,
            }
        )
    return pd.DataFrame(rows)


def month_counts(bank: Bank) -> pd.DataFrame:
    """Rows of each table that has months: columns table, month (first day) and rows."""
    rows = [(name, file.month, file.rows) for name, table in bank.tables.items() for file in table.files if file.month]
    frame = pd.DataFrame(rows, columns=["table", "month", "rows"])
    return (
        frame.groupby(["table", "month"], as_index=False)["rows"].sum().assign(month=lambda f: pd.to_datetime(f.month))
    )


def rule_counts(results: Sequence[SuiteResult]) -> pd.DataFrame:
    """A row a suite: how many of its rules were kept, broke as warnings, broke as fatal, or do not apply."""
    rows = []
    for result in results:
        warnings, fatal = len(result.failed("warning")), len(result.failed("fatal"))
        kept = len(result.rules) - warnings - fatal
        rows.append((result.suite, kept, warnings, fatal, len(result.skipped)))
    return pd.DataFrame(rows, columns=["suite", "kept", "warning", "fatal", "skipped"])


def broken_rules(results: Sequence[SuiteResult], language: str = "en") -> pd.DataFrame:
    """A row a broken rule: suite, column, rule, severity, rows that break it, rows checked, and its meaning."""
    rows = [
        (r.suite, rule.column, rule.rule, rule.severity, rule.failing, rule.rows,
         in_language(rule.meaning, language))
        for r in results
        for rule in r.rules
        if not rule.success
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["suite", "column", "rule", "severity", "failing", "of", "meaning"])


def aum_of(features: Path) -> pd.Series:
    """Each customer's month-end AUM in yuan from a feature table; empty where the bank has no balances."""
    if "aum_end" not in parquet_schema(features).names:
        return pd.Series([], dtype=float)
    return pq.read_table(features, columns=["aum_end"])["aum_end"].to_pandas()


def ladder(aum: pd.Series) -> pd.DataFrame:
    """The AUM ladder.

    Parameters
    ----------
    aum : pandas.Series
        AUM of each customer in yuan; unknown counts as none.

    Returns
    -------
    pandas.DataFrame
        A row a level: from (yuan), customers, customer_share and aum_share (0 to 1).
    """
    known = aum.fillna(0).clip(lower=0)
    level = pd.cut(known, [*LEVELS, np.inf], right=False, labels=LEVELS)
    found = known.groupby(level, observed=False).agg(["count", "sum"])
    return pd.DataFrame(
        {
            "from": LEVELS,
            "customers": found["count"].to_numpy(),
            "customer_share": found["count"].to_numpy() / max(len(known), 1),
            "aum_share": found["sum"].to_numpy() / max(known.sum(), 1),
        }
    )


def concentration(aum: pd.Series, points: int = 200) -> pd.DataFrame:
    """Share of all AUM (`aum_share`) that the richest share of customers (`customer_share`) holds."""
    held = np.sort(aum.fillna(0).clip(lower=0).to_numpy(dtype=float))[::-1]
    share = np.concatenate([[0], np.cumsum(held) / max(held.sum(), 1)])
    at = np.linspace(0, 1, points + 1)
    return pd.DataFrame({"customer_share": at, "aum_share": np.interp(at, np.linspace(0, 1, len(share)), share)})


def missing_features(off: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """A row a table or column that the bank does not have: how many features need it, and some of their names.

    Parameters
    ----------
    off : mapping of str to sequence of str
        Names of features by the table or column that they miss.
    """
    rows = [(need, len(names), ", ".join(names[:4]) + (" …" if len(names) > 4 else "")) for need, names in off.items()]
    return pd.DataFrame(rows or [("nothing", 0, "")], columns=["missing", "features", "such as"])
