"""Read a file that staff filled in and returned, CSV or XLSX, as texts and dates."""

import csv
import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from itertools import zip_longest
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from goldmine.core.column import Column
from goldmine.core.dates import TIME_ZONE
from goldmine.core.errors import ContractError
from goldmine.core.formula import unescape_formula
from goldmine.core.i18n import LANGUAGES, _, all_languages

Cell = str | date | float | None

_ENCODINGS = ("utf-8-sig", "gb18030")
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_MOST_CELLS = 3_000_000
"""Of a workbook: 100,000 rows of 30 columns."""
MOST_ROWS = 200_000
"""Of a file: some weeks of a whole bank's contacts. More is refused once so many were read."""
MOST_MEGABYTES = 64
"""Of a CSV file, which is refused unread where it is larger, and of a workbook as it is stored."""
_TOP = 10
"""Rows in which headings are searched: a title and notes may come before them."""


_HALF_WIDTH = str.maketrans("\uff08\uff09", "()")
"""Brackets of a heading, which count as equal in both widths."""
_ROW = re.compile(rb"<(?:\w+:)?row[ >/]")
_TAG = 40
"""Bytes in which the beginning of a row's tag may be cut."""


class Formula(str):
    """A cell that a spreadsheet would compute; its value is never used."""


@dataclass(frozen=True)
class Sheet:
    """A returned file.

    Parameters
    ----------
    headings : list of str
        Headings of the file.
    rows : list of list of Cell
        Rows below the headings.
    columns : dict of str to int
        Indices of known columns, by code name.
    saved_on : date, optional
        The bank's day on which the file was last saved, as far as it is known: nothing in it was written later.
    """

    headings: list[str]
    rows: list[list[Cell]]
    columns: dict[str, int]
    saved_on: date | None = None

    @property
    def language(self) -> str:
        """The language of its headings."""
        return "en" if all(heading.isascii() for heading in self.headings) else "zh"


@dataclass(frozen=True)
class Wanted:
    """The columns of a returned file.

    Parameters
    ----------
    columns : sequence of Column
        All that are read.
    compulsory : sequence of str
        Names of those that must be there.
    """

    columns: Sequence[Column]
    compulsory: Sequence[str]


def read_returned(path: Path, wanted: Wanted) -> Sheet:
    """Read a CSV file (UTF-8, UTF-16 or GB18030), or all sheets of a workbook that have the columns.

    The headings may follow a title, and take two rows if cells are merged. Rows of further sheets, such as those of
    other weeks, follow those of the first and keep what its headings name.

    Raises
    ------
    ContractError
        If there is no such file, it cannot be read, or a column is missing or duplicated.
    """
    if not path.is_file():
        raise ContractError(
            _("{file}: there is no such file.", file=path), _("Give the file that was returned, CSV or XLSX.")
        )
    kind = path.suffix.lower()
    if kind not in (".csv", ".xlsx"):
        raise ContractError(_("{file}: is neither CSV nor XLSX.", file=path.name), _("Save it as one of these."))
    megabytes = path.stat().st_size / 1_000_000
    if megabytes > MOST_MEGABYTES:
        numbers = {"file": path.name, "size": f"{megabytes:,.0f}", "most": MOST_MEGABYTES}
        raise ContractError(_("{file}: has {size} MB, and at most {most} are read.", **numbers), _SPLIT)
    saved_on = datetime.fromtimestamp(path.stat().st_mtime, ZoneInfo(TIME_ZONE)).date()
    if kind == ".csv":
        tables = [_read_csv(path)]
    else:
        tables, said = _read_xlsx(path)
        saved_on = min(saved_on, said or saved_on)
    missing, sheets = list(wanted.compulsory), []
    for table in tables:
        sheet = _sheet(table, path, wanted)
        if isinstance(sheet, Sheet):
            sheets.append(sheet)
        else:
            missing = min(missing, sheet, key=len)
    if sheets:
        first, *others = sheets
        rows = [*first.rows, *(row for other in others for row in _under(first, other))]
        return replace(first, rows=rows, saved_on=saved_on)
    named = {column.name: known_headings(column)[1:] for column in wanted.columns}
    allowed = "; ".join(f"{name}: {', '.join(named[name])}" for name in missing)
    raise ContractError(
        _("{file}: columns are missing: {names}.", file=path.name, names=", ".join(missing)),
        _("Name them by code or as here: {allowed}.", allowed=allowed),
    )


_SPLIT = _("Split it into files of at most {most} rows; importing one twice changes nothing.", most=f"{MOST_ROWS:,}")


def _too_many(path: Path) -> ContractError:
    return ContractError(_("{file}: has more than {most} rows.", file=path.name, most=f"{MOST_ROWS:,}"), _SPLIT)


def _sheet(table: list[list[Cell]], path: Path, wanted: Wanted) -> Sheet | list[str]:
    """A table whose headings have the compulsory columns; else those that it lacks."""
    missing = list(wanted.compulsory)
    for start, headings in _headings(table):
        columns = _columns(headings, path, wanted)
        lacks = [name for name in wanted.compulsory if name not in columns]
        if not lacks:
            rows = [row for row in table[start:] if any(cell not in (None, "") for cell in row)]
            return Sheet(headings, rows, columns)
        missing = min(missing, lacks, key=len)
    return missing


