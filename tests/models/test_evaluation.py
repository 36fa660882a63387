import numpy as np
import pyarrow as pa
import pytest

from goldmine.core.errors import ModelError, UseCaseError
from goldmine.labels.use_case import Baseline
from goldmine.models.evaluation import calibration_error, evaluate, gain_curve, recall_at, reliability, scorecard
from tests.models.made import rows, use_case

OUTCOME = np.array([1, 0, 1, 0, 0, 0, 0, 0, 0, 0])
SCORE = np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.0])


def test_lift_and_recall_at_list_size():
    card = scorecard(OUTCOME, SCORE, list_size=4)
    assert card.recall["list"] == 1.0
    assert card.lift["list"] == pytest.approx(2.5)
    assert card.recall["10pct"] == 0.5
    assert card.lift["10pct"] == pytest.approx(5.0)
    assert card.lift["20pct"] == pytest.approx(2.5)


def test_auc_and_average_precision():
    card = scorecard(OUTCOME, SCORE, list_size=4)
    assert card.auc == pytest.approx(15 / 16)
    assert card.average_precision == pytest.approx((1 + 2 / 3) / 2)
    assert card.brier is None


def test_a_tie_at_the_edge_of_the_list_counts_by_its_share():
    assert recall_at(np.array([1, 0, 1, 0]), np.array([0.9, 0.5, 0.5, 0.1]), 2) == pytest.approx(0.75)


def test_calibration_error_of_literal_bins():
    outcome = np.array([0, 0, 0, 1, 1, 1, 1, 0])
    probability = np.array([0.1, 0.1, 0.1, 0.1, 0.9, 0.9, 0.9, 0.9])
    assert calibration_error(outcome, probability, bins=2) == pytest.approx(0.15)


def test_equal_probabilities_share_a_bin():
    bins = reliability(OUTCOME, np.full(10, 0.2))
    assert bins.rows.tolist() == [10]
    assert bins.observed.tolist() == [0.2]


def test_no_skill_is_the_base_rate(evaluation):
    card, share = evaluation.no_skill, float(evaluation.outcome.mean())
    assert card.auc == 0.5
    assert set(card.lift.values()) == {1.0}
    assert card.brier == pytest.approx(share * (1 - share))
    assert card.calibration_error == pytest.approx(0.0, abs=1e-12)


def test_the_model_finds_more_than_the_baseline(evaluation):
    assert evaluation.model.auc > 0.8 > evaluation.baseline.auc > 0.5
    assert evaluation.model.lift["list"] > evaluation.baseline.lift["list"]


def test_baseline_may_rank_the_lowest_first(fitted):
    turned = use_case(baseline=Baseline(feature="days_since_own", highest_first=False))
    assert evaluate(fitted.model, rows(seed=3), turned).baseline.auc < 0.5


def test_list_that_would_hold_everyone_is_evaluated_at_a_tenth(fitted):
    assert evaluate(fitted.model, rows(seed=3), use_case(list_size=5000)).list_size == 150


def test_list_size_shrinks_with_the_sampled_share(fitted):
    sampled = rows(seed=3).append_column("weight", pa.array([4.0] * 1500, pa.float32()))
    assert evaluate(fitted.model, sampled, use_case(list_size=800)).list_size == 200
    assert evaluate(fitted.model, sampled, use_case(list_size=6000)).list_size == 150


def test_baseline_without_its_feature_is_refused(fitted):
    with pytest.raises(ModelError, match="orders by 'moon_phase', which the feature table does not have"):
        evaluate(fitted.model, rows(seed=3), use_case(baseline=Baseline(feature="moon_phase", highest_first=True)))


def test_one_class_cannot_be_evaluated(fitted):
    table = rows(50, seed=3).drop("outcome").append_column("outcome", pa.array([0] * 50, pa.int8()))
    with pytest.raises(UseCaseError, match="test cutoff: 50 rows with 0 positives"):
        evaluate(fitted.model, table, use_case())


def test_gain_curve_ends_with_full_recall(evaluation):
    curve = gain_curve(evaluation)
    ends = curve[curve.depth == 1.0]
    assert ends.who.tolist() == ["model", "baseline", "no_skill"]
    assert ends.recall.tolist() == pytest.approx([1, 1, 1])


def test_metric_names_are_stable(evaluation):
    names = set(evaluation.metrics())
    assert {"auc", "average_precision", "brier", "calibration_error", "lift_list", "recall_1pct", "lift_20pct"} <= names
    assert {"baseline_auc", "baseline_lift_list", "no_skill_brier"} <= names
    assert "baseline_brier" not in names
