"""Every file below a bank's folder is read, or named as not read; ledgers are read in any shape, or refused."""

from datetime import date
from pathlib import Path

import duckdb
import ibis
import pytest

from goldmine.contract.bank import Bank
from goldmine.contract.bank_files import unused_files
from goldmine.contract.intake import open_bank
from goldmine.core.errors import HistoryError
from goldmine.core.workspace import Workspace

MOVEMENT = "transaction_id,customer_id,time,amount,direction\n"


@pytest.fixture
def village(tmp_path: Path) -> Path:
    folder = tmp_path / "village"
    (folder / "transactions" / "2024").mkdir(parents=True)
    (folder / "customers.csv").write_text("customer_id,merged_into,merged_on\n1,,1900-01-01\n2,1,0001-01-01\n", "utf-8")
    (folder / "transactions" / "202401.csv").write_text(MOVEMENT + "t1,1,2024-01-31,1,in\n", "utf-8")
    (folder / "transactions" / "202402.CSV").write_text(MOVEMENT + "t2,1,2024-02-29,2,in\n", "utf-8")
    (folder / "transactions" / "2024" / "03.csv").write_text(MOVEMENT + "t3,1,2024-03-31,3,in\n", "utf-8")
    return folder


def opened(folder: Path) -> Bank:
    return open_bank(folder, Workspace(folder.parent / "work"))


def values(bank: Bank, table: str, *columns: str) -> list[tuple[object, ...]]:
    rows = bank.read(ibis.duckdb.connect(), table).select(*columns).to_pyarrow().to_pylist()
    return [tuple(row.values()) for row in rows]


def test_files_in_capitals_and_in_folders_below_are_read(village: Path) -> None:
    assert values(opened(village), "transactions", "transaction_id") == [("t1",), ("t2",), ("t3",)]


@pytest.mark.parametrize("name", ["suppressions.CSV", "Suppressions.csv", "SUPPRESSIONS.csv"])
def test_a_ledger_in_capitals_is_read(village: Path, name: str) -> None:
    (village / name).write_text("customer_id,start_date\n1,2024-01-01\n", "utf-8")
    assert values(opened(village), "suppressions", "customer_id", "end_date") == [("1", None)]


def test_files_that_nothing_reads_are_named(village: Path) -> None:
    (village / "read me.txt").touch()
    (village / "archive").mkdir()
    (village / "archive" / "old.csv").touch()
    (village / "bank.yaml").touch()
    (village / "work").mkdir()
    (village / "work" / "tables.json").touch()
    used = [village / "customers.csv", *(village / "transactions").rglob("*.*")]
    assert unused_files(village, used, village / "work") == ["read me.txt", "archive/old.csv"]


def test_padded_numbers_are_known(village: Path) -> None:
    (village / "suppressions.csv").write_text(
        f"customer_id,reason,start_date\n{'1':20},complaint,2024-01-01\n2\u3000,投诉,2024-01-01\n", "utf-8"
    )
    assert values(opened(village), "suppressions", "customer_id", "reason") == [("1", "complaint"), ("2", "complaint")]


def test_padded_numbers_in_parquet_are_known(village: Path) -> None:
    (village / "customers.csv").unlink()
    duckdb.sql("SELECT '1     ' AS customer_id").write_parquet(str(village / "customers.parquet"))
    assert values(opened(village), "customers", "customer_id") == [("1",)]


def test_days_that_stand_for_none_are_empty_and_a_suppression_holds_from_the_beginning(village: Path) -> None:
    (village / "suppressions.csv").write_text(
        "customer_id,start_date,end_date\n1,1900-01-01,9999-12-31\n2,9999-12-31,0001-01-01\n3,0000-00-00,\n", "utf-8"
    )
    bank = opened(village)
    assert values(bank, "customers", "customer_id", "merged_into", "merged_on") == [("1", None, None), ("2", "1", None)]
    assert values(bank, "suppressions", "customer_id", "start_date", "end_date") == [
        ("1", date(1900, 1, 1), None),
        ("2", date(1900, 1, 1), None),
        ("3", date(1900, 1, 1), None),
    ]


def test_days_that_stand_for_none_are_empty_in_parquet_too(village: Path) -> None:
    (village / "customers.csv").unlink()
    duckdb.sql("SELECT '1' AS customer_id, DATE '9999-12-31' AS closed_on").write_parquet(
        str(village / "customers.parquet")
    )
    assert values(opened(village), "customers", "customer_id", "closed_on") == [("1", None)]


def test_answers_are_understood_in_any_spelling(village: Path) -> None:
    (village / "contacts.csv").write_text(
        "campaign_id,customer_id,contacted_on,answer\nk,1,2024-01-05,OPT-OUT\nk,2,2024-01-05,拒绝营销\n", "utf-8"
    )
    assert values(opened(village), "contacts", "answer") == [("opt_out",), ("opt_out",)]


def test_a_snapshot_without_its_month_of_balances_is_refused(village: Path) -> None:
    (village / "balances.csv").write_text("customer_id,month_end,product_class,balance\n1,2024-02-29,活期,5\n", "utf-8")
    bank = opened(village)
    bank.require_balances(date(2024, 2, 29))
    with pytest.raises(HistoryError, match="balances: hold no rows of 2024-03, the month of the snapshot"):
        bank.require_balances(date(2024, 3, 31))
