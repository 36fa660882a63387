"""Figures of single features: those that are known are kept, the others measured, as if all were measured together."""

import numpy as np
import pyarrow as pa
import pytest

from goldmine.governance.row_figures import RowFigures, measured

NAMES = ["balance", "same", "village", "idea"]


@pytest.fixture
def parts():
    random = np.random.default_rng(3)

    def part():
        outcome = random.integers(0, 2, 400)
        return pa.table(
            {
                "balance": outcome + random.normal(size=400),
                "same": np.ones(400),
                "village": pa.array(random.choice(["east", "west"], 400)),
                "idea": random.normal(size=400) - outcome,
                "outcome": outcome,
            }
        )

    return {"train": part(), "calibrate": part(), "test": part()}


def test_known_and_new_figures_are_those_of_all_features(parts):
    whole = measured(parts, NAMES)
    assert list(whole.aucs) == ["train", "test"]
    assert list(whole.out_of_range["test"]) == ["balance", "village", "idea"]  # what never varies is left out
    assert measured(parts, NAMES[:3]).completed(parts, NAMES) == whole
    assert RowFigures().completed(parts, NAMES) == whole
    assert whole.completed(parts, NAMES) == whole


def test_known_figures_are_not_measured_again(parts):
    known = measured(parts, NAMES[:3])
    parts["train"] = parts["train"].set_column(0, "balance", pa.array(np.zeros(400)))
    found = known.completed(parts, NAMES)
    assert found.aucs["train"]["balance"] == known.aucs["train"]["balance"] > 0.7
    assert found.aucs["train"]["idea"] > 0.7


def test_figures_of_some_features_are_in_their_order(parts):
    assert list(measured(parts, NAMES).of(["idea", "balance", "gone"]).p_values) == ["idea", "balance"]


def test_a_constant_idea_has_no_range(parts):
    known = measured(parts, ["balance"])
    assert list(known.completed(parts, ["balance", "same"]).out_of_range["test"]) == ["balance"]


def test_cutoffs_at_which_everybody_has_one_value_do_not_hide_what_a_feature_says():
    random = np.random.default_rng(4)
    outcome = random.integers(0, 2, 2_000)
    value = outcome * 2 + random.normal(size=2_000)
    early = np.arange(2_000) < 1_000
    part = pa.table(
        {
            "late": np.where(early, 0, value),
            "never": pa.nulls(2_000, pa.float64()),
            "flag": pa.array(np.ones(2_000), mask=outcome == 0),
            "always": value,
            "cutoff": pa.array(np.where(early, "2023-03-31", "2023-06-30")),
            "outcome": outcome,
        }
    )
    names = ["late", "never", "flag", "always"]
    aucs = measured({"train": part, "test": part.filter(pa.array(~early))}, names).aucs
    assert list(aucs["train"]) == names
    assert (
        aucs["train"]["late"] == pytest.approx(aucs["test"]["late"]) == pytest.approx(aucs["train"]["always"], abs=0.02)
    )
    assert (aucs["train"]["never"], aucs["train"]["flag"]) == (0.5, 1.0)
