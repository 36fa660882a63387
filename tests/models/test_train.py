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


def test_the_number_of_cores_changes_nothing(fitted, monkeypatch):
    monkeypatch.setattr("os.sched_getaffinity", lambda process: {0})
    assert train(use_case(), rows(seed=1), rows(seed=2), seed=7).model == fitted.model


@pytest.fixture
def straight():
    """Rows to learn from, to calibrate on and to judge by whose log-odds are a plain sum, and those of the last."""
    chance = np.random.default_rng(8)
    columns = {f"x{n}": chance.normal(size=900) for n in range(12)}
    odds = 0.4 * sum(columns.values()) - 1.5
    outcome = (chance.random(900) < 1 / (1 + np.exp(-odds))).astype(np.int8)
    table = pa.table(columns | {"outcome": outcome})
    return table.slice(0, 500), table.slice(500, 200), table.slice(700), odds[700:]


def test_a_line_is_blended_in_where_trees_alone_do_worse(straight):
    early, later, judged, free = straight
    blended = train(use_case(), early, later, seed=1).model.log_odds(judged)
    held = use_case().training.model_copy(update={"monotone_constraints": {"x*": "increasing"}})
    trees = train(use_case(training=held), early, later, seed=1).model.log_odds(judged)
    assert np.corrcoef(blended, free)[0, 1] > max(0.8, np.corrcoef(trees, free)[0, 1])


def test_where_rows_were_drawn_a_line_is_for_few_outcomes_only(straight, monkeypatch):
    early, later, *_ = straight
    drawn = early.append_column("weight", pa.array(np.full(500, 2, np.float32)))
    few = train(use_case(), drawn, later, seed=1)
    assert few.model.booster.num_trees() == few.best_iteration + 12
    monkeypatch.setattr("goldmine.models.train.REFIT_BELOW_POSITIVES", 0)
    many, whole = (train(use_case(), table, later, seed=1) for table in (drawn, early))
    assert many.model.booster.num_trees() == many.best_iteration
    assert whole.model.booster.num_trees() == whole.best_iteration + 12


def test_a_line_that_counts_nothing_costs_no_trees(straight, monkeypatch):
    early, later, *_ = straight
    monkeypatch.setattr("goldmine.models.train.blend_weights", lambda *_: np.array([1.0, 0.0]))
    found = train(use_case(), early, later, seed=1)
    assert found.model.booster.num_trees() == found.best_iteration


def test_few_outcomes_are_learnt_from_the_calibration_rows_too_whose_calibration_never_saw_them(fitted, monkeypatch):
    later = rows(seed=2)
    told = later["outcome"].to_numpy()
    assert roc_auc_score(told, fitted.model.log_odds(later)) > roc_auc_score(told, fitted.held_out) + 0.01
    monkeypatch.setattr("goldmine.models.train.REFIT_BELOW_POSITIVES", 0)
    many = train(use_case(), rows(seed=1), later, seed=7)
    assert many.model.log_odds(later) == pytest.approx(many.held_out)


def test_customer_numbers_and_outcomes_are_not_learnt_from(fitted):
    assert not {"customer_id", "cutoff", "outcome"} & set(fitted.model.encoding.features)


def test_excluded_features_are_not_learnt_from():
    found = train(use_case(exclude=["noise_*"]), rows(seed=1), rows(seed=2), seed=7)
    assert not [name for name in found.model.encoding.features if name.startswith("noise")]


def test_fewer_than_50_positives_cannot_train():
    with pytest.raises(UseCaseError, match="600 rows with 49 positives: fewer than 50 positives"):
        train(use_case(), with_positives(49), rows(seed=2), seed=1)


def test_one_class_cannot_train():
    with pytest.raises(UseCaseError, match="training cutoffs: 600 rows with 600 positives: one class only"):
        train(use_case(), with_positives(600), rows(seed=2), seed=1)


def test_one_class_cannot_calibrate():
    with pytest.raises(UseCaseError, match="calibration cutoff: 600 rows with 0 positives: one class only"):
        train(use_case(), rows(seed=1), with_positives(0), seed=1)


def test_calibration_finds_the_line_that_was_bent():
    chance = np.random.default_rng(5)
    true = chance.normal(-2, 1.2, 40_000)
    outcome = (chance.random(40_000) < 1 / (1 + np.exp(-true))).astype(np.int8)
    bent = (true + 0.8) / 0.5
    found = fit_calibrator(bent, outcome)
    assert found.slope == pytest.approx(0.5, abs=0.02)
    assert found.offset == pytest.approx(-0.8, abs=0.05)
    assert calibration_error(outcome, found.apply(bent)) < 0.2 * calibration_error(outcome, Calibrator().apply(bent))


def test_calibration_never_turns_the_ranking_round():
    outcome = np.array([1, 1, 1, 0, 0, 0] * 20, np.int8)
    log_odds = np.array([-3.0, -2.0, -1.0, 1.0, 2.0, 3.0] * 20)
    probability = fit_calibrator(log_odds, outcome).apply(log_odds)
    assert np.all(np.diff(probability[:6]) > 0)
    assert probability.mean() == pytest.approx(0.5, abs=0.01)
