"""Tables that change while they are read: nothing is made of them, and what stood before stays."""

import os
from pathlib import Path

import duckdb
import pytest

from goldmine.activity.build import build_activity
from goldmine.contract import cast_tables
from goldmine.contract.intake import load_bank, open_bank
from goldmine.core.errors import ContractError
from goldmine.core.files import read_json
from goldmine.core.workspace import Workspace
from goldmine.validation import validate_bank
from tests.contract.test_intake import CUSTOMERS, csv_bank, parquet_bank, rows, work

__all__ = ["csv_bank", "work"]
LATER = CUSTOMERS + "0009,,X,\n"


def while_it_is_read(monkeypatch, change) -> None:
    """Change something after the files' fingerprints are known and before their rows are read."""
    stage = cast_tables.stage

    def changed(*given):
        change()
        return stage(*given)

    monkeypatch.setattr(cast_tables, "stage", changed)


def test_table_whose_file_is_replaced_while_it_is_read_is_not_taken_in(csv_bank: Path, work: Workspace, monkeypatch):
    source = csv_bank / "customers.csv"
    while_it_is_read(monkeypatch, lambda: source.write_text(LATER, "utf-8"))
    with pytest.raises(ContractError, match=r"customers: customers\.csv changed while the table was being read"):
        open_bank(csv_bank, work)
    assert not (work.root / "tables.json").exists()

    monkeypatch.undo()
    source.write_text(CUSTOMERS, "utf-8")
    assert rows(open_bank(csv_bank, work), "customers", "customer_id") == [("0007",), ("0012",)]


def test_change_is_told_in_place_of_what_was_found_in_half_a_file(csv_bank: Path, work: Workspace, monkeypatch):
    while_it_is_read(monkeypatch, lambda: (csv_bank / "customers.csv").write_text("customer_id\n0012", "utf-8"))
    with pytest.raises(ContractError, match=r"customers\.csv changed"):
        open_bank(csv_bank, work)


def test_file_that_comes_while_the_others_are_read_counts_as_a_change(csv_bank: Path, work: Workspace, monkeypatch):
    (csv_bank / "bank.yaml").write_text(
        "name: village\ndata_until: 2024-02-01\ntables:\n  customers: {source: people}\n"
        "  transactions: {source: moves}\n"
        "sources:\n  people: {csv: 'customers*.csv'}\n  moves: {csv: transactions.csv}\n",
        "utf-8",
    )
    while_it_is_read(monkeypatch, lambda: (csv_bank / "customers2.csv").write_text(CUSTOMERS, "utf-8"))
    with pytest.raises(ContractError, match=r"customers: customers2\.csv changed"):
        open_bank(csv_bank, work)


def test_canonical_file_that_is_written_after_the_bank_was_opened_is_noticed(tmp_path: Path, work: Workspace):
    file = parquet_bank(tmp_path / "bank") / "customers.parquet"
    open_bank(tmp_path / "bank", work)
    bank = load_bank(work)
    file.write_bytes(file.read_bytes())
    with pytest.raises(ContractError, match=r"customers: customers\.parquet changed"):
        bank.require_unchanged()
    file.unlink()
    with pytest.raises(ContractError, match=r"customers: customers\.parquet changed"):
        bank.require_unchanged()


def test_backup_that_links_a_file_or_a_new_mode_is_no_change(tmp_path: Path, work: Workspace):
    file = parquet_bank(tmp_path / "bank") / "customers.parquet"
    bank = open_bank(tmp_path / "bank", work)
    os.link(file, tmp_path / "backup.parquet")
    file.chmod(0o600)
    bank.require_unchanged()


def test_activity_of_replaced_rows_is_not_kept_for_those_that_come_back(tmp_path: Path, work: Workspace):
    file = parquet_bank(tmp_path / "bank") / "transactions" / "01.parquet"
    bank, content = open_bank(tmp_path / "bank", work), file.read_bytes()
    other = duckdb.from_parquet(str(file)).project("* REPLACE (99::DECIMAL(18, 2) AS amount)")
    other.write_parquet(str(tmp_path / "other.parquet"))
    file.write_bytes((tmp_path / "other.parquet").read_bytes())
    with pytest.raises(ContractError, match=r"transactions: 01\.parquet changed"):
        build_activity(bank, work)
    assert read_json(work.activity / "index.json", {}) == {}

    file.write_bytes(content)
    build_activity(open_bank(tmp_path / "bank", work), work)
    made = duckdb.from_parquet(str(work.activity / "transactions" / "2024-01.parquet"))
    assert made.aggregate("sum(in_sum)").fetchall() == [(1250,)]  # fen


def test_tables_that_changed_have_no_result_of_their_suites(tmp_path: Path, work: Workspace):
    file = parquet_bank(tmp_path / "bank") / "customers.parquet"
    bank = open_bank(tmp_path / "bank", work)
    file.write_bytes(b"half")
    with pytest.raises(ContractError, match=r"customers\.parquet changed"):
        validate_bank(bank, work)
    assert not work.validation("customers").exists()
