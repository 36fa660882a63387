"""Tables and figures of households and links, by literal rows."""

from goldmine.plots.households import household_sizes, layer_table
from goldmine.plots.linkage import key_table
from tests.plots.figure_data import homes, linkage_model


def test_a_household_counts_by_what_its_members_hold_together():
    table = layer_table(homes())
    assert table.to_dict("index") == {
        "basic": {"customers": 4, "households": 1, "only together": 0},
        "wealth": {"customers": 0, "households": 1, "only together": 1},
        "high-end": {"customers": 1, "households": 1, "only together": 0},
    }


def test_without_balances_there_are_no_layers():
    assert layer_table(homes().assign(household_aum=float("nan"))).empty


def test_households_of_five_and_more_are_one_bar():
    axis = household_sizes(homes()).axes[0]
    assert [bar.get_height() for bar in axis.patches] == [1, 1, 0, 0, 1]


def test_keys_are_told_in_words():
    assert key_table(linkage_model()).to_numpy().tolist() == [
        ["identity number", 1_200, 0],
        ["date of birth + branch + name (first 1)", 98_765, 0],
        ["sound of the name", 7, 0],
    ]