def _under(first: Sheet, other: Sheet) -> list[list[Cell]]:
    """The rows of another sheet under the headings of the first."""
    if other.headings == first.headings:
        return other.rows
    places = {heading: place for place, heading in enumerate(other.headings) if heading}
    order = [places.get(heading) for heading in first.headings]
    for name, place in first.columns.items():
        order[place] = other.columns.get(name)
    return [[row[place] if place is not None and place < len(row) else None for place in order] for row in other.rows]


def _headings(table: list[list[Cell]]) -> Iterator[tuple[int, list[str]]]:
    """Possible headings, each with the index of the next row: one of the first ten rows, or two rows combined."""
    texts = [["" if cell is None else str(cell).strip() for cell in row] for row in table[: _TOP + 1]]
    for index, row in enumerate(texts[:_TOP]):
        yield index + 1, row
        if index + 1 < len(texts):
            yield index + 2, [lower or upper for upper, lower in zip_longest(row, texts[index + 1], fillvalue="")]


def known_headings(column: Column) -> list[str]:
    """Accepted headings of a column in all languages, in lower case."""
    texts = [column.heading(language) for language in LANGUAGES]
    if column.synonyms is not None:
        texts += [text for listed in all_languages(column.synonyms).values() for text in listed.split(",")]
    return list(dict.fromkeys([column.name, *(text.strip().lower() for text in texts)]))


def _columns(headings: list[str], path: Path, wanted: Wanted) -> dict[str, int]:
    """Indices of known columns; other columns are ignored."""
    names = {
        heading.translate(_HALF_WIDTH): column.name for column in wanted.columns for heading in known_headings(column)
    }
    indices: dict[str, int] = {}
    for index, heading in enumerate(headings):
        name = names.get(heading.lower().translate(_HALF_WIDTH))
        if name in indices:
            raise ContractError(
                _("{file}: the column {name} stands twice.", file=path.name, name=name), _("Leave one of them.")
            )
        if name is not None:
            indices[name] = index
    return indices


def _read_csv(path: Path) -> list[list[Cell]]:
    raw = path.read_bytes()
    for encoding in ("utf-16",) if raw.startswith(_UTF16) else _ENCODINGS:
        try:
            text = raw.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise ContractError(_("{file}: is neither UTF-8 nor GB18030.", file=path.name), _("Save it as CSV UTF-8."))
    csv.field_size_limit(10_000_000)
    head = "\n".join(text[:100_000].splitlines()[:_TOP])
    delimiter = max(",;\t", key=head.count)
    try:
        table: list[list[Cell]] = []
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            if len(table) > MOST_ROWS:
                raise _too_many(path)
            table.append([unescape_formula(cell) for cell in row])
        return table
    except csv.Error as error:
        raise ContractError(
            _("{file}: is not CSV ({why}).", file=path.name, why=str(error)), _("Save it as CSV UTF-8 again.")
        ) from None


def _rows_at_most(path: Path, most: int) -> int:
    """Rows of a workbook's sheets, counted in their XML, no further than past `most`; reading them takes far longer."""
    rows = 0
    with zipfile.ZipFile(path) as book:
        for name in book.namelist():
            if not name.startswith("xl/worksheets/") or not name.endswith(".xml"):
                continue
            with book.open(name) as stream:
                rest = b""
                while rows <= most and (piece := stream.read(1 << 20)):
                    begun = rest + piece
                    rows += len(_ROW.findall(begun))
                    cut = begun.rfind(b"<", max(0, len(begun) - _TAG))
                    rest = b"" if cut < 0 or _ROW.match(begun, cut) else begun[cut:]
    return rows


def _read_xlsx(path: Path) -> tuple[list[list[list[Cell]]], date | None]:
    """The tables of a workbook's sheets, and the day on which it says it was last saved."""
    import openpyxl

    try:
        if _rows_at_most(path, MOST_ROWS + 1) > MOST_ROWS + 1:
            raise _too_many(path)
        book = openpyxl.load_workbook(path, read_only=True, keep_links=False)
        left = _MOST_CELLS
        tables: list[list[list[Cell]]] = []
        for sheet in book.worksheets:
            # What a sheet says about its size is not believed: a small file could claim millions of empty rows.
            sheet.reset_dimensions()
            table: list[list[Cell]] = []
            for row in sheet.iter_rows():
                left -= len(row) + 1
                if left < 0:
                    raise ContractError(
                        _("{file}: has more than {most} cells.", file=path.name, most=f"{_MOST_CELLS:,}"),
                        _("Delete empty rows and columns, or split the file."),
                    )
                table.append([_cell(cell) for cell in row])
            tables.append(table)
        return tables, _said_saved(book.properties)
    except ContractError:
        raise
    except Exception as error:
        # What the reader raises may be anything, and may quote the file's content.
        raise ContractError(
            _("{file}: cannot be read as a workbook ({why}).", file=path.name, why=type(error).__name__),
            _("Save it as .xlsx again."),
        ) from None


def _said_saved(properties: Any) -> date | None:
    """The day of a workbook's last saving, which it holds in UTC; None where nobody has saved it since it was made."""
    made, saved = properties.created, properties.modified
    if saved is None or (made is not None and saved <= made):
        return None
    day: date = saved.replace(tzinfo=saved.tzinfo or UTC).astimezone(ZoneInfo(TIME_ZONE)).date()
    return day


def _cell(cell: Any) -> Cell:
    value = cell.value
    if value is None:
        return None
    if cell.data_type == "f":
        return Formula(value)
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str | date) else float(value)
