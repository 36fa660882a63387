"""A route's workbook that comes back: visits and facts of their day, and rows that go back with a reason."""

from datetime import date

import duckdb
import openpyxl
import pytest

from goldmine.activity import build_activity
from goldmine.contract.intake import open_bank
from goldmine.core.engine import connect
from goldmine.core.errors import ContractError
from goldmine.core.workspace import Workspace
from goldmine.features import build_features
from goldmine.grid.visit_form import import_visits
from tests.grid.test_visits import consenting
from tests.tiny import make_bank, workspace

TODAY = date(2024, 7, 20)


@pytest.fixture
def bank(tmp_path):
    return make_bank(tmp_path / "bank", {"customers": [consenting(number) for number in ("001", "002", "003")]})


def form(path, *rows: tuple, heads=("客户号", "走访人", "走访日期", "走访结果", "不动产价值（元）", "年纳税额（元）")):
    book = openpyxl.Workbook()
    book.active.append(heads)
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


def stored(work: Workspace, table: str, columns: str) -> list[tuple]:
    return duckdb.sql(f"SELECT {columns} FROM '{work.returned_visits(table)}' ORDER BY ALL").fetchall()


def books(tmp_path):
    """A folder of books with one customer and one transaction, up to July 2024."""
    folder = tmp_path / "books"
    folder.mkdir()
    (folder / "bank.yaml").write_text("name: tiny\ndata_until: 2024-07-31\n", "utf-8")
    duckdb.sql(f"COPY (SELECT '001' AS customer_id) TO '{folder}/customers.parquet' (FORMAT parquet)")
    duckdb.sql(
        f"COPY (SELECT 'T1' AS transaction_id, '001' AS customer_id, TIMESTAMP '2024-07-01 10:00' AS time, "
        f"1::DECIMAL(18,2) AS amount, 'in' AS direction) TO '{folder}/transactions.parquet' (FORMAT parquet)"
    )
    return folder


def test_a_chinese_form_gives_visits_and_facts_of_their_day(tmp_path, bank):
    work = workspace(tmp_path / "work")
    file = form(
        tmp_path / "S1.xlsx",
        ("001", "王芳（S1）", date(2024, 7, 2), "已见到", 650000, None),
        ("002", "王芳（S1）", "2024-07-03", "未见到", None, None),
        ("003", "王芳（S1）", None, None, None, None),
    )
    taken = import_visits(file, bank, work, TODAY)
    assert (taken.visits, taken.facts, taken.not_filled, taken.bad_file) == (2, 1, 1, None)
    assert stored(work, "visits", "customer_id, visitor_id, visited_on, result") == [
        ("001", "S1", date(2024, 7, 2), "met"),
        ("002", "S1", date(2024, 7, 3), "not_met"),
    ]
    facts = stored(work, "external_facts", "customer_id, fact, amount::INT, observed_on, source")
    assert facts == [("001", "property", 650_000, date(2024, 7, 2), "visit")]


@pytest.mark.parametrize("written", ["2024/7/5", "2024-7-5", "2024年7月5日", "2024-07-05"])
def test_a_day_is_read_as_people_write_it(tmp_path, bank, written):
    file = tmp_path / "S1.csv"
    file.write_text(f"客户号,走访人,走访日期,走访结果\n001,王芳（S1）,{written},已见到\n", "utf-8")
    work = workspace(tmp_path / "work")
    assert import_visits(file, bank, work, TODAY).bad == {}
    assert stored(work, "visits", "visited_on") == [(date(2024, 7, 5),)]


def test_rows_that_cannot_be_meant_go_back_with_the_reason(tmp_path, bank):
    work = workspace(tmp_path / "work")
    file = form(
        tmp_path / "S1.xlsx",
        ("009", "S1", date(2024, 7, 2), "已见到", None, None),
        ("001", "S1", date(2024, 7, 21), "已见到", None, None),
        ("002", "S1", date(2024, 7, 2), "看见了狗", None, None),
        ("003", "S1", date(2024, 7, 2), "met", -5, None),
    )
    taken = import_visits(file, bank, work, TODAY)
    assert taken.bad == {"customer": 1, "day": 1, "result": 1, "amount": 1}
    assert not work.returned_visits("visits").exists()
    assert taken.bad_file is not None
    back = openpyxl.load_workbook(taken.bad_file).active
    assert next(row[-1].value for row in back.iter_rows(min_row=2)) == "客户号不在本行客户表中"


def test_a_row_that_comes_again_replaces_the_earlier_one(tmp_path, bank):
    work = workspace(tmp_path / "work")
    for result in ("未见到", "已搬走"):
        import_visits(
            form(tmp_path / "S1.xlsx", ("001", "S1", date(2024, 7, 2), result, None, None)), bank, work, TODAY
        )
    assert stored(work, "visits", "result") == [("moved",)]


