"""The review sheet: pairs with probability and reasons, for staff to say which are one person; and its way back."""

from collections import Counter
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa

from goldmine.contract.bank import Bank
from goldmine.core.audit.log import AuditLog, system_user
from goldmine.core.columns import column, columns
from goldmine.core.engine import connect, keep_rows
from goldmine.core.excel import workbook, write_table
from goldmine.core.files import whole_file
from goldmine.core.i18n import LocalizedText, _, all_languages, in_language, pgettext
from goldmine.core.masked import masked_names
from goldmine.core.sheet import Cell, Sheet, Wanted, read_returned
from goldmine.core.workspace import Workspace
from goldmine.identity.linkage.decisions import Decision, Merged, Pair, Standing, read_decisions, store_decisions
from goldmine.identity.linkage.find import read_pairs
from goldmine.identity.linkage.reasons import reasons
from goldmine.identity.linkage.settings import LinkageSettings

_ANSWERS = {
    True: pgettext("other answers", "same,yes,y,1,one person"),
    False: pgettext("other answers", "different,no,n,0,two people"),
}
_NAMES = (
    *("customer_id", "other_customer_id", "linkage_zone", "probability", "name", "other_name", "opened_on"),
    *("other_opened_on", "reasons_for", "reasons_against", "same_person"),
)
"""Columns of the sheet; the last is for staff to fill in."""

_COMPULSORY = ("customer_id", "other_customer_id", "same_person")
REJECTED: dict[str, LocalizedText] = {
    "unknown": _("is no pair of the snapshot"),
    "unclear": _("says neither yes nor no"),
    "twice": _("stands twice with different answers"),
}


@dataclass(frozen=True)
class Reviewed:
    """What became of a returned sheet.

    Parameters
    ----------
    same, different : int
        Decisions taken.
    open : int
        Rows without a decision.
    bad : Counter of str
        Rows that were not taken, by reason (`REJECTED`).
    merged : Merged
        The mergers that follow from all decisions.
    """

    same: int
    different: int
    open: int
    bad: Counter[str]
    merged: Merged


def write_review(
    bank: Bank, work: Workspace, as_of: date, settings: LinkageSettings, *, language: str
) -> tuple[Path, int]:
    """Write the pairs nobody decided on yet, the most probable first; the file and its rows."""
    pairs = read_pairs(work, as_of)
    decided = read_decisions(work)
    rows = [row for row in pairs.to_pylist() if (row["id_l"], row["id_r"]) not in decided]
    people = _people(bank, {row[side] for row in rows for side in ("id_l", "id_r")})
    comparisons = [entry for entry in settings.comparisons if f"level_{entry.column}" in pairs.column_names]
    lines = [_line(row, people) for row in rows]
    for row, line in zip(rows, lines, strict=True):
        line["linkage_zone"] = column("linkage_zone").in_words([row["zone"]], language)[0]
        line["reasons_for"] = in_language(reasons(row, comparisons), language)
        line["reasons_against"] = in_language(reasons(row, comparisons, against=True), language)
    filled = columns(_NAMES[:-1])
    table = pa.table({column.name: pa.array([line[column.name] for line in lines], column.type) for column in filled})
    path = work.linkage(as_of) / f"review_{language}.xlsx"
    title = in_language(_("One person, one number"), language)
    with whole_file(path) as temporary, workbook(temporary, title, as_of, language, rows=len(lines)) as book:
        write_table(book, title, table, columns(_NAMES), language=language)
    log = AuditLog.of_bank(bank.name)
    log.append("download", who=system_user(), subject=f"pairs:{as_of}", details={"rows": len(lines)})
    return path, len(lines)


def take_review(file: Path, bank: Bank, work: Workspace, as_of: date, *, decided: tuple[date, str]) -> Reviewed:
    """Take the decisions of a returned sheet, CSV or XLSX.

    Parameters
    ----------
    decided : tuple of date and str
        The day from which the bank knows it, and who decided.

    Raises
    ------
    ContractError
        If the file cannot be read or lacks a column.
    WorkFolderError
        If the snapshot has no pairs.
    """
    sheet = read_returned(file, Wanted(columns(_NAMES), _COMPULSORY))
    pairs = read_pairs(work, as_of).select(["id_l", "id_r"]).to_pylist()
    answers, unanswered, bad = _answers(sheet, {(row["id_l"], row["id_r"]) for row in pairs})
    with work.lock():
        new = [Decision(pair, same, *decided) for pair, same in answers.items()]
        numbers = {number for pair in [*answers, *read_decisions(work)] for number in pair}
        merged = store_decisions(work, new, standing_of(bank, numbers))
        same = sum(answers.values())
        counts = {"same": same, "different": len(answers) - same, "merged": len(merged.rows)}
        AuditLog.of_bank(bank.name).append("same_person", who=decided[1], subject=f"pairs:{as_of}", details=counts)
    return Reviewed(same, len(answers) - same, unanswered, bad, merged)


def standing_of(bank: Bank, numbers: set[str]) -> Standing:
    """Days on which customers were opened and closed."""
    return {number: (row["opened_on"], row["closed_on"]) for number, row in _people(bank, numbers).items()}


def _answers(sheet: Sheet, known: set[Pair]) -> tuple[dict[Pair, bool], int, Counter[str]]:
    words = {
        word.strip().lower(): same
        for same, listed in _ANSWERS.items()
        for text in all_languages(listed).values()
        for word in text.split(",")
    }
    answers: dict[Pair, bool] = {}
    contradictory: set[Pair] = set()
    unanswered, bad = 0, Counter[str]()
    for row in sheet.rows:
        cells = {name: _text(row[place]) if place < len(row) else "" for name, place in sheet.columns.items()}
        if not cells["same_person"]:
            unanswered += 1
            continue
        one, other = sorted((cells["customer_id"], cells["other_customer_id"]))
        same = words.get(cells["same_person"].lower())
        if (one, other) not in known:
            bad["unknown"] += 1
        elif same is None:
            bad["unclear"] += 1
        elif answers.setdefault((one, other), same) != same:
            contradictory.add((one, other))
    bad["twice"] += len(contradictory)
    return {pair: same for pair, same in answers.items() if pair not in contradictory}, unanswered, +bad


def _text(cell: Cell) -> str:
    if isinstance(cell, float):
        return f"{cell:.0f}"
    return "" if cell is None else str(cell).strip()


def _people(bank: Bank, numbers: set[str]) -> dict[str, dict[str, Any]]:
    connection = connect()
    keep_rows(connection, "wanted_numbers", pa.table({"customer_id": pa.array(sorted(numbers), pa.string())}))
    customers = bank.read(connection, "customers").select("customer_id", "name", "opened_on", "closed_on")
    rows = customers.semi_join(connection.table("wanted_numbers"), "customer_id").to_pyarrow()
    names = masked_names(rows["name"].combine_chunks())
    rows = rows.set_column(1, "name", names)
    return {row["customer_id"]: row for row in rows.to_pylist()}


def _line(row: dict[str, Any], people: dict[str, dict[str, Any]]) -> dict[str, Any]:
    left, right = people[row["id_l"]], people[row["id_r"]]
    return {
        "customer_id": row["id_l"],
        "other_customer_id": row["id_r"],
        "probability": row["probability"],
        "name": left["name"],
        "other_name": right["name"],
        "opened_on": left["opened_on"],
        "other_opened_on": right["opened_on"],
    }
