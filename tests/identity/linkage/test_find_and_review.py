"""A bank's numbers of one person from the comparison to the merger that the next intake takes in."""

import shutil
from datetime import date, timedelta

import openpyxl
import pytest

from goldmine.contract.intake import open_bank
from goldmine.core.audit.log import AuditLog
from goldmine.core.engine import connect
from goldmine.core.errors import ContractError, WorkFolderError
from goldmine.core.workspace import Workspace
from goldmine.identity import merged_numbers
from goldmine.identity.linkage.find import find_pairs, pairs_path, read_pairs
from goldmine.identity.linkage.merge_alone import merge_alone
from goldmine.identity.linkage.records import RECORDS, load_records
from goldmine.identity.linkage.review_sheet import take_review, write_review
from goldmine.identity.linkage.settings import load_linkage
from tests.tiny import Row, make_bank, transaction

JUNE = date(2024, 6, 30)
GIVEN = "伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂玉珍华梅文建"
SURNAMES = "王李张刘陈杨赵黄周吴"


def person(number: int, **more: object) -> Row:
    return {
        "customer_id": f"C{number:04}",
        "name": SURNAMES[number % 10] + GIVEN[number % 30] + GIVEN[number * 7 % 29],
        "birth_date": date(1950 + number % 40, 1 + number % 12, 1 + number * 5 % 28),
        "gender": "FM"[number % 2],
        "kind": "person",
        "opened_on": date(2010, 1, 1),
        "id_number_hash": f"id{number}",
        "phone_hash": f"phone{number - number % 3}",
        "address": f"{number % 7}组{number}号",
        "branch_id": f"B{number % 4}",
    } | more


def customers() -> list[Row]:
    """400 people; C0000 to C0190, every tenth, have an old number, and four of those another identity number.

    A child was entered under C0005's identity number, and a wife born a day later under C0006's.
    """
    rows = [person(number) for number in range(400)]
    for number in range(0, 200, 10):
        other = {"id_number_hash": f"old{number}"} if number % 50 == 0 else {}
        old = {"customer_id": f"D{number:04}", "opened_on": date(1990, 1, 1), "phone_hash": None}
        rows.append(person(number) | old | other)
    child = {"customer_id": "K0005", "name": SURNAMES[5] + "圆圆", "birth_date": date(2011, 3, 9)}
    wife = {"customer_id": "K0006", "name": "欧阳圆圆", "birth_date": person(6)["birth_date"] + timedelta(1)}
    return [*rows, person(5) | child, person(6) | wife]


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bank")
    make_bank(folder, {"customers": customers(), "transactions": [transaction(1, "C0001", "2024-06-01T10:00")]})
    (folder / "bank.yaml").write_text("name: tiny\ndata_until: 2024-06-30\n", "utf-8")
    return folder


@pytest.fixture(scope="module")
def compared(source, tmp_path_factory):
    """The bank's work folder after its customers were compared, and what was found."""
    work = Workspace(tmp_path_factory.mktemp("compared"))
    return work, find_pairs(open_bank(source, work), work, JUNE)


@pytest.fixture
def found(compared, source, tmp_path, own_home):
    """A copy of that folder for one test."""
    work = Workspace(tmp_path / "work")
    shutil.copytree(compared[0].root, work.root)
    return open_bank(source, work), work, compared[1]


def fill_in(path, answers):
    """Fill in the last column of the sheet, by the pair."""
    book = openpyxl.load_workbook(path)
    for row in book.active.iter_rows(min_row=2):
        row[-1].value = answers.get((row[0].value, row[1].value))
    filled = path.with_name("filled.xlsx")
    book.save(filled)
    return filled


def test_old_numbers_are_sure_and_those_with_another_identity_number_are_to_be_looked_at(found):
    _bank, work, pairs = found
    rows = {(row["id_l"], row["id_r"]): row["zone"] for row in read_pairs(work, JUNE).to_pylist()}
    old = {(f"C{number:04}", f"D{number:04}"): number for number in range(0, 200, 10)}
    assert {pair: rows[pair] for pair in old} == {
        pair: "review" if number % 50 == 0 else "sure" for pair, number in old.items()
    }
    assert (pairs.customers, pairs.sure) == (422, 16)


@pytest.mark.parametrize("pair", [("C0005", "K0005"), ("C0006", "K0006")], ids=["a child", "born a day later"])
def test_an_identity_number_shared_under_another_name_is_to_be_looked_at(found, pair):
    _bank, work, _pairs = found
    rows = {(row["id_l"], row["id_r"]): row for row in read_pairs(work, JUNE).to_pylist()}
    assert rows[pair]["probability"] > load_linkage().sure
    assert rows[pair]["zone"] == "review"


