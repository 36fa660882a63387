"""What is new in the shape of a bank's tables is said, with what it means, against the last accepted run."""

from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from goldmine.contract.intake import open_bank
from goldmine.contract.schema_drift import accept_shapes, schema_changes
from goldmine.core.i18n import in_language
from goldmine.core.workspace import Workspace

TRANSACTIONS = "transaction_id,customer_id,time,amount,direction,channel\n"


class Tables:
    """A bank of two CSV files, and its work folder."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.work = folder / "bank", Workspace(folder / "work")
        self.folder.mkdir()
        (self.folder / "bank.yaml").write_text(
            "name: tiny\ndata_until: 2024-06-30\nsources:\n  c: {csv: customers.csv}\n  t: {csv: transactions.csv}\n"
            "tables:\n  customers: {source: c}\n  transactions: {source: t}\n",
            "utf-8",
        )

    def take_in(self, customers: str, transactions: str = TRANSACTIONS + "1,A,2024-06-01,5,in,atm\n") -> list[str]:
        """Write both files, take them in, and say what changed."""
        (self.folder / "customers.csv").write_text(customers, "utf-8")
        (self.folder / "transactions.csv").write_text(transactions, "utf-8")
        open_bank(self.folder, self.work)
        return [str(line) for line in schema_changes(self.work)]


@pytest.fixture
def tables(tmp_path) -> Tables:
    made = Tables(tmp_path)
    assert made.take_in("customer_id,opened_on,remark\nA,2020-01-01,x\n") == []
    accept_shapes(made.work)
    return made


def test_the_same_shape_with_other_rows_is_no_change(tables):
    assert tables.take_in("customer_id,opened_on,remark\nB,2021-01-01,y\nA,2020-01-01,x\n") == []


def test_a_new_column_is_said_to_be_read_or_not(tables):
    assert tables.take_in("customer_id,opened_on,remark,gender,shoe_size\nA,2020-01-01,x,female,38\n") == [
        "customers: column gender is new, and is taken in from now on",
        "customers: column shoe_size is new; nothing reads it unless bank.yaml does",
    ]


def test_a_column_of_the_contract_that_is_gone_switches_off_what_needs_it(tables):
    assert tables.take_in("customer_id,remark\nA,x\n") == [
        "customers: column opened_on is gone; features, tags and rules that need it are switched off"
    ]


def test_a_column_may_have_been_renamed(tables):
    assert tables.take_in("customer_id,open_on,remark\nA,2020-01-01,x\n") == [
        "customers: column opened_on is gone and open_on of the same type is new: where it was renamed, map it in "
        "bank.yaml"
    ]


def test_codes_that_are_new_or_gone_are_named(tables):
    rows = TRANSACTIONS + "1,A,2024-06-01,5,in,mobile\n2,A,2024-06-02,5,out,mobile\n"
    assert tables.take_in("customer_id,opened_on,remark\nA,2020-01-01,x\n", rows) == [
        "transactions.direction: codes that no row had before: out; no model has learnt them",
        "transactions.channel: codes that no row had before: mobile; no model has learnt them",
        "transactions.channel: no row has these codes any more: atm",
    ]


def test_codes_outside_the_list_are_counted_and_not_named(tables):
    rows = TRANSACTIONS + "1,A,2024-06-01,5,in,atm\n2,A,2024-06-02,5,in,Zhang San\n"
    (line,) = tables.take_in("customer_id,opened_on,remark\nA,2020-01-01,x\n", rows)
    assert line == (
        "transactions.channel: 1 rows have codes outside the list, 0 had at the last accepted run; say under codes in "
        "bank.yaml what they mean"
    )


def test_a_changed_type_is_said(tmp_path):
    bank, work = tmp_path / "bank", Workspace(tmp_path / "work")
    bank.mkdir()
    (bank / "customers.csv").write_text("customer_id\nA\n", "utf-8")

    def take_in(amounts: pa.Array) -> list[str]:
        rows = {"transaction_id": ["1"], "customer_id": ["A"], "time": ["2024-06-01"], "amount": amounts}
        pq.write_table(pa.table({**rows, "direction": ["in"]}), bank / "transactions.parquet")
        open_bank(bank, work)
        return [str(line) for line in schema_changes(work)]

    take_in(pa.array([5], pa.int64()))
    accept_shapes(work)
    assert take_in(pa.array(["5.00"])) == [
        "transactions: column amount was BIGINT and is VARCHAR; values that cannot be read are left empty or refused"
    ]


def test_changes_of_a_databases_select_are_said(tmp_path):
    bank, work = tmp_path / "bank", Workspace(tmp_path / "work")
    bank.mkdir()
    (bank / "customers.csv").write_text("customer_id\nA\n", "utf-8")
    (bank / "bank.yaml").write_text(
        "name: tiny\ndata_until: 2024-06-30\nsources:\n  c: {csv: customers.csv}\n  core: {duckdb: core.duckdb}\n"
        "tables:\n  customers: {source: c}\n  transactions: {source: core, select: SELECT * FROM core.moves}\n",
        "utf-8",
    )

    def take_in(columns: str) -> list[str]:
        with duckdb.connect(bank / "core.duckdb") as connection:
            always = "'1' AS transaction_id, 'A' AS customer_id, DATE '2024-06-01' AS time, 'in' AS direction"
            connection.execute(f"CREATE OR REPLACE TABLE moves AS SELECT {always}, {columns}")
        open_bank(bank, work)
        return [str(line) for line in schema_changes(work)]

    take_in("5::BIGINT AS amount")
    accept_shapes(work)
    assert take_in("5::BIGINT AS amount") == []
    assert take_in("'5.00' AS amount, 'atm' AS channel") == [
        "transactions: column channel is new, and is taken in from now on",
        "transactions: column amount was BIGINT and is VARCHAR; values that cannot be read are left empty or refused",
    ]


def test_nothing_is_said_before_a_run_was_accepted_and_all_is_said_in_chinese(tmp_path):
    made = Tables(tmp_path)
    made.take_in("customer_id\nA\n")
    assert made.take_in("customer_id,gender\nA,female\n") == []
    accept_shapes(made.work)
    made.take_in("customer_id\nA\n")
    (line,) = schema_changes(made.work)
    assert in_language(line, "zh") == "customers：列 gender 不再提供，依赖它的特征、标签和规则已关闭"
