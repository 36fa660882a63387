"""Tables that are cast by Spark's tasks are the files that this process would write, and their faults come in one."""

import json

import duckdb
import pytest

from goldmine.contract import manifest, source_pieces
from goldmine.contract.intake import open_bank
from goldmine.contract.manifest import Hashes, read_intake
from goldmine.core.engine import DUCKDB
from goldmine.core.errors import ContractError
from goldmine.core.fingerprint import of_file
from goldmine.core.sql import literal
from goldmine.core.workspace import Workspace

pytestmark = pytest.mark.spark
TABLES = ("customers", "transactions", "balances")


@pytest.fixture
def delivered(sample, tmp_path):
    """The sample bank's main tables as CSV files."""
    folder = tmp_path / "bank"
    folder.mkdir()
    for name in TABLES:
        files = ", ".join(literal(file.path) for file in sample.bank.tables[name].files)
        duckdb.sql(f"COPY (FROM read_parquet([{files}])) TO {literal(folder / f'{name}.csv')}")
    return folder


def test_tables_cast_by_either_engine_are_the_same_files(delivered, spark, tmp_path):
    works = {engine.name: Workspace(tmp_path / engine.name) for engine in (DUCKDB, spark)}
    banks = {engine.name: open_bank(delivered, works[engine.name], engine) for engine in (DUCKDB, spark)}
    ours, theirs = (
        {str(path.relative_to(work.tables)): of_file(path) for path in work.tables.rglob("*.parquet")}
        for work in works.values()
    )
    assert len(ours) > 30
    assert ours == theirs
    assert [banks["spark"].tables[name].columns for name in TABLES] == [
        banks["duckdb"].tables[name].columns for name in TABLES
    ]
    assert open_bank(delivered, works["spark"], DUCKDB) == banks["spark"]


SELECT = """
SELECT t.transaction_id, t.customer_id, t.time, t.amount, t.direction, c.note AS counterparty_name
FROM transactions t LEFT JOIN names c ON t.channel = c.channel WHERE t.kind <> 'utility'
"""


@pytest.fixture
def large(delivered, monkeypatch):
    """The same bank: transactions in two files of GB18030 with line breaks in values, joined with names."""
    rows = (delivered / "transactions.csv").read_text("utf-8").splitlines(keepends=True)
    (delivered / "transactions.csv").unlink()
    for number, part in enumerate((rows[1:4000], rows[4000:])):
        text = "".join([rows[0], *part]).replace(",salary,", ',"sal\nary",')
        (delivered / f"t{number}.csv").write_bytes(text.encode("gb18030"))
    (delivered / "names.csv").write_text("channel,note\nmobile,\u624b\u673a\ncounter,\u67dc\u9762\n", "utf-8")
    (delivered / "bank.yaml").write_text(
        "sources:\n  transactions: {csv: 't*.csv', encoding: gb18030}\n  names: {csv: names.csv}\n"
        "  customers: {csv: customers.csv}\n  balances: {csv: balances.csv}\n"
        "tables:\n  customers: {source: customers}\n  balances: {source: balances}\n"
        f"  transactions: {{source: [transactions, names], select: {json.dumps(SELECT)}}}\n",
        "utf-8",
    )
    monkeypatch.setattr(source_pieces, "PIECE_BYTES", 100_000)
    return delivered


def test_a_large_table_is_cast_in_pieces_to_the_same_files_and_counts(large, spark, tmp_path):
    works = {engine.name: Workspace(tmp_path / engine.name) for engine in (DUCKDB, spark)}
    for engine in (DUCKDB, spark):
        open_bank(large, works[engine.name], engine)
    ours, theirs = (
        {str(path.relative_to(work.tables)): of_file(path) for path in work.tables.rglob("*.parquet")}
        for work in works.values()
    )
    assert ours == theirs
    counted, others = (read_intake(work) for work in works.values())
    assert counted == others
    (transactions,) = (table for table in counted[0] if table.table == "transactions")
    assert transactions.sources["transactions"] > transactions.read == transactions.written > 5_000
    assert transactions.looked_up == ["names"]
    assert transactions.amounts[0].source > transactions.amounts[0].read


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("only one value", r"transactions: t1\.csv line \d+ has 1 columns where 12 are expected\."),
        ("X,1,,2024-01-31,,twelve,in,,cash,,,", "1 values of amount are not amounts"),
        ("\udcff" + "," * 11, r"transactions: t1\.csv is not gb18030 from byte \d+ on\."),
    ],
    ids=["columns", "value", "bytes"],
)
def test_what_is_wrong_in_a_large_table_is_told_as_of_a_small_one(large, spark, tmp_path, line, words):
    path = large / "t1.csv"
    rows = path.read_bytes().splitlines(keepends=True)
    rows.insert(len(rows) // 2, line.encode("utf-8", "surrogateescape") + b"\n")
    path.write_bytes(b"".join(rows))
    said = []
    for engine in (DUCKDB, spark):
        with pytest.raises(ContractError, match=words) as raised:
            open_bank(large, Workspace(tmp_path / engine.name), engine)
        said.append(str(raised.value))
    assert said[0] == said[1]


def test_large_files_are_hashed_in_tasks(sample, spark, monkeypatch):
    files = [file for table in sample.bank.tables.values() for file in table.files]
    hashes = Hashes({}, engine=spark)
    monkeypatch.setattr(manifest, "_TASK_BYTES", 200_000)
    monkeypatch.setattr(manifest, "of_file", lambda path: pytest.fail("read by the driver"))
    assert hashes.of_all(file.path for file in files) == [file.fingerprint for file in files]


def test_faults_of_all_tables_come_in_one_error(delivered, spark, tmp_path):
    for name in ("balances", "transactions"):
        with (delivered / f"{name}.csv").open("a", encoding="utf-8") as file:
            file.write("only one value\n")
    said = []
    for engine in (DUCKDB, spark):
        with pytest.raises(ContractError, match=r"transactions: .*balances: |balances: .*transactions: ") as raised:
            open_bank(delivered, Workspace(tmp_path / engine.name), engine)
        said.append((str(raised.value), raised.value.do.to("zh")))
    assert said[0] == said[1]
    assert not (tmp_path / "spark" / "tables.json").exists()
