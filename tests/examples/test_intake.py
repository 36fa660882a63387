"""The example banks, on tables that nobody here wrote."""

import os
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import ibis
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from goldmine.contract.bank import Bank
from goldmine.contract.intake import open_bank
from goldmine.core.workspace import Workspace, at_home

Opened = Callable[[str], Bank]


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Opened:
    banks: dict[str, Bank] = {}

    def take_in(name: str) -> Bank:
        data = at_home(os.environ.get("GOLDMINE_SHARED_DATA") or "../shared/data") / name
        if not data.is_dir():
            pytest.skip(f"{name}: the folder of this data set is missing (GOLDMINE_SHARED_DATA)")
        if name not in banks:
            banks[name] = open_bank(at_home("examples") / name, Workspace(Path(tmp_path_factory.mktemp(name))))
        return banks[name]

    return take_in


def count(bank: Bank, table: str, column: str) -> dict[str | None, int]:
    rows = pq.read_table([file.path for file in bank.tables[table].files], columns=[column])
    return {row["values"]: row["counts"] for row in pc.value_counts(rows[column]).to_pylist()}


def test_online_retail_counts_an_invoice_once_and_leaves_out_the_nameless(opened: Opened) -> None:
    bank = opened("online_retail")
    assert (bank.name, bank.data_until) == ("online_retail", date(2011, 12, 9))
    assert bank.tables["customers"].rows == 5_942
    assert bank.tables["transactions"].rows == 44_876
    assert count(bank, "transactions", "channel") == {"online": 36_975, "batch": 7_901}
    assert set(bank.tables) == {"customers", "transactions"}


def test_online_retail_buyers_of_the_published_comparison(opened: Opened) -> None:
    moves = opened("online_retail").read(ibis.duckdb.connect(), "transactions").filter(lambda t: t.channel == "online")
    day = moves.time.date()
    buyers = moves.filter(day.between(date(2011, 6, 2), date(2011, 8, 31))).select("customer_id").distinct()
    later = moves.filter(day.between(date(2011, 9, 1), date(2011, 11, 29)))
    assert buyers.count().execute() == 1_934
    assert round(1 - buyers.semi_join(later, "customer_id").count().execute() / 1_934, 2) == 0.32


def test_online_retail_amount_of_an_invoice_in_both_sheets(opened: Opened) -> None:
    moves = opened("online_retail").read(ibis.duckdb.connect(), "transactions")
    assert moves.filter(moves.transaction_id == "536365").amount.to_pyarrow().to_pylist() == [Decimal("139.12")]


def test_berka_takes_in_all_tables(opened: Opened) -> None:
    bank = opened("berka")
    assert {name: table.rows for name, table in bank.tables.items()} == {
        "customers": 5_369,
        "accounts": 4_500,
        "balances": 16_125,
        "transactions": 79_302,
        "product_events": 1_777,
        "branches": 77,
        "products": 4,
    }


def test_berka_birth_numbers(opened: Opened) -> None:
    bank = opened("berka")
    customers = bank.read(ibis.duckdb.connect(), "customers")
    found = customers.filter(customers.customer_id.isin(["1", "2"])).order_by("customer_id").to_pyarrow().to_pylist()
    assert [(row["birth_date"], row["gender"]) for row in found] == [
        (date(1970, 12, 13), "F"),
        (date(1945, 2, 4), "M"),
    ]
    assert count(bank, "customers", "gender") == {"F": 2_645, "M": 2_724}


def test_berka_both_code_sets_become_the_contracts(opened: Opened) -> None:
    bank = opened("berka")
    assert count(bank, "transactions", "direction") == {"in": 34_876, "out": 44_426}
    assert count(bank, "transactions", "channel") == {"counter": 39_804, "batch": 30_690, None: 8_742, "atm": 66}
    assert count(bank, "transactions", "kind") == {
        "cash": 39_870,
        "interest": 14_700,
        "fee": 8_631,
        "utility": 7_236,
        "transfer": 6_972,
        "pension": 1_770,
        "loan": 123,
    }


def test_berka_balances_agree_with_the_banks_own(opened: Opened) -> None:
    """The account of the first transaction: six more in its first month, and the bank's balance after the last."""
    bank = opened("berka")
    connection = ibis.duckdb.connect()
    accounts = bank.read(connection, "accounts")
    owner = accounts.filter(accounts.account_id == "2378").customer_id.to_pyarrow().to_pylist()[0]
    balances = bank.read(connection, "balances")
    first = balances.filter((balances.customer_id == owner) & (balances.month_end == date(1993, 1, 31)))
    [row] = first.to_pyarrow().to_pylist()
    assert (row["balance"], row["average_daily_balance"]) == (Decimal("59453.70"), Decimal("23198.22"))
