import pandas as pd
import pytest

from goldmine.reporting.compare import compare, funnel
from goldmine.reporting.disclosure_control import hidden


def units(**pairs):
    return pd.DataFrame(pairs.values(), columns=["above", "below"], index=list(pairs))


def test_small_branch_is_shrunk_towards_the_bank():
    """One of ten is half the bank's share, as is 300 of 3,000; only the latter says something."""
    found = compare(units(small=(1, 10), large=(300, 3_000), rest=(2_100, 9_000)), "more")
    assert found.loc["small", "verdict"] == "chance"
    assert found.loc["large", "verdict"] == "worse"
    assert found.loc["small", "shrunk"] > found.loc["large", "shrunk"]
    assert (
        found.loc["small", "high"] - found.loc["small", "low"] > found.loc["large", "high"] - found.loc["large", "low"]
    )


def test_lower_values_rank_first_if_less_is_better():
    found = compare(units(late=(600, 1_000), prompt=(300, 1_000)), "less")
    assert found.index.tolist() == ["prompt", "late"]
    assert found["verdict"].tolist() == ["better", "worse"]
    assert found["rank"].tolist() == [1, 2]


def test_rank_intervals_are_wide_for_similar_branches():
    alike = compare(units(a=(50, 500), b=(51, 500), c=(49, 500)), "more")
    assert (alike["rank_low"] == 1).all()
    assert (alike["rank_high"] == 3).all()
    apart = compare(units(a=(50, 500), b=(250, 500), c=(400, 500)), "more")
    assert apart[["rank", "rank_low", "rank_high"]].values.tolist() == [[1, 1, 1], [2, 2, 2], [3, 3, 3]]


def test_compare_is_deterministic():
    rows = units(a=(5, 50), b=(9, 60))
    pd.testing.assert_frame_equal(compare(rows, "more"), compare(rows, "more"))


@pytest.mark.parametrize("above", [0, 20])
def test_no_branch_is_better_if_all_or_none_did_it(above):
    found = compare(units(a=(above, 20), b=(above, 20)), "more")
    assert set(found["verdict"]) == {"chance"}
    assert set(found["shrunk"]) == {above / 20}


def test_branch_without_customers_is_left_out():
    assert compare(units(a=(0, 0), b=(1, 20)), "more").index.tolist() == ["b"]
    assert compare(units(a=(0, 0)), "more").empty


def test_funnel_narrows_with_size():
    found = funnel(0.5, 400)
    last = found[found["below"] >= 400].iloc[0]
    assert last["high_95"] == pytest.approx(0.5 + 1.96 * 0.5 / last["below"] ** 0.5)
    assert found["high_998"].iloc[0] == 1.0


def test_groups_under_five_are_hidden_with_secondary_suppression():
    assert hidden(pd.Series({"a": 3, "b": 40, "c": 9, "d": 0})).to_dict() == {
        "a": True,
        "b": False,
        "c": True,
        "d": False,
    }
    assert hidden(pd.Series({"a": 3, "b": 4, "c": 9})).tolist() == [True, True, False]
    assert hidden(pd.Series({"a": 5, "b": 40})).tolist() == [False, False]


@pytest.mark.parametrize("above", [0, 20])
def test_branches_with_equal_shares_may_hold_any_rank(above):
    found = compare(units(a=(above, 20), b=(above, 20), c=(above, 20)), "more")
    assert found["rank_low"].tolist() == [1, 1, 1]
    assert found["rank_high"].tolist() == [3, 3, 3]
