"""Who is worth a visit and not a call, on literal households."""

from datetime import date

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from goldmine.core.errors import HistoryError
from goldmine.grid.one_grid import make_grid
from goldmine.grid.rules import GridRules, load_grid_rules
from goldmine.grid.visit_list import make_visit_list, write_visits
from tests.grid.test_one_grid import manager, person, village
from tests.tiny import Row, balance, make_bank, workspace

JUNE = date(2024, 6, 30)
RULES = load_grid_rules().model_copy(
    update={
        "visits": load_grid_rules().visits.model_copy(
            update={
                "minutes": 25,
                "yuan_per_minute": 0.8,
                "call_yuan": 6.0,
                "effect_over_call": 2.5,
                "care_rate": 0.001,
                "care_days": 180,
                "rest_days": 90,
                "min_gain": 5.0,
                "prior_contacts": 4.0,
            }
        )
    }
)


def consenting(number: str, **more: object) -> Row:
    return person(number, **({"marketing_consent": True, "birth_date": date(1970, 1, 1)} | more))


def visit(number: str, customer: str, day: date, result: str) -> Row:
    return {"visit_id": number, "customer_id": customer, "visitor_id": "S1", "visited_on": day, "result": result}


def listed(tmp_path, customers: list[Row], money: dict[str, int], rules: GridRules = RULES, **more: list[Row]):
    tables = {
        "customers": customers,
        "grids": [village("G1")],
        "staff": [manager("S1")],
        "balances": [balance(number, "2024-06-30", "demand", str(amount)) for number, amount in money.items()],
    }
    bank, work = make_bank(tmp_path / "bank", tables | more), workspace(tmp_path / "work")
    make_grid(bank, work, JUNE, rules)
    return make_visit_list(bank, work, JUNE, rules.visits)


def test_a_visits_worth_is_gain_times_reach_less_time(tmp_path):
    visits = listed(tmp_path, [consenting("A")], {"A": 100_000})
    row = visits.rows.iloc[0]
    # 100 yuan of care; half is met or reached where the bank knows no contact: 100 x 2.5 x 0.5 - 20, and 100 x 0.5 - 6.
    assert (row["visit_yuan"], row["call_yuan"], row["visit_reason"]) == (105.0, 44.0, "care")


def test_a_household_is_visited_once_and_its_assets_add_up(tmp_path):
    family = [{"customer_id": "A", "related_id": "B", "relation": "family", "since": date(2015, 1, 1)}]
    people = [consenting("A"), consenting("B")]
    visits = listed(tmp_path, people, {"A": 60_000, "B": 40_000}, relations=family)
    assert visits.rows[["customer_id", "members", "household_aum"]].values.tolist() == [["A", 2, 100_000.0]]


def test_a_refusal_of_one_member_leaves_the_other_to_ask_for(tmp_path):
    family = [{"customer_id": "A", "related_id": "B", "relation": "family", "since": date(2015, 1, 1)}]
    people = [consenting("A", marketing_consent=False), consenting("B")]
    visits = listed(tmp_path, people, {"A": 900_000, "B": 100_000}, relations=family)
    assert visits.rows[["customer_id", "household_aum"]].values.tolist() == [["B", 100_000.0]]
    assert visits.left_out == {}


def test_who_may_not_be_visited_is_left_out_and_counted(tmp_path):
    ledger = [{"customer_id": "B", "reason": "other", "start_date": date(2024, 1, 1), "channel": "visit"}]
    people = [consenting("A", marketing_consent=False), consenting("B"), consenting("C")]
    visits = listed(tmp_path, people, dict.fromkeys("ABC", 100_000), suppressions=ledger)
    assert visits.rows["customer_id"].tolist() == ["C"]
    assert {name: count for name, (_who, count) in visits.left_out.items()} == {"opted_out": 1, "channel": 1}


def test_met_within_the_days_of_rest_or_moved_away_is_no_visit(tmp_path):
    past = [
        visit("1", "A", date(2024, 5, 1), "met"),
        visit("2", "B", date(2024, 5, 1), "moved"),
        visit("3", "C", date(2024, 5, 1), "not_met"),
        visit("4", "D", date(2023, 11, 1), "met"),
        visit("5", "E", date(2024, 7, 1), "moved"),
    ]
    people = [consenting(number) for number in "ABCDE"]
    visits = listed(tmp_path, people, dict.fromkeys("ABCDE", 100_000), visits=past)
    rows = visits.rows.set_index("customer_id")
    assert set(rows.index) == {"C", "D", "E"}
    # Two of four visits by the snapshot met somebody: C has (0 + 4 x 0.5) / (1 + 4), D (1 + 2) / 5, E the bank's.
    assert rows["visit_reach"].to_dict() == {"C": 0.4, "D": 0.6, "E": 0.5}


