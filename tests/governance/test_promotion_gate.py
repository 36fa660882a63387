import numpy as np
import pytest

from goldmine.governance.promotion_gate import promotion_gate
from goldmine.models.evaluation import Evaluation, Scorecard, scorecard

CUSTOMERS, OUTCOMES, LIST = 2_000, 100, 200


def judged(*, model: tuple[float, float, float], baseline: tuple[float, float, float], positives: int) -> Evaluation:
    """An evaluation of 500 rows with some figures: AUC, average precision and lift at list size."""
    cards = [
        Scorecard(auc, precision, None, None, {"list": lift}, {})
        for auc, precision, lift in (model, baseline, (0.5, positives / 500, 1.0))
    ]
    outcome = np.array([1] * positives + [0] * (500 - positives))
    return Evaluation(*cards, outcome, np.zeros(500), np.zeros(500), 20, "made")


def placed(*places: range) -> np.ndarray:
    """Scores of customers of whom the first hundred have the outcome and stand at these places of the order."""
    first = [place for part in places for place in part][:OUTCOMES]
    rest = np.setdiff1d(np.arange(CUSTOMERS), first)
    score = np.empty(CUSTOMERS)
    score[:OUTCOMES] = 1 - np.array(first) / CUSTOMERS
    score[OUTCOMES:] = 1 - rest / CUSTOMERS
    return score


def against(model: np.ndarray, baseline: np.ndarray) -> Evaluation:
    outcome = np.repeat([1, 0], [OUTCOMES, CUSTOMERS - OUTCOMES])
    cards = [scorecard(outcome, score, LIST) for score in (model, baseline, np.zeros(CUSTOMERS))]
    return Evaluation(*cards, outcome, model, baseline, LIST, "made")


@pytest.fixture
def baseline():
    """A hundred outcomes evenly over the list of two hundred, but the last five far below it."""
    return placed(range(0, 190, 2), range(1_000, 1_005))


def test_gate_asks_for_an_auc_beyond_chance_and_for_average_precision():
    lucky = judged(model=(0.635, 0.04, 1.9), baseline=(0.6, 0.05, 1.5), positives=13)
    assert promotion_gate(lucky) == (
        "average precision 0.0400 does not beat 0.0500 of the baseline",
        "AUC 0.6350 may be chance: with 13 outcomes to test on its 95% interval begins at 0.47",
    )
    assert promotion_gate(judged(model=(0.635, 0.24, 1.9), baseline=(0.6, 0.2, 1.5), positives=60)) == ()


def test_model_below_the_baseline_is_refused_by_every_figure(baseline):
    worse = against(placed(range(0, 400, 4)), baseline)
    assert [refusal.split()[0] for refusal in promotion_gate(worse)] == ["AUC", "average", "lift"]
    assert promotion_gate(worse)[-1] == "lift at list size 5.00 is below 9.50 of the baseline, by more than chance"


def test_one_outcome_less_in_the_list_is_chance_where_the_head_is_surely_better(baseline):
    better = against(placed(range(94), range(300, 306)), baseline)
    assert (better.model.lift["list"], better.baseline.lift["list"]) == (9.4, 9.5)
    assert promotion_gate(better) == ()


def test_one_outcome_less_in_the_list_is_refused_where_the_head_is_hardly_better(baseline):
    alike = against(placed(range(4), range(9, 189, 2), range(300, 306)), baseline)
    assert alike.model.average_precision > alike.baseline.average_precision
    (refusal,) = promotion_gate(alike)
    assert refusal.startswith("lift at list size 9.40 does not beat 9.50 of the baseline, and average precision is not")


def test_a_good_head_does_not_make_up_for_a_list_that_is_surely_shorter_of_outcomes(baseline):
    headstrong = against(placed(range(80), range(210, 230)), baseline)
    assert headstrong.model.average_precision > headstrong.baseline.average_precision
    assert promotion_gate(headstrong) == ("lift at list size 8.00 is below 9.50 of the baseline, by more than chance",)
