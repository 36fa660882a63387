"""The customers table: levels, tags, their history, and why a customer has them."""

from datetime import date

import pandas as pd
import pytest

from goldmine.activity import build_activity
from goldmine.core.audit.log import AuditLog
from goldmine.core.errors import HistoryError, ParameterError
from goldmine.core.workspace import Workspace
from goldmine.customers.explain import explain
from goldmine.customers.sleeping import side_by_side
from goldmine.customers.table import build_customers, read_customers
from goldmine.customers.tags import load_catalogue
from goldmine.features import build_features
from tests.tiny import balance, make_bank, transaction

MARCH, JUNE = date(2024, 3, 31), date(2024, 6, 30)
PEOPLE = [{"customer_id": name, "opened_on": date(2020, 1, 1), "branch_id": "B1"} for name in ("001", "002")]
MOVES = [transaction(1, "002", "2024-03-05T09:00"), transaction(2, "001", "2024-06-05T09:00")]


def held(months):
    amounts = {"2024-03-31": ("9999.99", "600000.00"), "2024-06-30": ("10000.00", "600000.00")}
    return [
        balance(name, month, "demand", amount)
        for month in months
        for name, amount in zip(("001", "002"), amounts[month], strict=True)
    ]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("customers")
    tables = {"customers": PEOPLE, "transactions": MOVES, "balances": held(["2024-03-31", "2024-06-30"])}
    bank, work = make_bank(folder / "bank", tables), Workspace(folder / "work")
    build_activity(bank, work)
    build_features(bank, work, [MARCH, JUNE])
    return bank, work, build_customers(bank, work, [MARCH, JUNE])


@pytest.fixture(scope="module")
def june(made):
    return read_customers(made[1], JUNE).set_index("customer_id")


def test_levels_are_exact_to_the_fen(june):
    assert june.aum_avg.to_dict() == {"001": 10_000.0, "002": 600_000.0}
    assert june[["level", "previous_level"]].to_numpy().tolist() == [[1, 0], [4, 4]]
    assert june.layer.to_dict() == {"001": "basic", "002": "high_end"}
    assert june.branch_id.to_dict() == {"001": "B1", "002": "B1"}


def test_who_joined_since_the_quarter_before_had_no_level_then(tmp_path):
    joined = {"003": date(2024, 4, 1), "004": date(2024, 3, 31), "005": None}
    people = [{"customer_id": name, "opened_on": day, "branch_id": "B1"} for name, day in joined.items()]
    amounts = [balance(name, "2024-06-30", "demand", "9000.00") for name in joined]
    tables = {"customers": [*PEOPLE, *people], "transactions": MOVES, "balances": [*held(["2024-03-31"]), *amounts]}
    bank, work = make_bank(tmp_path / "bank", tables), Workspace(tmp_path / "work")
    build_activity(bank, work)
    build_features(bank, work, [JUNE])
    build_customers(bank, work, [JUNE])
    rows = read_customers(work, JUNE).set_index("customer_id")
    assert rows.previous_aum_avg.fillna(-1).to_dict() == {
        **{"001": 9_999.99, "002": 600_000.0},
        **{"003": -1, "004": 0, "005": 0},
    }
    assert rows.previous_level.fillna(-1).tolist() == [0, 4, -1, 0, 0]


def test_exclusive_set_has_one_column_and_free_tags_have_their_own(june):
    assert june.tag_value.to_dict() == {"001": "rising", "002": "core"}
    assert june.tag_activity.to_dict() == {"001": "active", "002": "quiet"}
    assert june.tag_lost_own_90d.to_dict() == {"001": False, "002": True}


def test_tag_has_its_start_and_the_tag_before(june):
    assert june.loc["001", ["tag_value_since", "tag_value_from"]].tolist() == [JUNE, "longtail"]
    assert june.loc["002", "tag_value_since"] == MARCH
    assert pd.isna(june.loc["002", "tag_value_from"])
    assert june.loc["002", ["tag_activity_since", "tag_activity_from"]].tolist() == [JUNE, "active"]
    assert june.loc["002", "tag_lost_own_90d_since"] == JUNE
    assert june.loc["002", "tag_holding_time_since"] == MARCH


