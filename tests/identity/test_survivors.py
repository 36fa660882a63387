"""Surviving numbers: chains, days, cycles and unknown numbers."""

from datetime import date

import ibis
import pytest

from goldmine.core.engine import connect
from goldmine.identity import (
    merged_numbers,
    mergers,
    same_persons,
    surviving_customers,
    surviving_numbers,
    under_survivors,
)
from tests.tiny import make_bank

CHAIN = [
    {"customer_id": "A", "merged_into": "B", "merged_on": date(2024, 1, 31), "opened_on": date(2018, 1, 1)},
    {"customer_id": "B", "merged_into": "C", "merged_on": date(2024, 3, 31), "opened_on": date(2019, 1, 1)},
    {"customer_id": "C", "opened_on": date(2020, 1, 1)},
]


def survivors_at(tmp_path, customers, day=None):
    connection = connect()
    table = make_bank(tmp_path, {"customers": customers}).read(connection, "customers")
    merged = merged_numbers(connection, table, day).to_pyarrow().to_pydict()
    return dict(zip(merged["merged_id"], merged["survivor_id"], strict=True))


@pytest.mark.parametrize(
    ("merged_into", "survivors"),
    [
        ({"A": "B"}, {"A": "B"}),
        ({"A": "B", "B": "C", "C": "D", "D": "E", "E": "F"}, dict.fromkeys("ABCDE", "F")),
        ({"A": "A"}, {}),
        ({"B": "C", "C": "B"}, {"C": "B"}),
        ({"C": "A", "A": "B", "B": "C"}, {"B": "A", "C": "A"}),
        ({"Z": "C", "C": "A", "A": "B", "B": "C"}, {"Z": "A", "B": "A", "C": "A"}),
        ({"D": "A", "A": "A"}, {"D": "A"}),
    ],
)
def test_chains_end_at_the_last_number_and_cycles_at_the_smallest(merged_into, survivors):
    assert surviving_numbers(merged_into) == survivors
    assert surviving_numbers(dict(reversed(merged_into.items()))) == survivors


@pytest.mark.parametrize(
    ("day", "survivors"),
    [
        (date(2024, 1, 30), {}),
        (date(2024, 1, 31), {"A": "B"}),
        (date(2024, 3, 31), {"A": "C", "B": "C"}),
        (None, {"A": "C", "B": "C"}),
    ],
)
def test_mergers_apply_from_their_day(tmp_path, day, survivors):
    assert survivors_at(tmp_path, CHAIN, day) == survivors


def test_invalid_mergers_follow_their_rules(tmp_path):
    customers = [
        {"customer_id": "undated", "merged_into": "keeper", "merged_on": None, "opened_on": None},
        {"customer_id": "only_dated", "merged_on": date(2024, 1, 1)},
        {"customer_id": "to_nobody", "merged_into": "unknown", "merged_on": date(2024, 1, 1)},
        {"customer_id": "to_later_customer", "merged_into": "later", "merged_on": date(2024, 1, 1)},
        {"customer_id": "itself", "merged_into": "itself", "merged_on": date(2024, 1, 1)},
        {"customer_id": "behind", "merged_into": "to_nobody", "merged_on": date(2024, 1, 1)},
        {"customer_id": "keeper"},
        {"customer_id": "later", "opened_on": date(2024, 5, 1)},
    ]
    in_april = {"undated": "keeper", "behind": "to_nobody"}
    assert survivors_at(tmp_path, customers, date(2024, 4, 30)) == in_april
    assert survivors_at(tmp_path, customers) == in_april | {"to_later_customer": "later"}


def test_duplicate_customer_row_is_merged_once(tmp_path):
    assert survivors_at(tmp_path, [*CHAIN, CHAIN[0]], date(2024, 1, 31)) == {"A": "B"}


def test_survivor_takes_the_earliest_opening_day(tmp_path):
    connection = connect()
    customers = make_bank(tmp_path, {"customers": [*CHAIN, {"customer_id": "D"}]}).read(connection, "customers")

    def opened(day):
        rows = surviving_customers(customers, merged_numbers(connection, customers, day))
        assert rows.columns == customers.columns
        columns = rows.select("customer_id", "opened_on").to_pyarrow().to_pydict()
        return dict(zip(columns["customer_id"], columns["opened_on"], strict=True))

    assert opened(date(2024, 1, 31)) == {"B": date(2018, 1, 1), "C": date(2020, 1, 1), "D": None}
    assert opened(date(2024, 3, 31)) == {"C": date(2018, 1, 1), "D": None}


def test_rows_take_the_surviving_number_in_every_column(tmp_path):
    connection = connect()
    customers = make_bank(tmp_path, {"customers": CHAIN}).read(connection, "customers")
    merged = merged_numbers(connection, customers)
    rows = ibis.memtable({"customer_id": ["A", "C", "X"], "related_id": ["X", "B", "A"], "yuan": [1, 2, 4]})
    surviving = connection.to_pyarrow(under_survivors(rows, merged, ("customer_id", "related_id")).order_by("yuan"))
    assert surviving.to_pydict() == {"customer_id": ["C", "C", "X"], "related_id": ["X", "C", "C"], "yuan": [1, 2, 4]}


def test_same_persons_returns_all_numbers_of_a_chain(tmp_path):
    connection = connect()
    customers = make_bank(tmp_path, {"customers": [*CHAIN, {"customer_id": "D"}]}).read(connection, "customers")
    merged = merged_numbers(connection, customers)
    for number in "ABC":
        rows = ibis.memtable({"customer_id": [number, "D"]})
        numbers = connection.to_pyarrow(same_persons(rows, merged))["customer_id"].to_pylist()
        assert sorted(numbers) == ["A", "B", "C", "D"]
    assert sorted(connection.to_pyarrow(mergers(customers))["customer_id"].to_pylist()) == ["A", "B", "C"]
