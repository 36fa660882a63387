"""Lists outside the releases, under the same contact rules: a workbook and a Parquet file each."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from goldmine.contactability import ContactTables, Permissions, may_contact
from goldmine.contract.bank import Bank
from goldmine.contract.display_names import display_names
from goldmine.core.columns import columns
from goldmine.core.excel import NotesSheet, workbook, write_table
from goldmine.core.files import whole_file
from goldmine.core.i18n import _, in_language
from goldmine.core.workspace import Workspace
from goldmine.customers.ladder import level_title

_ACCOUNT = _("account ending in {last}")
_CODE = re.compile(r"(?=.*\d)[\w*-]{4,}", re.ASCII)
"""An account or a bank's code of a counterparty: it has a digit, and no space or Chinese character."""


@dataclass(frozen=True)
class OnRequestList:
    """One list on disk.

    Parameters
    ----------
    path : Path
        The workbook; a Parquet file of the same name is beside it.
    rows : int
        Customers on it.
    left_out : dict of str to int
        By rule, how many customers were left out because they may not be contacted.
    """

    path: Path
    rows: int
    left_out: dict[str, int]


def write_on_request_lists(
    bank: Bank,
    work: Workspace,
    as_of: date,
    rows: Mapping[str, pd.DataFrame],
    language: str,
    *,
    groups: pd.DataFrame | None = None,
) -> dict[str, OnRequestList]:
    """Write lists below ``<work>/on_request_lists/<as_of>``, each without those who may not be contacted.

    Parameters
    ----------
    rows : mapping of str to pandas.DataFrame
        Rows of each list, by its name: customer_id and other columns of the column catalogue.
    language : str
        ``en`` or ``zh``: of the workbooks' headings and words.
    groups : pandas.DataFrame, optional
        Groups that the lists' customers come from, with columns of the catalogue: a last sheet of each workbook.
    """
    contact_tables, contact_names = ContactTables.open(bank, work, as_of), display_names(bank)
    written = {}
    for name, listed in rows.items():
        permitted = may_contact(contact_tables, set(listed["customer_id"]), "on_request_list")
        allowed = listed[listed["customer_id"].isin(permitted.allowed_customers)].reset_index(drop=True)
        path = work.root / "on_request_lists" / str(as_of) / f"{name}.xlsx"
        with whole_file(path.with_suffix(".parquet")) as temporary:
            allowed.to_parquet(temporary, index=False)
        written[name] = OnRequestList(path, len(allowed), permitted.counts)
        with whole_file(path) as temporary, workbook(temporary, name, as_of, language, rows=len(allowed)) as book:
            listed_rows = contact_names.in_frame(allowed, language)
            _add_table(book, in_language(_("List"), language), listed_rows, language)
            _add_about(book, permitted, written[name], language)
            if groups is not None:
                _add_table(book, in_language(_("Groups"), language), groups, language)
    return written


def _add_table(book: Any, sheet: str, rows: pd.DataFrame, language: str) -> None:
    """A sheet of rows with words for codes."""
    layout = columns(rows.columns)
    words = {column.name: column.in_words(rows[column.name], language) for column in layout if column.words}
    if "outflow_counterparty" in rows:
        words["outflow_counterparty"] = [counterparty_in_words(text, language) for text in rows["outflow_counterparty"]]
    if "level" in rows:
        words["level"] = [in_language(level_title(int(level)), language) for level in rows["level"]]
    table = pa.Table.from_pandas(rows.assign(**words), preserve_index=False)
    write_table(book, sheet, table, layout, language=language)


def counterparty_in_words(counterparty: str | None, language: str) -> str | None:
    """A counterparty as staff read it: a name as it is, an account or a code by its last four characters.

    Examples
    --------
    >>> counterparty_in_words("6217000010001234567", "en"), counterparty_in_words("Willow Garage", "en")
    ('account ending in 4567', 'Willow Garage')
    """
    if not isinstance(counterparty, str) or not _CODE.fullmatch(counterparty):
        return counterparty
    return str(in_language(_ACCOUNT, language)).format(last=counterparty[-4:])


def _add_about(book: Any, permitted: Permissions, listed: OnRequestList, language: str) -> None:
    """The second sheet: bank, snapshot, number of customers, and how many each rule left out."""
    sheet = NotesSheet(book, in_language(_("About"), language), (44, 44))
    for title, value in (
        (_("Bank"), permitted.tables.bank.name),
        (_("As of"), str(permitted.tables.as_of)),
    ):
        sheet.row((in_language(title, language), "text"), (value, "text"))
    counts = {_("Customers on the list"): listed.rows}
    counts |= {_("left out: {who}", who=permitted.rules[name][0]): left for name, left in listed.left_out.items()}
    for title, count in counts.items():
        sheet.row((in_language(title, language), "text"), (count, "count"))
