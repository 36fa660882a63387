"""Workbooks that staff work from: sheets of columns, and sheets of notes written line by line."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import xlsxwriter
from xlsxwriter.exceptions import FileCreateError
from xlsxwriter.format import Format as CellFormat

from goldmine.core.column import Column, Format
from goldmine.core.i18n import _, in_language

FONTS = {"en": "Calibri", "zh": "Microsoft YaHei"}
INTERNAL = _("Internal: personal data of customers, must not leave the bank")
"""Footer of each printed page."""

# The quote prefix keeps a text such as =1+1 a text even after somebody edits its cell.
_TEXT: dict[str, Any] = {"num_format": "@", "quote_prefix": True}
_HEAD = {
    "bold": True,
    "font_color": "white",
    "bg_color": "#1F4E79",
    "align": "center",
    "valign": "vcenter",
    "text_wrap": True,
}
_FILL = {**_HEAD, "bg_color": "#BF8F00"}
"""Head of a column for users to fill in."""
_LINE = {"bottom": 4, "bottom_color": "#BFBFBF", "valign": "vcenter"}
_CELLS: dict[Format, dict[str, Any]] = {
    "text": {**_TEXT, **_LINE},
    "wrapped": {**_TEXT, "text_wrap": True, **_LINE},
    "centred": {**_TEXT, "align": "center", **_LINE},
    "count": {"num_format": "0", "align": "center", **_LINE},
    "number": {"num_format": "#,##0", **_LINE},
    "percent": {"num_format": "0.0%", "align": "center", **_LINE},
    "money": {"num_format": "#,##0.00", **_LINE},
    "day": {"num_format": "yyyy-mm-dd", "align": "center", **_LINE},
}
_SUBHEAD = {"bold": True, "bg_color": "#DCE6F1", "bottom": 1}

Look = Literal["title", "head", "head_right", "text", "text_right", "day", "count", "money", "percent", "alarm"]
_NOTES: dict[Look, dict[str, Any]] = {
    "title": {"bold": True, "font_size": 14, "font_color": "#1F4E79"},
    "head": _SUBHEAD,
    "head_right": {**_SUBHEAD, "align": "right"},
    "text": _TEXT,
    "text_right": {"num_format": "@", "align": "right"},
    "day": {"num_format": "yyyy-mm-dd"},
    "count": {"num_format": "#,##0"},
    "money": {"num_format": "#,##0.00"},
    "percent": {"num_format": "0.0%"},
    "alarm": {"bold": True, "font_color": "#C00000"},
}
_WIDEST = 72
_ROWS_IN_MEMORY = 10_000
"""Up to this many rows are kept in memory, which takes a third less time."""
_LINE_HEIGHT, _ROW_PADDING, _MAX_LINES = 14.5, 3, 8
"""Points of a line and of what is left free around a row's lines: LibreOffice sets Chinese lines close."""
_HEAD_HEIGHTS = (24, 32)
_A4 = 9


@contextmanager
def workbook(path: Path, title: str, as_of: date, language: str, *, rows: int = 0) -> Iterator[xlsxwriter.Workbook]:
    """A workbook in which no text becomes a formula, a number or a link; closed at the end.

    Parameters
    ----------
    path : Path
        File to write; temporary files are beside it, on the same disk.
    title : str
        Title of the file.
    as_of : date
        Snapshot date.
    language : str
        ``en`` or ``zh``: decides the font.
    rows : int
        Rows of the largest sheet; many go straight to disk.
    """
    options = {
        "constant_memory": rows > _ROWS_IN_MEMORY,
        "tmpdir": str(path.parent),
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "default_format_properties": {"font_name": FONTS[language], "font_size": 10},
    }
    book = xlsxwriter.Workbook(str(path), options)
    # The snapshot's day, not today's: the same rows give the same bytes.
    book.set_properties({"title": title, "created": datetime.combine(as_of, time(), UTC)})
    yield book
    try:
        book.close()
    except FileCreateError as error:
        # Its cause is the OSError that tells a full disk from a forbidden one.
        raise error.args[0] from error


