"""One grid and one visitor on literal customers: what is wrong, and what is proposed."""

from datetime import date

import pandas as pd
import pytest

from goldmine.core.errors import ContractError
from goldmine.grid.one_grid import make_grid
from goldmine.grid.rules import VisitorRules, load_grid_rules
from goldmine.grid.visitors import assign_visitors
from goldmine.grid.workbook import write_grid
from tests.tiny import Row, make_bank, workspace

JUNE = date(2024, 6, 30)
RULES = load_grid_rules().model_copy(update={"visitors": VisitorRules(roles=["manager"], max_customers=3)})


def person(number: str, grid: str | None = "G1", **more: object) -> Row:
    row = {"customer_id": number, "kind": "person", "opened_on": date(2010, 1, 1), "branch_id": "B1", "grid_id": grid}
    return row | more


def manager(number: str, **more: object) -> Row:
    return {"staff_id": number, "branch_id": "B1", "role": "manager"} | more


def village(number: str, visitor: str | None = "S1", branch: str = "B1") -> Row:
    return {"grid_id": number, "name": f"Village {number}", "branch_id": branch, "visitor_id": visitor}


def made(tmp_path, customers: list[Row], grids: list[Row], staff: list[Row], **more: list[Row]):
    bank = make_bank(tmp_path / "bank", {"customers": customers, "grids": grids, "staff": staff} | more)
    return make_grid(bank, workspace(tmp_path / "work"), JUNE, RULES)


def test_a_grid_comes_from_the_books_the_household_the_address_or_the_branch(tmp_path):
    people = [
        person("A"),
        person("B", None),
        person("C", "G2", address="3组12号"),
        person("D", None, address="3组12号"),
        person("E", "G9"),
        person("F", "G2"),
    ]
    family = [{"customer_id": "A", "related_id": "B", "relation": "family", "since": date(2015, 1, 1)}]
    grid = made(tmp_path, people, [village("G1"), village("G2")], [manager("S1")], relations=family)
    rows = pd.read_parquet(grid.path).set_index("customer_id")
    assert rows[["grid_id", "grid_source"]].apply(tuple, axis=1).to_dict() == {
        "A": ("G1", "books"),
        "B": ("G1", "household"),
        "C": ("G2", "books"),
        "D": ("G2", "address"),
        "E": ("G1", "branch"),
        "F": ("G2", "books"),
    }
    assert grid.findings["customer_without_grid"] == 3
    assert set(grid.moved["customer_id"]) == {"B", "D", "E"}
    assert set(rows["visitor_id"]) == {"S1"}


def test_findings_count_what_stands_twice_is_missing_or_too_much(tmp_path):
    people = [person(f"C{n}", id_number_hash=f"h{n}") for n in range(4)]
    people += [person("D", "G2", id_number_hash="h0"), person("E", "G3"), person("F", "G4")]
    grids = [village("G1"), village("G1", "S2"), village("G2", None), village("G3", "S3"), village("G4", "S4")]
    staff = [
        manager("S1"),
        manager("S2"),
        manager("S3", left_on=date(2024, 6, 30)),
        manager("S4", branch_id="B2"),
    ]
    grid = made(tmp_path, people, grids, staff)
    assert grid.findings == {
        "customer_without_grid": 0,
        "person_in_two_grids": 1,
        "grid_twice": 1,
        "grid_without_visitor": 2,
        "grid_of_other_branch": 1,
        "grid_too_large": 1,
        "visitor_overloaded": 1,
    }
    assert grid.grids.set_index("grid_id")["visitor_change"].to_dict() == {
        "G1": "kept",
        "G2": "no_visitor",
        "G3": "visitor_left",
        "G4": "kept",
    }


def frame(sizes: list[int], visitors: list[str]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "grid_id": [f"G{n}" for n in range(len(sizes))],
            "branch_id": "B1",
            "visitor_id": visitors,
            "visitor_state": ["kept" if visitor else "no_visitor" for visitor in visitors],
            "customers": sizes,
        }
    )


TWO = pd.DataFrame({"staff_id": ["S1", "S2"], "branch_id": "B1"})


def proposed(sizes: list[int], visitors: list[str], limit: int = 10) -> list[str]:
    return assign_visitors(frame(sizes, visitors), TWO, limit)["proposed_visitor_id"].tolist()


def test_nothing_moves_while_nobody_has_too_many() -> None:
    assert proposed([9, 1, 0], ["S1", "S1", "S1"]) == ["S1", "S1", "S1"]


def test_the_fewest_customers_move_and_loads_end_evenly() -> None:
    assert proposed([6, 4, 5], ["S1", "S1", "S1"]) == ["S1", "S1", "S2"]
    assert proposed([6, 4, 2], ["S1", "S2", ""]) == ["S1", "S2", "S2"]


def test_a_visitor_with_10_000_customers_gives_up_what_others_can_take() -> None:
    assert proposed([10_000, 8, 2], ["S1", "S1", "S1"]) == ["S1", "S2", "S2"]


def test_a_branch_without_people_is_told_apart() -> None:
    rows = assign_visitors(frame([3], [""]), TWO[:0], 10)
    assert rows[["proposed_visitor_id", "visitor_change"]].values.tolist() == [[None, "nobody"]]


def test_a_bank_without_grids_is_refused(tmp_path):
    bank = make_bank(tmp_path / "bank", {"customers": [person("A")]})
    with pytest.raises(ContractError, match=r"no grids\.grid_id"):
        make_grid(bank, workspace(tmp_path / "work"), JUNE, RULES)


def test_the_workbook_has_its_sheets_in_both_languages(tmp_path):
    import openpyxl

    grid = made(tmp_path, [person("A", None)], [village("G1")], [manager("S1", name="王芳")])
    for language, first in (("en", "Findings"), ("zh", "检查结果")):
        book = openpyxl.load_workbook(write_grid(tmp_path / f"{language}.xlsx", grid, language))
        assert book.sheetnames[0] == first
        assert len(book.sheetnames) == 5
        texts = [str(cell.value) for row in book[book.sheetnames[2]].iter_rows(min_row=2) for cell in row]
        assert any("王芳" in text and "S1" in text for text in texts)
