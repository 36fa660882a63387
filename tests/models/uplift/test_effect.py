import numpy as np
import pytest

from goldmine.models.uplift.effect import Estimate, NotMeasurable, detectable, difference, interval


def shares(treated: tuple[int, int], control: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Outcomes and arms from (happened, rows) of each arm."""
    outcome = np.concatenate([np.arange(rows) < happened for happened, rows in (treated, control)]).astype(float)
    return outcome, np.arange(len(outcome)) < treated[1]


def test_difference_of_two_shares_has_the_binomial_error():
    estimate = difference(*shares((300, 1000), (200, 1000)))
    assert isinstance(estimate, Estimate)
    assert estimate.value == pytest.approx(0.1)
    assert estimate.error == pytest.approx(np.sqrt((0.3 * 0.7 + 0.2 * 0.8) / 999), rel=0.001)
    assert estimate.significant


def test_interval_that_holds_zero_is_not_significant():
    assert not difference(*shares((105, 1000), (100, 1000))).significant


def test_error_of_a_small_arm_with_few_events_is_not_understated():
    outcome, treated = shares((450, 9000), (10, 400))
    own = np.sqrt(0.05 * 0.95 / 9000 + 0.025 * 0.975 / 400)
    assert difference(outcome, treated).error > 1.2 * own


def test_prognosis_narrows_the_interval_and_corrects_imbalance():
    level = np.repeat([0.0, 10.0], 100)
    treated = np.r_[np.arange(100) < 30, np.arange(100) < 70]
    outcome = level + 2 * treated + np.tile([0.1, -0.1], 100)
    plain, adjusted = difference(outcome, treated), difference(outcome, treated, level[:, None])
    assert plain.value == pytest.approx(6.0)
    assert adjusted.value == pytest.approx(2.0)
    assert adjusted.error < plain.error / 10


def test_constant_prognosis_changes_nothing():
    outcome, treated = shares((300, 1000), (200, 1000))
    assert difference(outcome, treated, np.ones((2000, 1))) == difference(outcome, treated)


@pytest.mark.parametrize(
    ("treated", "control", "why"),
    [
        ((10, 1000), (5, 49), "49 control rows, at least 50 are needed"),
        ((10, 1000), (0, 0), "0 control rows, at least 50 are needed"),
        ((0, 1000), (0, 1000), "the outcome is the same in every row"),
        ((11, 1000), (0, 100), "the rarer outcome is expected 1.0 times in the smaller arm, 5 are needed"),
        ((1000, 1000), (89, 100), "the rarer outcome is expected 1.0 times in the smaller arm, 5 are needed"),
    ],
)
def test_too_few_rows_give_a_reason_and_no_figure(treated, control, why):
    estimate = difference(*shares(treated, control))
    assert isinstance(estimate, NotMeasurable)
    assert estimate.why == why


def test_detectable_effect_and_significance_agree():
    assert detectable(0.01) == pytest.approx(0.0280, abs=1e-4)
    assert interval(0.021, 0.01).significant
    assert not interval(0.019, 0.01).significant
