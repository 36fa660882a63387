"""The rate of outcomes is watched when a model is evaluated and when it scores."""

import pandas as pd

from goldmine.core.i18n import in_language
from goldmine.governance.base_rate import past_rate_warnings, rate_moved, scoring_warnings
from goldmine.governance.limits import Limits


def test_small_change_and_change_by_chance_are_no_warning():
    assert rate_moved(0.272, 0.232, 4_000, Limits())
    assert not rate_moved(0.272, 0.250, 40_000, Limits())  # 8%: below the limit
    assert not rate_moved(0.272, 0.232, 400, Limits())  # 1.8 standard errors
    assert not rate_moved(0.0, 0.1, 400, Limits())
    assert not rate_moved(0.2, 0.1, 0, Limits())


def test_scores_of_a_falling_rate_say_what_to_expect():
    (ratio, changed) = scoring_warnings(0.27, (0.272, 0.232), 4_000, Limits())
    assert ratio == (
        "base rate: these scores predict 27.0%; at the test cutoff 27.2% were predicted and 23.2% were observed, "
        "and at that ratio 23.0% are expected"
    )
    assert changed == (
        "base rate: these scores predict 27.0%, and 23.2% were observed at the test cutoff; find out what has changed"
    )
    assert "27.0%" in in_language(ratio, "zh")
    assert in_language(ratio, "zh") != ratio


def test_scores_of_a_steady_rate_say_nothing():
    assert scoring_warnings(0.232, (0.235, 0.232), 4_000, Limits()) == ()


def test_earlier_scores_with_another_rate_than_estimated_are_named():
    figures = pd.DataFrame(
        [
            ("2024-01-31 (test cutoff)", "rate", 0.27, None, None, 0.23),
            ("2024-03-31", "rate", 0.27, 0.26, 0.28, 0.163),
            ("2024-04-30", "rate", 0.27, 0.265, 0.275, 0.255),
            ("2024-04-30", "auc", 0.8, 0.79, 0.81, 0.6),
        ],
        columns=["scored_at", "figure", "estimated", "low", "high", "realised"],
    ).astype({"low": float, "high": float})
    assert list(past_rate_warnings(figures)) == [
        "base rate: the scores of 2024-03-31 predicted 27.0% (26.0% to 28.0%), and 16.3% were observed"
    ]
