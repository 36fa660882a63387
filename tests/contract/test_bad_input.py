"""Bad input: a clear error of the right family, no value of a row in it, and nothing half written."""

import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from goldmine.contract.intake import open_bank
from goldmine.core.errors import ContractError, GoldmineError
from goldmine.core.workspace import Workspace

CUSTOMERS = "customer_id,birth_date\nSECRET1,1980-02-29\n"
TRANSACTIONS = "transaction_id,customer_id,time,amount,direction,counterparty\nt1,SECRET1,2024-01-31,12.50,in,SECRET2\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    bank = tmp_path / "village"
    bank.mkdir()
    (bank / "customers.csv").write_text(CUSTOMERS, "utf-8")
    (bank / "transactions.csv").write_text(TRANSACTIONS, "utf-8")
    return bank


@pytest.fixture
def refused(folder: Path, tmp_path: Path) -> Callable[..., None]:
    """Check that the bank is refused with these words, that no value shows, and that the work folder is as before."""
    work = Workspace(tmp_path / "work")
    open_bank(folder, work)

    def contents() -> dict[Path, bytes]:
        # The lock says since which minute it was held.
        files = (path for path in work.root.rglob("*") if path.is_file() and path.name != ".lock")
        return {path: path.read_bytes() for path in files}

    before = contents()

    def check(words: str, family: type[GoldmineError] = ContractError) -> None:
        with pytest.raises(family, match=re.escape(words)) as caught:
            open_bank(folder, work)
        assert "SECRET" not in str(caught.value)
        assert caught.value.__cause__ is None or "SECRET" not in str(caught.value.__cause__)
        assert caught.value.__suppress_context__ or caught.value.__context__ is None
        assert caught.value.what.count("\n") == caught.value.do.count("\n") == 0
        assert contents() == before

    return check


def transactions(folder: Path, line: str) -> None:
    (folder / "transactions.csv").write_text(TRANSACTIONS + line, "utf-8")


def parquet(folder: Path, select: str) -> None:
    (folder / "transactions.csv").unlink()
    duckdb.sql(select).write_parquet(str(folder / "transactions.parquet"))


ROW = "SELECT 't1' AS transaction_id, 'SECRET1' AS customer_id, TIMESTAMP '2024-01-31' AS time, 'in' AS direction"


def test_missing_compulsory_table(folder: Path, refused: Callable[..., None]) -> None:
    (folder / "transactions.csv").unlink()
    refused("the compulsory table transactions is missing")


def test_missing_column(folder: Path, refused: Callable[..., None]) -> None:
    (folder / "transactions.csv").write_text("transaction_id,customer_id,time\nt1,SECRET1,2024-01-31\n", "utf-8")
    refused("transactions: compulsory columns are missing: amount, direction")


def test_wrong_type(folder: Path, refused: Callable[..., None]) -> None:
    parquet(folder, ROW + ", true AS amount")
    refused("transactions: column amount has the wrong type BOOLEAN")


def test_a_partition_column_of_the_wrong_type(folder: Path, refused: Callable[..., None]) -> None:
    parquet(folder, ROW.replace("TIMESTAMP '2024-01-31'", "20240131") + ", 1.0 AS amount")
    refused("transactions: column time has the wrong type INTEGER")


def test_times_with_a_time_zone(folder: Path, refused: Callable[..., None]) -> None:
    parquet(folder, ROW.replace("TIMESTAMP '", "TIMESTAMPTZ '") + ", 1.0 AS amount")
    refused("transactions: column time has the wrong type TIMESTAMP WITH TIME ZONE")


@pytest.mark.parametrize("time", ["2024-02-30", "SECRET", "infinity", "20240131"])
def test_impossible_dates(folder: Path, refused: Callable[..., None], time: str) -> None:
    transactions(folder, f"t2,SECRET1,{time},1,in,\n")
    refused("transactions: 1 values of time are not times")


def test_every_wrong_column_is_named_at_once(folder: Path, refused: Callable[..., None]) -> None:
    transactions(folder, "t2,SECRET1,2024-02-30,SECRET,in,\nt3,,2024-02-28,nan,in,\n")
    refused(
        "transactions: 1 rows have no customer_id; 1 values of time are not times (YYYY-MM-DD HH:MM:SS), "
        "most often written like 9999-99-99; "
        "1 values of amount are NaN or infinite; 1 values of amount are not amounts"
    )


@pytest.mark.parametrize("amount", ["nan", "infinity", "-infinity"])
def test_amounts_that_are_not_finite(folder: Path, refused: Callable[..., None], amount: str) -> None:
    parquet(folder, ROW + f", '{amount}'::DOUBLE AS amount")
    refused("transactions: 1 values of amount are NaN or infinite")


