"""A list as an Excel workbook: one sheet to work from, one that says where it comes from."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import pyarrow as pa
import xlsxwriter
from xlsxwriter.exceptions import FileCreateError
from xlsxwriter.format import Format

from goldmine.core.excel import HEAD, INSIDE
from goldmine.publishing.about_sheet import TEXT, About, write_about
from goldmine.publishing.list_columns import LIST_COLUMNS, ListColumn, Shown

FONTS = {"en": "Calibri", "zh": "Microsoft YaHei"}
_LINE = {"bottom": 4, "bottom_color": "#BFBFBF", "valign": "vcenter"}
_SHOWN: dict[Shown, dict[str, Any]] = {
    "text": {**TEXT, **_LINE},
    "wrapped": {**TEXT, "text_wrap": True, **_LINE},
    "mark": {**TEXT, "align": "center", **_LINE},
    "count": {"num_format": "0", "align": "center", **_LINE},
    "percent": {"num_format": "0.0%", "align": "center", **_LINE},
    "money": {"num_format": "#,##0.00", **_LINE},
    "day": {"num_format": "yyyy-mm-dd", "align": "center", **_LINE},
}
_WIDEST = 72
_ROWS_IN_MEMORY = 10_000
"""Up to so many rows are held and written in a third less time."""
_LINE_HEIGHT, _MOST_LINES = 14.5, 8


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
    with workbook(path, about.title, about.as_of, language, rows=rows.num_rows) as book:
        write_rows(book, "名单" if language == "zh" else "List", rows, LIST_COLUMNS, language=language)
        write_about(book, about, language)


@contextmanager
def workbook(path: Path, title: str, as_of: date, language: str, *, rows: int) -> Iterator[xlsxwriter.Workbook]:
    """A workbook in which no text is taken for anything else, closed at the end; many rows go straight to disk."""
    options = {
        "constant_memory": rows > _ROWS_IN_MEMORY,
        "tmpdir": str(path.parent),
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "default_format_properties": {"font_name": FONTS[language], "font_size": 10},
    }
    book = xlsxwriter.Workbook(str(path), options)
    # The snapshot's day, not today's: the same list gives the same bytes.
    book.set_properties({"title": title, "created": datetime.combine(as_of, time(), UTC)})
    yield book
    try:
        book.close()
    except FileCreateError as error:
        # Its cause is the OSError that tells a full disk from a forbidden one.
        raise error.args[0] from error


def write_rows(
    book: xlsxwriter.Workbook, name: str, rows: pa.Table, columns: Sequence[ListColumn], *, language: str
) -> Any:
    """Add a sheet of rows, a column a `ListColumn`; those that the rows do not have stand empty, to be filled in."""
    sheet = book.add_worksheet(name)
    head, fill = book.add_format(HEAD), book.add_format({**HEAD, "bg_color": "#BF8F00"})
    looks = {shown: book.add_format(properties) for shown, properties in _SHOWN.items()}
    _set_up(sheet, rows, columns, language)
    for place, column in enumerate(columns):
        sheet.write_string(0, place, column.heading(language), head if column.name in rows.column_names else fill)
    shown = [looks[column.shown] for column in columns]
    empty = [None] * rows.num_rows
    cells = [rows[c.name].to_pylist() if c.name in rows.column_names else empty for c in columns]
    wrapped = [(place, column.width) for place, column in enumerate(columns) if column.shown == "wrapped"]
    for line, values in enumerate(zip(*cells, strict=True), start=1):
        if wrapped:
            sheet.set_row(line, _LINE_HEIGHT * max(_lines(values[place], width) for place, width in wrapped))
        for place, value in enumerate(values):
            _write(sheet, (line, place), value, shown[place])
    return sheet


def _set_up(sheet: Any, rows: pa.Table, columns: Sequence[ListColumn], language: str) -> None:
    sheet.freeze_panes(1, 2)
    sheet.autofilter(0, 0, max(rows.num_rows, 1), len(columns) - 1)
    for place, column in enumerate(columns):
        held = column.shown == "text" and column.name in rows.column_names
        longest = _longest(rows[column.name]) if held else 0
        sheet.set_column(place, place, max(column.width, min(longest + 2, _WIDEST)))
    sheet.set_row(0, 24)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    sheet.set_footer(f"&L&8{INSIDE[language]}&R&8&P / &N")


def _lines(text: str | None, width: int) -> int:
    """Lines that a text takes in a column of some characters, at most as many as a row can show."""
    return min(-(-len((text or "").encode("gb18030", "replace")) // (width - 2)) or 1, _MOST_LINES)


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
