"""Taking in tiny banks: canonical files, mapped CSV, DuckDB and SQLite; what stays and what is made again."""

import os
import shutil
import sqlite3
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import ibis
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from goldmine.contract import manifest
from goldmine.contract.bank import Bank, selected_columns
from goldmine.contract.databases import refuse_money
from goldmine.contract.intake import load_bank, open_bank
from goldmine.contract.manifest import known_contents
from goldmine.core.engine import parquet_rows
from goldmine.core.errors import ContractError, WorkFolderError
from goldmine.core.fingerprint import of_file
from goldmine.core.workspace import Workspace

CUSTOMERS = "customer_id,birth_date,gender,marketing_consent\n0012,1980-02-29,F,true\n0007,,X,\n"
TRANSACTIONS = (
    "transaction_id,customer_id,time,amount,direction\n"
    "t3,0012,2024-02-01 09:00:00,7,out\n"
    "t1,0012,2024-01-31 23:59:59,12.50,in\n"
    "t2,0007,2024-01-05,0.10,in\n"
)


@pytest.fixture
def work(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "work")


@pytest.fixture
def csv_bank(tmp_path: Path) -> Path:
    folder = tmp_path / "village"
    folder.mkdir()
    (folder / "customers.csv").write_text(CUSTOMERS, "utf-8")
    (folder / "transactions.csv").write_text(TRANSACTIONS, "utf-8")
    return folder


def rows(bank: Bank, table: str, *columns: str) -> list[tuple[object, ...]]:
    connection = ibis.duckdb.connect()
    expression = bank.read(connection, table).select(*columns)
    return [tuple(row.values()) for row in expression.to_pyarrow().to_pylist()]


def parquet_bank(folder: Path) -> Path:
    (folder / "transactions").mkdir(parents=True)
    duckdb.sql("SELECT '1' AS customer_id, DATE '1990-05-01' AS birth_date").write_parquet(
        str(folder / "customers.parquet")
    )
    for month in ("01", "02"):
        duckdb.sql(
            f"SELECT 't{month}' AS transaction_id, '1' AS customer_id, TIMESTAMP '2024-{month}-03 10:00:00' AS time, "
            "12.5::DECIMAL(18, 2) AS amount, 'in' AS direction"
        ).write_parquet(str(folder / "transactions" / f"{month}.parquet"))
    return folder


def test_canonical_csv_becomes_typed_parquet_a_file_a_month(csv_bank: Path, work: Workspace) -> None:
    bank = open_bank(csv_bank, work)
    assert bank.name == "village"
    assert bank.months("transactions") == ["2024-01", "2024-02"]
    assert rows(bank, "transactions", "transaction_id", "amount") == [
        ("t1", Decimal("12.50")),
        ("t2", Decimal("0.10")),
        ("t3", Decimal("7.00")),
    ]
    assert rows(bank, "customers", "customer_id", "birth_date", "marketing_consent") == [
        ("0007", None, None),
        ("0012", date(1980, 2, 29), True),
    ]
    assert (work.tables / "transactions" / "2024-01.parquet").exists()
    assert not list(work.root.glob(".intake*"))


def test_canonical_parquet_is_used_where_it_lies(tmp_path: Path, work: Workspace) -> None:
    folder = parquet_bank(tmp_path / "bank")
    bank = open_bank(folder, work)
    assert [file.path for file in bank.tables["transactions"].files] == sorted((folder / "transactions").iterdir())
    assert [file.month for file in bank.tables["transactions"].files] == ["2024-01", "2024-02"]
    assert not work.tables.exists()


def test_a_row_group_without_rows_does_not_have_a_table_written_anew(tmp_path: Path, work: Workspace) -> None:
    folder = parquet_bank(tmp_path / "bank")
    month = min((folder / "transactions").iterdir())
    rows = pq.read_table(month)
    with pq.ParquetWriter(month, rows.schema) as writer:
        writer.write_table(rows)
        writer.write_table(rows.slice(0, 0))
    assert pq.read_metadata(month).num_row_groups == 2
    bank = open_bank(folder, work)
    assert bank.tables["transactions"].files[0].path == month
    assert not work.tables.exists()


