import numpy as np
import pytest

from goldmine.models.boosting import LabelledRows, grow, lightgbm
from goldmine.models.encoding import Encoding
from goldmine.models.linear_as_trees import Steps, step_trees
from goldmine.models.merge_boosters import merge
from goldmine.models.rank_logistic import Line, design, fit_line, line_of, scales

ENCODING = Encoding(("a", "b", "c"), {"c": ("p", "q", "r")})
SETTINGS = {"objective": "binary", "verbosity": -1, "num_threads": 1}


@pytest.fixture(scope="module")
def data():
    """Rows with missing values and a text column, and two boosters of them."""
    chance = np.random.default_rng(1)
    matrix = np.column_stack([chance.normal(size=600), chance.poisson(2, 600), chance.integers(0, 3, 600)])
    matrix[::7, 0] = np.nan
    matrix[::11, 2] = np.nan
    outcome = (chance.random(600) < 0.2 + 0.5 * (matrix[:, 1] > 2)).astype(np.int8)
    return LabelledRows(matrix.astype(np.float32), outcome)


@pytest.fixture(scope="module")
def boosters(data):
    return [grow(ENCODING, SETTINGS | {"num_leaves": leaves}, data, 5) for leaves in (3, 7)]


def odds(text, matrix):
    return lightgbm().Booster(model_str=text).predict(matrix, raw_score=True)


def test_merged_boosters_give_the_weighted_sum(data, boosters):
    merged = merge(boosters, [0.3, 0.7])
    expected = 0.3 * odds(boosters[0], data.matrix) + 0.7 * odds(boosters[1], data.matrix)
    np.testing.assert_allclose(odds(merged, data.matrix), expected, atol=1e-12)


def test_merged_boosters_explain_what_they_predict(data, boosters):
    merged = lightgbm().Booster(model_str=merge(boosters, [0.3, 0.7]))
    effects = merged.predict(data.matrix, pred_contrib=True)
    np.testing.assert_allclose(effects.sum(axis=1), merged.predict(data.matrix, raw_score=True), atol=1e-9)


def test_steps_give_each_stretch_its_value(boosters):
    steps = Steps(1, np.array([1.5, 3.5]), np.array([-1.0, 0.0, 2.0]), np.array([5.0, 3.0, 0.0]), 0.25, 0)
    rows = np.array([[9, 1.5, 0], [9, 1.6, 0], [9, 7.0, 0], [9, np.nan, 0]], np.float32)
    np.testing.assert_array_equal(odds(step_trees(boosters[0], [steps]), rows), [-1, 0, 2, 0.25])


def test_a_line_as_trees_gives_what_the_line_gives(data, boosters):
    held = scales(ENCODING, data.matrix)
    found = design(held, data.matrix)
    trees = step_trees(boosters[0], line_of(ENCODING, data, Line(0.1)))
    expected = fit_line(found, data, Line(0.1)).decision_function(found)
    np.testing.assert_allclose(odds(trees, data.matrix), expected, atol=1e-12)
    effects = lightgbm().Booster(model_str=trees).predict(data.matrix, pred_contrib=True)
    np.testing.assert_allclose(effects.sum(axis=1), expected, atol=1e-9)
