import pytest

from goldmine.core.errors import SettingsError, UseCaseError
from goldmine.core.i18n import in_language
from goldmine.features import catalogue
from goldmine.labels.reason_directions import ReasonDirections
from goldmine.labels.use_case import load_use_case, names_by_model, read_use_case, use_case_names

GOOD = """\
name: mine
title: {en: Mine, zh: 我的}
eligible: [{feature: age_years, at_least: 18}]
outcome: {kind: no_own_transaction}
gap_days: 15
horizon_days: 90
baseline: {feature: age_years, highest_first: true}
list_size: 10
"""


def read(tmp_path, text):
    path = tmp_path / "mine.yaml"
    path.write_text(text, "utf-8")
    return read_use_case(path)


def test_use_cases_whose_file_states_the_expected_rate_have_no_model():
    without = names_by_model(has_model=False)
    assert without == ["association", "card_use", "facts_credit", "maturity", "payroll", "season_credit", "staff"]
    assert set(without).isdisjoint(names_by_model(has_model=True))


def test_three_use_cases_are_ready():
    assert {"dormancy", "longtail", "wealth"} <= set(use_case_names())


def test_use_cases_name_existing_features():
    known = {feature.name for feature in catalogue()}
    for name in use_case_names():
        use_case = load_use_case(name)
        assert {condition.feature for condition in use_case.eligible} | {use_case.baseline.feature} <= known
        assert set(use_case.asked_features) <= known


@pytest.mark.parametrize(
    ("feature", "value", "typical", "allowed"),
    [
        ("aum_change_90d", 2_000.0, 0.0, True),
        ("aum_change_90d", 260.0, 0.0, False),  # below 1,000 yuan
        ("aum_change_90d", -2_000.0, -3_000.0, False),  # a fall, though a smaller one than usual
        ("own_count_90d", 4.0, 1.0, True),
        ("own_count_volatility_365d", 2.0, 1.0, False),
    ],
)
def test_reasons_to_grow_are_rises_and_amounts_worth_naming(feature, value, typical, allowed):
    unit = "yuan" if feature.startswith("aum") else "count"
    directions = load_use_case("longtail").reasons
    assert directions.allows(feature, value, typical, unit=unit, has_direction=unit == "yuan") is allowed


def test_a_smaller_fall_than_usual_is_no_rise():
    directions = ReasonDirections(high=["netflow_*"])
    assert directions.allows("netflow_sum_90d", 2_000.0, -3_000.0, has_direction=True)
    assert not directions.allows("netflow_sum_90d", -2_000.0, -3_000.0, has_direction=True)


def test_value_is_quoted_where_it_stands_out_from_the_typical_one():
    directions = ReasonDirections(high=["inflow_*"], low=["own_*"])
    assert [directions.allows("inflow_sum_90d", value, 800.0) for value in (990.0, 1_000.0)] == [False, True]
    assert [directions.allows("own_days_90d", value, 10.0) for value in (9.0, 8.0)] == [False, True]
    assert directions.allows("inflow_sum_90d", 1.0, 0.0)
    assert not ReasonDirections(high=["a"], stands_out=2).allows("a", 1.9, 1.0)


def test_one_more_than_usual_is_no_reason_and_one_less_may_be():
    directions = ReasonDirections(high=["inflow_*"], low=["channels_*"])
    assert [directions.allows("inflow_count_90d", n, 4.0, unit="count") for n in (5.0, 6.0)] == [False, True]
    assert [directions.allows("inflow_days_90d", n, 1.0, unit="days") for n in (2.0, 3.0)] == [False, True]
    assert directions.allows("inflow_count_365d", 1.0, 0.0, unit="count")
    assert directions.allows("channels_365d", 1.0, 2.0, unit="count")


def test_value_below_its_least_or_of_one_or_two_is_not_quoted_as_high():
    directions = ReasonDirections(high=["in_salary_*", "own_*"], low=["own_*"], at_least={"in_salary_count_*": 3})
    assert [directions.allows("in_salary_count_365d", value, 0.0) for value in (2.0, 3.0)] == [False, True]
    assert directions.allows("own_count_30d", 2.0, 0.0)
    assert not directions.allows("own_count_30d", 2.0, 0.0, reads_low=True)
    assert directions.allows("own_count_30d", 2.0, 9.0, reads_low=True)


