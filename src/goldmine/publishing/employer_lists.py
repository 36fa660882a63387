"""Lists by employer, and a page for the visit to each: who may be called, and what the visit is worth."""

from datetime import date
from pathlib import Path
from typing import Literal

import pandas as pd

from goldmine.core.columns import column
from goldmine.core.excel import NotesSheet, workbook
from goldmine.core.files import whole_file
from goldmine.core.i18n import _, in_language, pgettext
from goldmine.core.workspace import Workspace

MAX_PROPOSALS = 60
"""Employers with a page: those whose visit is worth most."""
_PRODUCTS = column("next_best").words
_OWN = _("Of a visit: who lacks each product, the share that takes it, what it is worth.")
_EXAMPLES = _("By example worths, not the bank's own: set them in pipelines/employers.yaml.")


def staff_list(staff: pd.DataFrame, employers: pd.DataFrame, language: str) -> pd.DataFrame:
    """The people of the employers who lack something, by employer, as a list on request.

    Parameters
    ----------
    staff : pandas.DataFrame
        From `goldmine.customers.employer_staff.with_needs`.
    employers : pandas.DataFrame
        From `employer_table`; its order is that of the list.
    """
    order = {employer: place for place, employer in enumerate(employers["employer_id"])}
    rows = staff[staff["next_best"].notna() & staff["employer_id"].isin(order)]
    rows = rows.merge(employers[["employer_id", "employer_name", "industry"]], on="employer_id")
    words = {name: str(in_language(text, language)) for name, text in _PRODUCTS.items()}
    lacks = [name for name in words if f"lacks_{name}" in rows]
    flags = rows[[f"lacks_{name}" for name in lacks]].to_numpy(dtype=bool)
    comma = str(in_language(pgettext("list", ", "), language))
    rows["lacking"] = [comma.join(words[name] for name, flag in zip(lacks, row, strict=True) if flag) for row in flags]
    # Who is paid by two employers is asked once.
    rows = rows.assign(order=rows["employer_id"].map(order)).sort_values(["order", "customer_id"])
    rows = rows.drop_duplicates("customer_id", ignore_index=True)
    names = ["customer_id", "branch_id", "manager_id", "employer_name", "industry", "pay_status", "pay_level"]
    return rows[[*names, "next_best", "lacking"]]


def left_list(staff: pd.DataFrame, employers: pd.DataFrame) -> pd.DataFrame:
    """Who is paid here no longer, by nobody, the latest first: their wages went elsewhere, or they lost their work.

    Parameters are those of `staff_list`.
    """
    paid_now = staff.loc[staff["pay_status"].isin(["paid", "new"]), "customer_id"]
    rows = staff[(staff["pay_status"] == "left") & ~staff["customer_id"].isin(paid_now)]
    rows = rows.merge(employers[["employer_id", "employer_name", "industry"]], "left", "employer_id")
    rows = rows.sort_values(["last_paid", "customer_id"], ascending=[False, True])
    names = ["customer_id", "branch_id", "manager_id", "employer_name", "industry", "pay_level", "last_paid"]
    return rows.drop_duplicates("customer_id", ignore_index=True)[names]


def write_proposals(
    work: Workspace, as_of: date, employers: pd.DataFrame, language: str, *, examples: bool = False
) -> Path:
    """Write a workbook with a page for each employer worth most: people by level, what they have, worth of a visit.

    It holds counts and no customer.

    Parameters
    ----------
    examples : bool
        Whether the worths are examples and not the bank's own, which each page says.
    """
    path = work.root / "on_request_lists" / str(as_of) / "employers_proposals.xlsx"
    title = str(in_language(_("Proposals for employers"), language))
    chosen = employers.head(MAX_PROPOSALS)
    with whole_file(path) as temporary, workbook(temporary, title, as_of, language) as book:
        if chosen.empty:
            NotesSheet(book, str(in_language(_("About"), language)), (44, 16)).row(
                (in_language(_("No payroll was found."), language), "text")
            )
        for number, (_index, row) in enumerate(chosen.iterrows(), start=1):
            sheet = NotesSheet(book, f"{number}", (44, 16, 16))
            _add_page(sheet, row, language)
            sheet.row((in_language(_EXAMPLES if examples else _OWN, language), "text"))
    return path


def _add_page(sheet: NotesSheet, row: pd.Series, language: str) -> None:
    def heading(name: str) -> tuple[str, Literal["text"]]:
        return column(name).heading(language), "text"

    staff = int(row["paid_staff"] + row["elsewhere_staff"])
    sheet.row((row["employer_name"] or row["employer_id"], "title"))
    for name in ("industry", "payer_kind"):
        sheet.row(heading(name), (column(name).in_words([row[name]], language)[0], "text_right"))
    sheet.skip()
    sheet.row(
        (in_language(_("People"), language), "head"),
        (in_language(pgettext("column", "people"), language), "head_right"),
    )
    for name in ("paid_staff", "middle_staff", "senior_staff", "new_staff", "left_staff", "elsewhere_staff"):
        sheet.row(heading(name), (int(row[name]), "count"))
    sheet.skip()
    sheet.row(
        (in_language(_("Products"), language), "head"),
        (in_language(_("Lack it"), language), "head_right"),
        (in_language(_("Have it"), language), "head_right"),
    )
    for name, text in _PRODUCTS.items():
        if f"lacks_{name}" in row.index:
            lacks = int(row[f"lacks_{name}"])
            share = 1 - lacks / staff if staff else None
            sheet.row((in_language(text, language), "text"), (lacks, "count"), (share, "percent"))
    sheet.skip()
    if pd.isna(row["expected_value"]):
        sheet.row(heading("expected_value"), (in_language(_("not set"), language), "text_right"))
    else:
        sheet.row(heading("expected_value"), (float(row["expected_value"]), "money"))
