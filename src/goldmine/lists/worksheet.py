"""A list as an Excel workbook: one sheet to work from, one that says where it comes from."""

from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

import pyarrow as pa
import xlsxwriter
from xlsxwriter.exceptions import FileCreateError
from xlsxwriter.format import Format

from goldmine.lists.about import TEXT, About, write_about
from goldmine.lists.columns import LIST_COLUMNS, Shown

FONTS = {"en": "Calibri", "zh": "Microsoft YaHei"}
INSIDE = {
    "en": "Internal: personal data of customers, must not leave the bank",
    "zh": "内部资料,含客户个人信息,严禁外传",
}
_LINE = {"bottom": 4, "bottom_color": "#BFBFBF"}
_SHOWN: dict[Shown, dict[str, Any]] = {
    "text": {**TEXT, **_LINE},
    "mark": {**TEXT, "align": "center", **_LINE},
    "count": {"num_format": "0", "align": "center", **_LINE},
    "percent": {"num_format": "0.0%", "align": "center", **_LINE},
    "day": {"num_format": "yyyy-mm-dd", "align": "center", **_LINE},
}
_WIDEST = 72
_HEAD = {"bold": True, "font_color": "white", "bg_color": "#1F4E79", "align": "center", "valign": "vcenter"}


def write_xlsx(path: Path, rows: pa.Table, about: About, language: str) -> None:
    """Write a list as an Excel workbook; no text in it is ever taken for a formula, a number or a link.

    Parameters
    ----------
    path : Path
        File to write; what is still in the making lies beside it, on the same disk.
    rows : pyarrow.Table
        `LIST_SCHEMA`.
    about : About
        The second sheet.
    language : str
        ``en`` or ``zh``.
    """
    options = {
        "constant_memory": True,
        "tmpdir": str(path.parent),
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "default_format_properties": {"font_name": FONTS[language], "font_size": 10},
    }
    book = xlsxwriter.Workbook(str(path), options)
    # The snapshot's day, not today's: the same list gives the same bytes.
    book.set_properties({"title": about.title, "created": datetime.combine(about.as_of, time(), UTC)})
    _list_sheet(book, rows, language)
    write_about(book, about, language)
    try:
        book.close()
    except FileCreateError as error:
        # Its cause is the OSError that tells a full disk from a forbidden one.
        raise error.args[0] from error


def _list_sheet(book: xlsxwriter.Workbook, rows: pa.Table, language: str) -> None:
    sheet = book.add_worksheet("名单" if language == "zh" else "List")
    head = book.add_format(_HEAD)
    looks = {shown: book.add_format(properties) for shown, properties in _SHOWN.items()}
    _set_up(sheet, rows, language)
    for place, column in enumerate(LIST_COLUMNS):
        sheet.write_string(0, place, column.heading(language), head)
    shown = [looks[column.shown] for column in LIST_COLUMNS]
    columns = [rows[column.name].to_pylist() for column in LIST_COLUMNS]
    for line, values in enumerate(zip(*columns, strict=True), start=1):
        for place, value in enumerate(values):
            _write(sheet, (line, place), value, shown[place])


def _set_up(sheet: Any, rows: pa.Table, language: str) -> None:
    sheet.freeze_panes(1, 2)
    sheet.autofilter(0, 0, max(rows.num_rows, 1), len(LIST_COLUMNS) - 1)
    for place, column in enumerate(LIST_COLUMNS):
        longest = _longest(rows[column.name]) if column.shown == "text" else 0
        sheet.set_column(place, place, max(column.width, min(longest + 2, _WIDEST)))
    sheet.set_row(0, 24)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    sheet.set_footer(f"&L&8{INSIDE[language]}&R&8&P / &N")


def _longest(texts: pa.ChunkedArray) -> int:
    """Characters of the longest text; a Chinese one is as wide as two, just as it has two bytes in GB 18030."""
    return max((len(text.encode("gb18030")) for text in texts.unique().to_pylist() if text), default=0)


def _write(sheet: Any, cell: tuple[int, int], value: Any, look: Format) -> None:
    if value is None:
        sheet.write_blank(*cell, None, look)
    elif isinstance(value, str):
        sheet.write_string(*cell, value, look)
    elif isinstance(value, int | float):
        sheet.write_number(*cell, value, look)
    else:
        sheet.write_datetime(*cell, value, look)
