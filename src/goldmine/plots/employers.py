"""Figures of employers: the payroll roll by industry, and what the people at employers have."""

import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from goldmine.core.columns import column
from goldmine.plots.style import BLUE, GOLD, GREY, ExactPercent, _, finished, language, pgettext, row_inches


def payer_table(employers: pd.DataFrame) -> pd.DataFrame:
    """One row per kind of payer: employers and people paid."""
    table = employers.groupby("payer_kind").agg(employers=("employer_id", "size"), people=("paid_staff", "sum"))
    table.index = column("payer_kind").in_words(table.index, language())
    return table.rename_axis(column("payer_kind").heading(language())).rename(
        columns={"employers": pgettext("column", "employers"), "people": pgettext("column", "people paid here")}
    )


def roll_by_industry(employers: pd.DataFrame) -> Figure:
    """People paid here and elsewhere by industry, the largest first."""
    table = employers.fillna({"industry": _("not known")}).groupby("industry")[["paid_staff", "elsewhere_staff"]].sum()
    table = table.loc[table.sum(axis=1).sort_values().index]
    table.index = column("industry").in_words(table.index, language())
    figure, axis = plt.subplots(figsize=(8, 1 + len(table) * row_inches(table.index)))
    axis.barh(table.index, table["paid_staff"], color=BLUE, label=_("paid here"))
    axis.barh(table.index, table["elsewhere_staff"], left=table["paid_staff"], color=GREY, label=_("paid elsewhere"))
    axis.set_xlabel(_("people"))
    axis.set_title(_("Whose wages come through the bank, by industry"), loc="left")
    axis.grid(visible=False, axis="y")
    axis.legend()
    return finished(figure)


def penetration(employers: pd.DataFrame) -> Figure:
    """Share of the people at employers who have each product."""
    words = column("next_best").words
    staff = employers[["paid_staff", "elsewhere_staff"]].sum().sum()
    shares = {
        column("next_best").in_words([name], language())[0]: 1 - employers[f"lacks_{name}"].sum() / max(staff, 1)
        for name in words
        if f"lacks_{name}" in employers
    }
    figure, axis = plt.subplots(figsize=(8, 1 + len(shares) * row_inches(shares)))
    axis.barh(list(shares)[::-1], list(shares.values())[::-1], color=GOLD)
    axis.xaxis.set_major_formatter(ExactPercent(1))
    axis.set_xlim(0, 1)
    axis.set_title(_("What the people at employers have"), loc="left")
    axis.grid(visible=False, axis="y")
    return finished(figure)
