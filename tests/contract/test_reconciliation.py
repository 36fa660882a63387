"""Every intake says rows and yuan read and taken in, and the difference by reason."""

import os
import sqlite3
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from goldmine.cli.findings import require_no_warning, show_findings
from goldmine.cli.rule_meanings import meaning_for_lists
from goldmine.contract.intake import open_bank
from goldmine.contract.manifest import read_intake
from goldmine.core.errors import ContractError, ValidationError
from goldmine.core.files import write_json
from goldmine.core.workspace import Workspace

CODES = (
    "  to correct it: under tables.transactions in bank.yaml codes: {channel: {THEIRS: OURS}}; "
    "docs/contract.md has our codes"
)
SERVER = os.environ.get("GOLDMINE_TEST_POSTGRES", "")
HEAD = "transaction_id,customer_id,time,amount,direction,known_on\n"


@pytest.fixture
def work(tmp_path: Path) -> Workspace:
    folder = tmp_path / "village"
    folder.mkdir()
    (folder / "c.csv").write_text("id\n1\n2\n3\n", "utf-8")
    (folder / "t.csv").write_text(
        HEAD + "t1,1,2024-01-31,12.345,in,9999-12-31\nt2,1,2024-01-31,0.004,in,\nt3,1,2024-02-01,7,out,\n", "utf-8"
    )
    (folder / "left over.xlsx").touch()
    (folder / "bank.yaml").write_text(
        "sources: {c: {csv: c.csv}, t: {csv: t.csv}}\ntables:\n  transactions: {source: t}\n"
        "  customers: {source: c, select: SELECT id AS customer_id FROM c WHERE id <> '3'}\n",
        "utf-8",
    )
    opened = Workspace(tmp_path / "work")
    open_bank(folder, opened)
    return opened


def test_rows_and_yuan_are_counted_with_the_reason_of_each_difference(work: Workspace) -> None:
    (customers, transactions), unused = read_intake(work)
    assert (customers.sources, customers.read, customers.written) == ({"c": 3}, 2, 2)
    assert (transactions.sources, transactions.read, transactions.written) == ({"t": 3}, 3, 3)
    amount = transactions.amounts[0]
    assert (amount.read, amount.written, amount.rounding) == (Decimal("19.349"), Decimal("19.35"), Decimal("0.001"))
    assert amount.unexplained == 0
    assert [(c.column, c.placeholders, c.rounded) for c in transactions.columns] == [
        ("known_on", 1, 0),
        ("amount", 0, 2),
    ]
    assert unused == ["left over.xlsx"]


def test_a_text_that_is_no_amount_is_no_yuan_that_was_read(tmp_path: Path) -> None:
    folder = tmp_path / "balances"
    folder.mkdir()
    means = {7: "1_000", 8: "1_000.123", 9: "12.345"}
    rows = "".join(f"{i},2024-01-31,demand,5,{means.get(i, '3')}\n" for i in range(200))
    (folder / "balances.csv").write_text(
        "customer_id,month_end,product_class,balance,average_daily_balance\n" + rows, "utf-8"
    )
    (folder / "customers.csv").write_text("customer_id\n" + "".join(f"{i}\n" for i in range(200)), "utf-8")
    (folder / "transactions.csv").write_text(HEAD + "t1,1,2024-01-31,5,in,\n", "utf-8")
    work = Workspace(tmp_path / "work of balances")
    open_bank(folder, work)
    balances = next(table for table in read_intake(work)[0] if table.table == "balances")
    assert [(c.column, c.unreadable, c.rounded) for c in balances.columns] == [("average_daily_balance", 2, 1)]
    mean = next(amount for amount in balances.amounts if amount.column == "average_daily_balance")
    # 197 times 3, and 12.345.
    assert (mean.read, mean.written, mean.rounding) == (Decimal("603.345"), Decimal("603.35"), Decimal("0.005"))
    assert mean.unexplained == 0


def test_an_amount_is_counted_as_rounded_if_its_own_type_cannot_hold_what_it_becomes(tmp_path: Path) -> None:
    folder = tmp_path / "lake"
    folder.mkdir()
    (folder / "customers.csv").write_text("customer_id\n1\n", "utf-8")
    duckdb.sql(
        "SELECT 't' || i AS transaction_id, '1' AS customer_id, TIMESTAMP '2024-01-03' AS time, 'in' AS direction, "
        "([0.99999, 0.25]::DECIMAL(5, 5)[])[i] AS amount FROM range(1, 3) AS r(i)"
    ).write_parquet(str(folder / "transactions.parquet"))
    work = Workspace(tmp_path / "lake work")
    open_bank(folder, work)
    (_, transactions), _ = read_intake(work)
    assert [(c.column, c.rounded) for c in transactions.columns] == [("amount", 1)]
    (amount,) = transactions.amounts
    assert (amount.written, amount.rounding, amount.unexplained) == (Decimal("1.25"), Decimal("0.0000"), Decimal(0))


