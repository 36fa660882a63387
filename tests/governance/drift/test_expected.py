import numpy as np
import pytest

from goldmine.governance.drift.performance_estimation import Performance, estimate, expected_auc, realised


def test_estimate_of_two_customers_by_hand():
    # Right order 0.9 x 0.9, wrong order 0.1 x 0.1, over the pairs that there are.
    assert expected_auc(np.array([0.9, 0.1])) == pytest.approx(0.81 / 0.82)


def test_estimate_of_certain_outcomes_equals_the_observed():
    certain = np.array([1.0] * 10 + [0.0] * 90)
    found = estimate(certain, list_size=5)
    assert found.middle == found.low == found.high == Performance(0.1, 1.0, 10.0)
    assert realised(certain.astype(np.int8), certain, 5) == Performance(0.1, 1.0, 10.0)


def test_observed_figures_of_calibrated_scores_lie_in_the_interval():
    chance = np.random.default_rng(1)
    within = 0
    for seed in range(40):
        probability = chance.beta(0.5, 4, size=3_000)
        came = realised((chance.random(3_000) < probability).astype(np.int8), probability, 300).flat()
        found = estimate(probability, 300, seed)
        low, high = found.low.flat(), found.high.flat()
        within += sum(low[name] <= came[name] <= high[name] for name in came)
    assert within / 120 > 0.88


def test_error_shows_miscalibrated_scores():
    chance = np.random.default_rng(2)
    probability = chance.beta(0.5, 4, size=5_000)
    came = realised((chance.random(5_000) < probability / 2).astype(np.int8), probability, 500)
    found = estimate(probability, 500)
    assert came.rate < found.low.rate


def test_list_size_is_a_tenth_where_it_would_hold_everyone():
    probability = np.linspace(0.9, 0.1, 100)
    assert estimate(probability, 500).middle == estimate(probability, 10).middle
