"""Whole-village credit: literal households, and every yuan of a sample bank recomputed from its raw tables."""

from datetime import date

import openpyxl
import pandas as pd
import pytest
import yaml

from goldmine.contract.intake import open_bank
from goldmine.core.dates import month_end
from goldmine.core.errors import ContractError, HistoryError
from goldmine.core.workspace import home
from goldmine.grid.one_grid import make_grid
from goldmine.grid.rules import load_grid_rules
from goldmine.grid.village_credit import make_village_credit
from goldmine.grid.village_rules import VillageRules, load_village_rules
from goldmine.grid.village_sheets import write_villages
from goldmine.sample import write_bank
from tests.grid.recomputed import Recomputed
from tests.grid.test_one_grid import manager, village
from tests.grid.test_visits import consenting
from tests.tiny import Row, balance, make_bank, workspace

JUNE = date(2024, 6, 30)
RULES = VillageRules.model_validate(
    {
        "ages": [18, 65],
        "refused_ratings": ["not_recommended"],
        "ledger": ["litigation"],
        "business": {"parts": {"land_mu": 1500, "tax": 5}, "min": 10_000, "max": 60_000},
        "consumption": {"parts": {"property": 0.1}, "min": 5_000, "max": 50_000},
        "rating_factor": {"excellent": 1.2, "good": 1.0, "fair": 0.5},
        "credit_village_factor": 1.1,
        "household_max": 80_000,
        "round_to": 1000,
    }
)


def rated(customer: str, rating: str = "good", mu: str = "10", day: date = date(2024, 1, 1)) -> Row:
    return {"customer_id": customer, "rating": rating, "rated_on": day, "land_mu": mu}


def facts(grid: str = "G1", cap: int | None = 1_000_000, rating: str = "ordinary", households: int | None = 300) -> Row:
    return {"grid_id": grid, "households": households, "credit_cap": cap, "rating": rating}


def loan(customer: str) -> Row:
    return {"loan_id": f"L{customer}", "customer_id": customer, "credit_limit": "50000", "granted_on": date(2023, 1, 1)}


def loan_month(customer: str, owed: str, late: int = 0, day: date = JUNE) -> Row:
    return {"loan_id": f"L{customer}", "month_end": day, "owed": owed, "days_overdue": late}


def worked_out(tmp_path, customers: list[Row], ratings: list[Row], villages: list[Row], rules=RULES, **more: list[Row]):
    tables = {
        "customers": customers,
        "grids": [village("G1"), village("G2")],
        "staff": [manager("S1"), manager("S9", customer_id="STAFF")],
        "balances": [balance("NOBODY", "2024-06-30", "demand", "0")],
        "village_ratings": ratings,
        "villages": villages,
        "loans": [loan("NOBODY")],
        "loan_months": [loan_month("NOBODY", "0")],
    }
    bank, work = make_bank(tmp_path / "bank", tables | more), workspace(tmp_path / "work")
    make_grid(bank, work, JUNE, load_grid_rules())
    return make_village_credit(bank, work, JUNE, rules)


def limits(credit) -> dict[str, tuple[object, ...]]:
    rows = credit.households.set_index("household_id")
    return rows[["business_limit", "consumption_limit", "limit_status"]].apply(tuple, axis=1).to_dict()


def test_a_limit_is_its_parts_by_the_ratings_within_its_bounds(tmp_path):
    property_fact = {"customer_id": "D", "fact": "property", "amount": "123456", "observed_on": date(2024, 1, 1)}
    later = property_fact | {"customer_id": "E", "observed_on": date(2024, 7, 1)}
    customers = [consenting(number) for number in "ABCDE"] + [consenting("F", grid_id="G2")]
    ratings = [
        rated("A"),
        rated("B", "excellent", "11.5"),
        rated("C", "fair"),
        rated("D", mu="0"),
        rated("E", mu="0"),
        rated("F"),
    ]
    credit = worked_out(
        tmp_path,
        customers,
        ratings,
        [facts(), facts("G2", rating="credit_village")],
        external_facts=[property_fact, later],
    )
    assert limits(credit) == {
        "A": (15_000, 0, "granted"),  # 10 mu x 1,500
        "B": (20_000, 0, "granted"),  # 11.5 x 1,500 x 1.2 = 20,700, in whole thousands
        "C": (0, 0, "too_small"),  # 7,500 is below the least
        "D": (0, 12_000, "granted"),  # a tenth of the property
        "E": (0, 0, "too_small"),  # the property was not known by the snapshot
        "F": (16_000, 0, "granted"),  # 15,000 x 1.1 of a credit village
    }


