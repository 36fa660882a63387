"""Tables of Spark's catalogues become the same canonical files as the same rows in Parquet."""

import os
from datetime import date, datetime
from decimal import Decimal

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from goldmine.contract.intake import open_bank
from goldmine.contract.manifest import read_intake
from goldmine.contract.mapping import load_mapping
from goldmine.contract.spark_stage import stage_spark
from goldmine.contract.stage import connect
from goldmine.contract.tables import TRANSACTIONS
from goldmine.core.errors import ContractError, EngineError, SettingsError
from goldmine.core.fingerprint import of_file
from goldmine.core.spark_session import session
from goldmine.core.workspace import Workspace

pytestmark = pytest.mark.spark

CUSTOMERS = pa.table(
    {
        "customer_id": ["0012", "0013", "0014"],
        "birth_date": [date(1950, 1, 31), None, date(1999, 12, 31)],
        "gender": ["F", None, "M"],
    }
)
TRANSACTIONS_ROWS = pa.table(
    {
        "transaction_id": ["t1", "t2", "t3", "t4"],
        "customer_id": ["0012", "0012", "0013", "0014"],
        "time": [
            datetime(2024, 5, 31, 23, 59, 59, 999999),
            datetime(2024, 6, 1),
            datetime(2024, 6, 30, 23, 30),
            datetime(2024, 4, 1, 0, 15),
        ],
        "amount": pa.array([Decimal("0.10"), Decimal("-0.00"), Decimal("9999999999999999.99"), Decimal("12.5")],
                           pa.decimal128(18, 2)),
        "direction": ["in", "out", "in", "in"],
        "kind": ["salary", None, "transfer", "cash"],
    }
)  # fmt: skip


@pytest.fixture(scope="module")
def catalogue(spark):
    """A session whose clock is the bank's; Hive's catalogue and its warehouse are folders of this test."""
    return session(spark.spark_master, "Asia/Shanghai")


def write_yaml(folder, *lines):
    folder.mkdir(exist_ok=True)
    head = ("name: lake", "data_until: 2024-06-30", "engine: spark", 'spark_master: "local[2]"')
    (folder / "bank.yaml").write_text("\n".join([*head, *lines, ""]), "utf-8")
    return folder


def lake(folder, customers="customers", transactions="transactions", more="", zone=", timezone: Asia/Shanghai"):
    """A bank whose two tables are Spark's."""
    return write_yaml(
        folder,
        "sources:",
        f"  c: {{spark: {customers}{zone}}}",
        f"  t: {{spark: {transactions}{zone}}}",
        "tables:",
        "  customers: {source: c}",
        f"  transactions: {{source: t{more}}}",
    )


def parquet_bank(folder):
    """The same rows as Parquet, which DuckDB reads and writes."""
    folder.mkdir()
    pq.write_table(CUSTOMERS, folder / "customers.parquet")
    pq.write_table(TRANSACTIONS_ROWS, folder / "transactions.parquet")
    return write_yaml(folder, 'nulls: ["-"]')


def canonical(bank):
    """SHA-256 of each file of a bank's tables, by table and month."""
    return {(name, file.month): of_file(file.path) for name, table in bank.tables.items() for file in table.files}


