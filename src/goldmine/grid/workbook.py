"""Workbooks of field work: sheets of frames with the column catalogue's headings, formats and words."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import pandas as pd
import pyarrow as pa

from goldmine.contract.display_names import DisplayNames
from goldmine.core.columns import columns, schema
from goldmine.core.excel import workbook, write_table
from goldmine.core.files import whole_file
from goldmine.core.i18n import LocalizedText, _, in_language, pgettext
from goldmine.grid.one_grid import OneGrid

FINDING_TEXTS = {
    "customer_without_grid": _("customers in no grid"),
    "person_in_two_grids": _("persons with numbers in two grids"),
    "grid_twice": _("grids with two visitors in the books"),
    "grid_without_visitor": _("grids without a visitor who serves"),
    "grid_of_other_branch": _("grids whose visitor works at another branch"),
    "grid_too_large": _("grids with more customers than one visitor may have"),
    "visitor_overloaded": _("visitors with too many customers"),
}
"""What each of `goldmine.grid.one_grid.FINDINGS` counts."""

Sheets = Mapping[LocalizedText, tuple[pd.DataFrame, Sequence[str]]]
"""By title of the sheet: its rows, and their columns in order."""


def write_sheets(path: Path, title: LocalizedText, as_of: date, sheets: Sheets, look: tuple[DisplayNames, str]) -> Path:
    """Write a workbook.

    Parameters
    ----------
    look : tuple of DisplayNames and str
        Names that stand beside numbers, and the language.
    """
    names, language = look
    most = max((len(rows) for rows, _columns in sheets.values()), default=0)
    heading = in_language(title, language)
    with whole_file(path) as temporary, workbook(temporary, heading, as_of, language, rows=most) as book:
        for sheet, (rows, layout) in sheets.items():
            table = names.in_table(_in_words(rows, layout, language), language)
            write_table(book, in_language(sheet, language), table, columns(layout), language=language)
    return path


def _in_words(rows: pd.DataFrame, layout: Sequence[str], language: str) -> pa.Table:
    """Columns for display: codes as words, days without a time."""
    shown = {}
    for column in columns(layout):
        if column.name not in rows:
            continue
        values = rows[column.name]
        listed = column.in_words(values, language) if column.words else values.tolist()
        listed = [None if pd.isna(value) else value for value in listed]
        if column.format == "day":
            listed = [None if value is None else pd.Timestamp(value).date() for value in listed]
        shown[column.name] = listed
    return pa.table(shown, schema=schema(shown)) if shown else pa.table({})


def write_grid(path: Path, grid: OneGrid, language: str) -> Path:
    """The workbook of `goldmine grid`: findings, proposed visitors, loads, residents whose grid is proposed."""
    village = grid.names.by_table.get("grids", {})
    findings = pd.DataFrame(
        {
            "figure": [str(in_language(text, language)) for text in FINDING_TEXTS.values()],
            "now": [f"{grid.findings[name]:,}" for name in FINDING_TEXTS],
        }
    )
    grids = grid.grids.assign(grid_name=grid.grids["grid_id"].map(village))
    changed = grids[grids["visitor_change"] != "kept"]
    layout = ["branch_id", "grid_id", "grid_name", "customers", "visitor_id", "proposed_visitor_id", "visitor_change"]
    sheets: Sheets = {
        _("Findings"): (findings, ["figure", "now"]),
        _("Proposed visitors"): (changed, layout),
        pgettext("sheet", "Loads"): (
            grid.loads,
            [
                *("branch_id", "visitor_id", "grids", "customers"),
                *("proposed_grids", "proposed_customers", "max_customers"),
            ],
        ),
        _("Proposed grids"): (
            grid.moved.assign(grid_name=grid.moved["grid_id"].map(village)),
            ["branch_id", "customer_id", "grid_id", "grid_name", "grid_source"],
        ),
        _("All grids"): (grids, layout),
    }
    return write_sheets(path, _("Grid and visitors"), grid.as_of, sheets, (grid.names, language))
