"""Tables and figures of the lists that are made on request: near the threshold, segments, long tail, lost customers."""

from collections.abc import Mapping

import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from goldmine.core.i18n import in_language
from goldmine.customers.segments import STABLE
from goldmine.customers.tags import Catalogue
from goldmine.plots.style import PALETTE, say
from goldmine.publishing.on_request_list import WORDS, Worklist

BLUE, GOLD, GREEN, RED, VIOLET, GREY = PALETTE


def direction_words() -> dict[str, str]:
    """Names of the directions of the near-threshold list."""
    return {"up": say("up", "有望提级"), "down": say("down", "有降级风险")}


def part_words() -> dict[str, str]:
    """Names of the parts of the long tail whose conversions are counted."""
    return {
        "all": say("long tail a quarter ago", "上季末长尾客户"),
        "worked": say("worked (contacted in the quarter)", "本季已营销"),
        "not_worked": say("not worked", "本季未营销"),
        "listed": say("on the last list", "上期名单内"),
        "listed_worked": say("on the last list and worked", "上期名单内且已营销"),
        "listed_not_worked": say("on the last list and not worked", "上期名单内未营销"),
    }


def group_words(catalogue: Catalogue) -> dict[str, dict[str, str]]:
    """Names of the codes of long-tail groups, by column: ages, kinds of transaction, bands."""
    ages = {
        tag.name: (tag.title, in_language(tag.title, "zh"))
        for one in catalogue.sets
        if one.name == "age"
        for tag in one.tags
    }
    bands = {
        "high": ("best tenth", "前10%"),
        "middle": ("next three tenths", "前10%至40%"),
        "low": ("others scored", "后60%"),
        "unscored": ("not scored", "未评分"),
    }
    columns = {"age": WORDS["age"] | ages, "kind": WORDS["kind"], "band": bands}
    return {name: {code: say(*words) for code, words in codes.items()} for name, codes in columns.items()}


def group_table(groups: pd.DataFrame, catalogue: Catalogue) -> pd.DataFrame:
    """The long tail's groups with names for their codes."""
    words = group_words(catalogue)
    named = groups.assign(**{name: groups[name].map(codes) for name, codes in words.items()})
    headings = {
        "age": say("age", "年龄段"),
        "kind": say("main kind of transaction", "主要交易类型"),
        "band": say("model score", "模型评分档"),
        "customers": say("customers", "客户数"),
        "aum": say("AUM, yuan", "资产(元)"),
        "expected_conversions": say("expected conversions", "预计提级户数"),
        "expected_rate": say("expected rate", "预计转化率"),
        "expected_aum": say("expected AUM, yuan", "预计提级后资产(元)"),
    }
    return named.rename(columns=headings)


def worklist_table(lists: Mapping[str, Worklist]) -> pd.DataFrame:
    """A row a list: rows on it, how many were left out by which rule, and its file."""
    rows = [(name, one.rows, sum(one.left_out.values()), one.path.name) for name, one in lists.items()]
    left_out = say("may not be contacted", "不可联系")
    return pd.DataFrame(rows, columns=[say("list", "名单"), say("customers", "客户数"), left_out, say("file", "文件")])


def stability(tried: pd.DataFrame, chosen: int) -> Figure:
    """How well segments found on different halves of the customers agree, by their number; the chosen one in gold.

    Parameters
    ----------
    tried : pandas.DataFrame
        segments, agreement.
    chosen : int
        The number of segments that was taken.
    """
    figure, axis = plt.subplots(figsize=(7, 3.6))
    colours = [GOLD if number == chosen else BLUE for number in tried.segments]
    axis.bar(tried.segments, tried.agreement, color=colours)
    axis.axhline(STABLE, color=GREY, linestyle=":", linewidth=1.5)
    axis.set_xlabel(say("number of segments", "客群数"))
    axis.set_ylabel(say("agreement (adjusted Rand index)", "一致性(调整兰德指数)"))
    axis.set_title(say("Which number of segments is stable", "客群数的稳定性"), loc="left")
    axis.grid(visible=False, axis="x")
    return _done(figure)


def conversion_rates(table: pd.DataFrame) -> Figure:
    """Rate of conversion of each part of the long tail.

    Parameters
    ----------
    table : pandas.DataFrame
        part, customers, converted, rate.
    """
    shown = table[table.customers > 0]
    figure, axis = plt.subplots(figsize=(8, 0.5 * len(shown) + 1.4))
    colours = [GOLD if part == "worked" else BLUE for part in shown.part]
    bars = axis.barh(shown.part.map(part_words()), shown.rate, color=colours)
    words = [
        f"{rate:.2%}  ({done:,}/{all_:,})"
        for rate, done, all_ in zip(shown.rate, shown.converted, shown.customers, strict=True)
    ]
    axis.bar_label(bars, words, padding=4, fontsize=9)
    axis.set_xlim(0, float(shown.rate.max()) * 1.45 + 0.001 if len(shown) else 1)
    axis.invert_yaxis()
    axis.xaxis.set_major_formatter(PercentFormatter(1))
    axis.set_title(say("Conversions of the quarter", "本季提级转化"), loc="left")
    axis.grid(visible=False, axis="y")
    return _done(figure)


def _done(figure: Figure) -> Figure:
    figure.tight_layout()
    plt.close(figure)
    return figure
