"""Tables and figures of the bank's tables: rows by month, rules, the AUM ladder; never one customer's values."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import seaborn as sns
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter, StrMethodFormatter

from goldmine.contract.bank import Bank
from goldmine.contract.tables import TABLES
from goldmine.core.i18n import in_language
from goldmine.core.parquet import parquet_schema
from goldmine.customers import LEVELS
from goldmine.plots.style import BLUE, GOLD, GREY, PALETTE, RED, _, finished, pgettext, short_yuan
from goldmine.validation import SuiteResult


def table_counts(bank: Bank) -> pd.DataFrame:
    """One row per canonical table: rows, columns present out of the contract's, and first and last month."""
    rows = []
    for name, spec in TABLES.items():
        table, months = bank.tables.get(name), bank.months(name)
        rows.append(
            {
                "table": name,
                "rows": table.rows if table else 0,
                "columns": _("{n} of {among}", n=len(table.columns) if table else 0, among=len(spec.columns)),
                "months": _("{first} to {last}", first=months[0], last=months[-1]) if months and months[0] else "",
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
    """One row per suite: rules that passed, failed as warnings, failed as fatal, or do not apply."""
    rows = []
    for result in results:
        warnings, fatal = len(result.failed("warning")), len(result.failed("fatal"))
        passed = len(result.rules) - warnings - fatal
        rows.append((result.suite, passed, warnings, fatal, len(result.skipped)))
    return pd.DataFrame(rows, columns=["suite", "kept", "warning", "fatal", "skipped"])


def broken_rules(results: Sequence[SuiteResult], language: str = "en") -> pd.DataFrame:
    """One row per failed rule: suite, column, rule, severity, rows that break it, rows checked, and its meaning."""
    rows = [
        (r.suite, rule.column, rule.rule, rule.severity, rule.failing, rule.rows,
         in_language(rule.meaning, language))
        for r in results
        for rule in r.rules
        if not rule.success
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["suite", "column", "rule", "severity", "failing", "of", "meaning"])


def aum_of(features: Path) -> pd.Series:
    """Each customer's average daily AUM of the last month from a feature table; empty where the bank has no balances.

    The levels are defined on this average, so the ladder is the same here as in the customers table.
    """
    if "aum_avg_30d" not in parquet_schema(features).names:
        return pd.Series([], dtype=float)
    return pq.read_table(features, columns=["aum_avg_30d"])["aum_avg_30d"].to_pandas()


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
    levels = known.groupby(level, observed=False).agg(["count", "sum"])
    return pd.DataFrame(
        {
            "from": LEVELS,
            "customers": levels["count"].to_numpy(),
            "customer_share": levels["count"].to_numpy() / max(len(known), 1),
            "aum_share": levels["sum"].to_numpy() / max(known.sum(), 1),
        }
    )


def concentration(aum: pd.Series, points: int = 200) -> pd.DataFrame:
    """Share of all AUM (`aum_share`) that the richest share of customers (`customer_share`) holds."""
    held = np.sort(aum.fillna(0).clip(lower=0).to_numpy(dtype=float))[::-1]
    share = np.concatenate([[0], np.cumsum(held) / max(held.sum(), 1)])
    shares = np.linspace(0, 1, points + 1)
    return pd.DataFrame(
        {"customer_share": shares, "aum_share": np.interp(shares, np.linspace(0, 1, len(share)), share)}
    )


def missing_features(off: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """One row per missing table or column: how many features need it, and some of their names.

    Parameters
    ----------
    off : mapping of str to sequence of str
        Names of features by the table or column that they miss.
    """
    rows = [(need, len(names), ", ".join(names[:4]) + (" …" if len(names) > 4 else "")) for need, names in off.items()]
    return pd.DataFrame(rows or [("nothing", 0, "")], columns=["missing", "features", "such as"])


def rows_by_month(counts: pd.DataFrame, snapshot: date) -> Figure:
    """Rows of each table by month; a missing or thin month shows as a dent.

    Parameters
    ----------
    counts : pandas.DataFrame
        table, month (first day), rows.
    snapshot : date
        Marked by a line.
    """
    names = sorted(counts["table"].unique())
    figure, axes = plt.subplots(len(names), 1, figsize=(10, 2.2 * len(names) + 0.6), sharex=True, squeeze=False)
    for axis, name, colour in zip(axes[:, 0], names, PALETTE, strict=False):
        months = counts[counts["table"] == name]
        axis.bar(months["month"], months["rows"], width=24, color=colour)
        axis.axvline(pd.Timestamp(snapshot).replace(day=1), color=GREY, linestyle=":", linewidth=1.5)
        axis.set_title(_("{name}: rows by month", name=name), loc="left")
        axis.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
        axis.grid(visible=False, axis="x")
    axes[-1, 0].set_xlabel(_("month (dotted: snapshot)"))
    return finished(figure)


def validation_result(counts: pd.DataFrame) -> Figure:
    """Rules of each suite: kept, broken as a warning, broken as fatal, not applicable.

    Parameters
    ----------
    counts : pandas.DataFrame
        suite, kept, warning, fatal, skipped.
    """
    words = {
        "kept": (pgettext("rules", "kept"), BLUE),
        "warning": (pgettext("rules", "warning"), GOLD),
        "fatal": (pgettext("rules", "fatal"), RED),
        "skipped": (pgettext("rules", "not applicable"), "#d9d9d9"),
    }
    figure, axis = plt.subplots(figsize=(10, 0.36 * len(counts) + 1.4))
    left = np.zeros(len(counts))
    for column, (label, colour) in words.items():
        bars = axis.barh(counts["suite"], counts[column], left=left, label=label, color=colour)
        axis.bar_label(bars, [str(n) if n and column != "kept" else "" for n in counts[column]], label_type="center")
        left += counts[column].to_numpy()
    axis.invert_yaxis()
    axis.set_title(_("Rules by table"), loc="left")
    axis.set_xlabel(_("number of rules"))
    axis.grid(visible=False, axis="y")
    axis.legend(ncols=4, loc="lower right", bbox_to_anchor=(1, 1), frameon=False)
    return finished(figure)


def aum_ladder(ladder: pd.DataFrame) -> Figure:
    """The seven-level AUM ladder: share of customers beside share of AUM, by level.

    Parameters
    ----------
    ladder : pandas.DataFrame
        from (yuan), customers, customer_share, aum_share.
    """
    if not ladder["customers"].sum():
        return without_balances()
    names = [_level(start, end) for start, end in zip(ladder["from"], [*ladder["from"][1:], None], strict=True)]
    figure, axis = plt.subplots(figsize=(10, 4.2))
    position = np.arange(len(ladder))
    sides = (
        ("customer_share", _("share of customers"), BLUE, -0.2),
        ("aum_share", _("share of AUM"), GOLD, 0.2),
    )
    for column, label, colour, shift in sides:
        bars = axis.bar(position + shift, ladder[column], 0.38, label=label, color=colour)
        axis.bar_label(bars, [f"{share:.1%}" for share in ladder[column]], fontsize=9, padding=2)
    axis.set_xticks(position, [f"{n}\n{c:,}" for n, c in zip(names, ladder["customers"], strict=True)], fontsize=9)
    axis.yaxis.set_major_formatter(PercentFormatter(1))
    axis.set_xlabel(_("AUM level in yuan, and customers on it"))
    axis.set_title(_("The AUM ladder"), loc="left")
    axis.grid(visible=False, axis="x")
    axis.legend(frameon=False)
    return finished(figure)


def aum_concentration(curve: pd.DataFrame) -> Figure:
    """How much of all AUM the richest customers hold.

    Parameters
    ----------
    curve : pandas.DataFrame
        customer_share (richest first) and aum_share, both 0 to 1.
    """
    if not curve["aum_share"].any():
        return without_balances()
    figure, axis = plt.subplots(figsize=(7, 4.6))
    sns.lineplot(curve, x="customer_share", y="aum_share", color=BLUE, linewidth=2.2, ax=axis)
    axis.plot([0, 1], [0, 1], color=GREY, linestyle="--", linewidth=1)
    top = float(np.interp(0.1, curve["customer_share"], curve["aum_share"]))
    axis.plot([0.1, 0.1, 0], [0, top, top], color=GOLD, linewidth=1.2)
    axis.annotate(
        _("the top 10% hold {top:.0%}", top=top),
        (0.1, top),
        xytext=(12, -14),
        textcoords="offset points",
        color=GOLD,
        weight="bold",
    )
    axis.xaxis.set_major_formatter(PercentFormatter(1))
    axis.yaxis.set_major_formatter(PercentFormatter(1))
    axis.set(xlim=(0, 1), ylim=(0, 1.02))
    axis.set_xlabel(_("customers, richest first"))
    axis.set_ylabel(_("share of AUM"))
    axis.set_title(_("Concentration of AUM"), loc="left")
    return finished(figure)


def without_balances() -> Figure:
    """In place of a figure of balances, where there are none."""
    figure, axis = plt.subplots(figsize=(7, 1))
    axis.axis("off")
    axis.text(0, 0.5, _("This bank's tables hold no balances."), va="center")
    return finished(figure)


def _level(start: int, end: int | None) -> str:
    return f"{short_yuan(start)}–{short_yuan(end)}" if end else _("{amount} and more", amount=short_yuan(start))
