import pandas as pd

from goldmine.core.membership import is_among


def test_texts_of_any_kind_of_column_are_found():
    numbers = pd.Series(["A", "B", None], index=[7, 8, 9])
    assert is_among(numbers, ["B"]).tolist() == [False, True, False]
    assert is_among(numbers.astype("object"), pd.Series(["B", "A"])).tolist() == [True, True, False]
    assert is_among(numbers, set()).tolist() == [False, False, False]
    assert is_among(numbers, [None, "A"]).tolist() == [True, False, False]
    assert is_among(pd.Series([], dtype="object"), ["A"]).tolist() == []
