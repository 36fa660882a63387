import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from goldmine.core.errors import ModelError
from goldmine.models.encoding import Encoding, encode, fit_encoding

NAN = float("nan")


def test_numbers_stay_and_categories_become_codes():
    rows = pa.table(
        {
            "aum": pa.array([1.5, None], pa.float32()),
            "card": pa.array([True, False]),
            "village": ["west", "east"],
        }
    )
    encoding = fit_encoding(rows, ["aum", "card", "village"])
    assert encoding == Encoding(("aum", "card", "village"), {"village": ("east", "west")})
    assert encoding.categorical == [2]
    matrix = encode(encoding, rows)
    assert matrix.dtype == np.float32
    np.testing.assert_array_equal(matrix, [[1.5, 1, 1], [NAN, 0, 0]])


def test_unseen_category_is_missing():
    encoding = Encoding(("village",), {"village": ("east",)})
    matrix = encode(encoding, pa.table({"village": pa.array(["moon", "east", None])}))
    np.testing.assert_array_equal(matrix, [[NAN], [0], [NAN]])


def test_an_infinite_number_is_missing():
    matrix = encode(Encoding(("a",), {}), pa.table({"a": [float("inf"), 2.0]}))
    np.testing.assert_array_equal(matrix, [[NAN], [2]])


def test_pandas_categoricals_are_encoded_as_text():
    encoding = Encoding(("village",), {"village": ("east", "west")})
    frame = pd.DataFrame({"village": pd.Categorical(["west", None, "east"])})
    matrix = encode(encoding, pa.Table.from_pandas(frame))
    np.testing.assert_array_equal(matrix, [[1], [NAN], [0]])


def test_other_columns_and_their_order_do_not_matter():
    rows = pa.table({"b": [2.0], "other": ["x"], "a": [1.0]})
    np.testing.assert_array_equal(encode(Encoding(("a", "b"), {}), rows), [[1, 2]])


def test_missing_columns_are_named():
    with pytest.raises(ModelError, match="2 of the model's 3 features are not there: b, c"):
        encode(Encoding(("a", "b", "c"), {}), pa.table({"a": [1.0]}))


def test_text_in_a_numeric_column_is_refused():
    with pytest.raises(ModelError, match="column a: is string, the model learnt numbers"):
        encode(Encoding(("a",), {}), pa.table({"a": ["x"]}))


def test_date_column_is_refused():
    with pytest.raises(ModelError, match="column day: is date32"):
        fit_encoding(pa.table({"day": pa.array([0], pa.date32())}), ["day"])


def test_no_features_are_refused():
    with pytest.raises(ModelError, match="no feature columns"):
        fit_encoding(pa.table({"customer_id": ["x"]}), [])
