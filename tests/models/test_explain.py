from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from goldmine.features import Feature
from goldmine.models.explain import Reason, effects_by_feature, explain, importance, typical_values
from goldmine.models.matrix import Encoding
from goldmine.models.words import feature_label, reason_words, value_words
from tests.models.made import VILLAGES, rows

FEATURES = (
    Feature("inflow_sum_90d", "Inflow over 90 days", "近90天流入", "yuan", 90, ("transactions",)),
    Feature("identity", "Identity", "身份属性", "category", None, ("customers.identity",), "category"),
)


def test_the_strongest_cause_comes_first(fitted):
    table = rows(400, seed=3)
    best = int(np.argmax(fitted.model.predict(table)))
    reasons = explain(fitted.model, table.slice(best, 1))[0]
    assert reasons[0].feature == "inflow_sum_90d"
    assert reasons[0].value == table["inflow_sum_90d"][best].as_py()
    assert reasons[0].effect > 0


def test_every_row_has_three_reasons_of_different_measures(fitted):
    found = explain(fitted.model, rows(50, seed=3))
    assert {len(reasons) for reasons in found} == {3}
    measures = [{r.feature.removesuffix("_90d").removesuffix("_30d") for r in reasons} for reasons in found]
    assert {len(names) for names in measures} == {3}


def test_reasons_that_push_up_come_before_others_and_by_strength(fitted):
    for reasons in explain(fitted.model, rows(50, seed=3)):
        effects = [reason.effect for reason in reasons]
        assert effects == sorted(effects, reverse=True)


def test_protected_traits_are_never_given(fitted):
    called = {"village": "gender", "inflow_sum_90d": "age_years"}
    names = tuple(called.get(name, name) for name in fitted.model.encoding.features)
    model = replace(fitted.model, encoding=Encoding(names, {"gender": VILLAGES}))
    table = rows(50, seed=3).rename_columns([called.get(name, name) for name in rows(1).column_names])
    said = {reason.feature for reasons in explain(model, table) for reason in reasons}
    assert said <= {"inflow_sum_30d", "days_since_own", "noise_a", "noise_b"}


def test_effects_add_up_to_the_probability(fitted):
    table = rows(20, seed=3)
    model = fitted.model
    probability = model.predict(table)
    log_odds = np.log(probability / (1 - probability))
    rest = log_odds - model.effects(table).sum(axis=1)
    np.testing.assert_allclose(rest, rest[0], atol=1e-9)


def test_a_reason_in_english_and_chinese():
    reason = Reason("inflow_sum_90d", 52_000.4, 0.7)
    typical = {"inflow_sum_90d": 3_100.0}
    assert reason_words(reason, FEATURES, typical, "en") == "Inflow over 90 days: 52,000 yuan (typical 3,100 yuan)"
    assert reason_words(reason, FEATURES, typical, "zh") == "近90天流入 52,000 元（同类客户中位数 3,100 元）"


def test_an_unknown_value_says_so():
    reason = Reason("inflow_sum_90d", None, 0.2)
    assert reason_words(reason, FEATURES, {}, "en") == "Inflow over 90 days: not known"
    assert reason_words(reason, FEATURES, {}, "zh") == "近90天流入 未知"


def test_a_category_in_words():
    reason = Reason("identity", "public_servant", 0.2)
    assert reason_words(reason, FEATURES, {}, "en") == "Identity: public servant"
    assert reason_words(reason, FEATURES, {}, "zh") == "身份属性 公职人员"


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