def test_parquet_with_two_months_in_a_file_is_written_by_month(tmp_path: Path, work: Workspace) -> None:
    folder = parquet_bank(tmp_path / "bank")
    both = duckdb.sql(f"SELECT * FROM read_parquet('{folder}/transactions/*.parquet')")
    both.write_parquet(str(folder / "transactions.parquet"))
    shutil.rmtree(folder / "transactions")
    bank = open_bank(folder, work)
    assert [file.path for file in bank.tables["transactions"].files] == [
        work.tables / "transactions" / "2024-01.parquet",
        work.tables / "transactions" / "2024-02.parquet",
    ]
    assert [file.rows for file in bank.tables["transactions"].files] == [1, 1]


def test_loaded_bank_equals_the_opened_one(csv_bank: Path, work: Workspace) -> None:
    assert open_bank(csv_bank, work) == load_bank(work)


def test_a_late_row_changes_only_its_own_month(csv_bank: Path, work: Workspace) -> None:
    before = open_bank(csv_bank, work).tables["transactions"].files
    written = before[1].path.stat().st_mtime_ns
    late = "t4,0007,2024-01-06,3.00,out\n"
    (csv_bank / "transactions.csv").write_text(TRANSACTIONS + late, "utf-8")
    after = open_bank(csv_bank, work).tables["transactions"].files
    assert [file.rows for file in after] == [3, 1]
    assert after[0].fingerprint != before[0].fingerprint
    assert after[1] == before[1]
    assert after[1].path.stat().st_mtime_ns == written


def test_rows_in_another_order_give_the_same_bytes(csv_bank: Path, work: Workspace) -> None:
    before = open_bank(csv_bank, work).tables["transactions"].files
    head, *body = TRANSACTIONS.splitlines(keepends=True)
    (csv_bank / "transactions.csv").write_text("".join([head, *reversed(body)]), "utf-8")
    assert open_bank(csv_bank, work).tables["transactions"].files == before


def test_unchanged_tables_are_not_written_again(csv_bank: Path, work: Workspace) -> None:
    open_bank(csv_bank, work)
    times = {path: path.stat().st_mtime_ns for path in work.tables.rglob("*.parquet")}
    open_bank(csv_bank, work)
    assert {path: path.stat().st_mtime_ns for path in work.tables.rglob("*.parquet")} == times


def test_month_removed_from_source_is_removed_from_work_folder(csv_bank: Path, work: Workspace) -> None:
    open_bank(csv_bank, work)
    (csv_bank / "transactions.csv").write_text(TRANSACTIONS.replace("2024-02-01", "2024-01-01"), "utf-8")
    assert open_bank(csv_bank, work).months("transactions") == ["2024-01"]
    assert [path.name for path in (work.tables / "transactions").iterdir()] == ["2024-01.parquet"]


def test_unknown_codes_read_as_missing(csv_bank: Path, work: Workspace) -> None:
    bank = open_bank(csv_bank, work)
    assert rows(bank, "customers", "customer_id", "gender") == [("0007", None), ("0012", "F")]
    files = [file.path for file in bank.tables["customers"].files]
    written = f"SELECT {selected_columns(bank.tables['customers'])} FROM {parquet_rows(files)}"
    assert duckdb.sql(written).project("customer_id, gender, merged_into").fetchall() == [
        ("0007", "X", None),
        ("0012", "F", None),
    ]


def test_an_absent_table_reads_as_an_empty_one(csv_bank: Path, work: Workspace) -> None:
    bank = open_bank(csv_bank, work)
    assert not bank.has("balances")
    assert rows(bank, "balances", "customer_id", "balance") == []


