"""A proposed bank.yaml for files of one table whose headings differ: joined where they hold the same fields."""

import sqlite3
from decimal import Decimal
from pathlib import Path
from typing import Any

import ibis
import pandas as pd
import pytest

from goldmine.contract.bank import Bank
from goldmine.contract.intake import open_bank
from goldmine.contract.manifest import read_intake
from goldmine.contract.mapping import load_mapping
from goldmine.contract.proposal.bank_yaml import bank_yaml
from goldmine.contract.proposal.file_groups import RawFile, file_groups
from goldmine.contract.proposal.propose import Proposal, propose
from goldmine.core.workspace import Workspace

PEOPLE = "cust_no,sex,consent\n" + "".join(f"c{n:07d},F,1\n" for n in range(60))
OLD = "lsh,khh,jyrq,jyje,jdbz\no1,c0000001,2023-11-05,12.50,C\no2,c0000002,2023-12-28,3.25,D\n"
NEW = "lsh,khh,jyrq,jyje,jdbz,channel\nn1,c0000001,2024-01-05,7.50,C,atm\nn2,c0000003,2024-01-31,1.25,D,mobile\n"


def folder_of(tmp_path: Path, **files: str) -> Path:
    folder = tmp_path / "village"
    folder.mkdir()
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text, "utf-8")
    return folder


def write(folder: Path) -> Proposal:
    proposal = propose(folder)
    (folder / "bank.yaml").write_text(bank_yaml(proposal), "utf-8")
    return proposal


def taken_in(folder: Path) -> tuple[Bank, Workspace]:
    work = Workspace(folder.parent / "work")
    return open_bank(folder, work), work


def rows(bank: Bank, *columns: str, table: str = "transactions") -> list[list[Any]]:
    read = bank.read(ibis.duckdb.connect(), table).to_pandas()
    return read.sort_values(columns[0])[list(columns)].astype(object).where(lambda v: v.notna(), None).values.tolist()


def said(proposal: Proposal, table: str = "transactions") -> list[str]:
    values = next(proposed.values for proposed in proposal.tables if proposed.match.spec.name == table)
    return [f"{finding.certainty} {finding.column}: {finding.text}" for finding in values.findings]


def test_a_column_that_older_files_lack_is_empty_in_their_rows_and_counted(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, customer=PEOPLE, flow_2023=OLD, flow_2024=NEW)
    proposal = write(folder)
    assert (
        "guessed : joined by UNION ALL, their names differ in digits only: flow_2023.csv 2 rows, flow_2024.csv 2 rows"
        in said(proposal)
    )
    assert "guessed channel: is not in flow_2023.csv: empty in its 2 rows" in said(proposal)
    bank, work = taken_in(folder)
    assert rows(bank, "transaction_id", "customer_id", "amount", "channel") == [
        ["n1", "c0000001", Decimal("7.50"), "atm"],
        ["n2", "c0000003", Decimal("1.25"), "mobile"],
        ["o1", "c0000001", Decimal("12.50"), None],
        ["o2", "c0000002", Decimal("3.25"), None],
    ]
    assert str(proposal.data_until) == "2024-01-31"
    counted = next(table for table in read_intake(work)[0] if table.table == "transactions")
    assert counted.sources == {"flow": 2, "flow_2": 2}
    assert [(amount.source, amount.written) for amount in counted.amounts] == [(Decimal("24.5000"), Decimal("24.5000"))]


def test_renamed_headings_in_another_order_give_the_same_columns(tmp_path: Path) -> None:
    new = "交易日期,交易金额,借贷标志,客户号,流水号\n2024-01-05,7.50,贷,c0000001,n1\n2024-01-31,1.25,借,c0000003,n2\n"
    folder = folder_of(tmp_path, customer=PEOPLE, flow_2023=OLD, flow_2024=new)
    assert "guessed amount: from jyje in flow_2023.csv, from 交易金额 in flow_2024.csv" in said(write(folder))
    bank, _ = taken_in(folder)
    assert rows(bank, "transaction_id", "amount", "direction") == [
        ["n1", Decimal("7.50"), "in"],
        ["n2", Decimal("1.25"), "out"],
        ["o1", Decimal("12.50"), "in"],
        ["o2", Decimal("3.25"), "out"],
    ]


