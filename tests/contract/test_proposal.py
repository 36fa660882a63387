"""A proposed bank.yaml: banks of different make go from a folder to valid tables."""

import os
import shutil
import sys
from decimal import Decimal
from pathlib import Path
from time import perf_counter

import ibis
import pandas as pd
import pytest

from goldmine.contract.intake import open_bank
from goldmine.contract.mapping import load_mapping
from goldmine.contract.proposal.bank_yaml import bank_yaml
from goldmine.contract.proposal.propose import Proposal, propose
from goldmine.core.errors import ContractError
from goldmine.core.workspace import Workspace
from goldmine.validation.run import validate_bank
from tests.contract.dirty_banks import CHANNELS, MAKERS, sample

CUSTOMERS = int(os.environ.get("GOLDMINE_MAP_CUSTOMERS", "400"))
"""Customers of each made bank; `make map-proof` gives 3,000."""
FLOW = "lsh,khh,jyrq,jyje,jdbz\nt1,c1,2024-06-05,12.50,C\nt2,c2,2024-06-28,3.25,D\nt3,c3,2024-06-30,7.75,C\n"


@pytest.fixture(scope="module")
def tables(tmp_path_factory) -> dict[str, pd.DataFrame]:
    """A sample bank of 14 months."""
    return sample(tmp_path_factory.mktemp("sample") / "bank", CUSTOMERS)


def write(folder: Path) -> Proposal:
    proposal = propose(folder)
    (folder / "bank.yaml").write_text(bank_yaml(proposal), "utf-8")
    return proposal


def folder_of(tmp_path: Path, **files: str) -> Path:
    folder = tmp_path / "village"
    folder.mkdir()
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text, "utf-8")
    return folder


def said(proposal: Proposal, certainty: str) -> list[str]:
    return [
        f"{table.match.spec.name}.{finding.column}: {finding.text}"
        for table in proposal.tables
        for finding in table.values.findings
        if finding.certainty == certainty
    ]


def moves(transactions: pd.DataFrame) -> list[list[str]]:
    """Transactions as texts, sorted."""
    columns = ["transaction_id", "customer_id", "amount", "direction", "channel", "kind"]
    texts = transactions[columns].assign(amount=transactions["amount"].map("{:.2f}".format))
    texts["channel"] = texts["channel"].where(texts["channel"].isin(CHANNELS))
    return sorted(texts.fillna("").astype(str).to_numpy().tolist())


@pytest.mark.parametrize("make", MAKERS)
def test_a_dirty_bank_becomes_valid_without_a_key_by_hand(tmp_path: Path, tables, make: str) -> None:
    MAKERS[make](tables, tmp_path / make)
    began = perf_counter()
    proposal = write(tmp_path / make)
    proposed = perf_counter()
    unknown = int((~tables["transactions"]["channel"].fillna("atm").isin(CHANNELS)).sum())
    assert said(proposal, "tell") == [f"transactions.channel: codes kiosk are not understood, {unknown} rows"]
    work = Workspace(tmp_path / "work")
    bank = open_bank(tmp_path / make, work)
    assert [result.suite for result in validate_bank(bank, work) if not result.success] == []
    took = f"{proposed - began:.1f} s to propose, {perf_counter() - proposed:.1f} s to take in and validate"
    sys.stdout.write(f"{make}: {CUSTOMERS:,} customers, no key by hand; {took}\n")
    assert str(bank.data_until) == "2024-06-30"
    read = bank.read(ibis.duckdb.connect(), "transactions").to_pandas()
    truth = tables["transactions"]
    truth = truth[truth["transaction_id"].isin(read["transaction_id"])]
    assert len(read) > 0.99 * len(tables["transactions"])
    assert moves(read) == moves(truth)
    held = bank.read(ibis.duckdb.connect(), "balances").to_pandas()
    assert f"{held['balance'].sum():.2f}" == f"{tables['balances']['balance'].sum():.2f}"
    people = bank.read(ibis.duckdb.connect(), "customers").to_pandas().set_index("customer_id")
    known = tables["customers"].set_index("customer_id")
    assert people["gender"].to_dict() == known["gender"].to_dict()
    born = known["birth_date"].dropna().astype(str).str[:10].to_dict()
    assert people["birth_date"].dropna().astype(str).str[:10].to_dict() == born


