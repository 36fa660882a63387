import numpy as np
import pyarrow as pa
import pytest

from goldmine.core.errors import UseCaseError
from goldmine.labels.use_case import Training
from goldmine.models.encoding import Encoding
from goldmine.models.lightgbm_settings import lightgbm_settings
from goldmine.models.presets import recipes
from goldmine.models.train import train
from tests.models.made import rows, use_case

ENCODING = Encoding(("aum_end", "aum_avg", "village", "age"), {"village": ("east", "west")})


def test_monotone_patterns_become_signs():
    asked = Training(monotone={"aum_*": "rising", "age": "falling"})
    assert lightgbm_settings(asked, ENCODING, 1000, 1)["monotone_constraints"] == [1, 1, 0, -1]


def test_features_that_no_group_names_interact_among_themselves():
    asked = Training(together=[["aum_*"]])
    assert lightgbm_settings(asked, ENCODING, 1000, 1)["interaction_constraints"] == [[0, 1], [2, 3]]


def test_a_constraint_on_no_feature_is_refused():
    with pytest.raises(UseCaseError, match=r"training\.monotone: 'amu_\*' is none of the 4 features"):
        lightgbm_settings(Training(monotone={"amu_*": "rising"}), ENCODING, 1000, 1)


def test_a_feature_does_not_both_rise_and_fall():
    with pytest.raises(UseCaseError, match=r"aum_avg is to rise and to fall: several patterns name it"):
        lightgbm_settings(Training(monotone={"aum_*": "rising", "*_avg": "falling"}), ENCODING, 1000, 1)


def test_text_neither_rises_nor_falls():
    with pytest.raises(UseCaseError, match="village is text"):
        lightgbm_settings(Training(monotone={"village": "rising"}), ENCODING, 1000, 1)


def test_a_monotone_model_never_falls_where_it_may_only_rise():
    free = use_case().training
    held = free.model_copy(update={"monotone": {"noise_a": "rising", "inflow_sum_90d": "rising"}})
    model = train(use_case(training=held), rows(seed=1), rows(seed=2), seed=7).model
    grid = rows(60, seed=3).slice(0, 1)
    table = pa.concat_tables([grid] * 60)
    for name in ("noise_a", "inflow_sum_90d"):
        place = table.column_names.index(name)
        swept = table.set_column(place, name, pa.array(np.linspace(-3, 3, 60), pa.float32()))
        assert np.all(np.diff(model.log_odds(swept)) >= -1e-12), name


def test_few_outcomes_are_held_back_more_than_many():
    few, many = (recipes(50_000, positives, 80, Training())[0] for positives in (300, 6_000))
    assert few.leaves < many.leaves
    assert few.l2 > many.l2
    assert few.least_rows_per_leaf > many.least_rows_per_leaf
    found = [(recipe.drawn_splits, recipe.leaves) for recipe in recipes(5_000, 300, 80, Training())]
    assert found == [(True, 7), (True, 2), (False, 8), (True, 30)]
