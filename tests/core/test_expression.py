"""Conditions as text: what they may contain, and which customers they match."""

import ibis
import pytest

from goldmine.core.errors import SettingsError
from goldmine.core.expression import read_condition

ROWS = ibis.memtable(
    {"place": [0, 1, 2, 3], "aum": [5.0, 50.0, 500.0, None], "kind": ["firm", "person", None, "person"]},
    schema={"place": "int64", "aum": "float64", "kind": "string"},
)


def held(text: str) -> list[bool]:
    columns = {name: ROWS[name] for name in ROWS.columns}
    return ROWS.order_by("place").select(held=read_condition(text).of(columns)).to_pyarrow()["held"].to_pylist()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("aum >= 50", [False, True, True, False]),
        ("5 <= aum < 50", [True, False, False, False]),
        ("aum * 2 + 10 > 100", [False, True, True, False]),
        ('kind == "person" and aum < 100', [False, True, False, False]),
        ('kind in ["firm", "other"] or aum is None', [True, False, False, True]),
        ("not aum >= 50", [True, False, False, False]),
        ('kind not in ["firm"]', [False, True, False, True]),
        ("aum != -5", [True, True, True, False]),
    ],
)
def test_condition_with_unknown_value_does_not_hold(text, expected):
    assert held(text) == expected


@pytest.mark.parametrize(
    "text",
    ["__import__('os').system('id')", "aum", "aum.real > 1", "[1][0] > 0", "(lambda: 1) == 1", "aum / 0 > 1", "True",
     "kind in aum", "aum > 1 if kind else 2", "aum is 5"],
)  # fmt: skip
def test_other_expressions_are_refused(text):
    with pytest.raises(SettingsError, match="is neither true nor false"):
        read_condition(text)


def test_text_that_is_no_condition_is_refused():
    with pytest.raises(SettingsError, match="'aum >': cannot be read"):
        read_condition("aum >")


def test_condition_names_its_columns_once_each():
    assert read_condition("10 <= aum < 20 or kind is None and aum > own").names == ("aum", "kind", "own")