def test_codes_that_are_not_understood_are_told_and_not_mapped(tmp_path: Path) -> None:
    rows = "".join(f"t{n},c{n % 9},2024-06-0{n % 9 + 1},1.25,{'PRIJEM' if n % 2 else 'VYDAJ'}\n" for n in range(40))
    folder = folder_of(
        tmp_path, customer="cust_no\n" + "".join(f"c{n}\n" for n in range(9)), flow="lsh,khh,jyrq,jyje,jdbz\n" + rows
    )
    proposal = write(folder)
    assert said(proposal, "tell") == ["transactions.direction: codes PRIJEM, VYDAJ are not understood, 40 rows"]
    assert load_mapping(folder).tables["transactions"].codes == {}
    assert "# codes: {direction: {PRIJEM: ..., VYDAJ: ...}}" in (folder / "bank.yaml").read_text("utf-8")


def test_dates_that_two_forms_read_are_guessed_and_the_other_form_is_named(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, customer="cust_no,dob\nc1,03/04/1980\nc2,05/06/1990\nc3,\n", flow=FLOW)
    assert said(write(folder), "guessed") == [
        "customers.birth_date: dates are written %d/%m/%Y, 2 of 2; %m/%d/%Y would read them too"
    ]


def test_whole_amounts_are_guessed_to_be_fen_with_both_medians(tmp_path: Path) -> None:
    rows = "".join(f"t{n},c1,2024-06-{n:02d},{n * 1234 + 1},C\n" for n in range(1, 31))
    folder = folder_of(tmp_path, customer="cust_no,sex\nc1,F\n", flow="lsh,khh,jyrq,jyje,jdbz\n" + rows)
    assert said(write(folder), "guessed") == [
        "transactions.amount: unit fen: no amount has a fraction, 30 of 30 end in other than 00; "
        "median about 19,000 yuan if yuan, 190.00 if fen"
    ]
    read = open_bank(folder, Workspace(tmp_path / "work")).read(ibis.duckdb.connect(), "transactions").to_pandas()
    assert read["amount"].min() == Decimal("12.35")


def test_whole_mu_of_land_are_not_guessed_to_be_fen(tmp_path: Path) -> None:
    rows = "".join(f"c1,good,2024-06-{n:02d},{n * 1234 + 1}\n" for n in range(1, 31))
    ratings = "customer_id,rating,rated_on,land_mu\n" + rows
    folder = folder_of(tmp_path, customer="cust_no,sex\nc1,F\n", flow=FLOW, village_ratings=ratings)
    write(folder)
    assert load_mapping(folder).tables["village_ratings"].unit is None
    read = open_bank(folder, Workspace(tmp_path / "work")).read(ibis.duckdb.connect(), "village_ratings").to_pandas()
    assert read["land_mu"].min() == Decimal("1235.00")


def test_amounts_with_a_sign_say_the_direction(tmp_path: Path) -> None:
    flow = "lsh,khh,jyrq,jyje\nt1,c1,2024-06-05,-12.50\nt2,c1,2024-06-28,3.25\n"
    folder = folder_of(tmp_path, customer="cust_no,sex\nc1,F\n", flow=flow)
    write(folder)
    read = open_bank(folder, Workspace(tmp_path / "work")).read(ibis.duckdb.connect(), "transactions").to_pandas()
    assert read.sort_values("transaction_id")[["direction", "amount"]].to_numpy().tolist() == [
        ["out", Decimal("12.50")],
        ["in", Decimal("3.25")],
    ]


