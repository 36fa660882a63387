"""Sheets of Excel workbooks as tables of texts: a number with the 15 digits that Excel keeps, a date as YYYY-MM-DD."""

from collections.abc import Iterator
from datetime import datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from goldmine.contract.canonical_parquet import require_own_names
from goldmine.contract.csv_file import named
from goldmine.contract.sources import XlsxSource
from goldmine.core.errors import ContractError
from goldmine.core.i18n import _

_BATCH = 50_000
_TOO_LONG = 10**15
"""From here on a number in a cell has more digits than Excel keeps."""


def text_files(source: XlsxSource, table: str, scratch: Path) -> list[Path]:
    """The source's sheets as Parquet files of texts in `scratch`, all with the same columns.

    Parameters
    ----------
    source : XlsxSource
        The workbooks.
    table : str
        The canonical table, for the error.
    scratch : Path
        A folder for this source alone.

    Raises
    ------
    ContractError
        A file that is no workbook, a sheet that is not there, headings that differ or are not distinct, a row with more
        cells than headings, or numbers that have lost digits.
    """
    scratch.mkdir(parents=True, exist_ok=True)
    copies: list[Path] = []
    first: list[str] = []
    for number, path in enumerate(source.files()):
        rows = _rows(path, source.sheet)
        above = (row for index, row in enumerate(rows, start=1) if index == source.header_row)
        header: tuple[Any, ...] = next(above, ())
        names = named([_text(cell) for cell in header])
        if number and names != first:
            raise ContractError(
                _(
                    "{table}: the headings of {file} differ from those of {first}.",
                    table=table,
                    file=path.name,
                    first=source.files()[0].name,
                ),
                _("Give all workbooks of a source the same columns in the same order."),
            )
        first = names
        require_own_names(names, _("{table}: {file}", table=table, file=path.name))
        where = {"table": table, "file": path.name}
        copies.append(_write(_cells(rows, names, where), names, scratch / f"{number}.parquet"))
    return copies


def sheet_names(path: Path) -> list[str]:
    """Names of a workbook's sheets.

    Raises
    ------
    ContractError
        If the file cannot be read as a workbook.
    """
    return list(_workbook(path).sheetnames)


def sheet_rows(path: Path, sheet: str = "") -> Iterator[list[str | None]]:
    """Rows of a sheet as texts; an empty cell is missing.

    Raises
    ------
    ContractError
        If the file cannot be read as a workbook, or has no such sheet.
    """
    for row in _rows(path, sheet):
        yield [_text(value) for value in row]


def _rows(path: Path, sheet: str) -> Iterator[tuple[Any, ...]]:
    """Rows of a sheet as the workbook holds them, at least as wide as the sheet says that it is."""
    book = _workbook(path)
    if sheet and sheet not in book.sheetnames:
        raise ContractError(
            _("{file}: has no sheet {sheet}.", file=path.name, sheet=repr(sheet)),
            _("Allowed: {names}.", names=", ".join(book.sheetnames)),
        )
    page = book[sheet] if sheet else book.worksheets[0]
    width = page.max_column or 0
    # Some programs state that a sheet has one cell, or as many rows as their template: what lies outside would be lost.
    page.reset_dimensions()
    for row in page.iter_rows(values_only=True):
        yield row + (None,) * (width - len(row))


def _workbook(path: Path) -> Any:
    import openpyxl

    try:
        return openpyxl.load_workbook(path, read_only=True, data_only=True, keep_links=False)
    except Exception as error:
        # What the reader raises may be anything, and may quote the file's content.
        raise ContractError(
            _("{file}: cannot be read as a workbook ({reason}).", file=path.name, reason=type(error).__name__),
            _("Save it as .xlsx again."),
        ) from None


def _text(value: Any) -> str | None:
    """A cell as text. Excel keeps 15 digits, so a float's later ones are noise."""
    if value is None or isinstance(value, str):
        return value or None
    if isinstance(value, datetime):
        return str(value.date()) if value.time() == time() else value.isoformat(" ")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{Decimal(f'{value:.15g}'):f}"
    return str(value)


def _cells(rows: Iterator[tuple[Any, ...]], names: list[str], where: dict[str, str]) -> Iterator[list[str | None]]:
    """Rows as texts under their headings.

    Raises
    ------
    ContractError
        If a cell has no heading, or is a number of more digits than Excel keeps: the others are zeros, so that two
        cards or customers would become one.
    """
    for row in rows:
        if any(cell is not None for cell in row[len(names) :]):
            raise ContractError(
                _("{table}: {file} has rows with more cells than the row of headings.", **where),
                _("Give every column a heading, or say in `header_row` of the source which row has the headings."),
            )
        for name, cell in zip(names, row, strict=False):
            if isinstance(cell, int | float) and abs(cell) >= _TOO_LONG:
                raise ContractError(
                    _("{table}: {name} of {file} holds numbers of more than 15 digits, of which Excel keeps 15.",
                      name=name, **where),
                    _("Format the column as text where the workbook is made, or export it as CSV; leave it out if "
                      "nothing needs it."),
                )  # fmt: skip
        yield ([_text(cell) for cell in row] + [None] * len(names))[: len(names)]


def _write(rows: Iterator[list[str | None]], names: list[str], path: Path) -> Path:
    schema = pa.schema([(name, pa.string()) for name in names])
    with pq.ParquetWriter(path, schema) as writer:
        held: list[list[str | None]] = []
        for row in rows:
            if any(cell is not None for cell in row):
                held.append(row)
            if len(held) == _BATCH:
                writer.write_table(_table(held, schema))
                held = []
        writer.write_table(_table(held, schema))
    return path


def _table(rows: list[list[str | None]], schema: pa.Schema) -> pa.Table:
    columns = zip(*rows, strict=True) if rows else [[] for _ in schema]
    return pa.Table.from_arrays([pa.array(list(column), pa.string()) for column in columns], schema=schema)
