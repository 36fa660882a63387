"""What is written of prospects besides their list: firms outside the bank, counts by branch, and the communities."""

from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from goldmine.contract.bank import Bank
from goldmine.contract.display_names import display_names
from goldmine.core.columns import column, columns
from goldmine.core.excel import workbook, write_table
from goldmine.core.files import whole_file
from goldmine.core.i18n import _, in_language
from goldmine.core.workspace import Workspace
from goldmine.customers.graph.outside import Outside
from goldmine.customers.graph.prospect_rules import ProspectRules
from goldmine.customers.graph.prospects import REASONS

MAX_COMMUNITIES = 1_000
"""Communities in the workbook: the largest."""


def prospect_list(rows: pd.DataFrame, rules: ProspectRules, language: str) -> pd.DataFrame:
    """Prospects as a list on request: the offer by its title, and the reason in words that name no person."""
    reasons = [
        str(in_language(REASONS[path], language)).format(association=name)
        for path, name in zip(rows["path"], rows["association_name"], strict=True)
    ]
    rows = with_titles(rows, rules, language).assign(reason=reasons)
    return rows[["customer_id", "branch_id", "manager_id", "offer_name", "path", "association_name", "reason",
                 "expected_rate"]]  # fmt: skip


def with_titles(rows: pd.DataFrame, rules: ProspectRules, language: str) -> pd.DataFrame:
    """The rows with `offer_name`, the offer's title, in place of its code."""
    titles = {code: str(in_language(offer.title, language)) for code, offer in rules.offers.items()}
    return rows.assign(offer_name=rows["offer"].map(titles)).drop(columns="offer")


def write_outside(bank: Bank, work: Workspace, as_of: date, outside: Outside, language: str) -> Path:
    """Write the firms that are none of ours, and how many firms and persons outside are paid, by branch too."""
    path = work.root / "on_request_lists" / str(as_of) / "prospects_outside.xlsx"
    title = str(in_language(_("Payees who are not customers"), language))
    with whole_file(path) as temporary, workbook(temporary, title, as_of, language) as book:
        _add(book, str(in_language(_("Firms"), language)), outside.firms, language)
        named = display_names(bank).in_frame(outside.branches, language)
        named["branch_id"] = named["branch_id"].fillna(column("bank").heading(language))
        _add(book, str(in_language(_("By branch"), language)), named, language)
    return path


def write_communities(work: Workspace, as_of: date, table: pd.DataFrame, language: str) -> Path:
    """Write the largest communities: size, what ties them, how much of it stays inside; no customer."""
    path = work.root / "on_request_lists" / str(as_of) / "prospects_communities.xlsx"
    title = str(in_language(_("Communities of customers"), language))
    with whole_file(path) as temporary, workbook(temporary, title, as_of, language) as book:
        _add(book, title, table.head(MAX_COMMUNITIES), language)
    return path


def _add(book: Any, sheet: str, rows: pd.DataFrame, language: str) -> None:
    layout = columns(rows.columns)
    words = {entry.name: entry.in_words(rows[entry.name], language) for entry in layout if entry.words}
    write_table(book, sheet, pa.Table.from_pandas(rows.assign(**words), preserve_index=False), layout,
                language=language)  # fmt: skip
