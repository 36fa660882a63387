"""Tables and figures of the lists that are made on request: near the threshold, segments, long tail, lost customers."""

from collections.abc import Mapping

import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from goldmine.core.columns import column
from goldmine.customers.segments import STABLE
from goldmine.customers.tags import Catalogue
from goldmine.plots.style import BLUE, GOLD, GREY, _, finished, language, localized, name_rows, pgettext, row_inches
from goldmine.publishing.on_request_list import OnRequestList


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


def group_table(groups: pd.DataFrame, catalogue: Catalogue) -> pd.DataFrame:
    """The long tail's groups with words for their codes; age bands have the names of the bank's tags."""
    words = {name: column(name).in_words(groups[name], language()) for name in ("kind", "band")}
    ages = {
        tag.name: localized(tag.title) for tag_set in catalogue.sets if tag_set.name == "age" for tag in tag_set.tags
    }
    words["age"] = column("age").in_words([ages.get(age, age) for age in groups["age"]], language())
    return groups.assign(**words).rename(columns={"aum": "group_aum"})


def on_request_table(lists: Mapping[str, OnRequestList]) -> pd.DataFrame:
    """One row per list: its rows, the rows excluded by each rule, and its file."""
    rows = [(name, file.rows, sum(file.left_out.values()), file.path.name) for name, file in lists.items()]
    left_out = _("may not be contacted")
    return pd.DataFrame(
        rows,
        columns=[pgettext("column", "list"), pgettext("column", "customers"), left_out, pgettext("column", "file")],
    )


def segment_table(table: pd.DataFrame) -> pd.DataFrame:
    """The segments with their names in the language in use: segment, name, customers, share."""
    shown = table[["segment", f"name_{language()}", "customers", "share"]]
    return shown.rename(columns={f"name_{language()}": "name"})


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
    names = [part_words()[part] for part in shown.part]
    figure, axis = plt.subplots(figsize=(8, row_inches(names, 0.5) * len(shown) + 1.4))
    colours = [GOLD if part == "worked" else BLUE for part in shown.part]
    bars = axis.barh(range(len(shown)), shown.rate, color=colours)
    words = [
        f"{rate:.2%}  ({done:,}/{all_:,})"
        for rate, done, all_ in zip(shown.rate, shown.converted, shown.customers, strict=True)
    ]
    axis.bar_label(bars, words, padding=4, fontsize=9)
    axis.set_xlim(0, float(shown.rate.max()) * 1.45 + 0.001 if len(shown) else 1)
    name_rows(axis, names)
    axis.xaxis.set_major_formatter(PercentFormatter(1))
    axis.set_title(_("Conversions of the quarter"), loc="left")
    axis.grid(visible=False, axis="y")
    return finished(figure)
