import numpy as np
import pandas as pd
import pytest

from goldmine.governance import bootstrap
from goldmine.governance.bootstrap import FIGURES, intervals, resamples
from goldmine.governance.limits import Limits
from goldmine.governance.protected_groups import SMALL, group_losses, on_list
from goldmine.models.evaluation import scorecard

CHANCE = np.random.default_rng(3)
SCORE = CHANCE.random(4000)
OUTCOME = (CHANCE.random(4000) < SCORE * 0.4).astype(np.int8)


def test_resample_has_the_number_of_rows():
    weights = np.concatenate(list(resamples(50, replicates=7)))
    assert weights.sum(axis=1).tolist() == [50.0] * 7


def test_figures_equal_those_of_the_evaluation():
    tied = np.round(SCORE, 2) * 0.4
    found = intervals(OUTCOME, {"model": tied}, 150)["model"]
    told = scorecard(OUTCOME, tied, 150, probabilities=True).flat()
    same = [name for name in FIGURES if name != "calibration_error"]
    assert {n: found[n].value for n in same} == pytest.approx({n: told[n] for n in same}, rel=1e-5)


def test_interval_covers_the_figure_and_shrinks_with_more_rows():
    few = intervals(OUTCOME[:500], {"model": SCORE[:500]}, 50)["model"]["auc"]
    many = intervals(OUTCOME, {"model": SCORE}, 50)["model"]["auc"]
    assert few.low < few.value < few.high
    assert (many.high - many.low) * 2 < few.high - few.low


def test_interval_of_a_large_table_is_estimated_from_a_sample(monkeypatch):
    lists = {"champion": SCORE + CHANCE.normal(0, 0.3, 4000), "challenger": SCORE}
    whole = intervals(OUTCOME, lists, 400)
    monkeypatch.setattr(bootstrap, "_MAX_ROWS", 2000)
    part = intervals(OUTCOME, lists, 400)
    for who in whole:
        for name in ("auc", "brier", "lift_10pct", "lift_list"):
            assert part[who][name].value == whole[who][name].value
            width = whole[who][name].high - whole[who][name].low
            assert part[who][name].high - part[who][name].low == pytest.approx(width, rel=0.25)


def test_difference_of_equal_scores_is_zero():
    found = intervals(OUTCOME, {"champion": SCORE, "challenger": SCORE}, 100)["difference"]
    assert {(one.value, one.low, one.high) for one in found.values()} == {(0.0, 0.0, 0.0)}


def test_paired_difference_is_narrower_than_two_intervals():
    worse = SCORE + CHANCE.normal(0, 0.12, 4000)
    found = intervals(OUTCOME, {"champion": worse, "challenger": SCORE}, 100)
    assert found["difference"]["auc"].low > 0
    assert found["champion"]["auc"].high > found["challenger"]["auc"].low


def test_tie_at_the_end_of_the_list_counts_by_its_share():
    assert on_list(np.array([0.9, 0.5, 0.5, 0.1]), 2).tolist() == [1.0, 0.5, 0.5, 0.0]


class TestGuardedGroups:
    """The old list catches 40 outcomes of women and 40 of men."""

    outcome = np.ones(160, np.int8)
    groups = pd.DataFrame({"gender": ["F", "M"] * 80})
    old = np.repeat([1.0, 0.0], 80)

    def losses(self, new, groups=None):
        lists = {"champion": self.old, "challenger": new}
        return group_losses(self.outcome, lists, self.groups if groups is None else groups, Limits()).set_index("group")

    def test_same_list_leaves_no_group_behind(self):
        found = self.losses(self.old)
        assert found.loss.tolist() == [0.0, 0.0]
        assert not found.left_behind.any()

    def test_group_that_loses_half_is_left_behind(self):
        found = self.losses(np.where((np.arange(160) % 4 == 0) & (self.old == 1), 0.0, self.old))
        assert found.loc["F", ["champion", "challenger", "loss"]].tolist() == [40.0, 20.0, 0.5]
        assert found.left_behind.to_dict() == {"F": True, "M": False}

    def test_loss_within_the_limit_is_accepted(self):
        found = self.losses(np.where((np.arange(160) % 20 == 0) & (self.old == 1), 0.0, self.old))
        assert found.loc["F", "loss"] == pytest.approx(0.1)
        assert not found.left_behind.any()

    def test_small_groups_are_merged(self):
        villages = pd.DataFrame({"village": [f"v{place % 10}" for place in range(160)]})
        found = self.losses(np.zeros(160), villages)
        assert found.champion.to_dict() == {SMALL: 80.0}
        assert found.left_behind.all()
