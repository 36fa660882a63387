"""Which product fits: suitability, term within the cash rhythm, and the deposit where it serves better."""

import numpy as np
import pandas as pd
import pytest

from goldmine.core.errors import SettingsError
from goldmine.core.settings import typed
from goldmine.wealth.choice import choose, reason
from goldmine.wealth.rhythm import FREE, free_months, moves
from goldmine.wealth.rules import WealthRules, load_wealth_rules

PRODUCTS = {
    "three": {"product_class": "time", "title": "Three months", "months": 3, "rate_bp": 115, "min_yuan": 50},
    "year": {"product_class": "time", "title": "One year", "months": 12, "rate_bp": 150, "min_yuan": 50},
    "steady": {"product_class": "wealth", "product_id": "W1", "title": "Steady", "months": 3, "rate_bp": 200}
    | {"min_yuan": 10_000},
    "growing": {"product_class": "wealth", "product_id": "W3", "title": "Growing", "months": 12, "rate_bp": 300}
    | {"min_yuan": 50_000, "max_age": 64},
}
PREMIUM = {"R1": 20, "R2": 60, "R3": 120, "R4": 200, "R5": 300}
GRADES = {"W1": 1, "W3": 3}


def rules_of(**more) -> WealthRules:
    return WealthRules.model_validate({"premium_bp": PREMIUM, "products": PRODUCTS} | more)


def row(**more) -> pd.DataFrame:
    given = {"amount": 60_000.0, "free_months": FREE, "suited": True, "grade": 3, "age": 40, "unsuited_text": ""}
    return pd.DataFrame([given | more])


def offered(rules: WealthRules | None = None, **more) -> str:
    return str(choose(row(**more), rules or rules_of(), GRADES)["offered"].iloc[0])


def told(**more) -> str:
    return str(reason(choose(row(**more), rules_of(), GRADES).to_dict("records")[0], rules_of(), GRADES))


@pytest.mark.parametrize(
    ("more", "product"),
    [
        ({}, "steady"),  # 2.00% less 0.20 beats 3.00% less 1.20; and 1.50% of a year
        ({"grade": 0}, "year"),
        ({"suited": False}, "year"),
        ({"amount": 9_999.0}, "year"),
        ({"free_months": 11}, "steady"),
        ({"free_months": 3, "suited": False}, "three"),
        ({"free_months": 2}, ""),
        ({"amount": 49.0}, ""),
    ],
)
def test_the_product_is_within_suitability_amount_and_the_months_that_money_is_free(more, product):
    assert offered(**more) == product


def test_a_deposit_is_offered_where_the_benchmark_does_not_pay_for_the_risk():
    dear = rules_of(premium_bp=PREMIUM | {"R1": 51})
    assert offered(dear) == "growing"
    assert offered(dear, grade=2) == "year"
    assert offered(rules_of(premium_bp=PREMIUM | {"R1": 50}), grade=2) == "steady"


def test_a_product_is_offered_to_nobody_above_its_age_or_without_a_known_risk():
    dear = rules_of(premium_bp=PREMIUM | {"R1": 51})
    assert (offered(dear, age=64), offered(dear, age=65)) == ("growing", "year")
    assert offered(dear, age=np.nan) == "year"
    assert choose(row(), dear, {"W1": 1})["offered"].tolist() == ["year"]


def test_the_reason_says_what_the_other_class_would_give():
    assert (
        told() == "no month of need is known; suits the risk assessment; 2.00% a year (no promise) "
        "against 1.50% of the One year"
    )
    assert told(free_months=3, suited=False, unsuited_text="no risk assessment") == (
        "the money is needed in 3 months; a deposit only: no risk assessment"
    )
    assert told(free_months=12, amount=60.0) == (
        "the money is needed in 12 months; no wealth product fits the amount, the term and the risk assessment"
    )


def test_the_reason_says_that_a_deposit_serves_better():
    rules = rules_of(premium_bp=PREMIUM | {"R1": 60, "R3": 160})
    chosen = choose(row(), rules, GRADES).to_dict("records")[0]
    assert str(reason(chosen, rules, GRADES)) == (
        "no month of need is known; the deposit serves better: 1.50% for certain against 2.00% of Steady, which should "
        "be 0.60% more for its risk"
    )


def test_a_month_counts_only_if_money_moves_the_same_way_each_year():
    """Two years from July: money is needed each September, came in one of two Junes."""
    year = [100.0, 100, 60, 60, 100, 100, 100, 100, 100, 100, 100]
    own = np.array([[*year, 100, *year, 130]])
    comes, needed = moves(own, 7, 0.2)
    assert (np.flatnonzero(needed[0]) + 1).tolist() == [9]
    assert (np.flatnonzero(comes[0]) + 1).tolist() == [11]


@pytest.mark.parametrize(
    ("day", "months"), [("2024-06-01", 3), ("2024-06-02", 2), ("2024-09-01", 0), ("2024-08-20", 0), ("2024-10-01", 11)]
)
def test_a_term_must_end_before_the_first_day_of_the_month_of_need(day, months):
    needed = np.zeros((1, 12), dtype=bool)
    needed[0, 8] = True
    assert free_months(needed, pd.Series(pd.to_datetime([day]))).tolist() == [months]


def test_a_product_without_a_rate_is_refused_with_its_place():
    products = PRODUCTS | {"year": {key: value for key, value in PRODUCTS["year"].items() if key != "rate_bp"}}
    with pytest.raises(SettingsError, match="rate_bp"):
        typed(WealthRules, {"premium_bp": PREMIUM, "products": products}, "wealth_match.yaml")


def test_a_wealth_product_without_a_number_and_rules_without_a_deposit_are_refused():
    nameless = {"growing": {key: value for key, value in PRODUCTS["growing"].items() if key != "product_id"}}
    with pytest.raises(SettingsError, match="without product_id"):
        typed(WealthRules, {"premium_bp": PREMIUM, "products": PRODUCTS | nameless}, "wealth_match.yaml")
    with pytest.raises(SettingsError, match="no deposit"):
        typed(WealthRules, {"premium_bp": PREMIUM, "products": {"steady": PRODUCTS["steady"]}}, "wealth_match.yaml")


def test_the_projects_own_rules_are_sound():
    assert {product.product_class for product in load_wealth_rules().products.values()} == {"time", "wealth"}