def test_an_empty_optional_table_counts_as_absent(csv_bank: Path, work: Workspace) -> None:
    (csv_bank / "branches.csv").write_text("branch_id,name\n", "utf-8")
    assert not open_bank(csv_bank, work).has("branches")


def mapped(folder: Path, text: str) -> Path:
    (folder / "bank.yaml").write_text(text, "utf-8")
    return folder


def test_gb18030_csv_with_its_own_names_dates_and_delimiter(tmp_path: Path, work: Workspace) -> None:
    (tmp_path / "kh.txt").write_bytes("客户号|姓名|出生日期\n0012|张三|19800229\n0007|李四|\n".encode("gb18030"))
    (tmp_path / "ls.txt").write_bytes("流水号|客户号|日期|金额|借贷\n1|0012|20240131|12.50|贷\n".encode("gb18030"))
    mapped(
        tmp_path,
        """
name: 邳州
data_until: 2024-01-31
sources:
  kh: {csv: kh.txt, delimiter: "|", encoding: gb18030, dates: {出生日期: ["%Y%m%d"]}}
  ls: {csv: ls.txt, delimiter: "|", encoding: gb18030, dates: {日期: ["%Y%m%d"]}}
tables:
  customers: {source: kh, select: 'SELECT 客户号 AS customer_id, 出生日期 AS birth_date FROM kh'}
  transactions:
    source: [ls]
    select: |
      SELECT 流水号 AS transaction_id, 客户号 AS customer_id, 日期 AS time, 金额 AS amount,
             CASE 借贷 WHEN '贷' THEN 'in' ELSE 'out' END AS direction
      FROM ls;
""",
    )
    bank = open_bank(tmp_path, work)
    assert (bank.name, bank.data_until) == ("邳州", date(2024, 1, 31))
    assert rows(bank, "customers", "customer_id", "birth_date") == [("0007", None), ("0012", date(1980, 2, 29))]
    assert rows(bank, "transactions", "amount", "direction") == [(Decimal("12.50"), "in")]


TABLES_BY_SELECT = """
tables:
  customers: {source: core, select: 'SELECT id AS customer_id, born AS birth_date FROM {t}people'}
  transactions:
    source: core
    select: SELECT id AS transaction_id, who AS customer_id, happened AS time, amount, 'in' AS direction FROM {t}moves
"""
PEOPLE = "CREATE TABLE people AS SELECT '0012' AS id, '1980-02-29' AS born"
MOVES = "CREATE TABLE moves AS SELECT 1 AS id, '0012' AS who, '2024-01-31 23:59:59' AS happened, 12.5 AS amount"


def test_duckdb_file(tmp_path: Path, work: Workspace) -> None:
    with duckdb.connect(str(tmp_path / "core.duckdb")) as connection:
        connection.execute(PEOPLE)
        connection.execute(MOVES)
    mapped(tmp_path, "sources: {core: {duckdb: core.duckdb}}" + TABLES_BY_SELECT.replace("{t}", "core."))
    bank = open_bank(tmp_path, work)
    assert rows(bank, "customers", "customer_id", "birth_date") == [("0012", date(1980, 2, 29))]
    assert rows(bank, "transactions", "transaction_id", "amount") == [("1", Decimal("12.50"))]


def test_sqlite_file_through_adbc(tmp_path: Path, work: Workspace) -> None:
    with sqlite3.connect(tmp_path / "core.db") as connection:
        connection.execute(PEOPLE)
        connection.execute(MOVES)
        connection.execute("INSERT INTO people VALUES ('0007', NULL)")
    connection.close()
    mapped(tmp_path, "sources: {core: {sqlite: core.db}}" + TABLES_BY_SELECT.replace("{t}", ""))
    bank = open_bank(tmp_path, work)
    assert rows(bank, "customers", "customer_id", "birth_date") == [("0007", None), ("0012", date(1980, 2, 29))]
    assert rows(bank, "transactions", "transaction_id", "amount") == [("1", Decimal("12.50"))]


