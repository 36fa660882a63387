from goldmine.plots.branch_comparisons import branch_rankings
from tests.plots.figure_data import branches


def test_ranking_that_leaves_branches_out_says_so():
    drawn = branch_rankings({"Active": branches(17), "Core": branches(16)})
    assert [axis.get_title("left") for axis in drawn.axes] == ["Active: the 8 best and 8 worst of 17\nbranches", "Core"]
    assert [len(axis.get_yticklabels()) for axis in drawn.axes] == [16, 16]