def test_the_head_has_the_name_and_age_of_the_surviving_number(tmp_path):
    """What the number that was merged away says, an old name and another birthday, is nobody's any more."""
    old = {"birth_date": date(1940, 1, 1), "name": "Stale Name", "merged_on": date(2024, 1, 1)}
    people = [consenting(number, birth_date=date(1980, 1, 1), name="Present Name") for number in ("A2", "B1")]
    people += [consenting("A1", merged_into="A2", **old), consenting("B2", merged_into="B1", **old)]
    credit = worked_out(tmp_path, people, [rated("A2"), rated("B1")], [facts()])
    rows = credit.households.set_index("household_id")[["head_name", "age", "limit_status"]]
    assert rows.to_numpy().tolist() == [["Present Name", 44, "granted"]] * 2


def test_both_limits_and_what_is_owed_stay_within_the_households_room(tmp_path):
    big = [
        {"customer_id": number, "fact": "property", "amount": "900000", "observed_on": date(2024, 1, 1)}
        for number in "AB"
    ]
    owed = {"loans": [loan("B")], "loan_months": [loan_month("B", "35500")]}
    ratings = [rated("A", mu="100"), rated("B", mu="100")]
    customers = [consenting("A"), consenting("B")]
    credit = worked_out(tmp_path, customers, ratings, [facts()], external_facts=big, **owed)
    assert limits(credit) == {"A": (60_000, 20_000, "granted"), "B": (44_000, 0, "granted")}


def test_the_cap_is_used_up_by_rating_and_never_exceeded(tmp_path):
    ratings = [rated("A", "good"), rated("B", "excellent"), rated("C", "good", "20"), rated("D", "good", "8")]
    credit = worked_out(tmp_path, [consenting(number) for number in "ABCD"], ratings, [facts(cap=43_000)])
    assert limits(credit) == {
        "B": (18_000, 0, "granted"),
        "A": (15_000, 0, "granted"),
        "C": (10_000, 0, "reduced"),
        "D": (0, 0, "waiting"),
    }
    progress = credit.villages.set_index("grid_id").loc["G1"]
    assert (progress["limits_yuan"], progress["credit_cap"], progress["cap_used"]) == (43_000, 43_000, 1.0)
    assert (progress["listed_households"], progress["waiting_households"]) == (3, 1)


def test_a_cap_of_0_or_none_grants_nothing_and_a_village_without_households_is_no_error(tmp_path):
    customers = [consenting("A"), consenting("B", grid_id="G2")]
    credit = worked_out(
        tmp_path, customers, [rated("A"), rated("B")], [facts(cap=0), facts("G2", None, households=0), facts("G3")]
    )
    assert limits(credit) == {"A": (0, 0, "waiting"), "B": (0, 0, "no_cap")}
    progress = credit.villages.set_index("grid_id")
    assert progress["banked_households"].to_dict() == {"G1": 1, "G2": 1, "G3": 0}
    assert pd.isna(progress.loc["G1", "cap_used"])


def test_who_must_not_be_on_the_roll_and_why(tmp_path):
    family = [{"customer_id": "A", "related_id": "A2", "relation": "family", "since": date(2015, 1, 1)}]
    customers = [
        consenting("A"),
        consenting("A2"),
        consenting("B"),
        consenting("C"),
        consenting("D", birth_date=date(1950, 1, 1)),
        consenting("E", birth_date=None),
        consenting("F", marketing_consent=False),
        consenting("STAFF"),
        consenting("G", grid_id="G2"),
        consenting("H"),
    ]
    ratings = [rated(number) for number in ("A2", "D", "E", "F", "STAFF", "G")]
    ratings += [rated("B", day=date(2024, 7, 1)), rated("C", "not_recommended"), rated("H"), rated("H", "fair")]
    ratings[-1]["rated_on"] = date(2023, 1, 1)
    ledger = [{"customer_id": "A2", "reason": "litigation", "start_date": date(2024, 1, 1)}]
    credit = worked_out(tmp_path, customers, ratings, [facts()], relations=family, suppressions=ledger)
    assert {name: status for name, (_b, _c, status) in limits(credit).items()} == {
        "A": "ledger",  # a member is enough
        "B": "not_rated",  # the rating came after the snapshot
        "C": "refused_rating",
        "D": "age",
        "E": "age",
        "F": "not_contactable",
        "STAFF": "staff",
        "G": "no_village",
        "H": "granted",  # the latest rating counts
    }


