import numpy as np
import pytest

from goldmine.core.errors import ModelError
from goldmine.models.boosting import LabelledRows, boost_fixed, lightgbm
from goldmine.models.encoding import Encoding
from goldmine.models.lightgbm_text import (
    SEEN_VERSIONS,
    StepFunction,
    merge_boosters,
    step_function_trees,
    without_thread_count,
)
from goldmine.models.rank_logistic import (
    RankLogistic,
    bin_columns,
    design_matrix,
    fit_regression,
    fit_step_functions,
)

ENCODING = Encoding(("a", "b", "c"), {"c": ("p", "q", "r")})
SETTINGS = {"objective": "binary", "verbosity": -1, "num_threads": 1}


@pytest.fixture(scope="module")
def data():
    """Rows with missing values and a text column."""
    chance = np.random.default_rng(1)
    matrix = np.column_stack([chance.normal(size=600), chance.poisson(2, 600), chance.integers(0, 3, 600)])
    matrix[::7, 0] = np.nan
    matrix[::11, 2] = np.nan
    outcome = (chance.random(600) < 0.2 + 0.5 * (matrix[:, 1] > 2)).astype(np.int8)
    return LabelledRows(matrix.astype(np.float32), outcome)


@pytest.fixture(scope="module")
def boosters(data):
    return [boost_fixed(ENCODING, SETTINGS | {"num_leaves": leaves}, data, 5) for leaves in (3, 7)]


def log_odds(text, matrix):
    return lightgbm().Booster(model_str=text).predict(matrix, raw_score=True)


def test_installed_lightgbm_has_a_known_text_format():
    """Fails on a new release: compare its text with what the module expects, then add it to the list."""
    assert ".".join(lightgbm().__version__.split(".")[:2]) in SEEN_VERSIONS


def test_merged_boosters_give_the_weighted_sum(data, boosters):
    merged = merge_boosters(boosters, [0.3, 0.7])
    expected = 0.3 * log_odds(boosters[0], data.matrix) + 0.7 * log_odds(boosters[1], data.matrix)
    np.testing.assert_allclose(log_odds(merged, data.matrix), expected, atol=1e-12)


def test_shap_values_of_merged_boosters_add_up_to_their_prediction(data, boosters):
    merged = lightgbm().Booster(model_str=merge_boosters(boosters, [0.3, 0.7]))
    effects = merged.predict(data.matrix, pred_contrib=True)
    np.testing.assert_allclose(effects.sum(axis=1), merged.predict(data.matrix, raw_score=True), atol=1e-9)


def test_step_function_gives_each_bin_its_value(boosters):
    step = StepFunction(1, np.array([1.5, 3.5]), np.array([-1.0, 0.0, 2.0]), np.array([5.0, 3.0, 0.0]), 0.25, 0)
    rows = np.array([[9, 1.5, 0], [9, 1.6, 0], [9, 7.0, 0], [9, np.nan, 0]], np.float32)
    np.testing.assert_array_equal(log_odds(step_function_trees(boosters[0], [step]), rows), [-1, 0, 2, 0.25])


def test_rank_logistic_as_trees_predicts_what_the_regression_predicts(data, boosters):
    design = design_matrix(bin_columns(ENCODING, data.matrix), data.matrix)
    trees = step_function_trees(boosters[0], fit_step_functions(ENCODING, data, RankLogistic(0.1)))
    expected = fit_regression(design, data, RankLogistic(0.1)).decision_function(design)
    np.testing.assert_allclose(log_odds(trees, data.matrix), expected, atol=1e-12)
    effects = lightgbm().Booster(model_str=trees).predict(data.matrix, pred_contrib=True)
    np.testing.assert_allclose(effects.sum(axis=1), expected, atol=1e-9)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("version=v4", "version=v5", "its header is not that of version=v4"),
        ("num_tree_per_iteration=1", "num_tree_per_iteration=3", "its header is not that of version=v4"),
        ("Tree=1\n", "Tree=7\n", "its trees are not numbered from 0"),
        ("end of trees", "end of forest", "no trees before 'end of trees'"),
        ("leaf_value=", "leaf_values=", r"unknown fields \['leaf_values'\] and lacks \['leaf_value'\]"),
        ("is_linear=0", "is_linear=1", "a tree has linear leaves"),
        ("num_leaves=3", "num_leaves=4", "not one value a leaf"),
    ],
)
def test_text_of_an_unknown_format_is_refused(boosters, old, new, message):
    changed = boosters[0].replace(old, new)
    assert changed != boosters[0]
    with pytest.raises(ModelError, match=message):
        merge_boosters([boosters[1], changed], [0.5, 0.5])


def test_text_does_not_depend_on_the_thread_count(boosters):
    assert "[num_threads: 0]" in boosters[0]
    with pytest.raises(ModelError, match="parameters do not hold num_threads once"):
        without_thread_count("tree\nversion=v4\n")
