"""A tiny bank with the balances of two month ends, March and June 2024."""

from datetime import date
from pathlib import Path

from goldmine.activity import build_activity
from goldmine.core.engine import connect
from goldmine.core.workspace import Workspace
from goldmine.customers.source_tables import SourceTables
from tests.tiny import Row, balance, make_bank, transaction

MONTHS = ("2024-03-31", "2024-06-30")


def sources_of(folder: Path, held: dict[str, tuple[str | None, str | None]], **more: list[Row]) -> SourceTables:
    """Books of customers who have been there for years, with what they held at both month ends."""
    people = [{"customer_id": name, "opened_on": date(2020, 1, 1), "branch_id": "B1"} for name in held]
    balances = [
        balance(name, month, "demand", amount)
        for name, amounts in held.items()
        for month, amount in zip(MONTHS, amounts, strict=True)
        if amount
    ]
    moves = [transaction(n, next(iter(held)), f"{month}T09:00") for n, month in enumerate(MONTHS)]
    tables = {"customers": people, "transactions": moves, "balances": balances} | more
    bank, work = make_bank(folder / "bank", tables), Workspace(folder / "work")
    build_activity(bank, work)
    return SourceTables(connect(), bank, work)
