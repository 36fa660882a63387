"""Tables that are cast by Spark's tasks are the files that this process would write, and their faults come in one."""

import duckdb
import pytest

from goldmine.contract import manifest
from goldmine.contract.intake import open_bank
from goldmine.contract.manifest import Hashes
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