def test_each_form_of_dates_in_the_parts_is_declared(tmp_path: Path) -> None:
    new = NEW.replace("2024-01-05", "20240105").replace("2024-01-31", "20240131")
    folder = folder_of(tmp_path, customer=PEOPLE, flow_2023=OLD, flow_2024=new)
    write(folder)
    assert set(load_mapping(folder).tables["transactions"].dates_of("time")) == {"%Y%m%d", "%Y-%m-%d"}
    bank, _ = taken_in(folder)
    assert [str(time)[:10] for _, time in rows(bank, "transaction_id", "time")] == [
        "2024-01-05",
        "2024-01-31",
        "2023-11-05",
        "2023-12-28",
    ]


@pytest.mark.parametrize(
    ("new", "reason"),
    [
        (
            "lsh,khh,jyrq,jdbz,jyje,je\nn1,c0000001,2024-01-05,C,D,7.50\nn2,c0000003,2024-01-31,D,C,1.25\n",
            "jyje is amount in flow_2023.csv, and not in flow_2024.csv",
        ),
        (
            NEW.replace("7.50", "75000").replace("1.25", "12501"),
            "amount has the median 13,000.00, and 9.20 in flow_2023.csv: one may be in fen",
        ),
        (
            NEW.replace("n1", "o1").replace("n2", "o2"),
            "2 of its 2 rows stand in another part too, by transaction_id",
        ),
    ],
)
def test_a_file_that_holds_something_else_is_told_and_not_joined(tmp_path: Path, new: str, reason: str) -> None:
    folder = folder_of(tmp_path, customer=PEOPLE, flow_2023=OLD + "o3,c0000004,2023-12-29,9.25,D\n", flow_2024=new)
    proposal = write(folder)
    assert f"transactions: flow_2024.csv is not joined to flow_2023.csv: {reason}" in proposal.to_tell


def test_dates_that_fit_the_same_texts_in_two_files_are_told_and_not_joined(tmp_path: Path) -> None:
    old = OLD.replace("2023-11-05", "25/11/2023").replace("2023-12-28", "28/12/2023")
    new = NEW.replace("2024-01-05", "01/25/2024").replace("2024-01-31", "01/31/2024")
    folder = folder_of(tmp_path, customer=PEOPLE, flow_2023=old, flow_2024=new)
    assert write(folder).to_tell[-1] == (
        "transactions: flow_2024.csv is not joined to flow_2023.csv: "
        "time is written %m/%d/%Y, in flow_2023.csv %d/%m/%Y, which fit the same texts"
    )


def test_numbers_of_something_else_under_the_customers_heading_are_told_and_not_joined(tmp_path: Path) -> None:
    new = NEW.replace("c0000001", "621700001").replace("c0000003", "621700003")
    folder = folder_of(tmp_path, customer=PEOPLE, flow_2023=OLD, flow_2024=new)
    assert write(folder).to_tell[-1] == (
        "transactions: flow_2024.csv is not joined to flow_2023.csv: "
        "0% of the numbers under khh are known customers, 100% in flow_2023.csv"
    )


def test_of_monthly_exports_of_all_customers_the_newest_is_used_whatever_its_headings_are(tmp_path: Path) -> None:
    may = PEOPLE.replace("cust_no,sex,consent", "khh,xb,consent")
    folder = folder_of(tmp_path, customer_202405=may, customer_202406=PEOPLE, flow_2023=OLD)
    reason = "100% of its numbers stand there again"
    assert f"customers: customer_202405.csv is not joined to customer_202406.csv: {reason}" in write(folder).to_tell
    bank, _ = taken_in(folder)
    assert bank.tables["customers"].rows == 60


