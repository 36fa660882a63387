"""The scorecard of points; skipped where optbinning is not installed."""

import numpy as np
import pandas as pd
import pytest

from goldmine.credit.risk_features import RISK_FEATURES
from goldmine.credit.scorecard import fit_scorecard, wrong_points
from goldmine.credit.scorecard_sheet import points_in_words
from tests.credit.test_risk import drawn

pytest.importorskip("optbinning", reason="`make credit` installs optbinning")


@pytest.fixture(scope="module")
def fitted():
    features, bad, _refused, _chance = drawn(3_000)
    known = bad.notna()
    return features, fit_scorecard(features[known], bad[known].to_numpy(), np.ones(known.sum()))


def test_points_rise_and_failures_fall_as_a_feature_gets_safer(fitted):
    table = fitted[1].points.query("feature == 'deposits_12m'")
    table = table[table["bin"].str.startswith(("(", "["))]
    assert len(table) > 2
    assert (table["points"] % 1 == 0).all()
    assert table["points"].is_monotonic_increasing
    assert table["rate"].astype(float).is_monotonic_decreasing
    assert set(fitted[1].points["feature"]) <= set(RISK_FEATURES)


def test_twenty_points_double_the_odds(fitted):
    features, card = fitted
    chance, score = card.probability(features), card.score(features)
    odds = np.log2((1 - chance) / chance)
    assert np.polyfit(odds, score, 1)[0] == pytest.approx(20, rel=0.01)


def test_the_first_reason_of_the_poorest_is_what_costs_most_points(fitted):
    features, card = fitted
    poorest = features.nsmallest(10, "deposits_12m")
    assert [reasons[0] for reasons in card.reasons(poorest)] == ["deposits_12m"] * 10


def test_points_that_run_against_their_direction_are_found():
    rows = [("owed", "(-inf, 5.00)", 40), ("owed", "[5.00, 9.00)", 52), ("owed", "[9.00, inf)", 50)]
    rows += [("tax", "(-inf, 5.00)", 40), ("tax", "[5.00, inf)", 40), ("tax", "Missing", 90)]
    rows += [("property", "(-inf, 5.00)", 40), ("property", "[5.00, inf)", 33)]
    table = pd.DataFrame(rows, columns=["feature", "bin", "points"])
    assert wrong_points(table) == {"owed": 12.0, "property": 7.0}


def test_a_feature_whose_points_run_the_wrong_way_is_left_out_and_named():
    random = np.random.default_rng(4)
    year = np.exp(random.normal(9, 1, 6_000))
    # Three months say what twelve say, and their noise goes the other way: the regression turns them around.
    quarter = year * np.exp(random.normal(0, 0.3, 6_000))
    chance = 1 / (1 + np.exp(1.5 * np.log(year) - 1.0 * np.log(quarter) - 1.5))
    bad = (random.random(6_000) < chance).astype(float)
    card = fit_scorecard(pd.DataFrame({"deposits_12m": year, "deposits_3m": quarter}), bad, np.ones(6_000))
    assert card.left_out == ("deposits_3m",)
    assert card.features == ["deposits_12m"]
    assert wrong_points(card.points) == {}


def test_the_sheet_names_features_in_words(fitted):
    rows = points_in_words(fitted[1], "zh")
    assert "近12个月日均存款（元）" in set(rows["feature_name"])
    assert "Missing" not in set(rows["bin"])