def test_a_row_that_comes_again_takes_back_the_fact_that_it_leaves_empty(tmp_path, bank):
    work = workspace(tmp_path / "work")
    day, other = date(2024, 7, 2), date(2024, 7, 9)
    rows = [("001", "S1", day, "met", 5_000_000, 8_000), ("001", "S1", other, "met", 7, None)]
    import_visits(form(tmp_path / "S1.xlsx", *rows, ("002", "S1", day, "met", 9, None)), bank, work, TODAY)
    taken = import_visits(form(tmp_path / "S1.xlsx", ("001", "S1", day, "met", None, 8_000)), bank, work, TODAY)
    assert (taken.visits, taken.facts) == (1, 1)
    assert stored(work, "external_facts", "customer_id, observed_on, fact, amount::INT") == [
        ("001", day, "tax", 8_000),
        ("001", other, "property", 7),
        ("002", day, "property", 9),
    ]
    assert stored(work, "visits", "count(*)") == [(3,)]


def test_the_only_fact_of_all_visits_can_be_taken_back(tmp_path):
    folder, work = books(tmp_path), workspace(tmp_path / "work")
    for amount in (5, None):
        row = ("001", "S1", date(2024, 7, 2), "met", amount, None)
        import_visits(form(tmp_path / "S1.xlsx", row), open_bank(folder, work), work, TODAY)
    facts = open_bank(folder, work).read(connect(), "external_facts")
    assert facts.count().to_pyarrow().as_py() == 0


def test_a_form_without_its_columns_is_refused(tmp_path, bank):
    file = form(tmp_path / "S1.xlsx", ("001",), heads=("客户号",))
    with pytest.raises(ContractError, match="columns are missing"):
        import_visits(file, bank, workspace(tmp_path / "work"), TODAY)


def test_the_intake_adds_what_the_books_reach_and_the_banks_own_row_counts(tmp_path):
    folder, work = books(tmp_path), workspace(tmp_path / "work")
    duckdb.sql(
        f"COPY (SELECT '001' AS customer_id, 'tax' AS fact, 7::DECIMAL(18,2) AS amount, "
        "DATE '2024-07-02' AS observed_on) "
        f"TO '{folder}/external_facts.parquet' (FORMAT parquet)"
    )
    bank = open_bank(folder, work)
    rows = [
        ("001", "S1", date(2024, 7, 2), "met", 5, 6),
        ("001", "S1", date(2024, 8, 2), "met", 8, None),
    ]
    import_visits(form(tmp_path / "S1.xlsx", *rows), bank, work, date(2024, 8, 5))
    bank = open_bank(folder, work)
    files = [str(file.path) for name in ("external_facts",) for file in bank.tables[name].files]
    facts = duckdb.sql(f"SELECT fact, amount::INT, source FROM read_parquet({files}) ORDER BY ALL").fetchall()
    assert facts == [("property", 5, "visit"), ("tax", 7, None)]
    assert bank.tables["visits"].rows == 1


def test_a_fact_from_a_visit_is_a_feature_from_the_day_of_the_visit_on(tmp_path):
    """Told on 1 July and taken in on 5 August: the cutoff at the end of June does not see it, that of July does."""
    folder, work = tmp_path / "books", workspace(tmp_path / "work")
    folder.mkdir()
    (folder / "bank.yaml").write_text("name: tiny\ndata_until: 2024-07-31\n", "utf-8")
    duckdb.sql(f"COPY (SELECT '001' AS customer_id) TO '{folder}/customers.parquet' (FORMAT parquet)")
    duckdb.sql(
        f"COPY (SELECT 'T' || i AS transaction_id, '001' AS customer_id, "
        f"TIMESTAMP '2024-05-10 10:00' + to_months(i::INTEGER) AS time, 1::DECIMAL(18,2) AS amount, 'in' AS direction "
        f"FROM range(3) AS r(i)) TO '{folder}/transactions.parquet' (FORMAT parquet)"
    )
    row = ("001", "S1", date(2024, 7, 1), "met", 650_000, None)
    import_visits(form(tmp_path / "S1.xlsx", row), open_bank(folder, work), work, date(2024, 8, 5))
    bank = open_bank(folder, work)
    build_activity(bank, work)
    cutoffs = [date(2024, 6, 30), date(2024, 7, 31)]
    build_features(bank, work, cutoffs)
    query = "SELECT property_amount::INT FROM '{}'"
    assert [duckdb.sql(query.format(work.features(cutoff))).fetchall() for cutoff in cutoffs] == [
        [(None,)],
        [(650_000,)],
    ]