def test_a_persons_word_for_nothing_is_told_where_it_could_permit_a_contact(tmp_path: Path) -> None:
    rows = "".join(f"c{n},{n % 9 + 1}月,{'未知' if n % 2 else '是'}\n" for n in range(20))
    folder = folder_of(tmp_path, customer="cust_no,memo,consent\n" + rows, flow=FLOW)
    proposal = write(folder)
    assert said(proposal, "tell") == ["customers.marketing_consent: 10 rows with '未知': say under codes what it means"]
    assert load_mapping(folder).tables["customers"].nulls is None


def test_a_last_line_without_an_end_is_told_unless_no_file_has_one(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, customer="cust_no,sex\nc1,F", flow=FLOW, flow2=FLOW.replace("t", "u").strip())
    proposal = write(folder)
    sources = {table.match.spec.name: table.match.table.raw for table in proposal.tables}
    assert sources["customers"].source["final_newline"] is False
    assert sources["transactions"].unfinished == ("flow2.csv",)
    assert "final_newline" not in sources["transactions"].source


def test_a_column_of_customers_under_an_unknown_name_is_found_by_its_values(tmp_path: Path) -> None:
    people = "cust_no,sex\n" + "".join(f"c{n:07d},F\n" for n in range(60))
    rows = "".join(f"t{n},c{n:07d},2024-06-05,1.25,C\n" for n in range(60))
    folder = folder_of(tmp_path, customer=people, flow="lsh,qqq,jyrq,jyje,jdbz\n" + rows)
    transactions = next(table for table in write(folder).tables if table.match.spec.name == "transactions")
    assert [(match.raw, match.how) for match in transactions.match.columns if match.column.name == "customer_id"] == [
        ("qqq", "values")
    ]


def test_a_proposal_holds_no_values_of_customers(tmp_path: Path, tables) -> None:
    MAKERS["core"](tables, tmp_path / "core")
    text = bank_yaml(propose(tmp_path / "core"))
    customers, accounts = tables["customers"], tables["accounts"]
    values = {*customers["customer_id"], *customers["name"].dropna(), *accounts["account_id"]}
    assert [value for value in values if value in text] == []


def test_files_that_hold_no_table_are_named_with_the_reason(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, customer="cust_no,sex\nc1,F\n", flow=FLOW)
    (folder / "notes.docx").write_bytes(b"no table")
    (folder / "broken.xlsx").write_bytes(b"no workbook")
    proposal = propose(folder)
    assert proposal.unused == {
        "broken.xlsx": "broken.xlsx: cannot be read as a workbook (BadZipFile).",
        "notes.docx": "holds no table that can be read",
    }


def test_months_in_capitals_and_small_letters_make_one_source(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, customer="cust_no,sex\nc1,F\n", flow202401=FLOW, flow202402=FLOW.replace("t", "u"))
    shutil.move(folder / "flow202402.csv", folder / "flow202402.CSV")
    write(folder)
    files = load_mapping(folder).sources["flow"].files()
    assert [path.name for path in files] == ["flow202401.csv", "flow202402.CSV"]


def test_what_would_permit_a_contact_by_being_absent_is_told(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, customer="cust_no,sex\nc1,F\n", flow=FLOW)
    assert write(folder).to_tell == [
        "suppressions: no table was found; customers on the ledger are not kept off the lists",
        "customers.marketing_consent: no column was found; customers who opted out are not kept off the lists",
    ]
    assert "# tell: suppressions: no table was found" in (folder / "bank.yaml").read_text("utf-8")


def test_a_second_table_with_the_same_columns_is_told(tmp_path: Path) -> None:
    older = FLOW.replace("t", "u").replace("jdbz", "jdbz,memo").replace("C\n", "C,\n").replace("D\n", "D,\n")
    folder = folder_of(tmp_path, customer="cust_no,sex,consent\nc1,F,1\n", flow=FLOW, trade_2023=older)
    assert propose(folder).to_tell[1:] == [
        "transactions: trade_2023.csv has its columns too and is not used; "
        "add its rows with UNION ALL if they belong there"
    ]