def test_tags_without_their_column_are_off_and_reported(made, june):
    assert made[2].switched_off["age.minor"] == "age_years"
    assert june.tag_age.isna().all()


def test_unchanged_table_is_kept(made):
    bank, work, _ = made
    assert build_customers(bank, work, [MARCH, JUNE]).made == ()


def test_explain_gives_condition_values_and_history_and_is_logged(made, own_home):
    bank, work, _ = made
    reasons = {reason.tag: reason for reason in explain(bank, work, "001", JUNE)}
    assert reasons["value.rising"].values == {"level": 1}
    assert (reasons["value.rising"].since, reasons["value.rising"].before) == (JUNE, "longtail")
    assert reasons["activity.active"].values == {"days_since_own": 25.0}
    assert "value.core" not in reasons
    (line,) = AuditLog.of_bank("tiny").newest_first()
    assert (line.action, line.who, line.subject) == ("look_up", "wang", "customer:001")
    assert line.details == {"shown": "tags", "as_of": "2024-06-30"}


def test_explain_of_an_unknown_customer_is_refused_without_the_number(made, own_home):
    with pytest.raises(ParameterError, match="tiny: no active customer has that number at 2024-06-30"):
        explain(made[0], made[1], "1", JUNE)


def test_definitions_of_sleeping_stand_side_by_side(june):
    table = side_by_side(june.reset_index(), load_catalogue()).set_index("name")
    assert table.loc["own_90d", ["customers", "share", "aum"]].tolist() == [1, 0.5, 600_000.0]
    assert table.loc["own_180d", "customers"] == 0
    assert table.loc["own_90d", "also_own_180d"] == 0.0


def test_month_without_balances_is_an_error(tmp_path):
    tables = {"customers": PEOPLE, "transactions": MOVES, "balances": held(["2024-03-31"])}
    bank, work = make_bank(tmp_path / "bank", tables), Workspace(tmp_path / "work")
    build_activity(bank, work)
    build_features(bank, work, [JUNE])
    with pytest.raises(HistoryError, match="balances: none of 2024-06"):
        build_customers(bank, work, [JUNE])


def test_missing_table_is_an_error(tmp_path):
    with pytest.raises(HistoryError, match="2024-06-30: no customers table of that day"):
        read_customers(Workspace(tmp_path), JUNE)


def test_manager_who_left_is_named_no_longer_and_the_table_is_made_again(tmp_path):
    people = [row | {"manager_id": f"S{number}"} for number, row in enumerate(PEOPLE, start=1)]
    tables = {"customers": people, "transactions": MOVES, "balances": held(["2024-03-31", "2024-06-30"])}
    work = Workspace(tmp_path / "work")

    def named(left_on):
        staff = [{"staff_id": "S1", "left_on": left_on}, {"staff_id": "S2", "left_on": None}]
        bank = make_bank(tmp_path / "bank", tables | {"staff": staff})
        build_activity(bank, work)
        build_features(bank, work, [MARCH, JUNE])
        made = build_customers(bank, work, [MARCH, JUNE]).made
        managers = [list(read_customers(work, day)["manager_id"].fillna("")) for day in (MARCH, JUNE)]
        return made, *managers

    assert named(None) == ((MARCH, JUNE), ["S1", "S2"], ["S1", "S2"])
    assert named("2024-06-18") == ((JUNE,), ["S1", "S2"], ["", "S2"])


FAMILY = (("1", True), ("2", True), ("3", True), ("4", False), ("5", None), ("6", True), ("7", True))
HELD = {"1": "30000.00", "2": "15000.00", "3": "5000.00", "4": "900000.00", "5": "900000.00", "6": "7.00", "7": "8.00"}


