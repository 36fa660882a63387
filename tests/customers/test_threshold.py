"""Near the threshold: who is, in which direction, and what the model is taught."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from goldmine.core.errors import HistoryError, UseCaseError
from goldmine.core.workspace import Workspace
from goldmine.customers.source_tables import SourceTables
from goldmine.customers.threshold import near, near_threshold, plan
from goldmine.customers.threshold_training import months_to_quarter_end, nearest_step, with_outcome
from goldmine.features import build_features
from tests.customers.quarter import sources_of

CUTOFF, LATER = date(2024, 3, 31), date(2024, 6, 30)


def test_near_is_within_a_fifth_of_a_step():
    aum = pd.Series([7_999.99, 8_000.0, 9_999.99, 10_000.0, 12_000.0, 12_000.01, 11_000.0, 41_000.0, 9e6])
    before = pd.Series([0.0, 0.0, 20_000.0, 20_000.0, 13_000.0, 13_000.0, 10_000.0, 60_000.0, 9.5e6])
    found = near(aum, before)
    assert found.direction.to_dict() == {1: "up", 2: "up", 3: "down", 4: "down", 7: "up"}
    assert found.step.to_dict() == {1: 10_000.0, 2: 10_000.0, 3: 10_000.0, 4: 10_000.0, 7: 50_000.0}


def test_customer_is_trained_on_at_the_nearest_step():
    found = nearest_step(pd.Series([5_999.0, 6_000.0, 14_999.0, 15_000.0, 30_000.0, 7_400_000.0, 7_500_000.0]))
    assert found.fillna(0).tolist() == [0, 10_000, 10_000, 0, 50_000, 5_000_000, 0]


@pytest.mark.parametrize(("month", "left"), [(1, 2), (2, 1), (3, 3), (6, 3), (11, 1), (12, 3)])
def test_months_to_quarter_end(month, left):
    assert months_to_quarter_end(date(2024, month, 28)) == left


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    return sources_of(
        tmp_path_factory.mktemp("near"),
        {"riser": ("9000.00", "10000.00"), "short": ("9000.00", "9999.99"), "leaver": ("11000.00", None)},
    )


def test_outcome_is_reaching_the_step_to_the_fen(sources):
    build_features(sources.bank, sources.work, [CUTOFF])
    rows = with_outcome(sources, CUTOFF, 3).set_index("customer_id")
    assert rows.outcome.to_dict() == {"riser": 1, "short": 0, "leaver": 0}
    assert rows.loc["riser", "aum_avg_30d_to_step"] == pytest.approx(0.9)


def test_a_merger_is_no_fall_to_nothing(tmp_path):
    days = {"opened_on": date(2020, 1, 1), "merged_into": None, "merged_on": None}
    people = [{"customer_id": name, **days} for name in ("OLD", "NEW", "X")]
    people[0] |= {"merged_into": "NEW", "merged_on": date(2024, 5, 1)}
    held = {"OLD": ("11000", "12000"), "NEW": ("8000", "100"), "X": ("11000", "9000")}
    sources = sources_of(tmp_path, held, customers=people)
    build_features(sources.bank, sources.work, [CUTOFF])
    rows = with_outcome(sources, CUTOFF, 3).set_index("customer_id")
    assert rows.outcome.to_dict() == {"NEW": 1, "X": 0}


def test_too_little_history_names_the_month_it_needs(sources):
    with pytest.raises(HistoryError, match="do not reach back to 2023-11-30"):
        plan(sources, LATER)


def test_too_small_bank_is_refused(sources, monkeypatch):
    monkeypatch.setattr("goldmine.customers.threshold.TRAINING_CUTOFFS", 1)
    with pytest.raises(HistoryError, match="do not reach back"):
        near_threshold(sources, LATER)


class TestOnManyMadeUpCustomers:
    """Rows in the place of `with_outcome`'s: reaching the step depends on how near it is."""

    @pytest.fixture
    def made(self, monkeypatch):
        def rows(seed):
            random = np.random.default_rng(seed)
            share = random.uniform(0.6, 1.5, 600)
            reached = random.random(600) < 1 / (1 + np.exp(-8 * (share - 1)))
            ids = [f"{n:04d}" for n in range(600)]
            change = random.normal(size=600)
            return pd.DataFrame(
                {"customer_id": ids, "step": 10_000.0, "aum": share * 10_000, "aum_avg_30d_to_step": share,
                 "aum_change_90d_to_step": change, "outcome": reached.astype(int)}
            )  # fmt: skip

        base = "goldmine.customers.threshold."
        customers = pd.DataFrame(
            {"customer_id": ["0000", "0001"], "branch_id": "B", "manager_id": "M", "level": [0, 1],
             "aum_avg": [8_100.0, 12_000.0], "previous_aum_avg": [1.0, 20_000.0]}
        )  # fmt: skip
        now = rows(9).drop(columns="outcome")
        now.loc[:1, "aum_avg_30d_to_step"] = [0.81, 1.2]
        monkeypatch.setattr(base + "plan", lambda sources, as_of: plan_of())
        monkeypatch.setattr(base + "with_outcome", lambda sources, day, months: rows(day.toordinal()))
        monkeypatch.setattr(base + "near_steps", lambda sources, day: now)
        monkeypatch.setattr(base + "read_customers", lambda work, day: customers)

        def plan_of():
            from goldmine.customers.threshold import Cutoffs

            return Cutoffs((date(2023, 10, 31), date(2023, 11, 30)), date(2023, 12, 31), CUTOFF, 3)

    def test_list_has_the_probability_of_crossing(self, made, tmp_path):
        found = near_threshold(SourceTables(None, None, Workspace(tmp_path)), LATER)
        rows = found.rows.set_index("customer_id")
        assert found.until == date(2024, 9, 30)
        assert rows.direction.to_dict() == {"0000": "up", "0001": "down"}
        assert rows.to_step.to_dict() == {"0000": 1_900.0, "0001": 2_000.0}
        assert rows.probability.between(0.05, 0.4).all()  # the truth is 0.18 and 0.17
        assert rows.ranked_by.to_dict() == {"0000": "nearest", "0001": "nearest"}  # there is nothing but nearness in it

    def test_model_is_tested_on_a_quarter_not_fitted_on(self, made, tmp_path):
        result = near_threshold(SourceTables(None, None, Workspace(tmp_path)), LATER)
        evaluation = result.evaluation.set_index("direction")
        assert evaluation.brier["up"] < evaluation.no_skill_brier["up"]
        assert evaluation.auc["up"] > 0.6
        assert (abs(evaluation.moved - evaluation.expected) < 0.15 * evaluation.customers).all()

    def test_one_sided_steps_are_refused(self, made, tmp_path, monkeypatch):
        monkeypatch.setattr("goldmine.customers.threshold.MIN_PER_SIDE", 500)
        with pytest.raises(UseCaseError, match="fewer than 500 customers on one side of their steps"):
            near_threshold(SourceTables(None, None, Workspace(tmp_path)), LATER)
