"""Routes: who is visited on a day that has too few hours, in which order, and within which hours."""

from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from goldmine.core.errors import ContractError, HistoryError, ParameterError, SettingsError
from goldmine.grid.route import Stops, plan_route
from goldmine.grid.rules import RouteRules, load_grid_rules
from goldmine.grid.travel import Travel, read_matrix, read_places
from goldmine.grid.week import COLUMNS, WeekRequest, plan_week, week_folder, write_week
from goldmine.plots.routes import write_route_map
from tests.grid.test_one_grid import manager, village
from tests.grid.test_visits import RULES, consenting, listed, visit
from tests.tiny import balance, make_bank, workspace

JUNE = date(2024, 6, 30)
BRANCH = (34.3, 118.0)
DAY = load_grid_rules().routes.model_copy(update={"days": 1, "iterations": 300})


def place(number: str, kind: str, latitude: int, longitude: int) -> dict[str, object]:
    return {"place_id": number, "kind": kind, "latitude_e6": latitude, "longitude_e6": longitude}


PLACES = [place("B1", "branch", 34_300_000, 118_000_000), place("G1", "grid", 34_310_000, 118_010_000)]


def stops(*households: tuple[str, float, float], identity: str | None = None) -> Stops:
    """Households: grid, degrees north of the branch, yuan."""
    rows = pd.DataFrame({"grid_id": [grid for grid, *_ in households], "gain_yuan": [yuan for *_, yuan in households]})
    where = np.array([BRANCH, *((BRANCH[0] + north, BRANCH[1]) for _grid, north, _yuan in households)])
    return Stops(rows.assign(identity=identity), where, "B1")


def plan(asked: Stops, rules: RouteRules = DAY):
    return plan_route(asked, Travel(rules), RULES.visits)


def test_a_household_that_does_not_pay_for_its_way_stays_out() -> None:
    # 25 minutes cost 20 yuan; one way of 0.2 degrees is 22 km, 30 with the detour: two hours and 60 km, 138 yuan.
    made = plan(stops(("G1", 0.01, 100.0), ("G2", 0.2, 100.0), ("G3", 0.01, 15.0)))
    assert made.visits["stop"].tolist() == [0]
    assert made.net_yuan == pytest.approx(100 - made.seconds / 60 * 0.8 - made.metres / 1000 * 0.7, abs=0.01)


def test_the_best_are_visited_when_not_all_fit_in_the_day() -> None:
    made = plan(stops(*(("G1", 0.01, 50.0 + number) for number in range(30))))
    # 29 minutes a household: 7 in the three and a half hours before lunch, 8 in the four after, all of them the best.
    assert len(made.visits) == 15
    assert set(made.visits["stop"]) == set(range(15, 30))


def test_lunch_is_at_the_branch_and_nobody_is_met_after_hours() -> None:
    made = plan(stops(*(("G1", 0.05, 200.0) for _ in range(20))))
    way = 0.05 * 111_195 * 1.35 / (30 / 3.6)
    morning = made.visits[made.visits["arrive"] < 12 * 3600]
    afternoon = made.visits.drop(morning.index)
    assert morning["leave"].max() + way <= 12 * 3600 + 1
    assert afternoon["arrive"].min() - way >= 13.5 * 3600 - 1
    assert afternoon["leave"].max() + way <= 17.5 * 3600 + 1
    assert (made.visits["leave"] - made.visits["arrive"] == 25 * 60).all()


def test_workers_are_met_in_their_hours_only() -> None:
    made = plan(stops(*(("G1", 0.01, 200.0) for _ in range(9)), identity="worker"))
    assert len(made.visits) == 3
    assert made.visits["arrive"].min() >= 16 * 3600
    assert made.visits["leave"].max() <= 17.5 * 3600


def test_the_same_inputs_give_the_same_plan() -> None:
    asked = stops(*((f"G{number % 4}", 0.01 * (number % 4), 40.0 + number) for number in range(40)))
    first, second = plan(asked), plan(asked)
    pd.testing.assert_frame_equal(first.visits, second.visits)


def test_nothing_to_visit_is_an_empty_plan() -> None:
    assert len(plan(stops()).visits) == 0


def test_a_matrix_replaces_the_straight_line_where_it_is_given(tmp_path) -> None:
    (tmp_path / "ways.csv").write_text("from_id,to_id,metres,minutes\nB1,G1,9000,20\n", "utf-8")
    travel = Travel(DAY, read_matrix(tmp_path / "ways.csv"))
    metres, seconds = travel.between(["B1", "G1", "G1"], np.array([BRANCH, (34.31, 118.0), (34.31, 118.0)]))
    assert (metres[0, 1], seconds[0, 1]) == (9000, 1200)
    assert (metres[1, 0], seconds[1, 0]) == (1501, 180)  # 1,112 m x 1.35
    assert seconds[1, 2] == 240  # between two households of one grid


@pytest.mark.parametrize(
    ("text", "what"),
    [("from_id,to_id,metres\nB1,G1,1\n", "no column minutes"), ("from_id,to_id,metres,minutes\nB1,G1,-1,2\n", "1 way")],
)
def test_a_matrix_with_a_hole_is_refused(tmp_path, text: str, what: str) -> None:
    (tmp_path / "ways.csv").write_text(text, "utf-8")
    with pytest.raises(SettingsError, match=what):
        read_matrix(tmp_path / "ways.csv")


