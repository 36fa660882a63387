import numpy as np
import pyarrow as pa
import pytest

from goldmine.core.errors import UseCaseError
from goldmine.labels.training_settings import Training
from goldmine.models.encoding import Encoding
from goldmine.models.lightgbm_settings import lightgbm_settings
from goldmine.models.presets import presets
from goldmine.models.train import train
from tests.models.made import rows, use_case

ENCODING = Encoding(("aum_end", "aum_avg", "village", "age"), {"village": ("east", "west")})


def test_monotone_patterns_become_signs_by_column():
    asked = Training(monotone_constraints={"aum_*": "increasing", "age": "decreasing"})
    assert lightgbm_settings(asked, ENCODING, 1000, 1)["monotone_constraints"] == [1, 1, 0, -1]


def test_features_in_no_interaction_group_form_one_more():
    asked = Training(interaction_constraints=[["aum_*"]])
    assert lightgbm_settings(asked, ENCODING, 1000, 1)["interaction_constraints"] == [[0, 1], [2, 3]]


def test_constraint_that_names_no_feature_is_refused():
    with pytest.raises(UseCaseError, match=r"training\.monotone_constraints: 'amu_\*' is none of the 4 features"):
        lightgbm_settings(Training(monotone_constraints={"amu_*": "increasing"}), ENCODING, 1000, 1)


def test_contradicting_monotone_constraints_are_refused():
    with pytest.raises(UseCaseError, match=r"aum_avg is both increasing and decreasing, by several patterns"):
        lightgbm_settings(
            Training(monotone_constraints={"aum_*": "increasing", "*_avg": "decreasing"}), ENCODING, 1000, 1
        )


def test_monotone_constraint_on_text_is_refused():
    with pytest.raises(UseCaseError, match="village is text"):
        lightgbm_settings(Training(monotone_constraints={"village": "increasing"}), ENCODING, 1000, 1)


def test_increasing_constraint_never_lowers_the_score():
    free = use_case().training
    held = free.model_copy(update={"monotone_constraints": {"noise_a": "increasing", "inflow_sum_90d": "increasing"}})
    model = train(use_case(training=held), rows(seed=1), rows(seed=2), seed=7).model
    grid = rows(60, seed=3).slice(0, 1)
    table = pa.concat_tables([grid] * 60)
    for name in ("noise_a", "inflow_sum_90d"):
        column = table.column_names.index(name)
        swept = table.set_column(column, name, pa.array(np.linspace(-3, 3, 60), pa.float32()))
        assert np.all(np.diff(model.log_odds(swept)) >= -1e-12), name


def test_fewer_positives_give_stronger_regularisation():
    few, many = (presets(50_000, positives, 80, Training())[0] for positives in (300, 6_000))
    assert few.num_leaves < many.num_leaves
    assert few.lambda_l2 > many.lambda_l2
    assert few.min_data_in_leaf > many.min_data_in_leaf
    trees = [(preset.extra_trees, preset.num_leaves) for preset in presets(5_000, 300, 80, Training())]
    assert trees == [(True, 7), (True, 2), (False, 8), (True, 30)]


def test_trees_grow_in_larger_steps_from_500_positives_on():
    rates = [
        [(preset.learning_rate, preset.early_stopping_rounds) for preset in presets(8_000, positives, 16, Training())]
        for positives in (499, 500)
    ]
    assert rates == [
        [(0.06, 60), (0.08, 60), (0.05, 60), (0.06, 60)],
        [(0.096, 38), (0.128, 38), (0.08, 38), (0.096, 38)],
    ]