def test_a_select_joins_sources_of_several_kinds(tmp_path: Path, work: Workspace) -> None:
    duckdb.sql("SELECT 12 AS id, 'F' AS sex").write_parquet(str(tmp_path / "people.parquet"))
    (tmp_path / "born.csv").write_text("id,born\n12,1980-02-29\n", "utf-8")
    (tmp_path / "moves.csv").write_text(TRANSACTIONS, "utf-8")
    mapped(
        tmp_path,
        """
sources: {people: {parquet: people.parquet}, born: {csv: born.csv}, moves: {csv: moves.csv}}
tables:
  customers:
    source: [people, born]
    select: SELECT p.id AS customer_id, sex AS gender, born AS birth_date FROM people p JOIN born b ON b.id = p.id
  transactions: {source: moves}
""",
    )
    bank = open_bank(tmp_path, work)
    assert rows(bank, "customers", "customer_id", "gender", "birth_date") == [("12", "F", date(1980, 2, 29))]


def test_work_folder_of_another_bank_is_refused(csv_bank: Path, tmp_path: Path, work: Workspace) -> None:
    open_bank(csv_bank, work)
    with pytest.raises(WorkFolderError, match="holds the bank 'village', not 'bank'"):
        open_bank(parquet_bank(tmp_path / "bank"), work)


def test_load_without_a_bank_names_the_command_to_run(work: Workspace) -> None:
    with pytest.raises(WorkFolderError, match="goldmine validate --bank DIR"):
        load_bank(work)


def test_load_refuses_a_file_that_changed_since(tmp_path: Path, work: Workspace) -> None:
    folder = parquet_bank(tmp_path / "bank")
    open_bank(folder, work)
    duckdb.sql("SELECT '2' AS customer_id, DATE '1990-05-01' AS birth_date").write_parquet(
        str(folder / "customers.parquet")
    )
    with pytest.raises(WorkFolderError, match="customers: a file of the table changed"):
        load_bank(work)


def test_floating_amounts_are_rounded_as_the_same_texts_are(tmp_path: Path, work: Workspace) -> None:
    (tmp_path / "customers.csv").write_text("customer_id\n1\n", "utf-8")
    duckdb.sql(
        "SELECT 't' AS transaction_id, '1' AS customer_id, DATE '2024-01-31' AS time, 'in' AS direction, "
        "1.005::DOUBLE AS amount"
    ).write_parquet(str(tmp_path / "transactions.parquet"))
    assert rows(open_bank(tmp_path, work), "transactions", "amount") == [(Decimal("1.01"),)]


def test_floating_amounts_of_sqlite_keep_their_fen(tmp_path: Path, work: Workspace) -> None:
    with sqlite3.connect(tmp_path / "core.db") as connection:
        connection.execute("CREATE TABLE t (id, amount)")
        amounts = [(1, 5.55e-17), (2, 12345678901234.56), (3, 0.1 + 0.2), (4, -12.5), (5, 7.0), (6, "8.10")]
        connection.executemany("INSERT INTO t VALUES (?, ?)", amounts)
    connection.close()
    mapped(
        tmp_path,
        "sources: {core: {sqlite: core.db}}\ntables:\n"
        "  customers: {source: core, select: SELECT '1' AS customer_id}\n"
        "  transactions:\n    source: core\n    select: SELECT id AS transaction_id, '1' AS customer_id, "
        "'2024-01-31' AS time, 'in' AS direction, amount FROM t\n",
    )
    assert rows(open_bank(tmp_path, work), "transactions", "amount") == [
        (Decimal(amount),) for amount in ("0.00", "12345678901234.56", "0.30", "-12.50", "7.00", "8.10")
    ]


SERVER = os.environ.get("GOLDMINE_TEST_POSTGRES", "")


