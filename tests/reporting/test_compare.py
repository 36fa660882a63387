import pandas as pd
import pytest

from goldmine.reporting.compare import compare, funnel
from goldmine.reporting.disclosure_control import hidden


def units(**pairs):
    return pd.DataFrame(pairs.values(), columns=["above", "below"], index=list(pairs))


def test_a_small_branch_is_not_punished_for_chance():
    """One of ten is half the bank's share, as is 300 of 3,000; only the latter says something."""
    found = compare(units(small=(1, 10), large=(300, 3_000), rest=(2_100, 9_000)), "more")
    assert found.loc["small", "verdict"] == "chance"
    assert found.loc["large", "verdict"] == "worse"
    assert found.loc["small", "shrunk"] > found.loc["large", "shrunk"]
    assert (
        found.loc["small", "high"] - found.loc["small", "low"] > found.loc["large", "high"] - found.loc["large", "low"]
    )


def test_less_may_be_better():
    found = compare(units(late=(600, 1_000), prompt=(300, 1_000)), "less")
    assert found.index.tolist() == ["prompt", "late"]
    assert found["verdict"].tolist() == ["better", "worse"]
    assert found["rank"].tolist() == [1, 2]


def test_ranks_of_branches_that_hardly_differ_are_wide_and_of_those_that_do_narrow():
    alike = compare(units(a=(50, 500), b=(51, 500), c=(49, 500)), "more")
    assert (alike["rank_low"] == 1).all()
    assert (alike["rank_high"] == 3).all()
    apart = compare(units(a=(50, 500), b=(250, 500), c=(400, 500)), "more")
    assert apart[["rank", "rank_low", "rank_high"]].values.tolist() == [[1, 1, 1], [2, 2, 2], [3, 3, 3]]


def test_compared_again_nothing_differs():
    rows = units(a=(5, 50), b=(9, 60))
    pd.testing.assert_frame_equal(compare(rows, "more"), compare(rows, "more"))


@pytest.mark.parametrize("above", [0, 20])
def test_where_all_or_none_did_nobody_is_better(above):
    found = compare(units(a=(above, 20), b=(above, 20)), "more")
    assert set(found["verdict"]) == {"chance"}
    assert set(found["shrunk"]) == {above / 20}


def test_a_branch_without_anybody_is_left_out():
    assert compare(units(a=(0, 0), b=(1, 20)), "more").index.tolist() == ["b"]
    assert compare(units(a=(0, 0)), "more").empty


def test_the_funnel_narrows_with_size():
    found = funnel(0.5, 400)
    last = found[found["below"] >= 400].iloc[0]
    assert last["high_95"] == pytest.approx(0.5 + 1.96 * 0.5 / last["below"] ** 0.5)
    assert found["high_998"].iloc[0] == 1.0


def test_groups_of_fewer_than_five_are_hidden_and_never_one_alone():
    assert hidden(pd.Series({"a": 3, "b": 40, "c": 9, "d": 0})).to_dict() == {
        "a": True,
        "b": False,
        "c": True,
        "d": False,
    }
    assert hidden(pd.Series({"a": 3, "b": 4, "c": 9})).tolist() == [True, True, False]
    assert hidden(pd.Series({"a": 5, "b": 40})).tolist() == [False, False]
