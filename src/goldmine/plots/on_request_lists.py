"""Tables and figures of the lists that are made on request: near the threshold, segments, long tail, lost customers."""

from collections.abc import Mapping

import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from goldmine.core.i18n import Said
from goldmine.customers.segments import STABLE
from goldmine.customers.tags import Catalogue
from goldmine.plots.style import BLUE, GOLD, GREY, _, finished, language, localized, pgettext
from goldmine.publishing.on_request_list import WORDS, Worklist


def direction_words() -> dict[str, str]:
    """Names of the directions of the near-threshold list."""
    return {"up": pgettext("direction", "up"), "down": pgettext("direction", "down")}


def part_words() -> dict[str, str]:
    """Names of the parts of the long tail whose conversions are counted."""
    return {
        "all": _("long tail a quarter ago"),
        "worked": _("worked (contacted in the quarter)"),
        "not_worked": _("not worked"),
        "listed": _("on the last list"),
        "listed_worked": _("on the last list and worked"),
        "listed_not_worked": _("on the last list and not worked"),
    }


def group_words(catalogue: Catalogue) -> dict[str, dict[str, str]]:
    """Names of the codes of long-tail groups, by column: ages, kinds of transaction, bands."""
    kinds = {code: localized(Said(*pair)) for code, pair in WORDS["kind"].items()}
    ages = {code: localized(Said(*pair)) for code, pair in WORDS["age"].items()}
    ages |= {tag.name: localized(tag.title) for one in catalogue.sets if one.name == "age" for tag in one.tags}
    bands = {
        "high": _("best tenth"),
        "middle": _("next three tenths"),
        "low": _("others scored"),
        "unscored": _("not scored"),
    }
    return {"age": ages, "kind": kinds, "band": bands}


def group_table(groups: pd.DataFrame, catalogue: Catalogue) -> pd.DataFrame:
    """The long tail's groups with names for their codes."""
    words = group_words(catalogue)
    named = groups.assign(**{name: groups[name].map(codes) for name, codes in words.items()})
    headings = {
        "age": pgettext("column", "age"),
        "kind": _("main kind of transaction"),
        "band": _("model score"),
        "customers": pgettext("column", "customers"),
        "aum": _("AUM, yuan"),
        "expected_conversions": _("expected conversions"),
        "expected_rate": _("expected rate"),
        "expected_aum": _("expected AUM, yuan"),
    }
    return named.rename(columns=headings)


def worklist_table(lists: Mapping[str, Worklist]) -> pd.DataFrame:
    """A row a list: rows on it, how many were left out by which rule, and its file."""
    rows = [(name, one.rows, sum(one.left_out.values()), one.path.name) for name, one in lists.items()]
    left_out = _("may not be contacted")
    return pd.DataFrame(
        rows,
        columns=[pgettext("column", "list"), pgettext("column", "customers"), left_out, pgettext("column", "file")],
    )


def segment_table(table: pd.DataFrame) -> pd.DataFrame:
    """The segments with their names in the language in use: segment, name, customers, share."""
    return table[["segment", f"name_{language()}", "customers", "share"]]


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
    axis.set_xlabel(_("number of segments"))
    axis.set_ylabel(_("agreement (adjusted Rand index)"))
    axis.set_title(_("Which number of segments is stable"), loc="left")
    axis.grid(visible=False, axis="x")
    return finished(figure)


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
    axis.set_title(_("Conversions of the quarter"), loc="left")
    axis.grid(visible=False, axis="y")
    return finished(figure)