def write_table(
    book: xlsxwriter.Workbook, name: str, rows: pa.Table, columns: Sequence[Column], *, language: str
) -> Any:
    """Add a sheet of rows and return it; columns that the rows do not have stay empty for users to fill in."""
    sheet = book.add_worksheet(name)
    head, fill = book.add_format(_HEAD), book.add_format(_FILL)
    formats = {name: book.add_format(properties) for name, properties in _CELLS.items()}
    _set_up(sheet, rows, columns, language)
    for position, column in enumerate(columns):
        sheet.write_string(0, position, column.heading(language), head if column.name in rows.column_names else fill)
    looks = [formats[column.format] for column in columns]
    empty = [None] * rows.num_rows
    cells = [rows[c.name].to_pylist() if c.name in rows.column_names else empty for c in columns]
    wrapped = [(position, column.width) for position, column in enumerate(columns) if column.format == "wrapped"]
    for line, values in enumerate(zip(*cells, strict=True), start=1):
        if wrapped:
            lines = max(_lines(values[position], width) for position, width in wrapped)
            sheet.set_row(line, _LINE_HEIGHT * lines + _ROW_PADDING)
        for position, value in enumerate(values):
            _write(sheet, (line, position), value, looks[position])
    return sheet


class NotesSheet:
    """A sheet of notes while it is written, line by line.

    Parameters
    ----------
    book : xlsxwriter.Workbook
        Gets the sheet.
    name : str
        Name of the sheet.
    widths : sequence of int
        Widths of its columns, in characters.
    """

    def __init__(self, book: xlsxwriter.Workbook, name: str, widths: Sequence[int]) -> None:
        self.sheet = book.add_worksheet(name)
        self.line = 0
        self._formats = {look: book.add_format(properties) for look, properties in _NOTES.items()}
        self.sheet.hide_gridlines(2)
        for position, width in enumerate(widths):
            self.sheet.set_column(position, position, width)
        self.sheet.set_paper(_A4)
        self.sheet.fit_to_pages(1, 0)

    def row(self, *cells: tuple[Any, Look]) -> None:
        """Write a line of values, each with its look."""
        for position, (value, look) in enumerate(cells):
            _write(self.sheet, (self.line, position), value, self._formats[look])
        self.line += 1

    def skip(self, lines: int = 1) -> None:
        """Leave lines empty."""
        self.line += lines


def _set_up(sheet: Any, rows: pa.Table, columns: Sequence[Column], language: str) -> None:
    names = [column.name for column in columns]
    # The customer's number stays visible if it is one of the first two columns.
    named = names.index("customer_id") + 1 if "customer_id" in names[:2] else 0
    sheet.freeze_panes(1, named)
    sheet.autofilter(0, 0, max(rows.num_rows, 1), len(columns) - 1)
    lines = 1
    for position, column in enumerate(columns):
        grows = column.format in ("text", "centred") and column.name in rows.column_names
        longest = _longest(rows[column.name]) if grows else 0
        width = max(column.width, min(longest + 2, _WIDEST))
        sheet.set_column(position, position, width)
        lines = max(lines, _lines(column.heading(language), width + 2))
    sheet.set_row(0, _HEAD_HEIGHTS[min(lines, len(_HEAD_HEIGHTS)) - 1])
    sheet.set_landscape()
    sheet.set_paper(_A4)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    sheet.set_footer(f"&L&8{in_language(INTERNAL, language)}&R&8&P / &N")


def _lines(text: str | None, width: int) -> int:
    """Lines that a text takes in a column of a width, at most as many as a row can show."""
    return min(-(-_characters(text or "") // (width - 2)) or 1, _MAX_LINES)


def _longest(texts: pa.ChunkedArray) -> int:
    """Characters of the longest text."""
    return max((_characters(text) for text in texts.unique().to_pylist() if text), default=0)


def _characters(text: str) -> int:
    """Width of a text; a Chinese character is two wide, just as it has two bytes in GB 18030."""
    return len(text.encode("gb18030", "replace"))


def _write(sheet: Any, cell: tuple[int, int], value: Any, look: CellFormat) -> None:
    if value is None:
        sheet.write_blank(*cell, None, look)
    elif isinstance(value, str):
        sheet.write_string(*cell, value, look)
    elif isinstance(value, int | float):
        sheet.write_number(*cell, value, look)
    else:
        sheet.write_datetime(*cell, value, look)