def test_amounts_too_large_for_the_contract(folder: Path, refused: Callable[..., None]) -> None:
    parquet(folder, ROW + ", 1e17 AS amount")
    refused("transactions: 1 values of amount are not amounts of at most 16 digits")


def test_floating_amounts_that_are_not_exact_to_the_fen(folder: Path, refused: Callable[..., None]) -> None:
    parquet(folder, ROW + ", 131072.37::FLOAT AS amount")
    refused("transactions: 1 values of amount are floating numbers too large to be exact to two places")
    duckdb.sql(ROW + ", 70368744177664.37::DOUBLE AS amount").write_parquet(str(folder / "transactions.parquet"))
    refused("transactions: 1 values of amount are floating numbers too large to be exact to two places")


def test_rows_without_a_required_value_in_canonical_parquet(folder: Path, refused: Callable[..., None]) -> None:
    parquet(folder, ROW + ", NULL::DECIMAL(18, 2) AS amount")
    refused("transactions: 1 rows have no amount")


def test_a_required_column_of_a_wrong_type_without_a_value(folder: Path, refused: Callable[..., None]) -> None:
    parquet(folder, ROW + ", NULL::BOOLEAN AS amount")
    refused("transactions: column amount has the wrong type BOOLEAN")


def test_codes_of_a_wrong_type_are_not_left_empty(folder: Path, refused: Callable[..., None]) -> None:
    duckdb.sql(
        "SELECT 'K' AS campaign_id, 'SECRET1' AS customer_id, DATE '2024-01-31' AS contacted_on, 6.0::DOUBLE AS answer"
    ).write_parquet(str(folder / "contacts.parquet"))
    refused("contacts: column answer has the wrong type DOUBLE, not text")


def test_empty_compulsory_table(folder: Path, refused: Callable[..., None]) -> None:
    (folder / "transactions.csv").write_text(TRANSACTIONS.splitlines()[0] + "\n", "utf-8")
    refused("transactions: the table is empty")


def test_empty_compulsory_parquet(folder: Path, refused: Callable[..., None]) -> None:
    parquet(folder, ROW + ", 1::DECIMAL(18, 2) AS amount LIMIT 0")
    refused("transactions: the table is empty")


def test_a_file_without_a_byte(folder: Path, refused: Callable[..., None]) -> None:
    (folder / "customers.csv").write_bytes(b"")
    refused("customers: customers.csv has 0 columns")


@pytest.mark.parametrize("kept", [0.0, 0.5, 0.99])
def test_parquet_cut_short(folder: Path, refused: Callable[..., None], kept: float) -> None:
    parquet(folder, ROW + ", 1::DECIMAL(18, 2) AS amount")
    content = (folder / "transactions.parquet").read_bytes()
    (folder / "transactions.parquet").write_bytes(content[: int(len(content) * kept)])
    refused("is not a whole Parquet file")


def test_parquet_cut_short_under_a_select(folder: Path, refused: Callable[..., None]) -> None:
    (folder / "c.parquet").write_bytes(b"PAR1 SECRET")
    (folder / "bank.yaml").write_text(
        "name: village\nsources: {c: {parquet: c.parquet}, t: {csv: transactions.csv}}\n"
        "tables: {transactions: {source: t}, customers: {source: c, select: SELECT id AS customer_id FROM c}}\n",
        "utf-8",
    )
    refused("c.parquet is not a whole Parquet file")


def test_csv_cut_short_in_mid_row(folder: Path, refused: Callable[..., None]) -> None:
    transactions(folder, "t2,SECRET1,2024-01\n")
    refused("transactions: transactions.csv line 3 has 3 columns where 6 are expected")


def test_csv_cut_short_in_its_last_column(folder: Path, refused: Callable[..., None]) -> None:
    (folder / "transactions.csv").write_text(TRANSACTIONS[:-3], "utf-8")
    refused("transactions: the last line of transactions.csv does not end")


def test_csv_cut_short_in_a_quote(folder: Path, refused: Callable[..., None]) -> None:
    transactions(folder, 't2,SECRET1,2024-01-01,1,in,"SECRET\n')
    refused("opens a quote that never ends")


def test_csv_whose_lines_end_in_two_ways(folder: Path, refused: Callable[..., None]) -> None:
    transactions(folder, "t2,SECRET1,2024-01-01,1,in,card\r\nt3,SECRET1,2024-01-01,1,in,card\n")
    refused("transactions: the lines of transactions.csv do not all end alike")


def test_a_header_whose_quote_does_not_end(
    folder: Path, refused: Callable[..., None], caplog: pytest.LogCaptureFixture
) -> None:
    (folder / "customers.csv").write_text('customer_id,"birth_date\nSECRET1,1980-02-29"\n', "utf-8")
    refused("customers: a name in the header of customers.csv holds a line break")
    assert "SECRET" not in caplog.text


