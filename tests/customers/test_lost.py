"""Lost deposits and loans: the peak, when it went, where it went, and what may come back."""

from datetime import date

import pandas as pd
import pytest

from goldmine.activity import build_activity
from goldmine.core.engine import connect
from goldmine.core.workspace import Workspace
from goldmine.customers.lost import lost, with_expected_amount, with_probability
from goldmine.customers.source_tables import SourceTables
from goldmine.customers.table import build_customers
from goldmine.features import build_features
from goldmine.labels.use_case import load_use_case
from tests.tiny import balance, make_bank, transaction

JUNE = date(2024, 6, 30)


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lost")
    people = [
        {"customer_id": n, "opened_on": date(2020, 1, 1), "branch_id": "B1"} for n in ("saver", "owed", "kept", "split")
    ]
    held = [
        balance("saver", "2024-03-31", "demand", "50000.00"),
        balance("saver", "2024-04-30", "demand", "20000.00"),
        balance("saver", "2024-05-31", "demand", "10000.00"),
        balance("saver", "2024-06-30", "demand", "100.00"),
        balance("split", "2024-03-31", "demand", "180000.00"),
        balance("split", "2024-06-30", "demand", "100.00"),
        balance("owed", "2024-02-29", "loan", "80000.00"),
        balance("kept", "2024-03-31", "demand", "50000.00"),
        balance("kept", "2024-06-30", "demand", "50000.00"),
    ]
    away = {"direction": "out", "kind": "transfer", "counterparty": "other bank"}
    moves = [
        transaction(1, "saver", "2024-04-10T09:00", amount="30000.00", **away),
        transaction(2, "saver", "2024-05-10T09:00", amount="10000.00", counterparty="shop"),
        transaction(2, "saver", "2024-05-10T09:00", amount="10000.00", counterparty="shop"),  # held twice
        transaction(6, "saver", "2024-05-11T09:00", amount="500.00", counterparty="late", known_on="2024-07-01"),
        transaction(3, "saver", "2024-01-10T09:00", amount="90000.00", **away | {"counterparty": "before"}),
        transaction(4, "saver", "2024-06-10T09:00", amount="90000.00", **away | {"counterparty": "after"}),
        transaction(5, "saver", "2024-04-11T09:00", amount="99.00", **away | {"direction": "in", "counterparty": "in"}),
    ]
    moves += [
        transaction(7, "split", "2024-04-10T09:00", amount="60000.00", **away | {"counterparty": "bank A"}),
        transaction(8, "split", "2024-04-11T09:00", amount="50000.00", counterparty="bank A"),
        transaction(9, "split", "2024-04-12T09:00", amount="70000.00", **away | {"counterparty": "bank B"}),
    ]
    bank = make_bank(folder / "bank", {"customers": people, "transactions": moves, "balances": held})
    work = Workspace(folder / "work")
    build_activity(bank, work)
    build_features(bank, work, [JUNE])
    build_customers(bank, work, [JUNE])
    return SourceTables(connect(), bank, work)


def test_lost_deposit_has_peak_month_outflow_and_counterparty(sources):
    row = lost(sources, JUNE, "lost_deposit").drop(columns="manager_id").to_dict("records")[1]
    assert row == {
        "customer_id": "saver", "branch_id": "B1", "peak_balance": 50_000.0, "peak_month": "2024-03",
        "outflow_amount": 49_900.0, "outflow_month": "2024-05", "outflow_counterparty": "other bank",
        "outflow_type": "transfer", "outflow_share": 0.75,
    }  # fmt: skip


def test_who_was_paid_most_is_told_by_all_kinds_of_payments_together(sources):
    row = lost(sources, JUNE, "lost_deposit").set_index("customer_id").loc["split"]
    assert (row["outflow_counterparty"], row["outflow_type"]) == ("bank A", "transfer")
    assert row["outflow_share"] == 110_000 / 180_000


def test_lost_loan_has_peak_and_no_counterparty(sources):
    (row,) = lost(sources, JUNE, "lost_loan").to_dict("records")
    assert (row["customer_id"], row["peak_balance"]) == ("owed", 80_000.0)
    assert (row["peak_month"], row["outflow_month"]) == ("2024-02", "2024-03")
    assert pd.isna(row["outflow_counterparty"])


def test_without_scores_the_probability_is_empty(sources):
    rows = with_probability(sources, lost(sources, JUNE, "lost_deposit"), load_use_case("winback"), JUNE)
    assert rows.probability.isna().all()


def test_expected_amount_is_probability_times_the_levels_mean_return(sources, monkeypatch):
    brought = pd.Series([1.0, 2.0, 3_000.0, 4.0, 5.0, 6.0, 7.0])
    monkeypatch.setattr("goldmine.customers.lost.brought_back", lambda *_: brought)
    rows = lost(sources, JUNE, "lost_deposit").assign(probability=0.5)
    assert with_expected_amount(sources, rows, load_use_case("winback"), JUNE).expected_yuan.tolist() == [1_500.0] * 2


def test_deposits_that_never_fell_are_not_lost(tmp_path):
    """Of both the wealth product of 500,000 yuan is gone; deposits fell of the second alone."""
    people = [{"customer_id": name, "opened_on": date(2020, 1, 1)} for name in ("same", "fell")]
    held = [
        *(balance(name, "2024-03-31", "wealth", "500000.00") for name in ("same", "fell")),
        *(balance("same", month, "demand", "20000.00") for month in ("2024-03-31", "2024-06-30")),
        balance("fell", "2024-03-31", "demand", "20000.00"),
        balance("fell", "2024-06-30", "demand", "4000.00"),
    ]
    moves = [transaction(1, "same", "2024-06-05T09:00")]
    bank = make_bank(tmp_path / "bank", {"customers": people, "transactions": moves, "balances": held})
    work = Workspace(tmp_path / "work")
    build_activity(bank, work)
    build_features(bank, work, [JUNE])
    build_customers(bank, work, [JUNE])
    rows = lost(SourceTables(connect(), bank, work), JUNE, "lost_deposit")
    assert rows[["customer_id", "outflow_amount"]].values.tolist() == [["fell", 16_000.0]]
