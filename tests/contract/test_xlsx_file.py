"""Excel workbooks as a source: sheets, heading rows, cells as texts, dates as numbers of days."""

import re
import zipfile
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import ibis
import openpyxl
import pytest

from goldmine.contract.intake import open_bank
from goldmine.core.errors import ContractError
from goldmine.core.workspace import Workspace

HEAD = ["transaction_id", "customer_id", "time", "amount", "direction"]


def village(tmp_path: Path, rows: list[list[object]], keys: str = "", forms: str = "") -> Path:
    folder = tmp_path / "village"
    folder.mkdir(exist_ok=True)
    book = openpyxl.Workbook()
    book.active.title = "cover"
    page = book.create_sheet("flow")
    for row in rows:
        page.append(row)
    book.save(folder / "flow.xlsx")
    (folder / "people.csv").write_text("customer_id\n0012\n", "utf-8")
    (folder / "bank.yaml").write_text(
        f"sources: {{people: {{csv: people.csv}}, flow: {{xlsx: flow.xlsx, sheet: flow{keys}}}}}\n"
        f"tables: {{customers: {{source: people}}, transactions: {{source: flow{forms}}}}}\n",
        "utf-8",
    )
    return folder


def transactions(folder: Path) -> list[tuple[object, ...]]:
    bank = open_bank(folder, Workspace(folder.parent / "work"))
    rows = bank.read(ibis.duckdb.connect(), "transactions").select(*HEAD).to_pyarrow().to_pylist()
    return [tuple(row.values()) for row in rows]


def test_cells_read_as_excel_shows_them(tmp_path: Path) -> None:
    rows = [
        HEAD,
        [17, "0012", datetime(2024, 1, 31, 9, 30), 12.5, "in"],
        [18, "0012", date(2024, 2, 1), 0.1 + 0.2, "out"],
    ]
    assert transactions(village(tmp_path, rows)) == [
        ("17", "0012", datetime(2024, 1, 31, 9, 30), Decimal("12.50"), "in"),
        ("18", "0012", datetime(2024, 2, 1), Decimal("0.30"), "out"),
    ]


def test_rows_above_the_headings_are_left_out_and_an_empty_row_is_none(tmp_path: Path) -> None:
    rows = [["a title"], HEAD, [1, "0012", "2024-01-31", 1, "in"], [None] * 5]
    assert len(transactions(village(tmp_path, rows, ", header_row: 2"))) == 1


def test_numbers_of_days_are_dates_where_that_form_is_declared(tmp_path: Path) -> None:
    rows = [HEAD, [1, "0012", 45322, 1, "in"], [2, "0012", 45322.75, 1, "in"]]
    folder = village(tmp_path, rows, forms=", dates: {time: [excel]}")
    assert [row[2] for row in transactions(folder)] == [datetime(2024, 1, 31), datetime(2024, 1, 31, 18)]
    with pytest.raises(ContractError, match="2 values of time are not times"):
        transactions(village(tmp_path, rows))


def test_a_column_without_a_heading_is_called_by_its_place(tmp_path: Path) -> None:
    rows = [[None, *HEAD], [0, 1, "0012", "2024-01-31", 1, "in"]]
    assert transactions(village(tmp_path, rows)) == [("1", "0012", datetime(2024, 1, 31), Decimal(1), "in")]


def test_a_sheet_that_is_not_there_and_a_file_that_is_no_workbook_are_refused(tmp_path: Path) -> None:
    folder = village(tmp_path, [HEAD])
    text = (folder / "bank.yaml").read_text("utf-8")
    (folder / "bank.yaml").write_text(text.replace("sheet: flow", "sheet: moves"), "utf-8")
    with pytest.raises(ContractError, match=r"flow.xlsx: has no sheet 'moves'"):
        transactions(folder)
    (folder / "flow.xlsx").write_bytes(b"no workbook")
    with pytest.raises(ContractError, match=r"flow.xlsx: cannot be read as a workbook"):
        transactions(folder)


def stating_extent(path: Path, extent: str) -> None:
    """Let the workbook's sheets say that their cells lie in some range."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, re.sub(rb'<dimension ref="[^"]*"', f'<dimension ref="{extent}"'.encode(), content))


@pytest.mark.parametrize("extent", ["A1", "A1:E2"])
def test_cells_outside_the_extent_that_a_sheet_states_are_read(tmp_path: Path, extent: str) -> None:
    rows = [HEAD, [1, "0012", "2024-01-31", 1, "in"], [2, "0012", "2024-02-01", 2, "in"]]
    folder = village(tmp_path, rows)
    stating_extent(folder / "flow.xlsx", extent)
    assert [row[0] for row in transactions(folder)] == ["1", "2"]


def test_a_row_with_more_cells_than_headings_is_refused_where_the_sheet_states_fewer(tmp_path: Path) -> None:
    folder = village(tmp_path, [HEAD, [1, "0012", "2024-01-31", 1, "in", "checked"]])
    assert len(transactions(folder)) == 1  # as column_6
    stating_extent(folder / "flow.xlsx", "A1:E2")
    with pytest.raises(
        ContractError, match=r"transactions: flow.xlsx has rows with more cells than the row of headings"
    ):
        transactions(folder)


@pytest.mark.parametrize("number", [6228480402564890018, -1234567890123456])
def test_a_number_of_which_excel_has_lost_digits_is_refused(tmp_path: Path, number: int) -> None:
    rows = [[*HEAD, "account_id"], [1, "0012", "2024-01-31", 1, "in", number]]
    with pytest.raises(
        ContractError, match=r"transactions: account_id of flow.xlsx holds numbers of more than 15 digits"
    ):
        transactions(village(tmp_path, rows))
    rows[1][-1] = str(number)
    assert len(transactions(village(tmp_path, rows))) == 1


def test_the_lock_file_of_a_workbook_that_somebody_has_open_is_no_workbook(tmp_path: Path) -> None:
    folder = village(tmp_path, [HEAD, [1, "0012", "2024-01-31", 1, "in"]])
    text = (folder / "bank.yaml").read_text("utf-8")
    (folder / "bank.yaml").write_text(text.replace("flow.xlsx", "'*.xlsx'"), "utf-8")
    (folder / "~$flow.xlsx").write_bytes(b"\x05staff")
    assert len(transactions(folder)) == 1
    (folder / "flow.xlsx").unlink()
    with pytest.raises(ContractError, match="there is no such file"):
        transactions(folder)