def test_mobile_banking_is_no_reason_to_sell_and_only_supports_one_to_win_back():
    allowed = {name: load_use_case(name).reasons.allows("has_mobile_bank", 1.0, 0.0) for name in use_case_names()}
    assert {name for name, as_reason in allowed.items() if as_reason} == {"winback"}
    directions = load_use_case("winback").reasons
    assert directions.in_order(["has_mobile_bank"]) == []
    assert directions.in_order(["has_mobile_bank", "demand_avg_30d", "inflow_sum_90d"]) == [1, 2, 0]


def test_change_of_a_few_yuan_is_not_quoted():
    directions = ReasonDirections(low=["demand_change_*"], min_yuan=1_000)
    yuan = {"unit": "yuan", "has_direction": True}
    allowed = [directions.allows("demand_change_365d", change, 0.0, **yuan) for change in (-570.0, -1_000.0)]
    assert allowed == [False, True]


def test_balance_of_last_year_says_something_from_the_level_on():
    directions = load_use_case("longtail").reasons
    allowed = [directions.allows("aum_year_ago", yuan, 300.0, unit="yuan") for yuan in (9_999.0, 10_000.0)]
    assert allowed == [False, True]


@pytest.mark.parametrize("name", use_case_names())
def test_facts_of_a_use_case_are_features(name):
    facts = load_use_case(name).reasons.facts
    assert facts
    assert set(facts) <= {feature.name for feature in catalogue()}


def test_winback_is_quarterly():
    assert "winback" in use_case_names()
    assert "winback" not in use_case_names(quarterly=False)


def test_conditions_are_told_with_the_groups_of_which_one_must_hold():
    told = load_use_case("winback").conditions_text()
    assert told == (
        "at least one of (own_count_90d < 1), (aum_peak_365d ≥ 10,000, aum_to_peak_365d < 0.2), "
        "(loan_peak_365d ≥ 0.01, loan_avg_30d < 0.01)"
    )
    assert in_language(told, "zh") == (
        "至少符合一组：（own_count_90d < 1）、（aum_peak_365d ≥ 10,000、aum_to_peak_365d < 0.2）、"
        "（loan_peak_365d ≥ 0.01、loan_avg_30d < 0.01）"
    )
    both = load_use_case("staff").conditions_text()
    assert both.startswith("in_salary_months_since < 1, ") and ", at least one of (" in both
    assert load_use_case("wealth").conditions_text().startswith("age_years ≥ 18, aum_avg_30d ≥ 10,000, ")


def test_new_use_case_is_one_more_file(tmp_path):
    assert read(tmp_path, GOOD).horizon_days == 90


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("list_size: 10", "list_sise: 10"), r"mine.yaml: list_size: is missing"),
        (("list_size: 10", "list_size: 10\ncolour: red"), r"mine.yaml: colour: unknown key"),
        (("gap_days: 15", "gap_days: soon"), r"mine.yaml: gap_days: Input should be a valid integer"),
        (("at_least: 18", "more: 18"), r"eligible.0.more: unknown key.\nAllowed: feature, below, at_least, equals\.$"),
        (
            ("list_size: 10", "list_size: 10\ntraining: {leafs: 3}"),
            r"leafs: unknown key.\nAllowed: seed, num_iterations, .*",
        ),
        (("no_own_transaction}", "no_own_transaction, yuan: 3}"), r"yuan: unknown key.\nCorrect the key\.$"),
        (
            ("list_size: 10", "list_size: 10\ntraining: {monotone_constraints: {age: up}}"),
            r"mine.yaml: training.monotone_constraints.age: "
            r"Input should be 'increasing' or 'decreasing'.\nCorrect that value\.$",
        ),
        (
            ("list_size: 10", "list_size: 10\ntraining: {interaction_constraints: [[]]}"),
            r"training.interaction_constraints.0: List should have",
        ),
        (("no_own_transaction", "no_such_thing"), r"mine.yaml: outcome"),
        (("name: mine", "name: other"), r"mine.yaml: its name is 'other'"),
        (("eligible: [", "eligible: ]"), r"mine.yaml: line 3 cannot be read"),
    ],
)
def test_bad_file_names_the_key(tmp_path, change, message):
    with pytest.raises(SettingsError, match=message):
        read(tmp_path, GOOD.replace(*change))


def test_unknown_use_case_names_the_known_ones():
    with pytest.raises(UseCaseError, match="Did you mean 'wealth'") as caught:
        load_use_case("welth")
    assert caught.value.exit_code == 13
