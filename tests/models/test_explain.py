from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from goldmine.features import Feature, catalogue
from goldmine.features.reason_text import ReasonText, not_explainable
from goldmine.labels.reason_directions import ReasonDirections
from goldmine.models.encoding import Encoding
from goldmine.models.explain import effects_by_feature, explain, importance, typical_values
from tests.models.made import rows

FEATURES = (Feature("inflow_sum_90d", "Inflow over 90 days", "yuan", 90, ("transactions",)),)


def test_strongest_reason_comes_first(fitted):
    table = rows(400, seed=3)
    best = int(np.argmax(fitted.model.predict(table)))
    reasons = explain(fitted.model, table.slice(best, 1))[0]
    assert reasons[0].feature == "inflow_sum_90d"
    assert reasons[0].value == table["inflow_sum_90d"][best].as_py()
    assert reasons[0].effect > 0


def test_features_of_one_behaviour_make_one_reason(fitted):
    for reasons in explain(fitted.model, rows(200, seed=3), top=9):
        behaviours = [reason.behaviour for reason in reasons]
        assert len(behaviours) == len(set(behaviours))
        assert not {"inflow_sum_30d", "inflow_sum_90d"} <= {reason.feature for reason in reasons}


def test_effect_of_a_reason_is_the_sum_over_its_behaviour(fitted):
    table = rows(50, seed=3)
    names = list(fitted.model.encoding.features)
    windows = [names.index("inflow_sum_30d"), names.index("inflow_sum_90d")]
    sums = fitted.model.effects(table)[:, windows].sum(axis=1)
    for row, reasons in enumerate(explain(fitted.model, table)):
        for reason in reasons:
            if reason.behaviour == "inflow_sum":
                assert reason.effect == pytest.approx(sums[row])


def test_behaviours_that_lower_the_probability_are_no_reasons(fitted):
    found = explain(fitted.model, rows(200, seed=3), top=9)
    assert all(reason.effect >= 0.02 for reasons in found for reason in reasons)
    assert all(reasons == sorted(reasons, key=lambda reason: -reason.effect) for reasons in found)
    assert min(len(reasons) for reasons in found) < 3


def test_probability_falls_when_the_quoted_behaviour_is_typical(fitted):
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


def test_features_that_are_not_explainable_are_no_reasons(fitted):
    all_reasons = {r.feature for reasons in explain(fitted.model, rows(100, seed=3), top=9) for r in reasons}
    hidden = Feature("village", "Village", "category", None, ("customers",), "category", not_explainable("village"))
    allowed = {r.feature for reasons in explain(fitted.model, rows(100, seed=3), (hidden,), top=9) for r in reasons}
    assert all_reasons - allowed == {"village"}


@pytest.mark.parametrize(("amount", "since", "quoted"), [(0.0, 5.0, "since"), (900.0, 0.0, "sum"), (0.0, None, "sum")])
def test_fallback_is_quoted_instead_of_a_sum_of_zero(amount, since, quoted):
    text = ReasonText("salary", fallback="since")
    features = (
        Feature("sum", "Salary", "yuan", 90, (), reason_text=text),
        Feature("since", "Since", "count", None, (), reason_text=ReasonText("salary")),
    )
    literal = SimpleNamespace(encoding=Encoding(("sum", "since"), {}), effects=lambda rows: np.array([[0.5, 0.25]]))
    table = pa.table({"sum": [amount], "since": pa.array([since], pa.float32())})
    ((reason,),) = explain(literal, table, features)
    assert (reason.behaviour, reason.feature, reason.effect) == ("salary", quoted, 0.75)


def test_plain_figure_is_quoted_and_only_in_an_allowed_direction():
    features = (
        Feature("decaying", "Decaying", "ratio", None, (), reason_text=ReasonText("habit", instead="count")),
        Feature("count", "Count", "count", 365, (), reason_text=ReasonText("activity")),
        Feature("season", "Season", "days", 90, (), reason_text=ReasonText("assets_season")),
    )
    names = ("decaying", "season")
    literal = SimpleNamespace(
        encoding=Encoding(names, {}), effects=lambda rows: np.tile([0.5, 0.25], (rows.num_rows, 1))
    )
    table = pa.table({"decaying": [0.12, 0.40], "season": [3.0, 1.0], "count": [1.0, 20.0]})
    quiet = ReasonDirections(low=["count", "season"])
    typical = {"count": 9.0, "season": 2.0}
    found = explain(literal, table, features, quotable=lambda name, value, _: quiet.allows(name, value, typical[name]))
    assert [[(reason.feature, reason.value) for reason in row] for row in found] == [
        [("count", 1.0)],
        [("season", 1.0)],
    ]


def test_reasons_of_a_row_differ_in_kind():
    features = tuple(
        Feature(name, name, "yuan", 30, (), reason_text=ReasonText(behaviour))
        for name, behaviour in (("a", "assets"), ("d", "demand"), ("r", "recency"), ("c", "channels"), ("i", "inflow"))
    )
    effects = np.array([[0.5, 0.4, 0.3, 0.25, 0.2]])
    literal = SimpleNamespace(encoding=Encoding(("a", "d", "r", "c", "i"), {}), effects=lambda rows: effects)
    ((first, second, third),) = explain(literal, pa.table({name: [1.0] for name in "adrci"}), features)
    assert [first.feature, second.feature, third.feature] == ["a", "r", "i"]


def test_a_plain_figure_of_another_kind_is_not_quoted_twice():
    features = (
        Feature("end", "End", "yuan", None, (), reason_text=ReasonText("assets")),
        Feature("end_to_avg", "Ratio", "ratio", 30, (), reason_text=ReasonText("assets_trend", instead="end")),
        Feature("rise", "Rise", "yuan", 30, (), reason_text=ReasonText("assets_trend")),
    )
    names = ("end", "end_to_avg", "rise")
    literal = SimpleNamespace(encoding=Encoding(names, {}), effects=lambda rows: np.array([[0.9, 0.4, 0.3]]))
    (row,) = explain(literal, pa.table({name: [1.0] for name in names}), features)
    assert [reason.feature for reason in row] == ["end", "rise"]


def test_protected_traits_their_proxies_and_other_people_are_not_explainable():
    hidden = {feature.behaviour for feature in catalogue() if not feature.explainable}
    assert hidden == {"age", "gender", "identity", "pension", "village", "employer", "family"}


def test_effects_add_up_to_the_log_odds(fitted):
    table = rows(20, seed=3)
    model = fitted.model
    probability = model.predict(table)
    log_odds = np.log(probability / (1 - probability))
    rest = log_odds - model.effects(table).sum(axis=1)
    np.testing.assert_allclose(rest, rest[0], atol=1e-9)


def test_typical_value_is_the_median_of_known_values():
    table = pa.table({"a": pa.array([1, None, 3, 100], pa.float32()), "t": ["x"] * 4, "n": pa.nulls(4, pa.float32())})
    assert typical_values(table, ["a", "t", "n"]) == {"a": 3.0}


def test_importance_adds_up_to_one(fitted):
    found = importance(fitted.model, {"inflow_sum_90d": "Inflow"})
    assert found.feature[0] == "Inflow"
    assert found.gain.sum() == pytest.approx(1)


def test_effects_by_feature_hold_ranks_and_no_values(fitted):
    found = effects_by_feature(fitted.model, rows(100, seed=3), {}, top=3)
    assert list(found.columns) == ["feature", "effect", "standing"]
    assert found.feature.nunique() == 3
    assert found.standing.dropna().between(0, 1).all()
    assert found[found.feature == "village"].standing.isna().all()
