from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from goldmine.features import Feature, catalogue
from goldmine.features.reason_text import Told, unsaid
from goldmine.models.encoding import Encoding
from goldmine.models.explain import effects_by_feature, explain, importance, typical_values
from goldmine.models.feature_words import feature_label, value_words
from tests.models.made import rows

FEATURES = (Feature("inflow_sum_90d", "Inflow over 90 days", "近90天流入", "yuan", 90, ("transactions",)),)


def test_the_strongest_cause_comes_first(fitted):
    table = rows(400, seed=3)
    best = int(np.argmax(fitted.model.predict(table)))
    reasons = explain(fitted.model, table.slice(best, 1))[0]
    assert reasons[0].feature == "inflow_sum_90d"
    assert reasons[0].value == table["inflow_sum_90d"][best].as_py()
    assert reasons[0].effect > 0


def test_windows_of_one_behaviour_are_one_reason(fitted):
    for reasons in explain(fitted.model, rows(200, seed=3), top=9):
        behaviours = [reason.behaviour for reason in reasons]
        assert len(behaviours) == len(set(behaviours))
        assert not {"inflow_sum_30d", "inflow_sum_90d"} <= {reason.feature for reason in reasons}


def test_a_reason_is_what_its_whole_behaviour_did_to_the_row(fitted):
    table = rows(50, seed=3)
    names = list(fitted.model.encoding.features)
    windows = [names.index("inflow_sum_30d"), names.index("inflow_sum_90d")]
    sums = fitted.model.effects(table)[:, windows].sum(axis=1)
    for row, reasons in enumerate(explain(fitted.model, table)):
        for reason in reasons:
            if reason.behaviour == "inflow_sum":
                assert reason.effect == pytest.approx(sums[row])


def test_what_lowered_the_probability_is_no_reason_and_the_strongest_comes_first(fitted):
    found = explain(fitted.model, rows(200, seed=3), top=9)
    assert all(reason.effect >= 0.02 for reasons in found for reason in reasons)
    assert all(reasons == sorted(reasons, key=lambda reason: -reason.effect) for reasons in found)
    assert min(len(reasons) for reasons in found) < 3


def test_without_the_named_behaviour_the_probability_falls(fitted):
    table = rows(400, seed=3)
    usual = {name: pc.quantile(table[name], q=0.5)[0].as_py() for name in table.column_names if "sum" in name}
    before = fitted.model.predict(table)
    named = [
        row
        for row, reasons in enumerate(explain(fitted.model, table))
        if reasons[:1] and reasons[0].effect > 0.3
        if reasons[0].behaviour == "inflow_sum"
    ]
    without = table
    for name, value in usual.items():
        place = table.column_names.index(name)
        without = without.set_column(place, name, pa.repeat(pa.scalar(value, pa.float32()), table.num_rows))
    after = fitted.model.predict(without)
    assert len(named) > 50
    assert np.all(after[named] < before[named])


def test_what_is_never_said_is_no_reason_however_much_it_raised(fitted):
    said = {r.feature for reasons in explain(fitted.model, rows(100, seed=3), top=9) for r in reasons}
    hidden = Feature("village", "V", "村", "category", None, ("customers",), "category", unsaid("village"))
    quiet = {r.feature for reasons in explain(fitted.model, rows(100, seed=3), (hidden,), top=9) for r in reasons}
    assert said - quiet == {"village"}


@pytest.mark.parametrize(("came", "since", "teller"), [(0.0, 5.0, "since"), (900.0, 0.0, "sum"), (0.0, None, "sum")])
def test_a_stop_is_told_in_place_of_a_sum_that_is_nothing(came, since, teller):
    told = Told("salary", instead="since")
    features = (
        Feature("sum", "Salary", "工资", "yuan", 90, (), told=told),
        Feature("since", "Since", "距上次", "count", None, (), told=Told("salary")),
    )
    literal = SimpleNamespace(encoding=Encoding(("sum", "since"), {}), effects=lambda rows: np.array([[0.5, 0.25]]))
    table = pa.table({"sum": [came], "since": pa.array([since], pa.float32())})
    ((reason,),) = explain(literal, table, features)
    assert (reason.behaviour, reason.feature, reason.effect) == ("salary", teller, 0.75)


def test_protected_traits_what_stands_for_them_and_other_people_are_never_said():
    never = {feature.behaviour for feature in catalogue() if not feature.said}
    assert never == {"age", "gender", "identity", "pension", "village", "employer", "family"}


def test_effects_add_up_to_the_probability(fitted):
    table = rows(20, seed=3)
    model = fitted.model
    probability = model.predict(table)
    log_odds = np.log(probability / (1 - probability))
    rest = log_odds - model.effects(table).sum(axis=1)
    np.testing.assert_allclose(rest, rest[0], atol=1e-9)


@pytest.mark.parametrize(
    ("value", "unit", "en", "zh"),
    [
        (12.0, "days", "12 days", "12 天"),
        (1.0, "days", "1 day", "1 天"),
        (0.346, "share", "35%", "35%"),
        (1.0, "flag", "yes", "是"),
        (0.0, "flag", "no", "否"),
        (-0.3, "yuan", "0 yuan", "0 元"),
        (-1_234.0, "yuan", "-1,234 yuan", "-1,234 元"),
        (3.0, "grade", "grade 3", "3 级"),
        (0.4567, "ratio", "0.46", "0.46"),
        (1_200.0, "count", "1,200", "1,200"),
        (float("nan"), "days", "not known", "未知"),
    ],
)
def test_values_bear_their_units(value, unit, en, zh):
    assert value_words(value, unit, "en") == en
    assert value_words(value, unit, "zh") == zh


def test_a_feature_outside_the_catalogue_is_called_by_its_name():
    assert feature_label("moon_phase", FEATURES, "zh") == "moon_phase"


def test_typical_is_the_median_of_those_known():
    table = pa.table({"a": pa.array([1, None, 3, 100], pa.float32()), "t": ["x"] * 4, "n": pa.nulls(4, pa.float32())})
    assert typical_values(table, ["a", "t", "n"]) == {"a": 3.0}


def test_importance_is_shared_out(fitted):
    found = importance(fitted.model, {"inflow_sum_90d": "Inflow"})
    assert found.feature[0] == "Inflow"
    assert found.gain.sum() == pytest.approx(1)


def test_effects_for_the_summary_know_standing_but_no_values(fitted):
    found = effects_by_feature(fitted.model, rows(100, seed=3), {}, top=3)
    assert list(found.columns) == ["feature", "effect", "standing"]
    assert found.feature.nunique() == 3
    assert found.standing.dropna().between(0, 1).all()
    assert found[found.feature == "village"].standing.isna().all()