def test_swapped_coordinates_and_no_places_are_refused(tmp_path) -> None:
    swapped = [place("G1", "grid", 118_000_000, 34_300_000), PLACES[0]]
    with pytest.raises(ContractError, match="1 place lie outside China; 1 would fit"):
        read_places(make_bank(tmp_path / "swapped", {"places": swapped}))
    with pytest.raises(ContractError, match="no table of places"):
        read_places(make_bank(tmp_path / "none", {"customers": [consenting("A")]}))


def test_hours_in_the_wrong_order_are_refused() -> None:
    with pytest.raises(ValueError, match="must follow each other"):
        RouteRules.model_validate(DAY.model_dump() | {"lunch_from": "08:00"})


def week_of(tmp_path, wanted: WeekRequest, **more):
    people = [consenting(number) for number in ("A", "B")] + [consenting("C", grid_id="G2")]
    money = dict.fromkeys("ABC", 200_000)
    listed(tmp_path, people, money, grids=[village("G1"), village("G2")], places=PLACES)
    bank = make_bank(
        tmp_path / "bank",
        {"customers": people, "grids": [village("G1"), village("G2")], "staff": [manager("S1", name="王芳")],
         "places": PLACES, "balances": [balance(number, "2024-06-30", "demand", "200000") for number in money]} | more,
    )  # fmt: skip
    return plan_week(bank, workspace(tmp_path / "work"), JUNE, RULES, wanted)


def test_a_week_has_days_hours_workbooks_and_a_picture(tmp_path) -> None:
    import openpyxl

    week = week_of(tmp_path, WeekRequest(date(2024, 7, 6)))
    assert week.unplaced == 1  # G2 has no place
    assert set(week.visits["customer_id"]) == {"A", "B"}
    assert set(week.visits["on_day"]) == {date(2024, 7, 8)}  # Saturday and Sunday are free
    assert week.visits["visit_order"].tolist() == [1, 2]
    totals, own = write_week(tmp_path / "out", week, JUNE, "zh")
    assert (totals.name, own.name) == ("all visitors.xlsx", "S1.xlsx")
    cells = [cell.value for row in openpyxl.load_workbook(own).worksheets[0].iter_rows(min_row=2) for cell in row]
    assert {"Village G1", "A", "B"} <= set(cells)
    picture = write_route_map(tmp_path / "out" / "S1.svg", week, "S1").read_text("utf-8")
    assert picture.rstrip().endswith("</svg>")
    assert 'xlink:href="http' not in picture


def test_who_was_met_since_the_list_is_not_planned_again(tmp_path) -> None:
    """The visitor met A on 5 July and did not find B; the form came back, the books end in June."""
    path = workspace(tmp_path / "work").returned_visits("visits")
    path.parent.mkdir(parents=True)
    went = [visit("F-1", "A", date(2024, 7, 5), "met"), visit("F-2", "B", date(2024, 7, 5), "not_met")]
    pq.write_table(pa.Table.from_pylist(went), path)
    week = week_of(tmp_path, WeekRequest(date(2024, 7, 8)))
    assert (week.visits["customer_id"].tolist(), week.left_out) == (["B"], 1)


def test_who_has_refused_or_moved_away_since_the_list_is_not_planned(tmp_path) -> None:
    refused = [{"customer_id": "A", "reason": "opted_out", "start_date": date(2024, 7, 3)}]
    gone = [{"visit_id": "V1", "customer_id": "B", "visited_on": date(2024, 7, 4), "result": "moved"}]
    week = week_of(tmp_path, WeekRequest(date(2024, 7, 8)), suppressions=refused, visits=gone)
    assert (len(week.visits), week.left_out) == (0, 2)


def test_one_visitor_planned_alone_leaves_the_plans_of_others(tmp_path) -> None:
    stored = week_folder(workspace(tmp_path / "work"), JUNE) / "week.parquet"
    stored.parent.mkdir(parents=True)
    earlier = dict.fromkeys(COLUMNS) | {"customer_id": "Z"}
    pd.DataFrame([earlier | {"visitor_id": "S9"}, earlier | {"visitor_id": "S1"}]).to_parquet(stored)
    week = week_of(tmp_path, WeekRequest(date(2024, 7, 6), visitor="S1"))
    assert week.visits["customer_id"].tolist() == ["B", "A"]
    assert pd.read_parquet(stored)[["visitor_id", "customer_id"]].values.tolist() == [
        ["S9", "Z"], ["S1", "B"], ["S1", "A"]
    ]  # fmt: skip
    assert [path.name for path in write_week(tmp_path / "out", week, JUNE, "en")] == ["S1.xlsx"]


def test_a_visitor_without_households_is_refused(tmp_path) -> None:
    with pytest.raises(ParameterError, match="no household on the visit list"):
        week_of(tmp_path, WeekRequest(date(2024, 7, 1), visitor="S9"))


def test_without_a_visit_list_the_command_to_run_first_is_named(tmp_path) -> None:
    bank = make_bank(tmp_path / "bank", {"customers": [consenting("A")], "places": PLACES})
    with pytest.raises(HistoryError, match="goldmine visits"):
        plan_week(bank, workspace(tmp_path / "work"), JUNE, RULES, WeekRequest(date(2024, 7, 1)))