def test_of_two_ratings_of_one_day_the_lower_counts_whoever_it_stands_for(tmp_path):
    """A and B are one household; so are the numbers C1 and C2 of one person."""
    customers = [consenting(number) for number in ("A", "B", "C2")]
    customers += [consenting("C1", merged_into="C2", merged_on=date(2024, 2, 1))]
    family = [{"customer_id": "A", "related_id": "B", "relation": "family", "since": date(2015, 1, 1)}]
    ratings = [rated("A", "not_recommended"), rated("B", "excellent", "40")]
    ratings += [rated("C1", "excellent", "40"), rated("C2", "good", "20")]
    for place, rows in enumerate((ratings, ratings[::-1])):
        credit = worked_out(tmp_path / str(place), customers, rows, [facts()], relations=family)
        found = credit.households.set_index("household_id")[["rating", "land_mu"]]
        assert found.to_dict("index") == {
            "A": {"rating": "not_recommended", "land_mu": 10},
            "C2": {"rating": "good", "land_mu": 20},
        }


def test_arrears_of_any_member_keep_a_household_off_and_unknown_ones_everybody(tmp_path):
    family = [{"customer_id": "A", "related_id": "A2", "relation": "family", "since": date(2015, 1, 1)}]
    customers = [consenting(number) for number in ("A", "A2", "B", "C")]
    ratings = [rated(number) for number in ("A", "B", "C")]
    lending = {
        "loans": [loan("A2"), loan("B"), loan("C")],
        "loan_months": [
            loan_month("A2", "100", 1),
            loan_month("B", "100", 31, date(2023, 1, 31)),
            loan_month("B", "100"),
            loan_month("C", "100", 30, date(2023, 1, 31)),
            loan_month("C", "100"),
        ],
    }
    credit = worked_out(tmp_path, customers, ratings, [facts()], relations=family, **lending)
    statuses = {name: status for name, (_b, _c, status) in limits(credit).items()}
    assert statuses == {"A": "arrears", "B": "arrears", "C": "granted"}
    nothing = {"loans": [loan("C")], "loan_months": [{"loan_id": "LC", "month_end": JUNE, "owed": "0"}]}
    credit = worked_out(tmp_path / "unknown", customers, ratings, [facts()], relations=family, **nothing)
    assert {status for _b, _c, status in limits(credit).values()} == {"unchecked"}


def test_loans_by_month_that_end_before_the_snapshot_keep_everybody_off(tmp_path):
    late = {"loans": [loan("A")], "loan_months": [loan_month("A", "50000", 25, date(2024, 5, 31))]}
    credit = worked_out(tmp_path, [consenting("A"), consenting("B")], [rated("A"), rated("B")], [facts()], **late)
    assert {status for _b, _c, status in limits(credit).values()} == {"unchecked"}


def test_what_a_member_owes_stays_theirs_when_the_number_is_merged_after_the_snapshot(tmp_path):
    """B1 of A's household owes; on 5 July, before the books end, B1 is merged into a number opened that day."""
    people = [consenting("A"), consenting("B1", merged_into="B2", merged_on=date(2024, 7, 5))]
    people += [consenting("B2", opened_on=date(2024, 7, 5))]
    family = [{"customer_id": "A", "related_id": "B1", "relation": "family", "since": date(2015, 1, 1)}]
    who = people, [rated("A")], [facts()]
    owed = {"loans": [loan("B1")], "relations": family}
    rows = worked_out(tmp_path / "owes", *who, **owed, loan_months=[loan_month("B1", "35500")]).households
    assert rows[["household_id", "owed"]].to_numpy().tolist() == [["A", 35_500]]
    late = worked_out(tmp_path / "late", *who, **owed, loan_months=[loan_month("B1", "35500", 3)]).households
    assert late["limit_status"].tolist() == ["arrears"]