def relation(one: str, other: str, since: date = date(2020, 1, 1), **more) -> dict:
    return {"customer_id": one, "related_id": other, "relation": "family", "since": since} | more


def household_rows(folder, relations: list[dict], *, asks: bool = True, later: tuple[dict, ...] = ()) -> pd.DataFrame:
    people = [
        {"customer_id": name, "opened_on": date(2020, 1, 1), "grid_id": "G"}
        | ({"link_consent": consent} if asks else {})
        for name, consent in FAMILY
    ]
    people.append({**people[0], "customer_id": "9", "kind": "firm", "opened_on": date(2021, 1, 1)})
    tables = {
        "customers": [*people, *later],
        "transactions": [transaction(1, "1", "2024-06-05T09:00")],
        "balances": [balance(name, "2024-06-30", "demand", amount) for name, amount in HELD.items()],
        "relations": relations,
    }
    bank, work = make_bank(folder / "bank", tables), Workspace(folder / "work")
    build_activity(bank, work)
    build_features(bank, work, [JUNE])
    build_customers(bank, work, [JUNE])
    return read_customers(work, JUNE).set_index("customer_id")


KNOWN = [
    relation("1", "2"), relation("2", "3"), relation("1", "4"), relation("1", "5"), relation("4", "6"),
    relation("5", "7"), relation("1", "9"),
]  # fmt: skip


def test_a_household_is_counted_and_tagged_without_those_who_refuse_or_were_not_asked(tmp_path):
    rows = household_rows(tmp_path, KNOWN)
    found = rows[["household_members", "household_aum", "tag_household"]]
    assert found.loc[["1", "2", "3"]].to_numpy().tolist() == [
        [3, 50_000.0, "mid_high"],
        [3, 50_000.0, "mid_high"],
        [3, 50_000.0, "longtail_of_well_off"],
    ]
    # 6 and 7 would live with the others only through those who refused.
    assert found.loc[["6", "7"]].to_numpy().tolist() == [[1, 7.0, "alone"], [1, 8.0, "alone"]]
    assert found.loc[["4", "5", "9"]].isna().all(axis=None)


def test_a_household_is_that_of_the_day_whatever_becomes_known_later(tmp_path):
    later = [
        relation("3", "6", date(2024, 7, 1)),
        relation("6", "7", ended_on=date(2024, 6, 30)),
        relation("1", "8"),
    ]
    comes = {"customer_id": "8", "opened_on": date(2024, 7, 1), "grid_id": "G", "link_consent": True}
    columns = ["household_members", "household_aum", "tag_household"]
    now = household_rows(tmp_path / "now", KNOWN)[columns]
    then = household_rows(tmp_path / "then", [*KNOWN, *later], later=(comes,))[columns]
    pd.testing.assert_frame_equal(now, then)


def test_households_are_off_where_nobody_was_asked(tmp_path):
    rows = household_rows(tmp_path, KNOWN, asks=False)
    assert "household_aum" not in rows
    assert rows["tag_household"].isna().all()


def test_who_made_no_transaction_for_half_a_year_is_not_steady(tmp_path):
    people = [{"customer_id": name, "opened_on": date(2020, 1, 1)} for name in ("steady", "silent")]
    moves = [transaction(n, "steady", f"2024-0{n}-05T09:00") for n in (1, 2, 3, 4, 5, 6)]
    moves.append(transaction(7, "silent", "2023-10-05T09:00"))
    bank = make_bank(tmp_path / "bank", {"customers": people, "transactions": moves})
    work = Workspace(tmp_path / "work")
    build_activity(bank, work)
    build_features(bank, work, [JUNE])
    build_customers(bank, work, [JUNE])
    rows = read_customers(work, JUNE).set_index("customer_id")
    assert rows["tag_life_cycle"].to_dict() == {"steady": "steady", "silent": "asleep"}
