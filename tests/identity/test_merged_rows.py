"""Rows of merged numbers count under the survivor in features, outcomes, coverage and customers; no yuan is lost."""

from datetime import date

import duckdb
import pytest

from goldmine.activity import build_activity
from goldmine.activity.build import partition
from goldmine.core.engine import Engine, connect
from goldmine.core.workspace import Workspace
from goldmine.coverage.customer_balances import BankSnapshot
from goldmine.customers.lost import lost
from goldmine.customers.source_tables import SourceTables
from goldmine.customers.table import build_customers
from goldmine.features import build_features
from goldmine.governance.point_in_time_check import check_point_in_time
from goldmine.labels.outcome_window import OutcomeWindow
from tests.tiny import balance, make_bank, transaction

JANUARY, FEBRUARY, MARCH = date(2024, 1, 31), date(2024, 2, 29), date(2024, 3, 31)
CHAIN = [
    {"customer_id": "A", "merged_into": "B", "merged_on": date(2024, 2, 10), "opened_on": date(2020, 3, 31)},
    {"customer_id": "B", "merged_into": "C", "merged_on": date(2024, 3, 10), "opened_on": date(2022, 3, 31)},
    {"customer_id": "C", "opened_on": date(2023, 3, 31)},
    {"customer_id": "D", "opened_on": date(2023, 3, 31)},
]
"""A is merged into B in February, B into C in March; D is in no merger."""
INVALID = [{"merged_on": date(2024, 2, 10), "opened_on": date(2020, 1, 1)} | row for row in (
    {"customer_id": "O", "merged_into": "M"}, {"customer_id": "M", "merged_into": "N"},
    {"customer_id": "N", "merged_into": "O"}, {"customer_id": "P", "merged_into": "nobody"},
    {"customer_id": "Q", "merged_into": "Q"},
)]  # fmt: skip
HELD = {"A": ("5000.00", "300.00"), "B": ("700.00", "20.00"), "C": ("1000.00", "4000.00"), "D": ("9.99", "0.01")}
HELD |= {
    "M": ("1.00", "1.00"),
    "N": ("2.00", "2.00"),
    "O": ("4.00", "4.00"),
    "P": ("8.00", "8.00"),
    "Q": ("16.00", "16.00"),
}
"""Yuan in demand deposits at the ends of January, February and March, and in time deposits."""


@pytest.fixture(scope="module")
def books(tmp_path_factory):
    """A bank and a work folder with the features of three month ends."""
    folder = tmp_path_factory.mktemp("merged")
    months = ("2024-01-31", "2024-02-29", "2024-03-31")
    balances = [
        balance(name, month, kind, yuan)
        for name, amounts in HELD.items()
        for kind, yuan in zip(("demand", "time"), amounts, strict=True)
        for month in months
    ]
    # A and C have their peaks in different months: 9,000 and 2,000 in December, 100 and 8,500 in November.
    balances += [balance(*row) for row in (
        ("A", "2023-12-31", "demand", "9000.00"), ("C", "2023-12-31", "demand", "2000.00"),
        ("A", "2023-11-30", "demand", "100.00"), ("C", "2023-11-30", "demand", "8500.00"),
    )]  # fmt: skip
    tables = {
        "customers": [*CHAIN, *INVALID],
        "transactions": [
            transaction(1, "D", "2024-01-10T09:00"),
            transaction(2, "A", "2024-02-05T09:00", amount="10.00"),
            transaction(3, "B", "2024-02-06T09:00", amount="20.00"),
            transaction(4, "C", "2024-03-07T09:00", amount="40.00"),
        ],
        "balances": balances,
        "accounts": [
            {"account_id": f"{name}1", "customer_id": name, "product_class": "demand", "opened_on": date(2023, 4, 1)}
            for name in "ABCD"
        ],
        "product_events": [
            {"event_id": name, "customer_id": name, "happened_on": date(2023, 6, 1), "event": "bought",
             "product_class": "wealth"}
            for name in "AB"
        ],
        "contacts": [
            {"campaign_id": "K", "customer_id": name, "contacted_on": date(2024, 1, day), "answer": "no"}
            for name, day in (("A", 5), ("C", 9))
        ],
        "external_facts": [
            {"customer_id": name, "fact": "tax", "amount": amount, "observed_on": date(2023, 1, 1)}
            for name, amount in (("A", "70.00"), ("C", "60.00"))
        ],
        "relations": [
            {"customer_id": "A", "related_id": "D", "relation": "family", "since": date(2020, 1, 1)},
            {"customer_id": "C", "related_id": "B", "relation": "family", "since": date(2020, 1, 1)},
        ],
    }  # fmt: skip
    bank, work = make_bank(folder / "bank", tables), Workspace(folder / "work")
    build_activity(bank, work)
    build_features(bank, work, [JANUARY, FEBRUARY, MARCH])
    return bank, work


def features(books, day, *names):
    columns = ", ".join(names)
    return duckdb.sql(
        f"SELECT customer_id, {columns} FROM '{books[1].features(day)}' WHERE customer_id < 'E' ORDER BY customer_id"
    ).fetchall()


@pytest.mark.parametrize(
    ("day", "rows"),
    [
        (JANUARY, [("A", 5300.0, 0.0), ("B", 720.0, 0.0), ("C", 5000.0, 0.0), ("D", 10.0, 1.0)]),
        (FEBRUARY, [("B", 6020.0, 2.0), ("C", 5000.0, 0.0), ("D", 10.0, 1.0)]),
        (MARCH, [("C", 11020.0, 3.0), ("D", 10.0, 1.0)]),
    ],
)
def test_chain_of_mergers_moves_balances_at_each_cutoff(books, day, rows):
    assert features(books, day, "aum_avg_30d", "own_count_90d") == rows


