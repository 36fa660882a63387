from datetime import date, timedelta
from pathlib import Path

import ibis
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from goldmine.contactability import ContactTables
from goldmine.contactability.holdout import HeldBack
from goldmine.contract.bank import Bank
from goldmine.core.i18n import in_language
from goldmine.labels.use_case import UseCase, load_use_case
from goldmine.publishing.listing import Chosen, choose
from tests.tiny import Row, make_bank

AS_OF = date(2024, 6, 30)


def write_scores(path: Path, customers: list[str]) -> Path:
    count = len(customers)
    columns = {
        "customer_id": customers,
        "probability": [0.9 - index / 100 for index in range(count)],
        "decile": pa.array([1 + index * 10 // count for index in range(count)], pa.int32()),
        "rank": pa.array(range(1, count + 1), pa.int32()),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), path)
    return path


def customer(number: str, **more: object) -> Row:
    row: Row = {
        "customer_id": number,
        "birth_date": "1980-05-01",
        "closed_on": None,
        "branch_id": "B01",
        "manager_id": "S01",
        "risk_grade": "C3",
        "risk_grade_on": "2024-01-15",
        "marketing_consent": True,
        "merged_into": None,
    }
    return row | more


def sized(name: str, list_size: int) -> UseCase:
    return load_use_case(name).model_copy(update={"list_size": list_size})


def chosen_from(
    folder: Path,
    tables: dict[str, list[Row]],
    use_case: UseCase,
    scored: list[str],
    features: dict[str, list[float | None]] | None = None,
) -> Chosen:
    bank: Bank = make_bank(folder, tables, AS_OF)
    scores = write_scores(folder / "scores.parquet", scored)
    kept = features or {"aum_avg_30d": [50_000.0] * len(scored)}
    pq.write_table(pa.table({"customer_id": scored, **kept}), folder / "features.parquet")
    contact = ContactTables(bank, ibis.duckdb.connect(), AS_OF, HeldBack())
    return choose(contact, scores, use_case, features=folder / "features.parquet")


def steps(chosen: Chosen) -> dict[str, tuple[int, int]]:
    return {step.name: (step.left, step.remain) for step in chosen.funnel.steps}


def on_list(chosen: Chosen) -> list[str]:
    return chosen.rows["customer_id"].to_pylist()


def test_list_keeps_the_most_probable_and_counts_the_rest(tmp_path):
    customers = [customer("A"), customer("B"), customer("C", closed_on="2024-05-02"), customer("D")]
    chosen = chosen_from(tmp_path, {"customers": customers}, sized("longtail", 2), ["C", "D", "B", "A", "X"])
    assert chosen.rows.drop(["probability", "decile", "assessed_on"]).to_pylist() == [
        {"customer_id": "D", "branch_id": "B01", "manager_id": "S01"},
        {"customer_id": "B", "branch_id": "B01", "manager_id": "S01"},
    ]
    assert chosen.funnel.scored == 5
    assert steps(chosen) == {
        "unknown": (1, 4),
        "closed": (1, 3),
        "merged": (0, 3),
        "opted_out": (0, 3),
        "consent_unknown": (0, 3),
        "minor": (0, 3),
        "beyond_list": (1, 2),
    }


def test_a_list_names_only_whom_it_asks_for_and_counts_the_others(tmp_path):
    customers = [customer(number) for number in "ABCDE"]
    customers[4] |= {"marketing_consent": False}
    assets = {"aum_avg_30d": [999.99, 1_000.0, None, 2_500.0, 80.0]}
    chosen = chosen_from(tmp_path, {"customers": customers}, sized("dormancy", 1), list("ABCDE"), assets)
    assert on_list(chosen) == ["B"]
    assert [(step.name, step.left, step.remain) for step in chosen.funnel.steps[-2:]] == [
        ("list_only", 2, 2),
        ("beyond_list", 1, 1),
    ]
    assert in_language(chosen.funnel.steps[-2].who, "zh") == "近一月月日均资产不足1000元"


def test_without_what_the_list_asks_for_everybody_is_named_and_the_funnel_says_so(tmp_path):
    own = {"own_days_365d": [3.0, 9.0]}
    chosen = chosen_from(tmp_path, {"customers": [customer("A"), customer("B")]}, sized("dormancy", 5), ["A", "B"], own)
    assert on_list(chosen) == ["A", "B"]
    assert [(rule.name, rule.missing) for rule in chosen.funnel.skipped if rule.name == "list_only"] == [
        ("list_only", ("aum_avg_30d",))
    ]


@pytest.mark.parametrize("use_case", ["longtail", "dormancy", "wealth"])
def test_closed_deceased_and_suppressed_customers_are_on_no_list(tmp_path, use_case):
    customers = [
        customer("closed", closed_on="2024-06-30"),
        customer("merged", merged_into="Z"),
        customer("opted_out", marketing_consent=False),
        customer("minor", birth_date="2006-07-01"),
        customer("Z"),
    ]
    scored = [row["customer_id"] for row in customers]
    tables = {"customers": customers, "products": PRODUCTS}
    chosen = chosen_from(tmp_path, tables, sized(use_case, 10), scored)
    assert on_list(chosen) == ["Z"]
    assert [steps(chosen)[name][0] for name in scored[:-1]] == [1, 1, 1, 1]


def test_customer_is_adult_on_eighteenth_birthday(tmp_path):
    tables = {"customers": [customer("A", birth_date="2006-06-30"), customer("B", birth_date="2006-07-01")]}
    assert on_list(chosen_from(tmp_path, tables, sized("longtail", 10), ["A", "B"])) == ["A"]


def test_customers_whose_consent_is_unknown_are_on_no_list(tmp_path):
    tables = {"customers": [customer("A", marketing_consent=None), customer("B")]}
    assert on_list(chosen_from(tmp_path, tables, sized("longtail", 10), ["A", "B"])) == ["B"]


def test_a_refusal_outlives_a_chain_of_mergers(tmp_path):
    chain = [customer(number, merged_into=into) for number, into in zip("BCDE", "CDEF", strict=True)]
    customers = [customer("A", marketing_consent=False, merged_into="B"), *chain, customer("F"), customer("G")]
    assert on_list(chosen_from(tmp_path, {"customers": customers}, sized("longtail", 10), ["F", "G"])) == ["G"]


def test_opt_out_to_a_caller_is_honoured(tmp_path):
    contact = {"campaign_id": "K", "contacted_on": "2024-02-01"}
    contacts = [contact | {"customer_id": "A", "answer": "opt_out"}, contact | {"customer_id": "B", "answer": "no"}]
    tables = {"customers": [customer("A"), customer("B")], "contacts": contacts}
    chosen = chosen_from(tmp_path, tables, sized("longtail", 10), ["A", "B"])
    assert on_list(chosen) == ["B"]
    assert steps(chosen)["refused"] == (1, 1)


def test_staff_are_left_out_until_they_leave(tmp_path):
    staff = [
        {"staff_id": "S1", "customer_id": "A", "left_on": None},
        {"staff_id": "S2", "customer_id": "B", "left_on": "2024-03-31"},
        {"staff_id": "S3", "customer_id": None, "left_on": None},
    ]
    tables = {"customers": [customer("A"), customer("B"), customer("C")], "staff": staff}
    chosen = chosen_from(tmp_path, tables, sized("longtail", 10), ["A", "B", "C"])
    assert on_list(chosen) == ["B", "C"]
    assert steps(chosen)["staff"] == (1, 2)


PRODUCTS = [
    {"product_id": "P1", "product_class": "wealth", "risk_grade": "R2"},
    {"product_id": "P2", "product_class": "wealth", "risk_grade": "R4"},
    {"product_id": "P3", "product_class": "time", "risk_grade": "R1"},
]


def test_wealth_product_is_offered_only_where_suitable(tmp_path):
    customers = [
        customer("age unknown", birth_date=None),
        customer("never assessed", risk_grade=None),
        customer("unknown grade", risk_grade="high"),
        customer("assessed, no day", risk_grade_on=None),
        customer("assessed a year ago", risk_grade_on="2023-07-01"),
        customer("assessed in the future", risk_grade_on="2025-01-01"),
        customer("too careful", risk_grade="C1"),
        customer("Z"),
    ]
    scored = [row["customer_id"] for row in customers]
    chosen = chosen_from(tmp_path, {"customers": customers, "products": PRODUCTS}, sized("wealth", 10), scored)
    assert on_list(chosen) == ["Z"]
    assert {name: left for name, (left, _) in steps(chosen).items() if left} == {
        "age_unknown": 1,
        "not_assessed": 2,
        "assessment_old": 3,
        "unsuited": 1,
    }


def test_suitability_applies_to_wealth_products_only(tmp_path):
    tables = {"customers": [customer("A", risk_grade=None, birth_date=None)], "products": PRODUCTS}
    assert on_list(chosen_from(tmp_path, tables, sized("longtail", 10), ["A"])) == ["A"]


def test_the_lowest_wealth_product_and_a_last_day_in_date_are_enough(tmp_path):
    tables = {"customers": [customer("A", risk_grade="C2", risk_grade_on="2023-07-02")], "products": PRODUCTS}
    assert on_list(chosen_from(tmp_path, tables, sized("wealth", 10), ["A"])) == ["A"]


def test_without_graded_products_nobody_is_suitable(tmp_path):
    tables = {"customers": [customer("A")], "products": PRODUCTS[2:]}
    assert on_list(chosen_from(tmp_path, tables, sized("wealth", 10), ["A"])) == []


def test_absent_columns_skip_only_the_rules_that_need_them(tmp_path):
    customers = [{"customer_id": "A", "merged_into": None}, {"customer_id": "B", "merged_into": "A"}]
    chosen = chosen_from(tmp_path, {"customers": customers}, sized("longtail", 10), ["A", "B"])
    assert chosen.rows.select(["customer_id", "branch_id"]).to_pylist() == [{"customer_id": "A", "branch_id": None}]
    assert list(steps(chosen)) == ["unknown", "merged", "beyond_list"]
    assert {rule.name: rule.missing for rule in chosen.funnel.skipped} == {
        "closed": ("customers.closed_on",),
        "opted_out": ("customers.marketing_consent",),
        "consent_unknown": ("customers.marketing_consent",),
        "refused": ("contacts.answer",),
        "staff": ("staff.customer_id",),
        "deceased": ("suppressions.reason",),
        "frozen": ("suppressions.reason",),
        "complained": ("suppressions.reason",),
        "disputed": ("suppressions.reason",),
        "suppressed": ("suppressions.customer_id",),
        "minor": ("customers.birth_date",),
    }


def test_absent_columns_of_suitability_offer_a_wealth_product_to_nobody(tmp_path):
    tables = {"customers": [customer(name) for name in "AB"], "products": PRODUCTS}
    assert on_list(chosen_from(tmp_path / "all", tables, sized("wealth", 10), ["A", "B"])) == ["A", "B"]
    ungraded = [{key: value for key, value in customer(name).items() if key != "risk_grade"} for name in "AB"]
    lacking = {
        "not_assessed": {**tables, "customers": ungraded},
        "unsuited": {"customers": tables["customers"]},
    }
    for rule, given in lacking.items():
        chosen = chosen_from(tmp_path / rule, given, sized("wealth", 10), ["A", "B"])
        assert on_list(chosen) == []
        assert {name: left for name, (left, _) in steps(chosen).items() if left} == {rule: 2}
        assert rule not in {skipped.name for skipped in chosen.funnel.skipped}


def test_duplicate_customer_is_listed_once_and_one_refusal_counts(tmp_path):
    twice = [customer("A"), customer("A", branch_id="B02"), customer("B"), customer("B", marketing_consent=False)]
    chosen = chosen_from(tmp_path, {"customers": twice}, sized("longtail", 10), ["A", "B"])
    assert on_list(chosen) == ["A"]


def test_list_names_no_manager_who_has_left(tmp_path):
    people = [customer("A", manager_id="S01"), customer("B", manager_id="S02"), customer("C", manager_id="S03")]
    staff = [
        {"staff_id": number, "customer_id": None, "left_on": day}
        for number, day in (("S01", AS_OF - timedelta(days=12)), ("S02", None), ("S03", AS_OF + timedelta(days=1)))
    ]
    chosen = chosen_from(tmp_path, {"customers": people, "staff": staff}, load_use_case("longtail"), ["A", "B", "C"])
    assert chosen.rows["manager_id"].to_pylist() == [None, "S02", "S03"]