def test_tables_of_hive_become_the_files_that_parquet_becomes(catalogue, tmp_path):
    parquet_bank(tmp_path / "files")
    catalogue.read.parquet(f"file://{tmp_path / 'files' / 'customers.parquet'}").createOrReplaceTempView("c")
    catalogue.read.parquet(f"file://{tmp_path / 'files' / 'transactions.parquet'}").createOrReplaceTempView("t")
    catalogue.sql("CREATE TABLE customers (customer_id CHAR(9), birth_date DATE, gender STRING) STORED AS TEXTFILE")
    catalogue.sql("INSERT INTO customers SELECT * FROM c")
    columns = "transaction_id STRING, customer_id CHAR(9), time TIMESTAMP, amount DECIMAL(18, 2), direction VARCHAR(3)"
    catalogue.sql("SET hive.exec.dynamic.partition.mode = nonstrict")
    catalogue.sql(f"CREATE TABLE flow ({columns}, kind STRING) PARTITIONED BY (m STRING) STORED AS ORC")
    catalogue.sql("INSERT INTO flow SELECT *, date_format(time, 'yyyyMM') FROM t")
    work = Workspace(tmp_path / "spark")
    bank = open_bank(lake(tmp_path / "lake", transactions="flow"), work)
    assert canonical(bank) == canonical(open_bank(tmp_path / "files", Workspace(tmp_path / "duckdb")))
    assert [file.month for file in bank.tables["transactions"].files] == ["2024-04", "2024-05", "2024-06"]
    intake = {table.table: table for table in read_intake(work)[0]}["transactions"]
    assert (intake.sources, intake.read, intake.written, intake.left_out) == ({"t": 4}, 4, 4, ["m"])


def test_moments_whose_day_depends_on_the_zone_and_other_types_are_refused_in_words(catalogue, tmp_path):
    catalogue.sql(
        "CREATE VIEW moments AS SELECT '1' AS transaction_id, '1' AS customer_id, current_timestamp() AS time"
    )
    with pytest.raises(
        ContractError, match=r"transactions: columns of Spark's type TIMESTAMP .*: time\.\nSay by whose"
    ):
        open_bank(lake(tmp_path / "lake", transactions="moments", zone=""), Workspace(tmp_path / "work"))
    catalogue.sql("CREATE VIEW lists AS SELECT '1' AS transaction_id, array('1') AS customer_id")
    words = r"transactions: column customer_id has the wrong type ARRAY\.\nGive text in the SELECT\."
    with pytest.raises(ContractError, match=words):
        open_bank(lake(tmp_path / "lake", transactions="lists"), Workspace(tmp_path / "work"))
    catalogue.sql("CREATE VIEW days AS SELECT '1' AS transaction_id, '1' AS customer_id, true AS time, 1.5F AS amount, "
                  "'in' AS direction")  # fmt: skip
    with pytest.raises(ContractError, match=r"transactions: column time has the wrong type BOOLEAN\."):
        open_bank(lake(tmp_path / "lake", transactions="days"), Workspace(tmp_path / "work"))


def test_a_table_or_column_that_is_not_there_is_said_with_its_name(catalogue, tmp_path):
    work = Workspace(tmp_path / "work")
    with pytest.raises(ContractError, match=r"transactions: Spark cannot run .*TABLE_OR_VIEW_NOT_FOUND.*`gone`"):
        open_bank(lake(tmp_path / "lake", transactions="gone"), work)
    catalogue.sql("CREATE VIEW few AS SELECT '1' AS transaction_id, '1' AS customer_id, 5 AS other")
    with pytest.raises(ContractError, match=r"transactions: compulsory columns are missing: time, amount, direction"):
        open_bank(lake(tmp_path / "lake", transactions="few"), work)
    with pytest.raises(ContractError, match=r"UNRESOLVED_COLUMN.* `kundennummer` cannot be resolved"):
        open_bank(lake(tmp_path / "lake", transactions="few", more=", select: SELECT kundennummer FROM t"), work)


def test_a_value_that_spark_cannot_convert_is_in_no_message_and_on_no_stream(catalogue, tmp_path, capfd):
    catalogue.sql("CREATE VIEW secret AS SELECT concat('Li', id) AS customer_id FROM range(3)")
    catalogue.sql("CREATE TABLE named USING parquet AS SELECT * FROM secret")
    folder = lake(tmp_path / "lake", transactions="named", more=SELECTED)
    with pytest.raises(EngineError) as caught:
        open_bank(folder, Workspace(tmp_path / "work"))
    assert str(caught.value).splitlines()[0] == "Spark failed: CAST_INVALID_INPUT."
    assert "Li1" not in "".join(capfd.readouterr())


