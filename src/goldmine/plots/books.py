"""Figures of the bank's books: what came in, how wealth is spread, what moves from month to month."""

from datetime import date

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter, StrMethodFormatter

from goldmine.plots.style import PALETTE, say

BLUE, GOLD, GREEN, RED, _, GREY = PALETTE


def rows_by_month(counts: pd.DataFrame, snapshot: date) -> Figure:
    """Rows of each table by month; a month that is missing or thin shows as a dent.

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
        one = counts[counts["table"] == name]
        axis.bar(one["month"], one["rows"], width=24, color=colour)
        axis.axvline(pd.Timestamp(snapshot).replace(day=1), color=GREY, linestyle=":", linewidth=1.5)
        axis.set_title(say(f"{name}: rows by month", f"{name}:各月行数"), loc="left")
        axis.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
        axis.grid(visible=False, axis="x")
    axes[-1, 0].set_xlabel(say("month (dotted: snapshot)", "月份(虚线为快照月)"))
    return _done(figure)


def validation_result(counts: pd.DataFrame) -> Figure:
    """Rules of each suite: kept, broken as a warning, broken as fatal, not applicable.

    Parameters
    ----------
    counts : pandas.DataFrame
        suite, kept, warning, fatal, skipped.
    """
    words = {
        "kept": (say("kept", "通过"), BLUE),
        "warning": (say("warning", "警告"), GOLD),
        "fatal": (say("fatal", "致命"), RED),
        "skipped": (say("not applicable", "不适用"), "#d9d9d9"),
    }
    figure, axis = plt.subplots(figsize=(10, 0.36 * len(counts) + 1.4))
    left = np.zeros(len(counts))
    for column, (label, colour) in words.items():
        bars = axis.barh(counts["suite"], counts[column], left=left, label=label, color=colour)
        axis.bar_label(bars, [str(n) if n and column != "kept" else "" for n in counts[column]], label_type="center")
        left += counts[column].to_numpy()
    axis.invert_yaxis()
    axis.set_title(say("Rules by table", "各表校验规则"), loc="left")
    axis.set_xlabel(say("number of rules", "规则数"))
    axis.grid(visible=False, axis="y")
    axis.legend(ncols=4, loc="lower right", bbox_to_anchor=(1, 1), frameon=False)
    return _done(figure)


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
    place = np.arange(len(ladder))
    sides = (
        ("customer_share", say("share of customers", "客户占比"), BLUE, -0.2),
        ("aum_share", say("share of AUM", "资产占比"), GOLD, 0.2),
    )
    for column, label, colour, shift in sides:
        bars = axis.bar(place + shift, ladder[column], 0.38, label=label, color=colour)
        axis.bar_label(bars, [f"{share:.1%}" for share in ladder[column]], fontsize=9, padding=2)
    axis.set_xticks(place, [f"{n}\n{c:,}" for n, c in zip(names, ladder["customers"], strict=True)], fontsize=9)
    axis.yaxis.set_major_formatter(PercentFormatter(1))
    axis.set_xlabel(say("AUM level in yuan, and customers on it", "资产层级(元)与客户数"))
    axis.set_title(say("The AUM ladder", "客户资产阶梯"), loc="left")
    axis.grid(visible=False, axis="x")
    axis.legend(frameon=False)
    return _done(figure)


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
        say(f"the top 10% hold {top:.0%}", f"前10%客户持有{top:.0%}"),
        (0.1, top),
        xytext=(12, -14),
        textcoords="offset points",
        color=GOLD,
        weight="bold",
    )
    axis.xaxis.set_major_formatter(PercentFormatter(1))
    axis.yaxis.set_major_formatter(PercentFormatter(1))
    axis.set(xlim=(0, 1), ylim=(0, 1.02))
    axis.set_xlabel(say("customers, richest first", "客户(按资产从高到低)"))
    axis.set_ylabel(say("share of AUM", "资产占比"))
    axis.set_title(say("Concentration of AUM", "资产集中度"), loc="left")
    return _done(figure)


def without_balances() -> Figure:
    """In place of a figure of balances, where there are none."""
    figure, axis = plt.subplots(figsize=(7, 1))
    axis.axis("off")
    axis.text(0, 0.5, say("This bank's tables hold no balances.", "本行数据中没有余额表。"), va="center")
    return _done(figure)


def _level(start: int, end: int | None) -> str:
    words = say("{}–{}", "{}–{}") if end else say("{} and more", "{}以上")
    return words.format(_short(start), _short(end)) if end else words.format(_short(start))


def _short(yuan: int | None) -> str:
    amount = yuan or 0
    if say("en", "zh") == "zh":
        return f"{amount // 10_000}万"
    return f"{amount / 1e6:g}M" if amount >= 1_000_000 else f"{amount // 1000}k" if amount else "0"


def _done(figure: Figure) -> Figure:
    """Lay out, and take the figure from pyplot so that a notebook shows it once, as the value of its cell."""
    figure.tight_layout()
    plt.close(figure)
    return figure
