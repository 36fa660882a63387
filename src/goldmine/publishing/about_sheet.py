"""The workbook's second sheet: what the list is, where it comes from and who was left out of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

import xlsxwriter

from goldmine.contactability.funnel import Funnel
from goldmine.core.i18n import in_language

# The quote prefix keeps a text such as =1+1 a text even after somebody edits its cell.
TEXT: dict[str, Any] = {"num_format": "@", "quote_prefix": True}

_WORDS = {
    "sheet": ("About", "说明"),
    "funnel": ("Who was left out", "筛选过程"),
    "left": ("Left", "剔除人数"),
    "remain": ("Remain", "剩余人数"),
    "scored": ("Scored by the model", "模型评分客户"),
    "off": ("Not checked: the bank has no such data", "未核查(缺少数据)"),
    "missing": ("Absent", "缺少字段"),
}


@dataclass(frozen=True)
class About:
    """What the second sheet says.

    Parameters
    ----------
    title : str
        Of the list.
    as_of : date
        Snapshot date.
    lines : tuple of (str, str)
        What and value.
    funnel : Funnel
        From everyone scored to the list.
    """

    title: str
    as_of: date
    lines: tuple[tuple[str, str], ...]
    funnel: Funnel


def write_about(book: xlsxwriter.Workbook, about: About, language: str) -> None:
    """Add the sheet to a workbook in a language (``en`` or ``zh``)."""
    zh = language == "zh"
    words = {key: pair[zh] for key, pair in _WORDS.items()}
    sheet = book.add_worksheet(words["sheet"])
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, 48)
    sheet.set_column(1, 2, 14)
    sheet.set_row(0, 26)
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    title = book.add_format({"bold": True, "font_size": 14, "font_color": "#1F4E79"})
    sheet.write_string(0, 0, about.title, title)
    funnel = about.funnel
    line = _block(book, sheet, 2, about.lines) + 1
    steps: list[tuple[Any, ...]] = [(words["scored"], 0, funnel.scored)]
    steps += [(in_language(step.who, language), step.left, step.remain) for step in funnel.steps]
    line = _headed(book, sheet, line, [(words["funnel"], words["left"], words["remain"]), *steps]) + 1
    if funnel.skipped:
        skipped = [(in_language(rule.who, language), ", ".join(rule.missing)) for rule in funnel.skipped]
        _headed(book, sheet, line, [(words["off"], words["missing"]), *skipped])


def _headed(book: xlsxwriter.Workbook, sheet: Any, line: int, rows: list[tuple[Any, ...]]) -> int:
    look = {"bold": True, "bg_color": "#DCE6F1", "bottom": 1}
    over_text, over_counts = book.add_format(look), book.add_format({**look, "align": "right"})
    for place, words in enumerate(rows[0]):
        counted = isinstance(rows[1][place], int)
        sheet.write_string(line, place, words, over_counts if counted else over_text)
    return _block(book, sheet, line + 1, rows[1:])


def _block(book: xlsxwriter.Workbook, sheet: Any, line: int, rows: Iterable[tuple[Any, ...]]) -> int:
    text, count = book.add_format(TEXT), book.add_format({"num_format": "#,##0"})
    for values in rows:
        for place, value in enumerate(values):
            if isinstance(value, int):
                sheet.write_number(line, place, value, count)
            else:
                sheet.write_string(line, place, value, text)
        line += 1
    return line