@pytest.mark.parametrize("day", [JANUARY, FEBRUARY, MARCH])
def test_aum_of_survivors_sums_to_that_of_the_books(books, day):
    bank, work = books
    fen = duckdb.sql(f"SELECT sum(aum_avg)::BIGINT FROM '{partition(work, 'balances', f'{day:%Y-%m}')}'").fetchone()
    assert fen == (1109200,)
    survivors = duckdb.sql(f"SELECT round(sum(aum_avg_30d::DOUBLE) * 100)::BIGINT FROM '{work.features(day)}'")
    assert survivors.fetchone() == fen
    connection = connect()
    ladder = SourceTables(connection, bank, work).balances(day, day)
    assert (ladder.aum.sum().execute(),) == fen
    coverage = BankSnapshot(connection, bank, work, day)
    held = coverage.month("balances", day).semi_join(coverage.customers(), "customer_id")
    assert (int(held.aum_avg.sum().execute()),) == fen


def test_invalid_mergers_keep_their_balances(books):
    rows = duckdb.sql(
        f"SELECT customer_id, aum_avg_30d FROM '{books[1].features(FEBRUARY)}' WHERE customer_id > 'E' ORDER BY ALL"
    ).fetchall()
    assert rows == [("M", 14.0), ("P", 16.0), ("Q", 32.0)]


def test_survivor_takes_over_accounts_events_contacts_facts_and_tenure(books):
    names = ("accounts_open_count", "wealth_bought_count_ever", "contacts_count_365d", "tax_amount", "tenure_months")
    before, after = ({row[0]: row[1:] for row in features(books, day, *names)} for day in (JANUARY, MARCH))
    assert before["A"][:4] == (1.0, 1.0, 1.0, 70.0)
    assert before["C"][:4] == (1.0, 0.0, 1.0, 60.0)
    assert after["C"][:4] == (3.0, 2.0, 2.0, 70.0)
    assert round(after["C"][4]) == 48
    assert after["D"][:4] == (1.0, 0.0, 0.0, None)


def test_peak_balance_is_taken_after_summing_merged_numbers(books):
    assert features(books, JANUARY, "demand_peak_365d", "aum_peak_365d")[2] == ("C", 8500.0, 8500.0)
    assert features(books, MARCH, "demand_peak_365d", "aum_peak_365d")[0] == ("C", 11000.0, 11020.0)


def test_nobody_is_their_own_relative_after_a_merger(books):
    assert features(books, MARCH, "family_aum_mean") == [("C", 10.0), ("D", 11020.0)]


def test_mergers_give_the_same_features_in_slices_and_without_the_future(books):
    bank, work = books
    days = [JANUARY, FEBRUARY, MARCH]
    whole = [duckdb.sql(f"FROM '{work.features(day)}' ORDER BY customer_id").fetchall() for day in days]
    assert [check_point_in_time(bank, work, day).changed for day in days] == [{}, {}, {}]
    for day in days:
        work.features(day).with_suffix(".json").unlink()
    build_features(bank, work, days, Engine(slice_customers=2))
    assert [duckdb.sql(f"FROM '{work.features(day)}/*.parquet'").fetchall() for day in days] == whole
    assert [check_point_in_time(bank, work, day).changed for day in days] == [{}, {}, {}]


def test_outcomes_are_counted_under_the_survivor(books):
    bank, work = books
    window = OutcomeWindow(connect(), bank, work, date(2023, 12, 31), JANUARY, date(2024, 3, 31), date(2024, 4, 30))
    growth = window.aum_growth().to_pyarrow().to_pydict()
    assert dict(zip(growth["customer_id"], growth["gained"], strict=True))["C"] == (11020 - 11000) * 100
    assert window.own_transactions().to_pyarrow()["customer_id"].to_pylist() == ["C"]


def test_lost_deposits_include_merged_numbers(tmp_path):
    people = [
        {"customer_id": "old", "merged_into": "kept", "merged_on": date(2024, 6, 1), "opened_on": date(2020, 1, 1)},
        {"customer_id": "kept", "opened_on": date(2020, 1, 1), "branch_id": "B1"},
    ]
    held = [
        balance("old", "2024-03-31", "demand", "200000.00"),
        balance("kept", "2024-03-31", "demand", "50000.00"),
        balance("kept", "2024-06-30", "demand", "1000.00"),
    ]
    paid = {"kind": "transfer", "counterparty": "other bank"}
    moves = [
        transaction(1, "old", "2024-04-10T09:00", amount="150000.00", **paid),
        transaction(2, "kept", "2024-06-10T09:00", amount="50000.00", counterparty="shop"),
    ]
    bank = make_bank(tmp_path / "bank", {"customers": people, "transactions": moves, "balances": held})
    work, day = Workspace(tmp_path / "work"), date(2024, 6, 30)
    build_activity(bank, work)
    build_features(bank, work, [day])
    build_customers(bank, work, [day])
    (row,) = lost(SourceTables(connect(), bank, work), day, "lost_deposit").to_dict("records")
    assert (row["customer_id"], row["peak_balance"], row["peak_month"]) == ("kept", 250_000.0, "2024-03")
    assert (row["outflow_amount"], row["outflow_month"]) == (249_000.0, "2024-06")
    assert (row["outflow_counterparty"], row["outflow_share"]) == ("other bank", 0.75)