def test_a_header_whose_quotes_do_not_match_leaves_no_table_empty(folder: Path, refused: Callable[..., None]) -> None:
    (folder / "branches.csv").write_text('"branch_id","name"x"town"\r\n"SECRET1","2","3"\r\n', "utf-8")
    refused("branches: the quotes in the header of branches.csv do not match")


def test_durations_are_no_numbers(folder: Path, refused: Callable[..., None]) -> None:
    (folder / "customers.csv").unlink()
    pq.write_table(pa.table({"customer_id": pa.array([7], pa.duration("s"))}), folder / "customers.parquet")
    refused("customers: columns of customers.parquet are durations, which would be read as numbers: customer_id")


def test_bytes_that_are_not_utf_8(folder: Path, refused: Callable[..., None]) -> None:
    (folder / "customers.csv").write_bytes("customer_id,grid_id\n1,张村\n".encode("gb18030"))
    refused("customers: customers.csv is not utf-8 from byte 22 on")


def test_bytes_that_are_not_gb18030(folder: Path, refused: Callable[..., None]) -> None:
    (folder / "customers.csv").write_bytes(b"customer_id,grid_id\n1,\xff\xff\n")
    (folder / "bank.yaml").write_text(
        "name: village\nsources: {c: {csv: customers.csv, encoding: gb18030}, t: {csv: transactions.csv}}\n"
        "tables: {customers: {source: c}, transactions: {source: t}}\n",
        "utf-8",
    )
    refused("customers: customers.csv is not gb18030 from byte 22 on")


def test_dates_that_are_not_of_the_declared_form(folder: Path, refused: Callable[..., None]) -> None:
    (folder / "customers.csv").write_text("customer_id,birth_date\nSECRET1,19800230\nSECRET2,19800229\n", "utf-8")
    (folder / "bank.yaml").write_text(
        'name: village\nsources: {c: {csv: customers.csv, dates: {birth_date: ["%Y%m%d"]}}, t: {csv: transactions.csv}}'
        "\ntables: {customers: {source: c}, transactions: {source: t}}\n",
        "utf-8",
    )
    refused("customers: 1 values of c.birth_date are no dates of the form %Y%m%d")


def test_a_table_that_the_contract_does_not_know(folder: Path, refused: Callable[..., None]) -> None:
    (folder / "balance.csv").write_text("customer_id\n1\n", "utf-8")
    refused("the contract has no table 'balance'")


def test_duplicate_table(folder: Path, refused: Callable[..., None]) -> None:
    duckdb.sql("SELECT 1 AS customer_id").write_parquet(str(folder / "customers.parquet"))
    refused("holds the table customers twice")


SELECTS = [
    ("SELECT id AS customer_id FROM c", 'the SELECT cannot run: Binder Error: Referenced column "id" not found'),
    ("SELECT customer_id FROM d", "the SELECT cannot run: Catalog Error: Table with name d does not exist!"),
    ("SELECT customer_id FRM c", "the SELECT cannot run: Parser Error"),
    ("SELECT customer_id::INTEGER AS customer_id FROM c", "met a value that it could not convert"),
    ("SELECT strptime(customer_id, '%Y') AS birth_date, customer_id FROM c", "met a value that it could not convert"),
    ("SELECT customer_id, 1 AS birthday FROM c", "customers: the contract has no columns birthday"),
    ("DROP TABLE c", "something else than one SELECT"),
    ("SELECT customer_id FROM c; SELECT 1", "something else than one SELECT"),
]


@pytest.mark.parametrize(("select", "words"), SELECTS)
def test_a_select_that_fails(folder: Path, refused: Callable[..., None], select: str, words: str) -> None:
    (folder / "bank.yaml").write_text(
        "name: village\nsources: {c: {csv: customers.csv}, t: {csv: transactions.csv}}\n"
        f'tables:\n  transactions: {{source: t}}\n  customers: {{source: c, select: "{select}"}}\n',
        "utf-8",
    )
    refused(words)


@pytest.mark.parametrize(
    ("select", "words"),
    [
        ("SELECT id AS customer_id FROM nobody", "the SELECT cannot run in the database"),
        ("DELETE FROM people", "customers: the SELECT cannot run in the database"),
    ],
)
def test_a_select_that_fails_in_sqlite(folder: Path, refused: Callable[..., None], select: str, words: str) -> None:
    with sqlite3.connect(folder / "core.db") as connection:
        connection.execute("CREATE TABLE people AS SELECT 'SECRET1' AS id")
    connection.close()
    (folder / "bank.yaml").write_text(
        "name: village\nsources: {c: {sqlite: core.db}, t: {csv: transactions.csv}}\n"
        f"tables:\n  transactions: {{source: t}}\n  customers: {{source: c, select: {select}}}\n",
        "utf-8",
    )
    refused(words)


