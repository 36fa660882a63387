import numpy as np
import pyarrow as pa
import pytest
from sklearn.metrics import roc_auc_score

from goldmine.core.errors import UseCaseError
from goldmine.models.evaluation import calibration_error
from goldmine.models.model import Calibrator, fit_calibrator
from goldmine.models.train import train
from tests.models.made import rows, use_case


def with_positives(count):
    table = rows(600, seed=4)
    flags = np.zeros(600, np.int8)
    flags[:count] = 1
    return table.set_column(table.column_names.index("outcome"), "outcome", pa.array(flags))


def test_same_rows_and_seed_give_the_same_model(fitted):
    again = train(use_case(), rows(seed=1), rows(seed=2), seed=7)
    assert again.model == fitted.model


def test_another_seed_gives_another_model(fitted):
    assert train(use_case(), rows(seed=1), rows(seed=2), seed=8).model.trees != fitted.model.trees


def test_model_does_not_depend_on_the_number_of_cores(fitted, monkeypatch):
    monkeypatch.setattr("os.sched_getaffinity", lambda process: {0})
    assert train(use_case(), rows(seed=1), rows(seed=2), seed=7).model == fitted.model


@pytest.fixture
def linear():
    """Training, calibration and test rows whose log-odds are a plain sum, and the log-odds of the test rows."""
    chance = np.random.default_rng(8)
    columns = {f"x{n}": chance.normal(size=900) for n in range(12)}
    log_odds = 0.4 * sum(columns.values()) - 1.5
    outcome = (chance.random(900) < 1 / (1 + np.exp(-log_odds))).astype(np.int8)
    table = pa.table(columns | {"outcome": outcome})
    return table.slice(0, 500), table.slice(500, 200), table.slice(700), log_odds[700:]


def test_rank_logistic_is_blended_in_where_it_improves_on_trees(linear):
    early, later, test, log_odds = linear
    blended = train(use_case(), early, later, seed=1).model.log_odds(test)
    constrained = use_case().training.model_copy(update={"monotone_constraints": {"x*": "increasing"}})
    trees = train(use_case(training=constrained), early, later, seed=1).model.log_odds(test)
    assert np.corrcoef(blended, log_odds)[0, 1] > max(0.8, np.corrcoef(trees, log_odds)[0, 1])


def test_downsampled_rows_blend_rank_logistic_for_few_positives_only(linear, monkeypatch):
    early, later, *_ = linear
    sampled = early.append_column("weight", pa.array(np.full(500, 2, np.float32)))
    few = train(use_case(), sampled, later, seed=1)
    assert few.model.booster.num_trees() == few.best_iteration + 12
    monkeypatch.setattr("goldmine.models.train.REFIT_BELOW_POSITIVES", 0)
    many, whole = (train(use_case(), table, later, seed=1) for table in (sampled, early))
    assert many.model.booster.num_trees() == many.best_iteration
    assert whole.model.booster.num_trees() == whole.best_iteration + 12


def test_rank_logistic_of_weight_zero_adds_no_trees(linear, monkeypatch):
    early, later, *_ = linear
    monkeypatch.setattr("goldmine.models.train.blend_weights", lambda *_: np.array([1.0, 0.0]))
    fitted = train(use_case(), early, later, seed=1)
    assert fitted.model.booster.num_trees() == fitted.best_iteration


def test_few_positives_refit_on_the_calibration_rows(fitted, monkeypatch):
    later = rows(seed=2)
    outcome = later["outcome"].to_numpy()
    assert roc_auc_score(outcome, fitted.model.log_odds(later)) > roc_auc_score(outcome, fitted.held_out) + 0.01
    monkeypatch.setattr("goldmine.models.train.REFIT_BELOW_POSITIVES", 0)
    many = train(use_case(), rows(seed=1), later, seed=7)
    assert many.model.log_odds(later) == pytest.approx(many.held_out)


def test_ids_cutoffs_and_outcomes_are_no_features(fitted):
    assert not {"customer_id", "cutoff", "outcome"} & set(fitted.model.encoding.features)


def test_excluded_features_are_not_used():
    fitted = train(use_case(exclude=["noise_*"]), rows(seed=1), rows(seed=2), seed=7)
    assert not [name for name in fitted.model.encoding.features if name.startswith("noise")]


def test_fewer_than_50_positives_cannot_train():
    with pytest.raises(UseCaseError, match="600 rows with 49 positives: fewer than 50 positives"):
        train(use_case(), with_positives(49), rows(seed=2), seed=1)


def test_one_class_cannot_train():
    with pytest.raises(UseCaseError, match="training cutoffs: 600 rows with 600 positives: one class only"):
        train(use_case(), with_positives(600), rows(seed=2), seed=1)


def test_one_class_cannot_calibrate():
    with pytest.raises(UseCaseError, match="calibration cutoff: 600 rows with 0 positives: one class only"):
        train(use_case(), rows(seed=1), with_positives(0), seed=1)


def test_calibration_recovers_a_known_slope_and_offset():
    chance = np.random.default_rng(5)
    true = chance.normal(-2, 1.2, 40_000)
    outcome = (chance.random(40_000) < 1 / (1 + np.exp(-true))).astype(np.int8)
    bent = (true + 0.8) / 0.5
    calibrator = fit_calibrator(bent, outcome)
    assert calibrator.slope == pytest.approx(0.5, abs=0.02)
    assert calibrator.offset == pytest.approx(-0.8, abs=0.05)
    assert calibration_error(outcome, calibrator.apply(bent)) < 0.2 * calibration_error(
        outcome, Calibrator().apply(bent)
    )


def test_calibration_never_reverses_the_ranking():
    outcome = np.array([1, 1, 1, 0, 0, 0] * 20, np.int8)
    log_odds = np.array([-3.0, -2.0, -1.0, 1.0, 2.0, 3.0] * 20)
    probability = fit_calibrator(log_odds, outcome).apply(log_odds)
    assert np.all(np.diff(probability[:6]) > 0)
    assert probability.mean() == pytest.approx(0.5, abs=0.01)