SELECTED = (
    ", select: \"SELECT customer_id AS transaction_id, customer_id, DATE'2024-06-01' AS time, "
    "CAST(customer_id AS INT) AS amount, 'in' AS direction FROM t\""
)


def test_one_customer_with_a_million_rows_is_cut_into_several_ranges(catalogue, tmp_path):
    catalogue.sql(
        "CREATE VIEW crowded AS SELECT CAST(id AS STRING) AS transaction_id, "
        "if(id < 1000000, '0012', concat('c', id)) AS customer_id, timestamp_ntz'2024-06-15 12:00:00' AS time, "
        "CAST(1.01 AS DECIMAL(18, 2)) AS amount, 'in' AS direction FROM range(1000100)"
    )
    mapping = load_mapping(lake(tmp_path / "lake", transactions="crowded"))
    (tmp_path / "scratch").mkdir()
    with connect(tmp_path / "scratch") as connection:
        staged = stage_spark(connection, TRANSACTIONS, mapping, tmp_path / "scratch")
    parts = [pq.read_metadata(part).num_rows for part in (staged / "rows" / "month=2024-06").glob("*.parquet")]
    assert sum(parts) == 1_000_100
    assert max(parts) < 800_000
    found = duckdb.sql(f"SELECT count(DISTINCT transaction_id), sum(amount) FROM '{staged}/**/*.parquet'").fetchall()
    assert found == [(1_000_100, Decimal("1010101.00"))]


def test_only_spark_reads_its_tables_and_joins_them_to_nothing_else(tmp_path):
    folder = lake(tmp_path / "lake")
    (folder / "bank.yaml").write_text((folder / "bank.yaml").read_text("utf-8").replace("engine: spark\n", ""), "utf-8")
    with pytest.raises(
        SettingsError, match=r"sources\.c: is a table of Spark, but engine is duckdb\.\nWrite `engine: sp"
    ):
        load_mapping(folder)
    joined = ("tables:", '  customers: {source: [c, f], select: "SELECT * FROM c"}')
    sources = ("sources:", "  c: {spark: customers}", "  f: {parquet: f.parquet}")
    with pytest.raises(SettingsError, match=r"tables\.customers\.source: Spark runs the SELECT over its own tables"):
        load_mapping(write_yaml(tmp_path / "joined", *sources, *joined))
    with pytest.raises(SettingsError, match=r"sources\.c: timezone: 'Peking' is no time zone, such as Asia/Shanghai\."):
        load_mapping(write_yaml(tmp_path / "zone", "sources:", "  c: {spark: c, timezone: Peking}", *joined))


def test_a_select_of_spark_may_join_its_tables(catalogue, tmp_path):
    catalogue.sql("CREATE TABLE people USING parquet AS SELECT * FROM VALUES ('0012', 1), ('0013', 2), ('0014', 3) "
                  "AS t (khh, sex)")  # fmt: skip
    catalogue.sql("CREATE TABLE words USING csv AS SELECT * FROM VALUES (1, 'F'), (2, 'M') AS t (sex, word)")
    catalogue.sql("CREATE TABLE moves USING orc AS SELECT 't1' AS transaction_id, '0012' AS customer_id, "
                  "'20240630 2330' AS time, '1.005' AS amount, 'in' AS direction")  # fmt: skip
    folder = write_yaml(
        tmp_path / "lake",
        "sources:",
        "  people: {spark: people}",
        "  words: {spark: default.words}",
        "  moves: {spark: spark_catalog.default.moves}",
        "tables:",
        "  customers:",
        "    source: [people, words]",
        "    select: SELECT khh AS customer_id, word AS gender FROM people LEFT JOIN words USING (sex)",
        "  transactions:",
        "    source: moves",
        '    dates: {time: ["%Y%m%d %H%M"]}',
    )
    work = Workspace(tmp_path / "work")
    bank = open_bank(folder, work)
    rows = pq.read_table(bank.tables["customers"].files[0].path).to_pylist()
    assert [(row["customer_id"], row["gender"]) for row in rows] == [("0012", "F"), ("0013", "M"), ("0014", None)]
    (moved,) = bank.tables["transactions"].files
    assert moved.month == "2024-06"
    assert pq.read_table(moved.path, columns=["time", "amount"]).to_pylist() == [
        {"time": datetime(2024, 6, 30, 23, 30), "amount": Decimal("1.01")}
    ]
    customers = read_intake(work)[0][0]
    assert (customers.sources, customers.looked_up) == ({"people": 3, "words": 2}, ["words"])


