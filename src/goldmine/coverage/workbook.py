"""Tiered maintenance as an Excel workbook: overdue contacts, hand-over, moves, loads and shortage."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pyarrow as pa

from goldmine.core.columns import columns
from goldmine.core.excel import workbook, write_table
from goldmine.core.files import whole_file
from goldmine.core.i18n import _, in_language
from goldmine.coverage.plan import Coverage
from goldmine.customers.ladder import level_title

_CUSTOMER = ["customer_id", "level", "aum_avg", "core"]
_SHEETS = {
    "overdue": (
        _("Overdue"),
        ["branch_id", "owner_id", "owner_role", *_CUSTOMER, "last_contact_on", "due_on", "overdue_days"],
    ),
    "handover": (
        _("Hand-over"),
        ["branch_id", "previous_id", "owner_id", "owner_role", *_CUSTOMER, "last_contact_on"],
    ),
    "moves": (_("Moves"), ["branch_id", *_CUSTOMER, "previous_id", "owner_id", "owner_role", "change_reason"]),
    "loads": (_("Load"), ["branch_id", "staff_id", "role", "max_customers", "owned_customers", "overdue_customers"]),
    "shortage": (_("Shortage"), ["branch_id", "min_aum", "customers", "above", "nobody"]),
}
"""Title and columns of each sheet."""


def write_workbook(path: Path, coverage: Coverage, language: str) -> None:
    """Write the five sheets; no text in them is taken for a formula or a link.

    Parameters
    ----------
    path : Path
        The file to write, ending in ``.xlsx``.
    coverage : Coverage
        The assignment.
    language : str
        ``en`` or ``zh``, for headings and values.
    """
    title = in_language(_("Tiered maintenance"), language)
    with whole_file(path) as temporary, workbook(temporary, title, coverage.as_of, language) as book:
        for name, (sheet, names) in _SHEETS.items():
            rows = coverage.names.in_table(_in_words(getattr(coverage, name), names, language), language)
            write_table(book, in_language(sheet, language), rows, columns(names), language=language)


def _in_words(rows: pd.DataFrame, names: Sequence[str], language: str) -> pa.Table:
    """Columns of an assignment for display: AUM in yuan, dates without time, codes as words."""
    rows = rows.assign(aum_avg=rows["aum_fen"] / 100) if "aum_fen" in rows else rows
    rows = rows[list(names)].copy()
    for column in columns(names):
        values = rows[column.name]
        if column.format == "day":
            rows[column.name] = values.dt.date
        elif column.name == "level":
            rows["level"] = [in_language(level_title(int(level)), language) for level in values]
        elif column.name == "core":
            rows["core"] = ["✓" if core else "" for core in values]
        elif column.words:
            rows[column.name] = column.in_words(values.fillna(""), language)
    return pa.Table.from_pandas(rows, preserve_index=False)
