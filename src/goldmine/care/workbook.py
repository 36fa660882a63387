"""Tiered maintenance as an Excel workbook: who is overdue, who hands over to whom, who moved, who has how many."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from goldmine.care.plan import Care
from goldmine.care.words import HEADINGS, REASONS, ROLES, SHEETS, word
from goldmine.core.files import whole_file

_CUSTOMER = ["customer_id", "level", "aum", "core"]
_COLUMNS = {
    "overdue": ["branch_id", "carer_id", "carer_role", *_CUSTOMER, "last_contact_on", "due_on", "overdue_days"],
    "handover": ["branch_id", "previous_id", "carer_id", "carer_role", *_CUSTOMER, "last_contact_on"],
    "moves": ["branch_id", *_CUSTOMER, "previous_id", "carer_id", "carer_role", "reason"],
    "loads": ["branch_id", "staff_id", "role", "most", "customers", "overdue"],
}


def shown(rows: pd.DataFrame, columns: Sequence[str], language: str) -> pd.DataFrame:
    """Some columns of an assignment as people read them: AUM in yuan, days without a time, everything in words.

    Parameters
    ----------
    rows : pandas.DataFrame
        Rows of an assignment or of its loads.
    columns : sequence of str
        Code names, in the order to be shown; ``aum`` is ``aum_fen`` in yuan.
    language : str
        ``en`` or ``zh``.
    """
    found = rows.assign(aum=rows["aum_fen"] / 100) if "aum_fen" in rows else rows
    found = found[list(columns)].copy()
    for name in found.columns:
        if pd.api.types.is_datetime64_any_dtype(found[name]):
            found[name] = found[name].dt.date
        elif name in ("carer_role", "role"):
            found[name] = [word(ROLES, role, language) for role in found[name]]
        elif name == "reason":
            found[name] = [word(REASONS, reason, language) for reason in found[name]]
        elif name == "core":
            found[name] = ["✓" if core else "" for core in found[name]]
    return found.rename(columns={name: word(HEADINGS, name, language) for name in found.columns})


def write_workbook(path: Path, care: Care, language: str) -> None:
    """Write the four sheets; no text in them is ever taken for a formula or a link.

    Parameters
    ----------
    path : Path
        The file to write, ending in ``.xlsx``.
    care : Care
        The assignment.
    language : str
        ``en`` or ``zh``, of headings and words.
    """
    moves = care.rows[~care.rows["reason"].isin(["kept", "new"])].sort_values(["branch_id", "carer_id", "customer_id"])
    sheets = {"overdue": care.overdue, "handover": care.handover, "moves": moves, "loads": care.loads}
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with (
        whole_file(path) as temporary,
        pd.ExcelWriter(temporary, engine="xlsxwriter", engine_kwargs={"options": options}) as book,
    ):
        for name, rows in sheets.items():
            sheet = word(SHEETS, name, language)
            shown(rows, _COLUMNS[name], language).to_excel(book, sheet_name=sheet, index=False, freeze_panes=(1, 0))
            book.sheets[sheet].autofit()
            book.sheets[sheet].autofilter(0, 0, max(len(rows), 1), len(_COLUMNS[name]) - 1)