def ruined(path):
    """Let a file look as it was, so that nobody sees the difference who does not read it."""
    state = path.stat()
    path.write_bytes(b"x" * state.st_size)
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))


def test_only_months_whose_files_changed_are_read_again(catalogue, tmp_path):
    april, others = TRANSACTIONS_ROWS.slice(3), TRANSACTIONS_ROWS.slice(0, 3)
    folder = tmp_path / "a ledger"
    folder.mkdir()
    pq.write_table(april, folder / "april.parquet")
    pq.write_table(others.slice(0, 2), folder / "may and june.parquet")
    columns = "transaction_id STRING, customer_id STRING, time TIMESTAMP_NTZ, amount DECIMAL(18, 2), direction STRING"
    catalogue.sql(f"CREATE TABLE ledger ({columns}, kind STRING) USING parquet LOCATION 'file://{folder}'")
    catalogue.sql("CREATE TABLE three USING parquet AS SELECT concat('001', 2 + id) AS customer_id FROM range(3)")
    bank, work = lake(tmp_path / "lake", "three", "ledger"), Workspace(tmp_path / "work")
    first = open_bank(bank, work)
    ruined(folder / "april.parquet")
    assert open_bank(bank, work) == first
    pq.write_table(others.slice(2), folder / "june.parquet")
    second = open_bank(bank, work)
    assert [(file.month, file.rows) for file in second.tables["transactions"].files] == [
        ("2024-04", 1),
        ("2024-05", 1),
        ("2024-06", 2),
    ]
    assert second.tables["transactions"].files[:2] == first.tables["transactions"].files[:2]
    everything = open_bank(parquet_bank(tmp_path / "files"), Workspace(tmp_path / "duckdb")).tables["transactions"]
    assert [f.fingerprint for f in second.tables["transactions"].files] == [f.fingerprint for f in everything.files]
    intakes = [
        {table.table: table for table in read_intake(Workspace(tmp_path / name))[0]} for name in ("work", "duckdb")
    ]
    for intake in intakes:
        counted = intake["transactions"].model_copy(update={"sources": {}, "source_columns": {}})
        intake["transactions"] = counted
    assert intakes[0]["transactions"] == intakes[1]["transactions"]
    (folder / "may and june.parquet").unlink()
    third = open_bank(bank, work)
    assert [(file.month, file.rows) for file in third.tables["transactions"].files] == [("2024-04", 1), ("2024-06", 1)]
    assert canonical(open_bank(bank, work)) == canonical(third)


def test_ten_thousand_small_files_are_one_table(catalogue, tmp_path):
    folder = tmp_path / "small files"
    folder.mkdir()
    pq.write_table(TRANSACTIONS_ROWS, folder / "0.parquet")
    for number in range(1, 10_000):
        os.link(folder / "0.parquet", folder / f"{number}.parquet")
    columns = "transaction_id STRING, customer_id STRING, time TIMESTAMP_NTZ, amount DECIMAL(18, 2), direction STRING"
    catalogue.sql(f"CREATE TABLE small ({columns}, kind STRING) USING parquet LOCATION 'file://{folder}'")
    catalogue.sql("CREATE TABLE few_customers USING parquet AS SELECT '0012' AS customer_id")
    work = Workspace(tmp_path / "work")
    bank = open_bank(lake(tmp_path / "lake", "few_customers", "small"), work)
    months = {file.month: file.rows for file in bank.tables["transactions"].files}
    assert months == {"2024-04": 10_000, "2024-05": 10_000, "2024-06": 20_000}
