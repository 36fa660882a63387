"""Households on literal customers: who lives together, who is the head, and what they hold together."""

from datetime import date

import duckdb
import pytest

from goldmine.core.engine import connect
from goldmine.core.workspace import Workspace
from goldmine.identity.household_table import build_households
from goldmine.identity.households import households
from tests.tiny import Row, balance, make_bank, transaction

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


def transfers(one: str, other: str, months: int = 3, **more: object) -> list[Row]:
    side = {"kind": "transfer", "counterparty_customer_id": other} | more
    return [transaction(f"{one}{other}{m}", one, f"2024-0{6 - m}-10T09:00", **side) for m in range(months)]


def grouped(
    tmp_path, customers: list[Row], relations: list[Row] = (), day: date = JUNE, moves: list[Row] = ()
) -> set[tuple[str, ...]]:
    optional = {"relations": list(relations), "transactions": list(moves)}
    tables = {"customers": customers} | {name: rows for name, rows in optional.items() if rows}
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


@pytest.mark.parametrize("shared", ["address", "phone"])
def test_a_dormitory_of_several_surnames_is_no_household(tmp_path, shared):
    names = [f"{surname}伟" for surname in "王李张" for _ in range(3)]
    dormitory = [person(f"D{place}", name, **{shared: "0516-88"}) for place, name in enumerate(names)]
    assert all(len(group) == 1 for group in grouped(tmp_path / "nine", dormitory))
    assert grouped(tmp_path / "eight", dormitory[:8]) == {("D0", "D1", "D2"), ("D3", "D4", "D5"), ("D6", "D7")}


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


def test_a_relation_that_is_delivered_twice_makes_nobody_the_head(tmp_path):
    """Of two sisters each names the other, the younger in two equal rows, and under the other's old number too."""
    people = [
        person("A", "王伟", birth_date=date(1990, 1, 1)),
        person("B", "王芳", birth_date=date(1980, 1, 1)),
        person("O", "王芳", merged_into="B", merged_on=date(2024, 1, 1)),
    ]
    relations = [family("A", "B"), family("A", "B"), family("A", "O"), family("B", "A")]
    rows = households(connect(), make_bank(tmp_path, {"customers": people, "relations": relations}), JUNE).rows
    assert [row["customer_id"] for row in rows.to_pylist() if row["is_head"]] == ["B"]


def couple(**more: object) -> list[Row]:
    """Two of one house with other surnames, whose ties may be used."""
    return [person(number, name, address="3组12号", link_consent=True, **more) for number, name in AB]


AB = (("A", "王伟"), ("B", "李娜"))


@pytest.mark.parametrize(
    "people",
    [couple(), [row | {"address": None, "phone": "120"} for row in couple()], couple(grid=None)],
    ids=["address", "telephone", "no grid"],
)
def test_an_address_or_a_telephone_ties_with_regular_transfers(tmp_path, people):
    assert grouped(tmp_path, people, moves=transfers("B", "A")) == {("A", "B")}


@pytest.mark.parametrize(
    ("people", "moves"),
    [
        (couple(), transfers("A", "B", 2)),
        (couple(), transfers("A", "B", known_on=date(2024, 7, 1))),
        (couple(), transfers("A", "B", kind="salary")),
        (couple(), []),
        ([couple()[0], couple(grid="G2")[1]], transfers("A", "B")),
        ([couple()[0], couple()[1] | {"address": "4组1号"}], transfers("A", "B")),
        ([couple()[0], couple()[1] | {"name": "王娜", "address": None}], transfers("A", "B")),
        ([couple()[0], couple()[1] | {"link_consent": False}], transfers("A", "B")),
        ([couple()[0], couple()[1] | {"link_consent": None}], transfers("A", "B")),
    ],
    ids=[
        "two months",
        "known later",
        "no transfer",
        "none",
        "other grid",
        "other house",
        "surname",
        "refuses",
        "unsaid",
    ],
)
def test_transfers_tie_nobody_who_shares_no_house_or_refuses(tmp_path, people, moves):
    assert grouped(tmp_path, people, moves=moves) == {("A",), ("B",)}


def test_a_refusal_under_an_old_number_counts_for_transfers_too(tmp_path):
    old = person("O", "李娜", merged_into="B", merged_on=date(2024, 1, 1), link_consent=False)
    assert grouped(tmp_path, [*couple(), old], moves=transfers("A", "B")) == {("A",), ("B",)}


def test_transfers_to_an_old_number_count_for_the_person(tmp_path):
    old = person("O", "李娜", merged_into="B", merged_on=date(2024, 1, 1), link_consent=True)
    assert grouped(tmp_path, [*couple(), old], moves=transfers("A", "O")) == {("A", "B")}


def test_months_of_transfers_to_an_old_number_and_a_new_one_add_up(tmp_path):
    """Two months to the old number and one to the surviving one; two to both in the same months are two."""
    old = person("O", "李娜", merged_into="B", merged_on=date(2024, 1, 1), link_consent=True)
    split = [*transfers("A", "O", 3)[1:], *transfers("A", "B", 1)]
    assert grouped(tmp_path / "split", [*couple(), old], moves=split) == {("A", "B")}
    both = transfers("A", "O", 2) + transfers("A", "B", 2)
    assert grouped(tmp_path / "both", [*couple(), old], moves=both) == {("A",), ("B",)}


def test_transfers_that_would_make_a_household_too_large_leave_it_as_it_is(tmp_path):
    family_of_five = [person(f"E{number}", "赵刚") for number in range(5)]
    others = [person(f"F{number}", "钱强") for number in range(4)]
    relations = [family("E0", f"E{number}") for number in range(1, 5)]
    relations += [family("F0", f"F{number}") for number in range(1, 4)]
    people = [row | {"address": "3组12号", "link_consent": True} for row in (*family_of_five[:1], *others[:1])]
    people += family_of_five[1:] + others[1:]
    assert grouped(tmp_path, people, relations, moves=transfers("E0", "F0")) == {
        ("E0", "E1", "E2", "E3", "E4"),
        ("F0", "F1", "F2", "F3"),
    }


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