def test_books_end_with_the_last_month_that_has_no_gap_before_it(tmp_path: Path) -> None:
    rows = [f"t{n},c1,2024-0{n % 4 + 3}-30,1.25,C" for n in range(40)]
    moves = "lsh,khh,jyrq,jyje,jdbz\n" + "\n".join(rows) + "\nu1,c1,2031-01-05,1.25,C\n"
    folder = folder_of(tmp_path, customer="cust_no,sex\nc1,F\n", flow=moves)
    assert str(propose(folder).data_until) == "2024-06-30"
    (folder / "flow.csv").write_text(f"{moves}u2,c1,2024-07-02,1.25,C\n", "utf-8")
    assert str(propose(folder).data_until) == "2024-07-02"


def test_no_table_at_all_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match=r"village: no table can be read there"):
        propose(folder_of(tmp_path))
    with pytest.raises(ContractError, match=r"nowhere: there is no such folder"):
        propose(tmp_path / "nowhere")


def test_a_plain_id_is_the_key_unless_a_better_name_is_there(tmp_path: Path) -> None:
    people = "id,cust_no,sex\n1,c1,F\n2,c2,M\n3,c3,F\n"
    folder = folder_of(tmp_path, customer=people, flow=FLOW.replace("lsh", "id"))
    raws = {table.match.spec.name: table.match for table in propose(folder).tables}
    assert raws["customers"].raw_of("customer_id") == "cust_no"
    assert raws["transactions"].raw_of("transaction_id") == "id"


def test_one_line_shows_all_codes_of_a_table_that_must_be_told(tmp_path: Path) -> None:
    rows = "".join(f"c{n},{n % 3},{'甲' if n % 2 else '乙'}\n" for n in range(60))
    folder = folder_of(tmp_path, customer="cust_no,sex,occupation\n" + rows, flow=FLOW)
    write(folder)
    text = (folder / "bank.yaml").read_text("utf-8")
    assert 'codes: {gender: {"1": M, "2": F}}\n' in text
    assert '# codes: {gender: {"1": M, "2": F, "0": ...}, identity: {乙: ..., 甲: ...}}\n' in text


def test_a_second_form_of_dates_names_the_form_that_reads_the_same(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, customer="cust_no,dob\nc1,1980-04-03\nc2,1980-04-05\nc3,05/06/1990\n", flow=FLOW)
    assert said(write(folder), "guessed") == [
        "customers.birth_date: dates are written %Y-%m-%d or %d/%m/%Y, 3 of 3; %m/%d/%Y would read them too"
    ]


def test_a_csv_column_without_a_heading_is_read_and_left_out(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, customer=",cust_no,sex\n0,c1,F\n1,c2,M\n2,c3,M\n", flow=FLOW)
    write(folder)
    people = open_bank(folder, Workspace(tmp_path / "work")).read(ibis.duckdb.connect(), "customers").to_pandas()
    assert dict(zip(people["customer_id"], people["gender"], strict=True)) == {"c1": "F", "c2": "M", "c3": "M"}


def test_a_time_of_day_in_a_column_of_its_own_is_joined(tmp_path: Path) -> None:
    flow = "lsh,khh,jyrq,jysj,jyje,jdbz\nt1,c1,20240605,093015,12.50,C\nt2,c1,20240628,235959,3.25,D\n"
    folder = folder_of(tmp_path, khxx="khh\nc1\nc2\n", jyls=flow)
    assert "transactions.time: the time of day is joined from jysj" in said(write(folder), "guessed")
    moved = open_bank(folder, Workspace(tmp_path / "work")).read(ibis.duckdb.connect(), "transactions").to_pandas()
    assert moved["time"].astype(str).tolist() == ["2024-06-05 09:30:15", "2024-06-28 23:59:59"]


