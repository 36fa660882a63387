import numpy as np
import pandas as pd
import pytest

from goldmine.models.uplift.covariates import covariates
from goldmine.models.uplift.crossfit import assign_folds
from goldmine.models.uplift.ranking import qini
from goldmine.models.uplift.study import check_assignment, study

ROWS = 4_000


def trial(effect) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Customers of whom every other by chance is treated; `effect` gives each one's added chance from 30%."""
    random = np.random.default_rng(1)
    known = pd.DataFrame(
        {"age": random.integers(18, 80, ROWS).astype(float), "town": random.choice(["east", "west", None], ROWS)}
    )
    known.loc[::9, "age"] = np.nan
    treated = random.random(ROWS) < 0.5
    happened = random.random(ROWS) < 0.3 + treated * effect(known)
    return known, treated, happened.astype(float)


def test_qini_is_the_area_between_the_curve_and_chance():
    uplift, signal = np.array([4.0, 3.0, 2.0, 1.0]), np.array([1.0, 1.0, 0.0, 0.0])
    one = np.zeros(4, dtype=int)
    assert qini(uplift, signal, one).value == pytest.approx(1 / 8)
    assert qini(-uplift, signal, one).value == pytest.approx(-1 / 8)
    assert qini(np.ones(4), signal, one).value == 0


def test_qini_ranks_within_each_fold():
    signal, fold = np.array([1.0, 0.0, 1.0, 0.0]), np.array([0, 0, 1, 1])
    apart = qini(np.array([2.0, 1.0, 0.2, 0.1]), signal, fold)
    assert apart.value == pytest.approx(1 / 8)


def test_effect_on_one_town_ranks_and_is_found_there():
    known, treated, outcome = trial(lambda f: 0.3 * (f["town"] == "east"))
    found = study(covariates(known)[0], treated, outcome)
    assert found.verdict == "yes"
    assert found.ranks
    east = (known["town"] == "east").to_numpy()
    assert found.ranking.uplift[east].mean() == pytest.approx(0.3, abs=0.1)
    assert found.ranking.uplift[~east].mean() == pytest.approx(0.0, abs=0.1)
    assert found.fifths[0].effect.value > found.fifths[4].effect.value + 0.1


def test_uniform_effect_is_found_and_does_not_rank():
    known, treated, outcome = trial(lambda _: 0.15)
    found = study(covariates(known)[0], treated, outcome)
    assert found.verdict == "yes"
    assert found.effect.low < 0.15 < found.effect.high
    assert not found.ranks


def test_no_effect_reports_the_detectable_effect():
    known, treated, outcome = trial(lambda _: 0.0)
    found = study(covariates(known)[0], treated, outcome)
    assert found.verdict == "no"
    assert not found.ranks
    assert found.detectable == pytest.approx(0.04, abs=0.005)


def test_no_covariates_measure_the_average_alone():
    _, treated, outcome = trial(lambda _: 0.15)
    found = study(covariates(pd.DataFrame(index=range(ROWS)))[0], treated, outcome)
    assert (found.verdict, found.ranking, found.ranks) == ("yes", None, False)


def test_assignment_by_age_is_not_measurable_and_names_the_column():
    known, _, outcome = trial(lambda _: 0.0)
    found = study(covariates(known)[0], (known["age"].fillna(0) > 50).to_numpy(), outcome)
    assert found.verdict == "not measurable"
    assert found.assignment.predictors == ("age",)


def test_assignment_by_town_is_noticed_and_adjusted_for():
    known, _, outcome = trial(lambda _: 0.0)
    east = (known["town"] == "east").to_numpy()
    treated = np.random.default_rng(2).random(ROWS) < np.where(east, 0.7, 0.3)
    happened = np.maximum(outcome, east & (np.arange(ROWS) % 2 == 0))  # the east does it more often by itself
    found = study(covariates(known)[0], treated, happened)
    assert not found.assignment.random
    assert found.assignment.predictors == ("town",)
    assert found.verdict == "no"


def test_random_assignment_is_recognised():
    known, treated, outcome = trial(lambda _: 0.0)
    found = check_assignment(covariates(known)[0], treated, assign_folds(treated, outcome))
    assert found.random
    assert found.share.tolist() == [treated.mean()] * ROWS
