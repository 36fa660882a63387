"""Households on literal customers: who lives together, who is the head, and what they hold together."""

from datetime import date

import duckdb
import pytest

from goldmine.core.engine import connect
from goldmine.core.workspace import Workspace
from goldmine.identity.household_table import build_households
from goldmine.identity.households import households
from tests.tiny import Row, balance, make_bank

JUNE = date(2024, 6, 30)


def person(number: str, name: str, grid: str = "G1", **more: object) -> Row:
    return {
        "customer_id": number,
        "name": name,
        "grid_id": grid,
        "opened_on": date(2010, 1, 1),
        "kind": "person",
    } | more


def family(one: str, other: str, **more: object) -> Row:
    return {"customer_id": one, "related_id": other, "relation": "family", "since": date(2015, 1, 1)} | more


def grouped(tmp_path, customers: list[Row], relations: list[Row] = (), day: date = JUNE) -> set[tuple[str, ...]]:
    tables = {"customers": customers} | ({"relations": list(relations)} if relations else {})
    rows = households(connect(), make_bank(tmp_path, tables), day).rows.to_pylist()
    groups: dict[str, list[str]] = {}
    for row in rows:
        groups.setdefault(row["household_id"], []).append(row["customer_id"])
    return {tuple(sorted(members)) for members in groups.values()}


def test_family_in_one_grid_lives_together_and_a_child_elsewhere_does_not(tmp_path):
    people = [person("A", "王伟"), person("B", "李娜"), person("C", "王芳", grid="G2"), person("D", "张敏", grid=None)]
    relations = [family("A", "B"), family("A", "C"), family("A", "D")]
    assert grouped(tmp_path, people, relations) == {("A", "B", "D"), ("C",)}


def test_a_surname_with_an_address_or_a_telephone_ties_and_one_of_them_alone_does_not(tmp_path):
    people = [
        person("A", "王伟", address="3组12号"),
        person("B", "王芳", address="3组12号", phone="120"),
        person("C", "王强", phone="120"),
        person("D", "李娜", address="3组12号", phone="120"),
        person("E", "王军", grid="G2", address="3组12号", phone="120"),
        person("F", "王勇"),
    ]
    assert grouped(tmp_path, people) == {("A", "B", "C"), ("D",), ("E",), ("F",)}


def test_a_dormitory_and_a_group_without_end_are_no_household(tmp_path):
    dormitory = [person(f"D{number}", "王伟", address="宿舍") for number in range(9)]
    chain = [person(f"E{number}", "李娜") for number in range(9)]
    relations = [family(f"E{number}", f"E{number + 1}") for number in range(8)]
    assert all(len(group) == 1 for group in grouped(tmp_path, dormitory + chain, relations))


def test_what_was_not_known_by_the_day_ties_nobody(tmp_path):
    people = [
        person("A", "王伟"),
        person("B", "李娜"),
        person("C", "张敏"),
        person("D", "赵刚", opened_on=date(2024, 7, 1)),
    ]
    relations = [
        family("A", "B", since=date(2024, 7, 1)),
        family("A", "C", ended_on=date(2024, 6, 30)),
        family("A", "D", since=None),
    ]
    assert grouped(tmp_path, people, relations) == {("A",), ("B",), ("C",)}
    assert grouped(tmp_path, people, relations, date(2024, 7, 1)) == {("A", "B", "D"), ("C",)}


def test_cycles_self_loops_duplicates_and_merged_numbers_do_no_harm(tmp_path):
    people = [
        person("A", "王伟"),
        person("B", "李娜"),
        person("C", "王芳"),
        person("O", "王芳", merged_into="C", merged_on=date(2024, 1, 1)),
        person("F", "王伟商行", kind="firm"),
    ]
    relations = [
        family("A", "B"),
        family("B", "A"),
        family("A", "A"),
        family("O", "B"),
        family("A", "F"),
        family("A", "gone"),
    ]
    assert grouped(tmp_path, people, relations) == {("A", "B", "C")}


def test_the_head_is_whom_most_relations_start_from_then_the_oldest(tmp_path):
    people = [
        person("A", "王伟", birth_date=date(1990, 1, 1)),
        person("B", "李娜", birth_date=date(1950, 1, 1)),
        person("C", "赵刚", birth_date=date(1960, 1, 1), address="x"),
        person("D", "赵强", birth_date=date(1940, 1, 1), address="x"),
    ]
    bank = make_bank(tmp_path, {"customers": people, "relations": [family("A", "B")]})
    rows = households(connect(), bank, JUNE).rows.to_pylist()
    assert [row["customer_id"] for row in rows if row["is_head"]] == ["A", "D"]


@pytest.fixture
def stored(tmp_path):
    people = [
        person("A", "王伟"),
        person("B", "李娜"),
        person("C", "张敏", grid="G2"),
        person("O", "李娜", merged_into="B", merged_on=date(2024, 1, 1)),
    ]
    balances = [
        balance("A", "2024-06-30", "demand", "100.10"),
        balance("O", "2024-06-30", "time", "900.00"),
        balance("B", "2024-06-30", "loan", "50.00"),
        balance("A", "2024-05-31", "demand", "7777.00"),
    ]
    bank = make_bank(tmp_path, {"customers": people, "relations": [family("A", "B")], "balances": balances})
    built = build_households(bank, Workspace(tmp_path / "work"), JUNE)
    return built, duckdb.sql(f"FROM '{built.path}' ORDER BY customer_id").fetchall()


def test_a_household_holds_what_its_members_hold_merged_numbers_included(stored):
    built, rows = stored
    assert (built.customers, built.households, built.several, built.too_large) == (3, 2, 1, 0)
    sums = {row[0]: (row[1], row[2], row[3], str(row[4]), str(row[5]), row[6]) for row in rows}
    assert sums == {
        "A": ("A", True, 2, "1000.10", "50.00", 3),
        "B": ("A", False, 2, "1000.10", "50.00", 3),
        "C": ("C", True, 1, "0.00", "0.00", 0),
    }


def test_a_bank_with_customers_alone_has_households_without_sums(tmp_path):
    bank = make_bank(tmp_path, {"customers": [person("A", "王伟")]})
    built = build_households(bank, Workspace(tmp_path / "work"), JUNE)
    assert duckdb.sql(f"SELECT members, household_aum FROM '{built.path}'").fetchall() == [(1, None)]
