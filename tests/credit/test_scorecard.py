"""The scorecard of points; skipped where optbinning is not installed."""

import numpy as np
import pytest

from goldmine.credit.risk_features import RISK_FEATURES
from goldmine.credit.scorecard import fit_scorecard
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
