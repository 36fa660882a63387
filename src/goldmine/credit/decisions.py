"""The manager's word on each limit: taken back from the lists, kept with day and name, and logged.

A limit is a proposal. Only a decision here says that somebody granted or refused credit, and who.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from goldmine.contract.bank import Bank
from goldmine.core.audit.log import AuditLog
from goldmine.core.columns import columns
from goldmine.core.errors import UseCaseError
from goldmine.core.files import whole_file
from goldmine.core.i18n import LocalizedText, _, all_languages, pgettext
from goldmine.core.sheet import Cell, Sheet, Wanted, read_returned
from goldmine.core.workspace import Workspace
from goldmine.credit.limits import limits_path
from goldmine.credit.rules import CreditRules

_NAMES = ("customer_id", "credit_product", "credit_decision", "decided_amount")
_ANSWERS = {
    True: pgettext("other answers", "yes,y,granted,grant"),
    False: pgettext("other answers", "no,n,refused,refuse"),
}
BAD: dict[str, LocalizedText] = {
    "unknown": _("no limit of that customer and product"),
    "other_limit": _("the list names another limit: give the list's own day by --as-of, or write the list again"),
    "unclear": _("neither yes nor no"),
    "twice": _("stands twice with different answers"),
    "amount": _("granted without an amount in whole yuan, or more than the limit"),
}
"""Why a row is not taken."""
_SCHEMA = pa.schema(
    [
        ("as_of", pa.date32()),
        ("credit_product", pa.string()),
        ("customer_id", pa.string()),
        ("limit_amount", pa.decimal128(18, 2)),
        ("granted", pa.bool_()),
        ("decided_amount", pa.decimal128(18, 2)),
        ("decided_on", pa.date32()),
        ("decided_by", pa.string()),
    ]
)


@dataclass(frozen=True)
class Decided:
    """What was taken.

    Parameters
    ----------
    granted, refused, open : int
        Rows decided either way, and rows without a word.
    bad : dict of str to int
        Rows not taken, by reason.
    """

    granted: int
    refused: int
    open: int
    bad: dict[str, int]


def decisions_path(work: Workspace) -> Path:
    """All decisions of a work folder; the newest of a customer, product and month end counts."""
    return work.root / "credit" / "decisions.parquet"


def take_decisions(
    file: Path, bank: Bank, work: Workspace, rules: CreditRules, *, as_of: date, decided: tuple[date, str]
) -> Decided:
    """Take the decisions of a returned list, CSV or XLSX, and log each with who decided.

    Parameters
    ----------
    decided : tuple of date and str
        Day of the decision, and the manager who answers for it.

    Raises
    ------
    ContractError
        If the file cannot be read or lacks a column.
    UseCaseError
        If the limits of the month end were not worked out.
    """
    path = limits_path(work, as_of)
    if not path.exists():
        raise UseCaseError(_("credit: there are no limits at {day}.", day=as_of), _("Run goldmine credit limits."))
    sheet = read_returned(file, Wanted(columns((*_NAMES, "limit_amount")), _NAMES))
    columns_read = ["credit_product", "customer_id", "limit_amount"]
    offered = pq.read_table(path, filters=pc.field("refusal").is_null(), columns=columns_read)
    limits = {(row["credit_product"], row["customer_id"]): row["limit_amount"] for row in offered.to_pylist()}
    taken, unanswered, bad = _read(sheet, limits, _titles(rules))
    rows = [{"as_of": as_of, **row, "decided_on": decided[0], "decided_by": decided[1]} for row in taken]
    _store(work, rows)
    log = AuditLog.of_bank(bank.name)
    for row in rows:
        details = {"product": row["credit_product"], "granted": row["granted"], "yuan": str(row["decided_amount"])}
        log.append(
            "credit_decision", who=decided[1], subject=f"customer:{row['customer_id']}", details=details, wait=False
        )
    log.sync()
    granted = sum(row["granted"] for row in rows)
    return Decided(granted, len(rows) - granted, unanswered, dict(bad))


def _titles(rules: CreditRules) -> dict[str, str]:
    """Products by their code names and their titles in every language."""
    titles = {name: name for name in rules.products}
    for name, product in rules.products.items():
        titles |= dict.fromkeys(all_languages(product.title).values(), name)
    return titles


def _read(sheet: Sheet, limits: dict, titles: dict[str, str]) -> tuple[list[dict[str, Any]], int, Counter[str]]:
    words = {
        word.strip().lower(): granted
        for granted, listed in _ANSWERS.items()
        for text in all_languages(listed).values()
        for word in text.split(",")
    }
    taken: dict[tuple[str, str], dict[str, Any]] = {}
    contradictory, unanswered, bad = set[tuple[str, str]](), 0, Counter[str]()
    for row in sheet.rows:
        cells = {name: row[place] if place < len(row) else None for name, place in sheet.columns.items()}
        answer = _text(cells["credit_decision"]).lower()
        if not answer:
            unanswered += 1
            continue
        key = titles.get(_text(cells["credit_product"]), ""), _text(cells["customer_id"])
        granted, amount = words.get(answer), _yuan(cells["decided_amount"])
        if key not in limits:
            bad["unknown"] += 1
        elif _listed(cells.get("limit_amount")) not in (None, limits[key]):
            bad["other_limit"] += 1
        elif granted is None:
            bad["unclear"] += 1
        elif granted and (amount is None or not 0 < amount <= limits[key]):
            bad["amount"] += 1
        else:
            row_taken = {"credit_product": key[0], "customer_id": key[1], "limit_amount": limits[key],
                         "granted": granted, "decided_amount": amount if granted else 0}  # fmt: skip
            if taken.setdefault(key, row_taken) != row_taken:
                contradictory.add(key)
    bad["twice"] += len(contradictory)
    return [row for key, row in taken.items() if key not in contradictory], unanswered, +bad


def _text(cell: Cell) -> str:
    if isinstance(cell, float):
        return f"{cell:.0f}"
    return "" if cell is None else str(cell).strip()


def _listed(cell: Cell) -> Decimal | None:
    """The limit that a returned row proposes; None where it names none."""
    try:
        return Decimal(str(cell).replace(",", "").strip())
    except InvalidOperation:
        return None


def _yuan(cell: Cell) -> int | None:
    """Whole yuan of a cell; None where it holds none, or fen besides: nobody decided on what rounding would make."""
    if isinstance(cell, float) and not cell.is_integer():
        return None
    text = _text(cell).replace(",", "")
    return int(text) if text.isascii() and text.isdigit() else None


def _store(work: Workspace, rows: list[dict[str, Any]]) -> None:
    path = decisions_path(work)
    before = pq.read_table(path).to_pylist() if path.exists() else []
    newest = {(row["as_of"], row["credit_product"], row["customer_id"]): row for row in before + rows}
    with whole_file(path) as temporary:
        pq.write_table(pa.Table.from_pylist(list(newest.values()), schema=_SCHEMA), temporary)
