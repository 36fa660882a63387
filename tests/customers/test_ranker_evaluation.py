"""Who ranks those near a step: the model where it showed skill, else the rule, nearest first."""

import numpy as np
import pandas as pd
import pytest

from goldmine.customers.ranker_evaluation import by_nearness, evaluate_rankers, fit_nearest


def learnt(shares, crossed):
    """Customers at so much of a step of 10,000 yuan, all of whom fell over the last quarter."""
    aum = np.array(shares) * 10_000
    return pd.DataFrame({"aum": aum, "step": 10_000.0, "aum_change_90d_to_step": -0.1, "outcome": crossed})


ROWS = learnt([0.81, 0.85, 0.9, 0.95, 0.99, 1.01, 1.05, 1.1, 1.15, 1.2, 0.7, 1.3], [0, 0, 1, 0, 1, 0, 1, 0, 1, 1, 1, 0])
NEAREST = fit_nearest(ROWS, 0.2)


def chances(rows):
    return evaluate_rankers(rows, rows.pop("said").to_numpy(), NEAREST, 0.2).set_index("direction")


def test_probability_rises_with_nearness():
    found = by_nearness(pd.Series([0.82, 0.98, 1.19, 1.02]), pd.Series(["up", "up", "down", "down"]), NEAREST)
    assert found[0] < found[1]
    assert found[2] < found[3]
    assert found[:2].mean() == pytest.approx(2 / 5, abs=0.1)


def test_direction_without_effect_of_distance_has_one_probability():
    flat = fit_nearest(learnt([0.8, 0.9, 0.99] * 20, [0, 1, 0, 1, 0, 1] * 10), 0.2)
    found = by_nearness(pd.Series([0.8, 0.99]), pd.Series(["up", "up"]), flat)
    assert found == pytest.approx([0.5, 0.5], abs=0.01)


def test_direction_that_nobody_crossed_has_no_probability():
    rule = fit_nearest(learnt([0.8, 0.9], [0, 0]), 0.2)
    assert rule == {}
    assert np.isnan(by_nearness(pd.Series([0.9]), pd.Series(["up"]), rule)).all()


@pytest.mark.parametrize(
    ("said", "ranks"),
    [
        pytest.param(
            [0.9, 0.9, 0.9, 0.9, 0.1, 0.1, 0.1, 0.1], "model", id="it orders them better than chance and rule"
        ),
        pytest.param([0.5] * 8, "nearest", id="it says the same of all"),
        pytest.param([0.1, 0.1, 0.1, 0.1, 0.9, 0.9, 0.9, 0.9], "nearest", id="it orders them the wrong way round"),
        pytest.param([0.9, 0.1, 0.9, 0.1, 0.8, 0.2, 0.2, 0.1], "nearest", id="chance alone would do as well"),
    ],
)
def test_model_ranks_only_with_skill(said, ranks):
    """The rule has none: those farthest from the step crossed it."""
    rows = learnt([0.81, 0.83, 0.85, 0.87, 0.91, 0.93, 0.95, 0.97], [1, 1, 1, 1, 0, 0, 0, 0]).assign(said=said)
    assert chances(rows).ranked_by["up"] == ranks


def test_model_does_not_rank_where_the_rule_is_as_good():
    rows = learnt([0.81, 0.83, 0.85, 0.87, 0.91, 0.93, 0.95, 0.97], [0, 0, 0, 0, 1, 1, 1, 1])
    found = chances(rows.assign(said=rows.outcome * 0.5))
    assert found.loc["up", ["auc", "rule_auc", "ranked_by", "customers", "moved"]].tolist() == [1, 1, "nearest", 8, 4]
    assert found.by_chance["up"] < 0.05


def test_figures_are_of_the_chosen_ranker():
    rows = learnt([0.81, 0.83, 0.85, 0.87, 0.91, 0.93, 0.95, 0.97], [1, 1, 1, 1, 0, 0, 0, 0])
    found = chances(rows.assign(said=rows.outcome * 0.8 + 0.1)).loc["up"]
    assert (found.expected, found.brier, found.no_skill_brier) == pytest.approx((4.0, 0.01, 0.25))