def test_firms_mergers_later_numbers_and_masked_names_are_not_compared_and_closed_customers_are(tmp_path):
    rows = [
        person(1, customer_id="firm", kind="firm"),
        person(2, customer_id="merged", merged_into="kept", merged_on=date(2024, 1, 1)),
        person(3, customer_id="kept", name=" 王  小 明 "),
        person(4, customer_id="later", opened_on=date(2024, 7, 1)),
        person(5, customer_id="masked", name="王**", kind=None),
        person(6, customer_id="left", name="李四", closed_on=date(2024, 1, 1)),
    ]
    connection = connect()
    columns = load_records(connection, make_bank(tmp_path, {"customers": rows}), JUNE)
    held = connection.raw_sql(f"SELECT customer_id, name, name_sound FROM {RECORDS} ORDER BY ALL").fetchall()
    assert held == [("kept", "王小明", "wang xiao ming "), ("left", "李四", "li si "), ("masked", None, None)]
    assert "grid_id" not in columns and {"name", "name_sound", "birth_date"} <= columns


def test_the_sheet_shows_masked_names_and_reasons_in_the_language(found):
    bank, work, _pairs = found
    path, rows = write_review(bank, work, JUNE, load_linkage(), language="zh")
    sheet = openpyxl.load_workbook(path).active
    lines = {(row[0], row[1]): row for row in sheet.iter_rows(min_row=2, values_only=True)}
    assert len(lines) == rows
    line = lines["C0010", "D0010"]
    assert line[2] == "确定" and line[4] == "王**" and "证件号码相同；" in line[8]
    assert "证件号码不同" in lines["C0050", "D0050"][9]


def test_accepted_pairs_become_mergers_from_their_day_on_and_do_not_come_back(found, source):
    bank, work, _pairs = found
    path, rows = write_review(bank, work, JUNE, load_linkage(), language="en")
    answers = {("C0010", "D0010"): "yes", ("C0020", "D0020"): "是", ("C0050", "D0050"): "no", ("C0030", "D0030"): "?"}
    taken = take_review(fill_in(path, answers), bank, work, JUNE, decided=(date(2024, 6, 20), "wang"))
    assert (taken.same, taken.different, taken.open, dict(taken.bad)) == (2, 1, rows - 4, {"unclear": 1})
    connection = connect()
    again = open_bank(source, work).read(connection, "customers")
    merged = merged_numbers(connection, again, JUNE).order_by("merged_id").to_pyarrow().to_pylist()
    assert [(row["merged_id"], row["survivor_id"]) for row in merged] == [("C0010", "D0010"), ("C0020", "D0020")]
    assert merged_numbers(connection, again, date(2024, 6, 19)).count().to_pyarrow().as_py() == 0
    assert write_review(bank, work, JUNE, load_linkage(), language="en")[1] == rows - 3


def test_a_merger_withdrawn_is_gone_with_the_next_intake(found, source):
    bank, work, _pairs = found
    path, _rows = write_review(bank, work, JUNE, load_linkage(), language="en")
    for answer in ("yes", "no"):
        file = fill_in(path, {("C0010", "D0010"): answer})
        take_review(file, bank, work, JUNE, decided=(date(2024, 6, 20), "wang"))
        reopened = open_bank(source, work)
    customers = reopened.read(connect(), "customers")
    assert customers.merged_into.count().to_pyarrow().as_py() == 0


def test_a_decision_dated_after_the_books_waits_for_them(found, source):
    bank, work, _pairs = found
    path, _rows = write_review(bank, work, JUNE, load_linkage(), language="en")
    file = fill_in(path, {("C0010", "D0010"): "yes"})
    take_review(file, bank, work, JUNE, decided=(date(2024, 7, 1), "wang"))
    assert open_bank(source, work).read(connect(), "customers").merged_into.count().to_pyarrow().as_py() == 0


def test_nothing_merges_alone_below_the_banks_own_threshold(found):
    bank, work, _pairs = found
    assert merge_alone(bank, work, JUNE, load_linkage()) == 0
    settings = load_linkage().model_copy(update={"merge_alone": 0.99})
    assert merge_alone(bank, work, JUNE, settings) == 16
    assert merge_alone(bank, work, JUNE, settings) == 0


def test_looking_and_deciding_leave_a_line_in_the_audit_log_without_a_customer(found):
    bank, work, _pairs = found
    path, _rows = write_review(bank, work, JUNE, load_linkage(), language="en")
    take_review(fill_in(path, {("C0010", "D0010"): "yes"}), bank, work, JUNE, decided=(date(2024, 6, 20), "wang"))
    lines = list(AuditLog.of_bank("tiny").newest_first())
    assert [(line.action, line.who) for line in lines] == [("same_person", "wang"), ("download", "wang")]
    assert "C0010" not in str(lines)


def test_a_sheet_without_its_columns_and_a_damaged_file_of_pairs_are_refused(found, tmp_path):
    bank, work, _pairs = found
    file = tmp_path / "other.csv"
    file.write_text("customer_id,note\nC0010,x\n", "utf-8")
    with pytest.raises(ContractError, match="columns are missing: other_customer_id, same_person"):
        take_review(file, bank, work, JUNE, decided=(JUNE, "wang"))
    pairs_path(work, JUNE).write_bytes(b"damaged")
    with pytest.raises(WorkFolderError, match="missing or damaged"):
        read_pairs(work, JUNE)
