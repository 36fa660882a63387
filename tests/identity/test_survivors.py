"""Which number a customer survives under: chains, days, circles, unknown numbers; and no yuan is lost."""

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
    found = merged_numbers(connection, table, day).to_pyarrow().to_pydict()
    return dict(zip(found["merged_id"], found["survivor_id"], strict=True))


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
def test_chains_end_at_their_last_number_and_circles_at_their_smallest(merged_into, survivors):
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
def test_mergers_count_from_their_day_on(tmp_path, day, survivors):
    assert survivors_at(tmp_path, CHAIN, day) == survivors


def test_what_no_merger_should_be_has_a_rule(tmp_path):
    customers = [
        {"customer_id": "undated", "merged_into": "keeper", "merged_on": None, "opened_on": None},
        {"customer_id": "only_dated", "merged_on": date(2024, 1, 1)},
        {"customer_id": "to_nobody", "merged_into": "unknown", "merged_on": date(2024, 1, 1)},
        {"customer_id": "to_one_who_is_to_come", "merged_into": "later", "merged_on": date(2024, 1, 1)},
        {"customer_id": "itself", "merged_into": "itself", "merged_on": date(2024, 1, 1)},
        {"customer_id": "behind", "merged_into": "to_nobody", "merged_on": date(2024, 1, 1)},
        {"customer_id": "keeper"},
        {"customer_id": "later", "opened_on": date(2024, 5, 1)},
    ]
    at_the_time = {"undated": "keeper", "behind": "to_nobody"}
    assert survivors_at(tmp_path, customers, date(2024, 4, 30)) == at_the_time
    assert survivors_at(tmp_path, customers) == at_the_time | {"to_one_who_is_to_come": "later"}


def test_a_customer_who_stands_twice_is_merged_once(tmp_path):
    assert survivors_at(tmp_path, [*CHAIN, CHAIN[0]], date(2024, 1, 31)) == {"A": "B"}


def test_the_survivor_is_a_customer_since_the_earliest_of_the_days(tmp_path):
    connection = connect()
    customers = make_bank(tmp_path, {"customers": [*CHAIN, {"customer_id": "D"}]}).read(connection, "customers")

    def opened(day):
        rows = surviving_customers(customers, merged_numbers(connection, customers, day))
        assert rows.columns == customers.columns
        found = rows.select("customer_id", "opened_on").to_pyarrow().to_pydict()
        return dict(zip(found["customer_id"], found["opened_on"], strict=True))

    assert opened(date(2024, 1, 31)) == {"B": date(2018, 1, 1), "C": date(2020, 1, 1), "D": None}
    assert opened(date(2024, 3, 31)) == {"C": date(2018, 1, 1), "D": None}


def test_rows_take_the_surviving_number_in_every_column_and_none_is_lost(tmp_path):
    connection = connect()
    customers = make_bank(tmp_path, {"customers": CHAIN}).read(connection, "customers")
    merged = merged_numbers(connection, customers)
    rows = ibis.memtable({"customer_id": ["A", "C", "X"], "related_id": ["X", "B", "A"], "yuan": [1, 2, 4]})
    found = connection.to_pyarrow(under_survivors(rows, merged, ("customer_id", "related_id")).order_by("yuan"))
    assert found.to_pydict() == {"customer_id": ["C", "C", "X"], "related_id": ["X", "C", "C"], "yuan": [1, 2, 4]}


def test_a_person_has_all_numbers_of_the_chain_and_mergers_name_them(tmp_path):
    connection = connect()
    customers = make_bank(tmp_path, {"customers": [*CHAIN, {"customer_id": "D"}]}).read(connection, "customers")
    merged = merged_numbers(connection, customers)
    for number in "ABC":
        rows = ibis.memtable({"customer_id": [number, "D"]})
        found = connection.to_pyarrow(same_persons(rows, merged))["customer_id"].to_pylist()
        assert sorted(found) == ["A", "B", "C", "D"]
    assert sorted(connection.to_pyarrow(mergers(customers))["customer_id"].to_pylist()) == ["A", "B", "C"]