def test_a_file_that_is_no_database(folder: Path, refused: Callable[..., None]) -> None:
    (folder / "core.db").write_text("SECRET" * 1000, "utf-8")
    for kind in ("sqlite", "duckdb"):
        (folder / "bank.yaml").write_text(
            f"name: village\nsources: {{c: {{{kind}: core.db}}, t: {{csv: transactions.csv}}}}\n"
            "tables: {transactions: {source: t}, customers: {source: c, select: SELECT 1 AS customer_id FROM c.a}}\n",
            "utf-8",
        )
        refused("customers: ")


def test_missing_folder(folder: Path, refused: Callable[..., None]) -> None:
    shutil.rmtree(folder)
    refused("there is no such folder")


def test_missing_file(folder: Path, refused: Callable[..., None]) -> None:
    (folder / "bank.yaml").write_text(
        "name: village\nsources: {c: {csv: clients/*.csv}, t: {csv: transactions.csv}}\n"
        "tables: {customers: {source: c}, transactions: {source: t}}\n",
        "utf-8",
    )
    refused("clients/*.csv: there is no such file")


FULL_DISK = """
import resource, sys
from pathlib import Path
from goldmine.contract.intake import open_bank
from goldmine.core.errors import DiskError
from goldmine.core.workspace import Workspace

resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    open_bank(Path(sys.argv[1]), Workspace(Path(sys.argv[2])))
except DiskError as error:
    print(error.what)
"""


def test_a_disk_without_space_leaves_nothing_behind(folder: Path, tmp_path: Path) -> None:
    many = "".join(f"t{i * 7919},SECRET{i % 1000},2024-01-31 {i % 24}:00:00,{i * 31},in,\n" for i in range(2, 50_000))
    transactions(folder, many)
    run = [sys.executable, "-c", FULL_DISK, str(folder), str(tmp_path / "work")]
    done = subprocess.run(run, capture_output=True, text=True, check=True)
    assert done.stdout == f"{tmp_path}/work: no space left on its disk while transactions was taken in.\n"
    assert sorted(path.name for path in (tmp_path / "work").iterdir()) == [".kernels.lock", ".lock"]


def test_what_a_killed_run_left_goes_with_the_next(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "work" / ".intake.killed.part" / "customers").mkdir(parents=True)
    open_bank(folder, Workspace(tmp_path / "work"))
    assert not list((tmp_path / "work").glob(".intake*"))


SUPPRESSIONS = "customer_id,reason,start_date,end_date\n"


def test_faults_of_all_tables_come_at_once(folder: Path, refused: Callable[..., None]) -> None:
    transactions(folder, "t2,SECRET1,2024-02-30,1,in,\n")
    (folder / "suppressions.csv").write_text(SUPPRESSIONS + "SECRET1,complaint,23-09-29,24-12-31\n", "utf-8")
    refused(
        "transactions: 1 values of time are not times (YYYY-MM-DD HH:MM:SS), most often written like 9999-99-99. "
        "suppressions: 1 values of start_date are not dates (YYYY-MM-DD), most often written like 99-99-99; "
        "1 values of end_date are not dates"
    )


def test_decimals_too_wide_for_the_engine(folder: Path, refused: Callable[..., None]) -> None:
    rows = pa.table(
        {
            "transaction_id": ["t1"],
            "customer_id": ["SECRET1"],
            "time": pa.array([datetime(2024, 1, 31)], pa.timestamp("us")),
            "amount": pa.array([Decimal("1.005")], pa.decimal256(50, 10)),
            "direction": ["in"],
        }
    )
    (folder / "transactions.csv").unlink()
    pq.write_table(rows, folder / "transactions.parquet")
    refused("transactions: columns of transactions.parquet are decimals of more than 38 digits: amount")


def test_columns_that_differ_in_capitals(folder: Path, refused: Callable[..., None]) -> None:
    (folder / "customers.csv").write_text("customer_id,name,Name\n1,SECRET,SECRET\n", "utf-8")
    refused("customers: customers.csv: the columns 'Name' and 'name' differ only in capitals")


def test_a_table_in_a_file_that_nothing_reads(folder: Path, refused: Callable[..., None]) -> None:
    (folder / "suppressions.xlsx").write_text("SECRET", "utf-8")
    refused("suppressions.xlsx: a table is read from Parquet or CSV only")


def test_a_day_that_stands_for_none_is_refused_where_a_day_must_be(folder: Path, refused: Callable[..., None]) -> None:
    transactions(folder, "t2,SECRET1,9999-12-31,1,in,\n")
    refused("transactions: 1 values of time stand for no day, such as 1900-01-01")