def test_a_month_that_the_whole_bank_lacks_is_told_where_limits_go_by_deposits(tmp_path):
    months = [str(month_end(JUNE, -lag)) for lag in range(12)]
    by_deposits = RULES.model_dump() | {"business": {"parts": {"deposits": 0.5}, "min": 10_000, "max": 60_000}}
    who = [consenting("A")], [rated("A")], [facts()], VillageRules.model_validate(by_deposits)
    held = [balance("A", month, "demand", "100000") for month in months]
    assert limits(worked_out(tmp_path / "a", *who, balances=held)) == {"A": (50_000, 0, "granted")}
    gap = [row for row in held if str(row["month_end"]) != "2024-01-31"]
    with pytest.raises(HistoryError, match="hold no rows of 2024-01, of the twelve"):
        worked_out(tmp_path / "b", *who, balances=gap)


def test_a_villages_branch_is_that_of_its_grid_whoever_keeps_the_first_household(tmp_path):
    people = [consenting("A", branch_id="B7"), consenting("B", branch_id="B1"), consenting("C", branch_id="B7")]
    credit = worked_out(tmp_path, people, [rated("A", "excellent"), rated("B")], [facts(), facts("G2")])
    assert credit.villages.set_index("grid_id")["branch_id"].to_dict() == {"G1": "B1", "G2": "B1"}


def test_the_roll_call_shows_no_assets_and_its_reasons_add_up(tmp_path):
    credit = worked_out(tmp_path, [consenting("A", name="王伟")], [rated("A", "excellent", "11.5")], [facts()])
    files = write_villages(tmp_path / "out", credit, JUNE, RULES, "zh")
    assert [file.name for file in files] == ["all villages.xlsx", "G1.xlsx", "G1 signatures.xlsx"]
    book = openpyxl.load_workbook(files[1])
    heads = [cell.value for cell in book["花名册"][1]]
    assert heads == [
        "序号",
        "户主姓名",
        "本行客户人数",
        "村评等级",
        "经营额度（元）",
        "消费额度（元）",
        "户主签字",
        "村委意见",
    ]
    assert [cell.value for cell in book["花名册"][2]][:6] == [1, "王伟", 1, "优秀", 20_000, 0]
    why = [cell.value for cell in book["额度由来"][2]][6]
    assert "11.50 耕地（亩） × 1500" in why
    assert why.endswith("20,000")


def test_a_bank_without_villages_is_told(tmp_path):
    with pytest.raises(ContractError, match="no table villages"):
        make_village_credit(
            make_bank(tmp_path / "b", {"customers": [consenting("A")]}), workspace(tmp_path / "w"), JUNE, RULES
        )


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"rating_factor": {"excellent": 1, "good": 1}}, "says nothing of fair"),
        ({"ages": [16, 65]}, "ages must begin at 18"),
        ({"household_max": -1}, "greater than or equal to 0"),
        ({"typo": 1}, "Extra inputs"),
    ],
)
def test_rules_that_cannot_be_meant_are_refused(change: dict[str, object], what: str) -> None:
    with pytest.raises(ValueError, match=what):
        VillageRules.model_validate(RULES.model_dump() | change)


def test_every_yuan_of_every_limit_is_recomputed(tmp_path):
    """By plain Python over the raw tables and the YAML, which imports nothing of the project."""
    write_bank(tmp_path / "bank", customers=900, months=30, seed=3, end=JUNE)
    work = workspace(tmp_path / "work")
    bank = open_bank(tmp_path / "bank", work)
    make_grid(bank, work, JUNE, load_grid_rules())
    made = make_village_credit(bank, work, JUNE, load_village_rules()).households
    off = set(made.loc[made["limit_status"].isin(["age", "not_contactable"]), "household_id"])
    rules = yaml.safe_load((home() / "pipelines" / "village_credit.yaml").read_text("utf-8"))
    expected = Recomputed(tmp_path / "bank", work.root / "grid" / f"{JUNE}.parquet", JUNE, rules).limits(off)
    ours = {row.household_id: (row.business_limit, row.consumption_limit) for row in made.itertuples()}
    assert {name: ours[name] for name in expected} == expected
    assert all(ours[name] == (0, 0) for name in set(ours) - set(expected))
    assert sum(business + consumption for business, consumption in ours.values()) > 1_000_000
