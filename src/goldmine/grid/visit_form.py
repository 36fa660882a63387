"""What visitors bring back: the filled-in columns of their route's workbook become visits and facts."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from goldmine.contract.bank import Bank
from goldmine.core.audit.log import AuditLog, system_user
from goldmine.core.columns import column, columns
from goldmine.core.dates import parse_day
from goldmine.core.engine import connect
from goldmine.core.errors import HistoryError
from goldmine.core.excel import workbook, write_table
from goldmine.core.files import whole_file
from goldmine.core.fingerprint import of_value
from goldmine.core.i18n import LANGUAGES, LocalizedText, _, in_language
from goldmine.core.sheet import Cell, Sheet, Wanted, read_returned
from goldmine.core.workspace import Workspace

FACTS = {"fact_property": "property", "fact_tax": "tax", "fact_provident_fund": "provident_fund"}
"""Columns of the form and the facts that they give."""
SOURCE = "visit"
REJECTED: dict[str, LocalizedText] = {
    "customer": _("the customer number is not in the bank's table"),
    "day": _("no day of the visit, or one that is still to come"),
    "result": _("what was found is none of: met, not met, moved away"),
    "amount": _("an amount is no number, or below zero"),
}
"""Why a row goes back."""
_NAMES = ("customer_id", "visitor_id", "visited_on", "visit_result", *FACTS)
_NUMBER = re.compile(r"[(\uff08]([^()\uff08\uff09]+)[)\uff09]\s*$")
_VISITS = pa.schema(
    [
        ("visit_id", pa.string()),
        ("customer_id", pa.string()),
        ("visitor_id", pa.string()),
        ("visited_on", pa.date32()),
        ("result", pa.string()),
    ]
)
_FACTS = pa.schema(
    [
        ("customer_id", pa.string()),
        ("fact", pa.string()),
        ("amount", pa.decimal128(18, 2)),
        ("observed_on", pa.date32()),
        ("source", pa.string()),
    ]
)


@dataclass(frozen=True)
class ImportedVisits:
    """Counts of a form's rows.

    Parameters
    ----------
    visits, facts : int
        Stored; a row that comes again with other content replaces the earlier one of its customer and day, with its
        facts.
    not_filled : int
        Rows that nobody filled in.
    bad : Counter of str
        Rows that go back, by reason (`REJECTED`).
    bad_file : Path or None
        The file of these rows.
    """

    visits: int
    facts: int
    not_filled: int
    bad: Counter[str]
    bad_file: Path | None


def import_visits(file: Path, bank: Bank, work: Workspace, today: date) -> ImportedVisits:
    """Store the visits and facts of a returned route; the next intake adds them to the bank's tables.

    Each is of the day of the visit, so that features of an earlier cutoff do not see it.

    Raises
    ------
    ContractError
        If the file cannot be read, or a column is missing.
    """
    sheet = read_returned(file, Wanted(columns(_NAMES), ("customer_id", "visited_on", "visit_result")))
    known = set(bank.read(connect(), "customers").select("customer_id").to_pyarrow()["customer_id"].to_pylist())
    visits: dict[tuple[object, ...], dict[str, object]] = {}
    facts: dict[tuple[object, ...], list[dict[str, object]]] = {}
    bad, not_filled = Counter[str](), 0
    rejected: list[tuple[dict[str, Cell], str]] = []
    for row in sheet.rows:
        cells = {name: row[place] if place < len(row) else None for name, place in sheet.columns.items()}
        if all(cells.get(name) in (None, "") for name in ("visited_on", "visit_result", *FACTS)):
            not_filled += 1
            continue
        read = _read_row(cells, known, today)
        if isinstance(read, str):
            bad[read] += 1
            rejected.append((cells, read))
            continue
        visit, found = read
        visits[visit["customer_id"], visit["visited_on"]] = visit
        facts[visit["customer_id"], visit["visited_on"]] = found
    told = [fact for found in facts.values() for fact in found]
    with work.lock():
        _store(work.returned_visits("visits"), visits.values(), _VISITS, "visited_on", set(visits))
        _store(work.returned_visits("external_facts"), told, _FACTS, "observed_on", set(visits))
    counts = {"visits": len(visits), "facts": len(told), "rejected": len(rejected)}
    AuditLog.of_bank(bank.name).append("upload", who=system_user(), subject=f"visits:{today}", details=counts)
    return ImportedVisits(len(visits), len(told), not_filled, bad, _write_rejected(file, sheet, rejected, today))


def _read_row(
    cells: dict[str, Cell], known: set[str], today: date
) -> str | tuple[dict[str, object], list[dict[str, object]]]:
    """A visit and its facts, or why the row goes back."""
    customer, day = _text(cells.get("customer_id")), _day(cells.get("visited_on"))
    if customer not in known:
        return "customer"
    if day is None or day > today:
        return "day"
    result = _results().get(_text(cells.get("visit_result")).lower())
    if result is None:
        return "result"
    amounts = {fact: _amount(cells.get(name)) for name, fact in FACTS.items() if cells.get(name) not in (None, "")}
    if any(amount is None for amount in amounts.values()):
        return "amount"
    visitor = _text(cells.get("visitor_id"))
    number = _NUMBER.search(visitor)
    visit: dict[str, object] = {
        "visit_id": f"F-{of_value([customer, str(day)])[:16]}",
        "customer_id": customer,
        "visitor_id": (number.group(1) if number else visitor) or None,
        "visited_on": day,
        "result": result,
    }
    base = {"customer_id": customer, "observed_on": day, "source": SOURCE}
    return visit, [base | {"fact": fact, "amount": amount} for fact, amount in amounts.items()]


def _results() -> dict[str, str]:
    """Codes and words of what may be found, in all languages."""
    words = column("visit_result").words
    told = {str(in_language(text, language)).lower(): code for code, text in words.items() for language in LANGUAGES}
    return told | {code: code for code in words}


def _text(cell: Cell) -> str:
    if isinstance(cell, float):
        return f"{cell:.0f}"
    return "" if cell is None else str(cell).strip()


def _day(cell: Cell) -> date | None:
    if isinstance(cell, date):
        return cell
    try:
        return parse_day(_text(cell), "visited_on")
    except HistoryError:
        return None


def _amount(cell: Cell) -> Decimal | None:
    try:
        amount = Decimal(str(cell).replace(",", "").strip())
        return round(amount, 2) if amount.is_finite() and 0 <= amount < 10**14 else None
    except InvalidOperation:
        return None


def _store(
    path: Path, rows: Iterable[dict[str, object]], schema: pa.Schema, day: str, visited: set[tuple[object, ...]]
) -> None:
    """Add rows to a file, in place of all that it has of the customers and days that were visited."""
    earlier = pq.read_table(path, schema=schema).to_pylist() if path.exists() else []
    kept = [row for row in earlier if (row["customer_id"], row[day]) not in visited]
    whole = sorted([*kept, *rows], key=lambda row: [str(row[name]) for name in schema.names])
    if whole == earlier:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path) as temporary:
        pq.write_table(pa.Table.from_pylist(whole, schema=schema), temporary)


def _write_rejected(file: Path, sheet: Sheet, rows: list[tuple[dict[str, Cell], str]], today: date) -> Path | None:
    if not rows:
        return None
    path = file.with_name(f"{file.stem}_rejected.xlsx")
    names = [name for name in _NAMES if name in sheet.columns]
    listed = {name: [None if cells[name] is None else str(cells[name]) for cells, _reason in rows] for name in names}
    reasons = [str(in_language(REJECTED[reason], sheet.language)) for _cells, reason in rows]
    table = pa.table({**listed, "rejected_because": reasons})
    with whole_file(path) as temporary, workbook(temporary, file.stem, today, sheet.language) as book:
        title = str(in_language(_("Rows that go back"), sheet.language))
        write_table(book, title, table, columns(table.column_names), language=sheet.language)
    return path