def test_a_source_that_is_called_as_its_table_is_not_named_twice(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "lake"
    folder.mkdir()
    (folder / "customers.csv").write_text("customer_id\n1\n", "utf-8")
    row = "transaction_id,customer_id,time,amount,direction\nt1,1,2024-01-03,1.00,in\n"
    (folder / "transactions.csv").write_text(row, "utf-8")
    work = Workspace(tmp_path / "lake work")
    open_bank(folder, work)
    show_findings(work, "en")
    assert capsys.readouterr().out.startswith("customers: 1 rows in its source, all taken in\n")
    show_findings(work, "zh")
    assert capsys.readouterr().out.startswith("customers：来源 1 行，全部入库\n")


def test_columns_that_the_contract_does_not_know_are_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "lake"
    folder.mkdir()
    (folder / "customers.csv").write_text("customer_id,merged_to,shoe_size\n1,,42\n", "utf-8")
    row = "transaction_id,customer_id,time,amount,direction\nt1,1,2024-01-03,1.00,in\n"
    (folder / "transactions.csv").write_text(row, "utf-8")
    work = Workspace(tmp_path / "lake work")
    open_bank(folder, work)
    open_bank(folder, work)
    show_findings(work, "en")
    assert (
        capsys.readouterr().out.splitlines()[1]
        == "  left out, since the contract has no such columns: merged_to, shoe_size"
    )
    (folder / "customers.csv").write_text("customer,name\n1,\n", "utf-8")
    with pytest.raises(ContractError) as caught:
        open_bank(folder, work)
    assert caught.value.what == (
        "customers: compulsory columns are missing: customer_id; no columns of the contract are: customer."
    )


def test_what_cannot_be_judged_of_a_month_is_said(work: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    young = [{"figure": figure, "usual": 0, "needed": 0, "months": 4} for figure in ("rows", "customers")]
    small = [{"figure": "customers", "usual": 41.0, "needed": 61.3, "months": 30}]
    write_json(work.validation("balances"), {"rules": [], "unjudged": small})
    write_json(work.validation("transactions"), {"rules": [], "unjudged": young})
    show_findings(work, "en")
    assert [line for line in capsys.readouterr().out.splitlines() if line.startswith("not judged")] == [
        "not judged: balances: months with rows of 41 customers are too small, half of them could be missing by "
        "chance; from 61 on it would be noticed",
        "not judged: transactions: a month is judged from the seventh on, and the books have 4",
    ]


def test_months_without_rows_are_said_to_leave_a_month_of_long_books_unjudged(
    work: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = [{"figure": figure, "usual": 0, "needed": 0, "months": 20} for figure in ("rows", "customers")]
    write_json(work.validation("transactions"), {"rules": [], "unjudged": broken})
    show_findings(work, "en")
    assert [line for line in capsys.readouterr().out.splitlines() if line.startswith("not judged")] == [
        "not judged: transactions: too many of the months before have no rows"
    ]


def test_an_intake_of_unchanged_tables_says_the_same(work: Workspace, tmp_path: Path) -> None:
    before = read_intake(work)
    open_bank(tmp_path / "village", work)
    assert read_intake(work) == before


def test_parquet_that_is_used_where_it_lies_is_summed(tmp_path: Path) -> None:
    folder = tmp_path / "lake"
    folder.mkdir()
    (folder / "customers.csv").write_text("customer_id\n1\n", "utf-8")
    duckdb.sql(
        "SELECT 't' || i AS transaction_id, '1' AS customer_id, TIMESTAMP '2024-01-03' AS time, "
        "12.5::DECIMAL(18, 2) AS amount, 'in' AS direction FROM range(4) AS r(i)"
    ).write_parquet(str(folder / "transactions.parquet"))
    work = Workspace(tmp_path / "lake work")
    open_bank(folder, work)
    (_, transactions), _ = read_intake(work)
    assert (transactions.read, transactions.written, transactions.amounts[0].written) == (4, 4, Decimal(50))


def test_what_was_found_is_printed_fatal_rules_first(work: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    rule = {"column": "channel", "rows": 3, "success": False, "meaning": {"en": "Known codes.", "zh": ""}}
    rules = [
        {**rule, "rule": "channel_outside_codes", "severity": "warning", "failing": 2},
        {**rule, "rule": "channel_mostly_outside_codes", "severity": "fatal", "failing": 2},
    ]
    write_json(work.validation("transactions"), {"rules": rules})
    show_findings(work, "en")
    assert capsys.readouterr().out.splitlines() == [
        "customers: 3 rows in c, 2 read, 2 taken in",
        "  -1 rows: by the SELECT in bank.yaml",
        "transactions: 3 rows in t, all taken in",
        "  amount: 19.35 yuan in its source, 19.35 read, 19.35 taken in (+0.0010 by rounding)",
        "  known_on: 1 days that stand for none, left empty",
        "  amount: 2 rounded to two places",
        "not used: left over.xlsx",
        "absent: suppressions: customers on the ledger are not kept off the lists; map it in bank.yaml",
        "absent: customers.marketing_consent: customers who opted out are not kept off the lists; map it in bank.yaml",
        "absent: customers.birth_date, customers.risk_grade, customers.risk_grade_on, products.risk_grade, "
        "products.product_class: nobody is on a list of wealth products; map it in bank.yaml",
        "fatal: transactions.channel: channel_mostly_outside_codes, 2 of 3",
        "  Known codes.",
        "  for the lists: none is made until this is corrected",
        CODES,
        "warning: transactions.channel: channel_outside_codes, 2 of 3",
        "  Known codes.",
        "  for the lists: these values count as missing: what needs them leaves the customers out",
        CODES,
    ]


def test_what_was_found_is_printed_in_chinese(work: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    rule = {"column": "channel", "rows": 3, "success": False, "severity": "warning", "failing": 2}
    rules = [{**rule, "rule": "channel_outside_codes", "meaning": {"en": "Known codes.", "zh": "代码已知。"}}]
    write_json(work.validation("transactions"), {"rules": rules})
    show_findings(work, "zh")
    printed = capsys.readouterr().out.splitlines()
    assert printed[1] == "  -1 行：由 bank.yaml 里的 SELECT 造成"
    assert printed[-3] == "  代码已知。"
    assert printed[-2].startswith("  对名单的影响：")


def test_a_number_that_leads_nowhere_loses_no_rows() -> None:
    assert (
        meaning_for_lists("branch_id_unknown", fatal=False)
        == "the number leads nowhere: what is known there stays empty"
    )
    assert meaning_for_lists("customer_id_unknown", fatal=False) == "these rows count for no customer"
    assert meaning_for_lists("merged_into_unknown", fatal=False).startswith("the number is followed")


def test_sources_of_a_select_are_counted_in_rows_and_yuan(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("no,acc,yuan,cur\n1,a,10.50,CNY\n2,b,2.25,CNY\n3,a,4.00,USD\n", "utf-8")
    (tmp_path / "a.csv").write_text("acc,person\na,1\nb,2\nc,2\n", "utf-8")
    (tmp_path / "bank.yaml").write_text(
        "sources: {t: {csv: t.csv}, a: {csv: a.csv}}\ntables:\n"
        "  customers: {source: a, select: SELECT DISTINCT person AS customer_id FROM a}\n"
        "  transactions:\n    source: [t, a]\n    select: SELECT t.no AS transaction_id, a.person AS customer_id, "
        "'2024-01-31' AS time, 'in' AS direction, t.yuan AS amount FROM t JOIN a ON t.acc = a.acc WHERE cur = 'CNY'\n",
        "utf-8",
    )
    work = Workspace(tmp_path / "work")
    open_bank(tmp_path, work)
    (customers, transactions), _ = read_intake(work)
    assert (customers.sources, customers.read) == ({"a": 3}, 2)
    assert (transactions.sources, transactions.looked_up, transactions.read) == ({"t": 3, "a": 3}, ["a"], 2)
    amount = transactions.amounts[0]
    assert (amount.source, amount.read, amount.written) == (Decimal("16.75"), Decimal("12.75"), Decimal("12.75"))


@pytest.mark.parametrize("kind", ["sqlite", "duckdb", "postgres"])
def test_tables_of_a_database_are_counted_in_rows_and_yuan(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = f"moves_{os.getpid()}"
    statements = (
        f"CREATE TABLE {table} (no INTEGER, fen BIGINT)",
        f"INSERT INTO {table} VALUES (1, 1050), (2, 225), (3, 400)",
    )
    prefix = _database(tmp_path / "core.db", kind, statements, monkeypatch)
    where = "${CORE}" if kind == "postgres" else "core.db"
    (tmp_path / "bank.yaml").write_text(
        f"sources: {{core: {{{kind}: '{where}'}}}}\ntables:\n"
        "  customers: {source: core, select: SELECT '1' AS customer_id}\n"
        "  transactions:\n    source: core\n    unit: fen\n"
        "    select: SELECT no AS transaction_id, '1' AS customer_id, '2024-01-31' AS time, 'in' AS direction, "
        f"fen AS amount FROM {prefix}{table} WHERE no > 1\n",
        "utf-8",
    )
    work = Workspace(tmp_path / "work")
    open_bank(tmp_path, work)
    if kind == "postgres":
        _postgres(f"DROP TABLE {table}")
    transactions = read_intake(work)[0][1]
    assert (transactions.sources, transactions.read) == ({f"core.{table}": 3}, 2)
    assert (transactions.amounts[0].source, transactions.amounts[0].read) == (Decimal("16.75"), Decimal("6.25"))


@pytest.mark.parametrize("kind", ["sqlite", "duckdb", "postgres"])
def test_amounts_of_a_union_are_counted_by_their_place(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = f"moves_{os.getpid()}"
    statements = (f"CREATE TABLE {table} (no INTEGER, yuan INTEGER)", f"INSERT INTO {table} VALUES (1, 10), (2, 40)")
    prefix = _database(tmp_path / "core.db", kind, statements, monkeypatch)
    where = "${CORE}" if kind == "postgres" else "core.db"
    (tmp_path / "bank.yaml").write_text(
        f"sources: {{core: {{{kind}: '{where}'}}}}\ntables:\n"
        "  customers: {source: core, select: SELECT '1' AS customer_id}\n"
        "  transactions:\n    source: core\n"
        "    select: SELECT no AS transaction_id, '1' AS customer_id, '2024-01-31' AS time, 'in' AS direction, "
        f"yuan AS amount FROM {prefix}{table} WHERE no > 1 UNION ALL "
        f"SELECT no AS amount, '1', '2024-02-01', 'out', yuan FROM {prefix}{table}\n",
        "utf-8",
    )
    work = Workspace(tmp_path / "work")
    open_bank(tmp_path, work)
    if kind == "postgres":
        _postgres(f"DROP TABLE {table}")
    amount = read_intake(work)[0][1].amounts[0]
    assert (amount.source, amount.read, amount.written) == (Decimal(100), Decimal(90), Decimal(90))


def _database(path: Path, kind: str, statements: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> str:
    """Make a database; what stands before the names of its tables in a SELECT."""
    if kind == "postgres":
        if not SERVER:
            pytest.skip("GOLDMINE_TEST_POSTGRES names no PostgreSQL server to read from")
        monkeypatch.setenv("CORE", SERVER)
        _postgres(*statements)
        return ""
    connect = sqlite3.connect if kind == "sqlite" else duckdb.connect
    with connect(path) as connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()
    return "" if kind == "sqlite" else "core."


def _postgres(*statements: str) -> None:
    import adbc_driver_postgresql.dbapi

    with adbc_driver_postgresql.dbapi.connect(SERVER, autocommit=True) as connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def test_months_that_break_a_rule_are_named(work: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    months = [f"2023-{month:02} (rows_ratio 0.50)" for month in range(1, 13)]
    rule = {"column": "time", "rule": "rows_unlike_months", "severity": "warning", "rows": 30, "success": False}
    rule |= {"failing": 13, "months": [*months, "2022-12 (rows_ratio 0.50)"], "meaning": {"en": "Alike.", "zh": ""}}
    write_json(work.validation("transactions"), {"rules": [rule]})
    show_findings(work, "en")
    assert capsys.readouterr().out.splitlines()[-5:-1] == [
        "warning: transactions.time: rows_unlike_months, 13 of 30",
        "  Alike.",
        f"  months: {', '.join(months)} and 1 more",
        "  for the lists: what is counted over these months is as far off as they are",
    ]


def test_warnings_are_fatal_with_strict(work: Workspace) -> None:
    with pytest.raises(ValidationError, match=r"Warnings are fatal with --strict: transactions.amount: 2 rounded"):
        require_no_warning(work, "en")
    with pytest.raises(ValidationError, match=r"加 --strict 时警告也会中止运行：transactions.amount: 2 个已四舍"):
        require_no_warning(work, "zh")
