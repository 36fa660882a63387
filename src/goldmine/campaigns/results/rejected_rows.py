"""Write bad rows unchanged to a file of the same kind, with the reason beside each."""

import csv
from collections.abc import Collection, Mapping
from datetime import date
from pathlib import Path

import xlsxwriter

from goldmine.campaigns.results.result_check import REASONS, REFUSED
from goldmine.core.columns import column
from goldmine.core.files import whole_file
from goldmine.core.formula import escape_formula
from goldmine.core.i18n import _, in_language, join_texts
from goldmine.core.sheet import Cell, Sheet


def write_rejected(file: Path, sheet: Sheet, bad: Mapping[int, str], refused: Collection[int] = ()) -> Path:
    """Write the bad rows beside the imported file, as ``NAME.bad.csv`` or ``NAME.bad.xlsx``.

    Parameters
    ----------
    bad : mapping of int to str
        Reasons by the row's index in the sheet.
    refused : collection of int
        Indices of rows whose refusal counts all the same; the reason says so.
    """
    path = file.with_name(f"{file.stem}.bad{file.suffix.lower()}")
    width = len(sheet.headings)
    rows: list[list[Cell]] = [[*sheet.headings, column("rejected_because").heading(sheet.language)]]
    for index, reason in sorted(bad.items()):
        cells = [*sheet.rows[index], *[None] * width][:width]
        why = join_texts([REASONS[reason], *([REFUSED] if index in refused else [])], _("; "))
        rows.append([*cells, in_language(why, sheet.language)])
    with whole_file(path) as temporary:
        (_csv if path.suffix == ".csv" else _xlsx)(temporary, rows)
    return path


def _csv(path: Path, rows: list[list[Cell]]) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
        writer.writerows([[escape_formula("" if cell is None else str(cell)) for cell in row] for row in rows])


def _xlsx(path: Path, rows: list[list[Cell]]) -> None:
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(str(path), options)
    sheet = book.add_worksheet()
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    text = book.add_format({"num_format": "@", "quote_prefix": True})
    for row_number, row in enumerate(rows):
        for column_number, cell in enumerate(row):
            if isinstance(cell, str):
                sheet.write_string(row_number, column_number, cell, text)
            elif isinstance(cell, date):
                sheet.write_datetime(row_number, column_number, cell, day)
            elif cell is not None:
                sheet.write_number(row_number, column_number, cell)
    sheet.set_column(0, len(rows[0]) - 1, 16)
    sheet.freeze_panes(1, 0)
    book.close()