def test_files_without_headings_are_proposed_by_content_and_told(tmp_path: Path) -> None:
    people = "".join(f"{100000 + n},{'男' if n % 2 else '女'}\n" for n in range(60))
    flow = "".join(
        f"t{n},{100000 + n % 60},2024-06-{1 + n % 28:02},{n}.25,{'借' if n % 2 else '贷'}\n" for n in range(90)
    )
    folder = folder_of(tmp_path, khxx=people, jyls=flow)
    proposal = write(folder)
    assert "jyls.csv: no row names its columns; write their names under columns of its source" in proposal.to_tell
    bank = open_bank(folder, Workspace(tmp_path / "work"))
    moved = bank.read(ibis.duckdb.connect(), "transactions").to_pandas().set_index("transaction_id")
    assert moved.loc["t7", ["customer_id", "amount", "direction"]].tolist() == ["100007", Decimal("7.25"), "out"]
    assert len(moved) == 90


def test_a_table_with_a_column_a_month_is_told(tmp_path: Path) -> None:
    wide = "客户号,余额_202404,余额_202405,余额_202406\nc1,1.00,2.00,3.00\nc2,1.00,2.00,3.00\n"
    proposal = propose(folder_of(tmp_path, khxx="khh\nc1\nc2\nc3\n", jyls=FLOW, ye=wide))
    assert proposal.to_tell[-1] == (
        "ye.csv: 3 columns are months, 余额_202404 to 余额_202406; "
        "make rows of them with UNPIVOT in the SELECT of balances"
    )


def test_tables_of_a_postgresql_server_are_proposed_and_taken_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, name = os.environ.get("GOLDMINE_TEST_POSTGRES", ""), f"village_{os.getpid()}"
    if not server:
        pytest.skip("GOLDMINE_TEST_POSTGRES names no PostgreSQL server to read from")
    run_in(server, f"CREATE DATABASE {name}")
    try:
        bank = f"{server.rpartition('/')[0]}/{name}"
        run_in(
            bank,
            "CREATE SCHEMA ods",
            "CREATE TABLE ods.khxx (khh BIGINT, xb CHAR(6))",
            "INSERT INTO ods.khxx VALUES (100001, '男'), (100002, '女')",
            "CREATE TABLE ods.zhxx (zh CHAR(8), khh BIGINT)",
            "INSERT INTO ods.zhxx VALUES ('a1', 100001), ('a2', 100002)",
            "CREATE TABLE ods.jyls (lsh INTEGER, zh TEXT, jyrq TIMESTAMPTZ, jyje NUMERIC(18, 2))",
            "INSERT INTO ods.jyls VALUES (1, 'a1', '2024-06-30 23:30:00+00', -12.50)",
            "INSERT INTO ods.jyls VALUES (2, 'a2', '2024-06-28 01:00:00+00', 3)",
        )
        monkeypatch.setenv("CORE", bank)
        proposal = propose(tmp_path, "CORE")
        (tmp_path / "bank.yaml").write_text(bank_yaml(proposal), "utf-8")
        opened = open_bank(tmp_path, Workspace(tmp_path / "work"))
    finally:
        run_in(server, f"DROP DATABASE {name}")
    moved = opened.read(ibis.duckdb.connect(), "transactions").to_pandas()
    assert moved[["customer_id", "amount", "direction"]].to_numpy().tolist() == [
        ["100002", Decimal("3.00"), "in"],
        ["100001", Decimal("12.50"), "out"],
    ]
    assert moved["time"].astype(str).tolist() == ["2024-06-28 09:00:00", "2024-07-01 07:30:00"]
    assert name not in (tmp_path / "bank.yaml").read_text("utf-8")


def run_in(server: str, *statements: str) -> None:
    import adbc_driver_postgresql.dbapi

    with adbc_driver_postgresql.dbapi.connect(server, autocommit=True) as connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