@pytest.mark.skipif(not SERVER, reason="GOLDMINE_TEST_POSTGRES names no PostgreSQL server to read from")
def test_postgresql_server_through_adbc(tmp_path: Path, work: Workspace) -> None:
    mapped(
        tmp_path,
        """
sources: {core: {postgres: "${GOLDMINE_TEST_POSTGRES}"}}
tables:
  customers:
    source: core
    select: |
      SELECT * FROM (VALUES ('0012', DATE '1980-02-29', true), ('0007', NULL, NULL))
        AS people (customer_id, birth_date, marketing_consent)
  transactions:
    source: core
    select: |
      SELECT 1 AS transaction_id, '0012' AS customer_id, TIMESTAMP '2024-01-31 23:59:59' AS time,
             12.50::NUMERIC(12, 2) AS amount, 'in' AS direction
""",
    )
    bank = open_bank(tmp_path, work)
    assert rows(bank, "customers", "customer_id", "birth_date", "marketing_consent") == [
        ("0007", None, None),
        ("0012", date(1980, 2, 29), True),
    ]
    assert rows(bank, "transactions", "transaction_id", "amount") == [("1", Decimal("12.50"))]


def test_the_type_money_of_postgresql_is_refused_since_its_unit_is_the_servers() -> None:
    whole = pa.field("amount", pa.int64(), metadata={"POSTGRESQL:type": "money"})
    with pytest.raises(ContractError, match=r"transactions: columns of PostgreSQL's type money .*: amount") as caught:
        refuse_money(
            pa.schema([pa.field("no", pa.int64(), metadata={"POSTGRESQL:type": "int8"}), whole]), "transactions"
        )
    assert caught.value.do == "Cast them in the SELECT: amount::numeric AS amount."
    refuse_money(pa.schema([pa.field("amount", pa.int64())]), "transactions")


@pytest.mark.skipif(not SERVER, reason="GOLDMINE_TEST_POSTGRES names no PostgreSQL server to read from")
def test_a_column_of_money_on_a_server_is_not_taken_in_as_a_hundred_times_as_much(
    tmp_path: Path, work: Workspace
) -> None:
    mapped(
        tmp_path,
        """
sources: {core: {postgres: "${GOLDMINE_TEST_POSTGRES}"}}
tables:
  customers: {source: core, select: SELECT '0012' AS customer_id}
  transactions:
    source: core
    select: |
      SELECT 1 AS transaction_id, '0012' AS customer_id, TIMESTAMP '2024-01-31' AS time, 12.50::MONEY AS amount,
             'in' AS direction
""",
    )
    with pytest.raises(ContractError, match="type money"):
        open_bank(tmp_path, work)
    yaml = (tmp_path / "bank.yaml").read_text("utf-8")
    (tmp_path / "bank.yaml").write_text(yaml.replace("::MONEY", "::MONEY::numeric"), "utf-8")
    assert rows(open_bank(tmp_path, work), "transactions", "amount") == [(Decimal("12.50"),)]


def test_a_written_file_is_not_read_for_its_content_a_second_time(csv_bank, work, monkeypatch):
    read: list[Path] = []
    monkeypatch.setattr(manifest, "of_file", lambda path: [read.append(path), of_file(path)][1])
    bank = open_bank(csv_bank, work)
    assert sorted(path.name for path in read) == ["customers.csv", "transactions.csv"]
    files = [file for table in bank.tables.values() for file in table.files]
    assert [file.fingerprint for file in files] == [of_file(file.path) for file in files]
    assert open_bank(csv_bank, work) == bank
    assert len(read) == 2


def test_content_of_a_step_s_file_is_read_where_the_intake_does_not_know_it(csv_bank, work, monkeypatch):
    path = open_bank(csv_bank, work).tables["customers"].files[0].path
    content = known_contents(work)
    monkeypatch.setattr(manifest, "of_file", lambda path: f"read {path.name}")
    assert content(path) == of_file(path)
    path.write_bytes(path.read_bytes())
    assert content(path) == "read customers.parquet"
    monkeypatch.setenv("GOLDMINE_VERIFY", "1")
    assert known_contents(work)(path) == "read customers.parquet"
