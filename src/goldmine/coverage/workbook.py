"""Tiered maintenance as an Excel workbook: who is overdue, who hands over, who moved, loads, shortage."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from goldmine.core.excel import HEAD, INSIDE
from goldmine.core.files import whole_file
from goldmine.coverage.plan import Coverage
from goldmine.coverage.texts import HEADINGS, REASONS, ROLES, SHEETS, word
from goldmine.customers.ladder import level_word

_CUSTOMER = ["customer_id", "level", "aum", "core"]
_COLUMNS = {
    "overdue": ["branch_id", "owner_id", "owner_role", *_CUSTOMER, "last_contact_on", "due_on", "overdue_days"],
    "handover": ["branch_id", "previous_id", "owner_id", "owner_role", *_CUSTOMER, "last_contact_on"],
    "moves": ["branch_id", *_CUSTOMER, "previous_id", "owner_id", "owner_role", "reason"],
    "loads": ["branch_id", "staff_id", "role", "max_customers", "customers", "overdue"],
    "shortage": ["branch_id", "min_aum", "customers", "above", "nobody"],
}
_WIDTHS = {"aum": 18, "customer_id": 16, "level": 14, "owner_role": 18, "role": 18, "reason": 18}


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
        elif name in ("owner_role", "role"):
            found[name] = [word(ROLES, role, language) for role in found[name].fillna("")]
        elif name == "reason":
            found[name] = [word(REASONS, reason, language) for reason in found[name]]
        elif name == "level":
            found[name] = [level_word(int(level), language) for level in found[name]]
        elif name == "core":
            found[name] = ["✓" if core else "" for core in found[name]]
    return found.rename(columns={name: word(HEADINGS, name, language) for name in found.columns})


def write_workbook(path: Path, coverage: Coverage, language: str) -> None:
    """Write the five sheets; no text in them is ever taken for a formula or a link.

    Parameters
    ----------
    path : Path
        The file to write, ending in ``.xlsx``.
    care : Coverage
        The assignment.
    language : str
        ``en`` or ``zh``, of headings and words.
    """
    moves = coverage.rows[~coverage.rows["reason"].isin(["kept", "new"])].sort_values(
        ["branch_id", "owner_id", "customer_id"]
    )
    sheets = {
        "overdue": coverage.overdue,
        "handover": coverage.handover,
        "moves": moves,
        "loads": coverage.loads,
        "shortage": coverage.shortage,
    }
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with (
        whole_file(path) as temporary,
        pd.ExcelWriter(temporary, engine="xlsxwriter", engine_kwargs={"options": options}) as book,
    ):
        for name, rows in sheets.items():
            sheet = word(SHEETS, name, language)
            told = shown(rows, _COLUMNS[name], language)
            told.to_excel(book, sheet_name=sheet, index=False, header=False, startrow=1)
            _lay_out(book, sheet, _COLUMNS[name], len(rows), language)


def _lay_out(book: pd.ExcelWriter, name: str, columns: Sequence[str], rows: int, language: str) -> None:
    """Headings, widths, how money is shown, and how the sheet is printed."""
    sheet = book.sheets[name]
    head, money = book.book.add_format({**HEAD, "text_wrap": True}), book.book.add_format({"num_format": "#,##0.00"})
    for place, column in enumerate(columns):
        sheet.write_string(0, place, word(HEADINGS, column, language), head)
        sheet.set_column(place, place, _WIDTHS.get(column, 12), money if column == "aum" else None)
    sheet.set_row(0, 32)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(rows, 1), len(columns) - 1)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    sheet.set_footer(f"&L&8{INSIDE[language]}&R&8&P / &N")
