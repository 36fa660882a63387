import numpy as np
import pandas as pd
import pytest

from goldmine.core.errors import ContractError
from goldmine.models.uplift.covariates import covariates
from goldmine.models.uplift.summary import id_column
from goldmine.models.uplift.table import Roles, trial_table

ROLES = Roles("arm", "came")


def frame(**columns) -> pd.DataFrame:
    return pd.DataFrame({"arm": [1, 0, 1, 0], "came": [1, 0, 0, 1]} | columns)


@pytest.mark.parametrize(
    "arm",
    [[1, 0, 1, 0], [True, False, True, False], ["contact", "control", "contact", "control"], ["Y", "n", "y", " N "]],
)
def test_arms_are_read_from_common_words(arm):
    assert trial_table(frame(arm=arm), ROLES).treated.tolist() == [True, False, True, False]


def test_arms_are_read_in_chinese():
    assert trial_table(frame(arm=["处理组", "对照组", "处理组", "对照组"]), ROLES).treated.tolist() == [True, False] * 2
    assert trial_table(frame(arm=["处理", "对照", "处理", "对照"]), ROLES).treated.tolist() == [True, False] * 2


@pytest.mark.parametrize(
    ("given", "other"), [("coupon", "control"), ("Email", "holdout"), ("treatment", "as usual"), ("短信", "对照组")]
)
def test_one_plain_arm_name_tells_the_other(given, other):
    assert trial_table(frame(arm=[given, other, given, None]), ROLES).treated.tolist() == [True, False, True]


@pytest.mark.parametrize("arm", [["coupon", "letter"], ["0", "2"], ["F", "M"]])
def test_arm_names_that_tell_nothing_are_asked_for(arm):
    with pytest.raises(ContractError, match="it is not plain which of its values means treated") as caught:
        trial_table(frame(arm=arm * 2), ROLES)
    assert str(caught.value).splitlines()[1] == (
        "Name that value with --treated, or write 1 for treated and 0 for control."
    )


def test_value_for_treated_is_used_where_words_are_unclear():
    table = trial_table(frame(arm=["A", "B", "A", "B"]), Roles("arm", "came", treated_value="B"))
    assert table.treated.tolist() == [False, True, False, True]


def test_value_for_treated_may_be_a_number():
    table = trial_table(frame(arm=[1.0, 2.0, 1.0, 2.0]), Roles("arm", "came", treated_value="2"))
    assert table.treated.tolist() == [False, True, False, True]


def test_outcome_is_a_flag_a_word_or_a_number():
    assert trial_table(frame(came=["yes", "no", "no", "yes"]), ROLES).outcome.tolist() == [1, 0, 0, 1]
    assert trial_table(frame(came=[1.5, -2, 0, 7]), ROLES).outcome.tolist() == [1.5, -2, 0, 7]


def test_rows_without_arm_or_outcome_are_left_out_and_counted():
    table = trial_table(frame(arm=[1, 0, 1, None], came=[1, None, np.inf, 0]), ROLES)
    assert table.used.tolist() == [True, False, False, False]
    assert table.lost == (1, 1)


def test_uninformative_columns_are_left_out():
    rows = 300
    given = {
        "age": np.tile([20.0, 30.0], rows // 2),
        "same": np.ones(rows),
        "number": np.arange(rows) + 7,
        "name": [f"N{n}" for n in range(rows)],
        "since": pd.date_range("2024-01-01", periods=rows),
    }
    known, left = covariates(pd.DataFrame(given))
    assert known.names == ("age", "since")
    assert left == ("same", "number", "name")


def test_linear_design_has_ranks_categories_and_missing_flags():
    known, _ = covariates(pd.DataFrame({"x": [1.0, None, 900.0], "c": ["a", "b", "a"]}))
    np.testing.assert_allclose(known.linear_design(), [[-0.674, 0, 1, 0], [0, 1, 0, 1], [0.674, 0, 1, 0]], atol=0.001)


@pytest.mark.parametrize(
    ("given", "roles", "what"),
    [
        ({}, Roles("arm", "bought"), "table: has no column 'bought'"),
        ({}, Roles("arm", "arm"), "table: one column has two roles"),
        ({"arm": ["a", "b", "c", "a"]}, ROLES, "arm: holds 3 different values; a treatment has two"),
        ({"arm": ["a", "b", "b", "a"]}, ROLES, "arm: it is not plain which of its values means treated"),
        (
            {"arm": ["a", "b", "b", "a"]},
            Roles("arm", "came", treated_value="c"),
            "arm: no row holds what --treated names",
        ),
        ({"came": ["x", "y", "1", "2"]}, ROLES, "came: is neither a number nor yes and no in every row"),
    ],
)
def test_unreadable_table_names_the_column(given, roles, what):
    with pytest.raises(ContractError, match=what):
        trial_table(frame(**given), roles)


@pytest.mark.parametrize(
    ("ids", "written"),
    [(["7", "10", "0"], [7, 10, 0]), (["07", "10", "0"], ["07", "10", "0"]), ([7, 10, 0], [7, 10, 0])],
)
def test_ids_are_written_as_integers_where_lossless(ids, written):
    assert id_column(pd.Series(ids)).to_pylist() == written