def test_refusals_of_two_years_are_all_kept_though_some_stand_in_both(tmp_path: Path) -> None:
    old = "cust_no,reason,start_date\nc0000001,投诉,2023-02-01\nc0000002,投诉,2023-03-01\n"
    new = "cust_no,reason,start_date,channel\nc0000002,投诉,2023-03-01,\nc0000009,死亡,2024-03-01,\n"
    folder = folder_of(tmp_path, customer=PEOPLE, flow_2023=OLD, suppressions_2023=old, suppressions_2024=new)
    proposal = write(folder)
    bank, _ = taken_in(folder)
    assert [row[0] for row in rows(bank, "customer_id", table="suppressions")] == [
        "c0000001",
        "c0000002",
        "c0000002",
        "c0000009",
    ]
    assert any("empty in its 2 rows" in line for line in said(proposal, "suppressions"))


def test_consent_that_one_file_lacks_is_told(tmp_path: Path) -> None:
    village = "khh,xb\n" + "".join(f"d{n:07d},M\n" for n in range(30))
    folder = folder_of(tmp_path, customer_1=PEOPLE, customer_2=village, flow=OLD)
    assert "tell marketing_consent: is not in customer_2.csv: empty in its 30 rows" in said(write(folder), "customers")


def test_tables_of_a_database_are_joined_by_position(tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    with sqlite3.connect(folder / "core.db") as database:
        database.executescript(
            "CREATE TABLE khxx (khh TEXT, xb TEXT); INSERT INTO khxx VALUES ('c1', 'F'), ('c2', 'M');"
            "CREATE TABLE jyls_2023 (lsh TEXT, khh TEXT, jyrq TEXT, jyje REAL, jdbz TEXT);"
            "INSERT INTO jyls_2023 VALUES ('o1', 'c1', '2023-11-05', 12.5, 'C'), ('o2', 'c2', '2023-12-28', 3.25, 'D');"
            "CREATE TABLE jyls_2024 (jdbz TEXT, qd TEXT, jyje REAL, jyrq TEXT, khh TEXT, lsh TEXT);"
            "INSERT INTO jyls_2024 VALUES ('C', 'atm', 7.5, '2024-01-05', 'c1', 'n1');"
            "INSERT INTO jyls_2024 VALUES ('D', 'mobile', 1.25, '2024-01-31', 'c2', 'n2');"
        )
    write(folder)
    bank, work = taken_in(folder)
    assert rows(bank, "transaction_id", "amount", "direction", "channel") == [
        ["n1", Decimal("7.50"), "in", "atm"],
        ["n2", Decimal("1.25"), "out", "mobile"],
        ["o1", Decimal("12.50"), "in", None],
        ["o2", Decimal("3.25"), "out", None],
    ]
    counted = next(table for table in read_intake(work)[0] if table.table == "transactions")
    assert counted.sources == {"core.jyls_2023": 2, "core.jyls_2024": 2}
    assert counted.amounts[0].source == Decimal("24.5000")


def test_sheets_and_a_csv_file_of_one_name_are_joined(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, customer=PEOPLE, flow_2024=NEW)
    old = pd.DataFrame([line.split(",") for line in OLD.splitlines()[1:]], columns=OLD.splitlines()[0].split(","))
    old.to_excel(folder / "flow_2023.xlsx", index=False)
    write(folder)
    bank, _ = taken_in(folder)
    assert [row[0] for row in rows(bank, "transaction_id")] == ["n1", "n2", "o1", "o2"]


def files_of(months: list[str], columns: str) -> list[RawFile]:
    return [RawFile(f"flow_{month}.csv", "csv", tuple(columns)) for month in months]


def test_few_globs_tell_months_of_two_headings_apart() -> None:
    years = [f"{year}{month:02}" for year in (2022, 2023) for month in range(1, 13)]
    found = dict(file_groups([*files_of(years[:18], "ab"), *files_of(years[18:], "abc"), *files_of(["old"], "ab")]))
    assert {pattern: len(files) for pattern, files in found.items()} == {
        "flow_2022*.[cC][sS][vV]": 12,
        "flow_20230[123456]*.[cC][sS][vV]": 6,
        "flow_20230[789]*.[cC][sS][vV]": 3,
        "flow_20231*.[cC][sS][vV]": 3,
        "flow_old.csv": 1,
    }
