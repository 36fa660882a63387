"""Lost deposits and loans: what was held, when it went, where to, and what may come back."""

from datetime import date

import pandas as pd
import pytest

from goldmine.activity import build_activity
from goldmine.core.engine import connect
from goldmine.core.workspace import Workspace
from goldmine.customers.lost import lost, with_chances, with_money
from goldmine.customers.source_tables import Books
from goldmine.customers.table import build_customers
from goldmine.features import build_features
from goldmine.labels.use_case_files import load_use_case
from tests.tiny import balance, make_bank, transaction

JUNE = date(2024, 6, 30)


@pytest.fixture(scope="module")
def books(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lost")
    people = [{"customer_id": n, "opened_on": date(2020, 1, 1), "branch_id": "B1"} for n in ("saver", "owed", "kept")]
    held = [
        balance("saver", "2024-03-31", "demand", "50000.00"),
        balance("saver", "2024-04-30", "demand", "20000.00"),
        balance("saver", "2024-05-31", "demand", "10000.00"),
        balance("saver", "2024-06-30", "demand", "100.00"),
        balance("owed", "2024-02-29", "loan", "80000.00"),
        balance("kept", "2024-03-31", "demand", "50000.00"),
        balance("kept", "2024-06-30", "demand", "50000.00"),
    ]
    away = {"direction": "out", "kind": "transfer", "counterparty": "other bank"}
    moves = [
        transaction(1, "saver", "2024-04-10T09:00", amount="30000.00", **away),
        transaction(2, "saver", "2024-05-10T09:00", amount="10000.00", counterparty="shop"),
        transaction(3, "saver", "2024-01-10T09:00", amount="90000.00", **away | {"counterparty": "before"}),
        transaction(4, "saver", "2024-06-10T09:00", amount="90000.00", **away | {"counterparty": "after"}),
        transaction(5, "saver", "2024-04-11T09:00", amount="99.00", **away | {"direction": "in", "counterparty": "in"}),
    ]
    bank = make_bank(folder / "bank", {"customers": people, "transactions": moves, "balances": held})
    work = Workspace(folder / "work")
    build_activity(bank, work)
    build_features(bank, work, [JUNE])
    build_customers(bank, work, [JUNE])
    return Books(connect(), bank, work)


def test_a_lost_deposit_says_what_was_held_when_it_went_and_where_to(books):
    (row,) = lost(books, JUNE, "lost_deposit").drop(columns="manager_id").to_dict("records")
    assert row == {
        "customer_id": "saver", "branch_id": "B1", "held": 50_000.0, "held_in": "2024-03",
        "left": 49_900.0, "left_in": "2024-05", "went_to": "other bank", "went_by": "transfer", "went_share": 0.75,
    }  # fmt: skip


def test_a_lost_loan_says_what_was_owed_and_knows_no_counterparty(books):
    (row,) = lost(books, JUNE, "lost_loan").to_dict("records")
    assert (row["customer_id"], row["held"], row["held_in"], row["left_in"]) == ("owed", 80_000.0, "2024-02", "2024-03")
    assert pd.isna(row["went_to"])


def test_without_scores_there_is_no_chance_and_no_guess(books):
    rows = with_chances(books, lost(books, JUNE, "lost_deposit"), load_use_case("winback"), JUNE)
    assert rows.probability.isna().all()


def test_what_comes_back_is_the_chance_times_what_returners_of_that_level_brought(books, monkeypatch):
    brought = pd.Series([1.0, 2.0, 3_000.0, 4.0, 5.0, 6.0, 7.0])
    monkeypatch.setattr("goldmine.customers.lost.brought_back", lambda *_: brought)
    rows = lost(books, JUNE, "lost_deposit").assign(probability=0.5)
    assert with_money(books, rows, load_use_case("winback"), JUNE).expected_yuan.tolist() == [1_500.0]