def test_who_has_moved_away_is_not_back_because_somebody_called_or_found_nobody(tmp_path):
    """A, B and C had moved on 1 May; C was met at home in August of the year before, D after having moved."""
    past = [visit(number, number, date(2024, 5, 1), "moved") for number in "AB"]
    past += [visit("B2", "B", date(2024, 5, 20), "not_met"), visit("C1", "C", date(2023, 8, 1), "met")]
    past += [visit("C2", "C", date(2024, 5, 1), "moved")]
    past += [visit("D1", "D", date(2023, 5, 1), "moved"), visit("D2", "D", date(2023, 8, 1), "met")]
    said = {"campaign_id": "relationship", "channel": "call"}
    calls = [said | {"customer_id": "A", "contacted_on": date(2024, 5, 20), "answer": "not_reached"},
             said | {"customer_id": "C", "contacted_on": date(2024, 5, 1), "answer": "later"}]  # fmt: skip
    people = [consenting(number) for number in "ABCD"]
    visits = listed(tmp_path, people, dict.fromkeys("ABCD", 1_000_000), visits=past, contacts=calls)
    assert visits.rows["customer_id"].tolist() == ["D"]


def test_what_came_back_since_the_intake_counts(tmp_path):
    """A was met in June; the form was taken in after the books were, and after the next intake it is in both."""
    went = visit("F-1", "A", date(2024, 6, 27), "met")
    path = workspace(tmp_path / "work").returned_visits("visits")
    path.parent.mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist([went]), path)
    people = [consenting("A"), consenting("B")]
    for more in ({}, {"visits": [went]}):
        rows = listed(tmp_path, people, {"A": 100_000, "B": 100_000}, **more).rows
        # B's reach is the bank's own, of the one visit that somebody was met at.
        assert rows[["customer_id", "visit_reach"]].values.tolist() == [["B", 1.0]]


def test_who_answers_the_telephone_is_called_and_who_has_none_is_visited(tmp_path):
    calls = [
        {"campaign_id": "relationship", "customer_id": "A", "contacted_on": date(2023, 1, n), "channel": "call",
         "answer": "later"} for n in range(1, 29)
    ]  # fmt: skip
    people = [consenting("A", phone="120"), consenting("B")]
    rules = RULES.visits.model_copy(update={"effect_over_call": 1.0})
    visits = listed(
        tmp_path,
        people,
        {"A": 100_000, "B": 100_000},
        RULES.model_copy(update={"visits": rules}),
        contacts=calls,
    )
    assert visits.rows[["customer_id", "call_reach"]].values.tolist() == [["B", 0.0]]


def test_scores_of_a_campaign_in_force_are_an_offers_worth(tmp_path):
    work = workspace(tmp_path / "work")
    path = work.scores(JUNE, "wealth")
    path.parent.mkdir(parents=True)
    pd.DataFrame({"customer_id": ["A"], "probability": [0.5], "decile": [1], "rank": [1]}).to_parquet(path)
    from goldmine.campaigns.load import live, load_campaigns

    (wealth,) = (one for one in live(load_campaigns(JUNE), JUNE) if "wealth" in one.use_cases)
    best = max(offer.value for offer in wealth.offers)
    visits = listed(tmp_path, [consenting("A")], {"A": 0})
    row = visits.rows.iloc[0]
    assert (row["visit_yuan"], row["visit_reason"]) == (round(0.5 * best * 2.5 * 0.5 - 20, 2), "offer")
    assert visits.use_cases == ["wealth"]


def test_without_a_grid_the_command_to_run_first_is_named(tmp_path):
    bank = make_bank(tmp_path / "bank", {"customers": [person("A")], "grids": [village("G1")]})
    with pytest.raises(HistoryError, match="goldmine grid"):
        make_visit_list(bank, workspace(tmp_path / "work"), JUNE, RULES.visits)


def test_the_workbook_names_village_and_reason_in_chinese(tmp_path):
    import openpyxl

    visits = listed(tmp_path, [consenting("A")], {"A": 100_000})
    book = openpyxl.load_workbook(write_visits(tmp_path / "visits.xlsx", visits, JUNE, "zh"))
    texts = [cell.value for cell in book["走访名单"][2]]
    assert {"Village G1", "久未联系"} <= set(texts)
