"""A figure that the ladder's page, the lists of owners and the three views show is the same to the fen in each."""

import pytest

from goldmine.core.engine import connect
from goldmine.coverage.plan import read_coverage
from goldmine.customers.ladder import LEVELS
from goldmine.customers.moves import moves
from goldmine.customers.source_tables import SourceTables
from goldmine.customers.threshold import near
from tests.reporting.conftest import JUNE


@pytest.fixture(scope="module")
def quarter(place):
    return moves(SourceTables(connect(), *place), JUNE)


def of(view, grain, unit, *names):
    return view.figures.at(grain, unit).loc[list(names), "above"].tolist()


def test_level_counts_match_transition_matrix(view, quarter):
    levels = range(len(LEVELS))
    matrix = quarter.matrix()
    assert matrix.loc[:, list(levels)].sum().tolist() == of(view, "head_office", "", *(f"level_{n}" for n in levels))
    assert matrix.loc[-1].sum() == of(view, "head_office", "", "customers_joined")[0] == 1
    assert matrix[-1].sum() == of(view, "head_office", "", "customers_closed")[0] == 1
    assert quarter.matrix("aum_after").to_numpy().sum() == view.figures.at("head_office").loc["aum", "value"]


@pytest.mark.parametrize(("grain", "unit"), [("head_office", ""), ("branch", "B1"), ("branch", "B2")])
def test_change_steps_match_ladder_growth(view, quarter, grain, unit):
    cells = quarter.cells if grain == "head_office" else quarter.cells[quarter.cells.branch_id == unit]
    found = type(quarter)(quarter.begin, quarter.end, cells).decomposed().set_index("kind").change
    assert (found * 100).round().tolist() == of(view, grain, unit, *(f"change_{kind}" for kind in found.index))


def test_owner_counts_match_the_assignment(place, view):
    """As the workbook of loads has them."""
    rows = read_coverage(place[1], JUNE)
    shown = view.figures.of("has_owner", "employee")["above"]
    assert rows.groupby("owner_id").size().to_dict() == {"m1": 1, "h2": 1} == shown[shown > 0].to_dict()


def test_near_customers_match_near_threshold_list(view):
    """a1 was 0.01 yuan below 10,000 a quarter ago and stands there now; a2 has 45,000.10 of 50,000."""
    held = view.customers
    found = near(held["aum_fen"] / 100, held["aum_before_fen"] / 100)
    assert found.index[found.direction == "up"].tolist() == held.index[held["near_next"]].tolist() == ["a2"]
    assert of(view, "head_office", "", "near_customers") == [1]
