import numpy as np
import pyarrow as pa
import pytest

from goldmine.models.encoding import Encoding, encode, fit_encoding, fit_target_encoding

NAMES = ["village"]


@pytest.fixture(scope="module")
def noise():
    """2,000 rows of 500 villages that say nothing of the outcome."""
    chance = np.random.default_rng(3)
    villages = [f"V{number}" for number in chance.integers(0, 500, 2_000)]
    return pa.table({"village": villages}), (chance.random(2_000) < 0.2).astype(np.int8)


def test_text_of_many_levels_is_target_encoded(noise):
    encoding = fit_encoding(noise[0], NAMES)
    assert (encoding.categories, list(encoding.target_means)) == ({}, NAMES)
    assert encoding.text == {"village"}


def test_no_row_sees_its_own_outcome(noise):
    rows, outcome = noise
    encoding, matrix = fit_target_encoding(fit_encoding(rows, NAMES), rows, outcome, seed=1)
    assert abs(np.corrcoef(matrix[:, 0], outcome)[0, 1]) < 0.1
    leaking = encode(encoding, rows)[:, 0]
    assert np.corrcoef(leaking, outcome)[0, 1] > 0.3


def test_rows_of_one_customer_stay_in_one_fold(noise):
    numbers = [*range(1_000), *range(1_000)]
    rows = pa.table({"village": [f"V{n}" for n in numbers], "customer_id": [f"C{n}" for n in numbers]})
    outcome = np.concatenate([noise[1][:1_000]] * 2)
    _, matrix = fit_target_encoding(fit_encoding(rows, NAMES), rows, outcome, seed=1)
    assert abs(np.corrcoef(matrix[:, 0], outcome)[0, 1]) < 0.1


def test_known_levels_are_encoded_and_others_are_missing():
    encoding = Encoding(("village",), {}, {"village": {"east": 0.25, "west": 0.5}})
    matrix = encode(encoding, pa.table({"village": ["west", None, "moon", "east"]}))
    np.testing.assert_array_equal(matrix, np.array([[0.5], [np.nan], [np.nan], [0.25]], np.float32))


def test_unseen_categories_are_counted():
    encoding = Encoding(("a", "b", "n"), {"a": ("x",)}, {"b": {"y": 0.5}})
    rows = pa.table({"a": ["x", "z", None], "b": ["q", "q", "y"], "n": [1.0, 2.0, 3.0]})
    assert encoding.unseen_categories(rows) == {"a": 1, "b": 2}
