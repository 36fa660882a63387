"""Tables of notebooks in Chinese and English."""

import pandas as pd
import pytest

from goldmine.core.i18n import _
from goldmine.governance.protected_groups import SMALL
from goldmine.plots.notebook_tables import show_table
from goldmine.plots.style import use_language


@pytest.fixture
def chinese():
    use_language("zh")
    yield
    use_language("en")


def cells(styler) -> list[list[str]]:
    return [line.split("|") for line in styler.to_string(delimiter="|").splitlines()]


def test_heads_rows_and_words_are_in_the_language_of_the_session(chinese):
    table = pd.DataFrame(
        {"rows": [1200, 3], "state": ["drifted", "B001"], "here": [True, False], "aum_avg_30d": [1.0, None]},
        index=["train", "lift_10pct"],
    )
    shown = show_table(table, {"rows": "{:,}"}, index=True, names={"aum_avg_30d": "30天日均"}, precision=1)
    assert cells(shown) == [
        ["", "行数", "状态", "已提供", "30天日均"],
        ["训练", "1,200", "已漂移", "是", "1.0"],
        ["前10%提升度", "3", "B001", "否", ""],
    ]


def test_groups_too_small_to_stand_alone_are_named_in_chinese(chinese):
    assert "其余合并" in show_table(pd.DataFrame({"group": [SMALL]})).to_html()


def test_name_of_the_rows_is_a_head(chinese):
    table = pd.DataFrame({"count": [2]}, index=pd.Index([1], name="decile"))
    assert "十分位组" in show_table(table, index=True).to_html()


def test_texts_that_know_their_languages_are_shown_in_the_one_in_use(chinese):
    table = pd.DataFrame({"found": [_("{n} changed", n=2)]}, dtype=object)
    assert cells(show_table(table)) == [["检查结果"], ["2个改变"]]


def test_english_table_keeps_the_names_of_the_code_and_leaves_the_given_one_as_it_was():
    table = pd.DataFrame({"smallest_effect": [0.072], "here": [True]})
    shown = show_table(table, {"smallest_effect": "{:.1%}", "of a column that is not there": "{:,}"})
    assert cells(shown) == [["smallest_effect", "here"], ["7.2%", "yes"]]
    assert table["here"].tolist() == [True]
