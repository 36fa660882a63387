import numpy as np
import pandas as pd
import pytest

from goldmine.models.uplift.covariates import covariates
from goldmine.models.uplift.crossfit import assign_folds
from goldmine.models.uplift.ranking import qini
from goldmine.models.uplift.study import check_assignment, study

ROWS = 4_000


def trial(effect) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Customers treated at random, half of them; `effect` gives what treatment adds to an outcome rate of 30%."""
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
    fold = np.zeros(4, dtype=int)
    assert qini(uplift, signal, fold).value == pytest.approx(1 / 8)
    assert qini(-uplift, signal, fold).value == pytest.approx(-1 / 8)
    assert qini(np.ones(4), signal, fold).value == 0


def test_qini_ranks_within_each_fold():
    signal, fold = np.array([1.0, 0.0, 1.0, 0.0]), np.array([0, 0, 1, 1])
    apart = qini(np.array([2.0, 1.0, 0.2, 0.1]), signal, fold)
    assert apart.value == pytest.approx(1 / 8)


def test_effect_on_one_town_ranks_and_is_found_there():
    known, treated, outcome = trial(lambda f: 0.3 * (f["town"] == "east"))
    result = study(covariates(known)[0], treated, outcome)
    assert result.verdict == "yes"
    assert result.ranks
    east = (known["town"] == "east").to_numpy()
    assert result.ranking.uplift[east].mean() == pytest.approx(0.3, abs=0.1)
    assert result.ranking.uplift[~east].mean() == pytest.approx(0.0, abs=0.1)
    assert result.fifths[0].effect.value > result.fifths[4].effect.value + 0.1


def test_uniform_effect_is_found_and_does_not_rank():
    known, treated, outcome = trial(lambda _: 0.15)
    result = study(covariates(known)[0], treated, outcome)
    assert result.verdict == "yes"
    assert result.effect.low < 0.15 < result.effect.high
    assert not result.ranks


def test_no_effect_reports_the_detectable_effect():
    known, treated, outcome = trial(lambda _: 0.0)
    result = study(covariates(known)[0], treated, outcome)
    assert result.verdict == "no"
    assert not result.ranks
    assert result.detectable == pytest.approx(0.04, abs=0.005)


def test_no_covariates_measure_the_average_alone():
    _, treated, outcome = trial(lambda _: 0.15)
    result = study(covariates(pd.DataFrame(index=range(ROWS)))[0], treated, outcome)
    assert (result.verdict, result.ranking, result.ranks) == ("yes", None, False)


def test_assignment_by_age_is_not_measurable_and_names_the_column():
    known, _, outcome = trial(lambda _: 0.0)
    result = study(covariates(known)[0], (known["age"].fillna(0) > 50).to_numpy(), outcome)
    assert result.verdict == "not measurable"
    assert result.assignment.predictors == ("age",)


def test_assignment_by_town_is_detected_and_adjusted_for():
    known, _, outcome = trial(lambda _: 0.0)
    east = (known["town"] == "east").to_numpy()
    treated = np.random.default_rng(2).random(ROWS) < np.where(east, 0.7, 0.3)
    happened = np.maximum(outcome, east & (np.arange(ROWS) % 2 == 0))  # the east does it more often by itself
    result = study(covariates(known)[0], treated, happened)
    assert not result.assignment.random
    assert result.assignment.predictors == result.assignment.strata == ("town",)
    assert sorted(set(np.round(result.assignment.share, 1))) == [0.3, 0.7]
    assert result.verdict == "no"


def test_random_assignment_in_unequal_strata_is_measured():
    """The columns predict the treatment with an AUC of 0.8, which would be too much without the strata."""
    known, _, outcome = trial(lambda _: 0.0)
    east = (known["town"] == "east").to_numpy()
    treated = np.random.default_rng(2).random(ROWS) < np.where(east, 0.9, 0.1)
    result = study(covariates(known)[0], treated, outcome)
    assert result.assignment.auc > 0.75
    assert (result.assignment.strata, result.verdict) == (("town",), "no")


def test_assignment_that_follows_more_than_the_strata_is_not_random():
    known, _, outcome = trial(lambda _: 0.0)
    east = (known["town"] == "east").to_numpy()
    old = known["age"].fillna(0).to_numpy() > 50
    treated = np.random.default_rng(2).random(ROWS) < np.where(east, 0.6, 0.3) + 0.2 * old
    result = check_assignment(covariates(known)[0], treated, assign_folds(treated, outcome))
    assert (result.random, result.strata) == (False, ())


def test_random_assignment_is_recognised():
    known, treated, outcome = trial(lambda _: 0.0)
    result = check_assignment(covariates(known)[0], treated, assign_folds(treated, outcome))
    assert result.random
    assert result.share.tolist() == [treated.mean()] * ROWS
