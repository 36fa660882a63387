"""Managers decide: what they return is kept with their name and logged; amounts above the limit are not taken."""

from datetime import date
from decimal import Decimal

import openpyxl
import pyarrow.parquet as pq
import pytest

from goldmine.core.audit.log import AuditLog
from goldmine.core.errors import UseCaseError
from goldmine.credit.decisions import decisions_path, take_decisions
from goldmine.credit.limits import build_limits
from goldmine.publishing.credit_lists import write_credit_lists
from tests.credit.conftest import AS_OF, customer, deposits, rules_of, tables
from tests.tiny import make_bank, workspace

DAY = date(2024, 7, 3)


@pytest.fixture
def listed(tmp_path, monkeypatch):
    """A list of four customers with a limit of 100,000 yuan each."""
    monkeypatch.setenv("GOLDMINE_HOME", str(tmp_path))
    names = ["C1", "C2", "C3", "C4"]
    traders = [
        {"customer_id": name, "trade": "nut_roasting", "since": date(2020, 1, 1), "ended_on": None} for name in names
    ]
    given = tables([customer(name) for name in names], [row for name in names for row in deposits(name, 20_000)],
                   merchants=traders)  # fmt: skip
    bank, work = make_bank(tmp_path / "bank", given), workspace(tmp_path / "work")
    built = build_limits(bank, work, AS_OF, rules_of())
    return bank, work, write_credit_lists(bank, work, built, "zh")["credit_nuts"].path


def test_list_is_cut_after_those_who_may_not_be_contacted_have_left(tmp_path, monkeypatch):
    monkeypatch.setenv("GOLDMINE_HOME", str(tmp_path))
    names = ["C1", "C2", "C3", "C4"]
    people = [customer(name, marketing_consent=name != "C1") for name in names]
    traders = [
        {"customer_id": name, "trade": "nut_roasting", "since": date(2020, 1, 1), "ended_on": None} for name in names
    ]
    given = tables(people, [row for name in names for row in deposits(name, 20_000)], merchants=traders)
    bank, work = make_bank(tmp_path / "bank", given), workspace(tmp_path / "work")
    built = build_limits(bank, work, AS_OF, rules_of(list_rows=2))
    listed = write_credit_lists(bank, work, built, "en")["credit_nuts"]
    assert pq.read_table(listed.path.with_suffix(".parquet"))["customer_id"].to_pylist() == ["C2", "C3"]
    assert (listed.rows, listed.left_out["opted_out"]) == (2, 1)


def fill_in(path, answers: dict[str, tuple]) -> None:
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    heads = {cell.value: cell.column for cell in sheet[1]}
    for row in sheet.iter_rows(min_row=2):
        name = row[heads["客户号"] - 1 if "客户号" in heads else 0].value
        for column, value in zip(
            (heads["是否授信（是/否）"], heads["审批金额（元）"]), answers.get(name, ()), strict=False
        ):
            sheet.cell(row[0].row, column, value)
    book.save(path)


def test_an_amount_that_is_not_whole_yuan_is_not_taken_whether_number_or_text(listed):
    bank, work, path = listed
    fill_in(path, {"C1": ("是", 49_999.7), "C2": ("是", 50_000.5), "C3": ("是", "49999.7"), "C4": ("是", 50_000.0)})
    taken = take_decisions(path, bank, work, rules_of(), as_of=AS_OF, decided=(DAY, "S7"))
    assert (taken.granted, taken.bad) == (1, {"amount": 3})
    assert pq.read_table(decisions_path(work))["decided_amount"].to_pylist() == [Decimal(50_000)]


def test_a_customer_who_stands_twice_is_decided_once_and_not_at_all_in_two_ways(listed):
    """A copy of the sheet, as for a second branch, says the same of C1, another amount of C2 and no of C3."""
    bank, work, path = listed
    fill_in(path, {"C1": ("是", 80_000), "C2": ("是", 50_000), "C3": ("是", 70_000)})
    book = openpyxl.load_workbook(path)
    copy = book.copy_worksheet(book.worksheets[0])
    heads = {cell.value: cell.column for cell in copy[1]}
    for row in copy.iter_rows(min_row=2):
        name = row[heads["客户号"] - 1].value
        if name == "C2":
            row[heads["审批金额（元）"] - 1].value = 60_000
        if name == "C3":
            row[heads["是否授信（是/否）"] - 1].value = "否"
    book.save(path)
    taken = take_decisions(path, bank, work, rules_of(), as_of=AS_OF, decided=(DAY, "S7"))
    assert (taken.granted, taken.refused, taken.bad) == (1, 0, {"twice": 2})
    assert pq.read_table(decisions_path(work))["customer_id"].to_pylist() == ["C1"]
    assert len(list(AuditLog.of_bank(bank.name).newest_first())) == 1


def test_a_list_of_other_limits_is_not_taken_as_a_word_on_those_of_the_month_end(listed):
    """The manager saw 100,000; worked out anew, as with a list of another month, it is 80,000."""
    bank, work, path = listed
    fill_in(path, {"C1": ("是", 70_000), "C2": ("否", None)})
    nuts = rules_of().products["nuts"].model_dump() | {"multiple": 4}
    build_limits(bank, work, AS_OF, rules_of(products={"nuts": nuts}))
    taken = take_decisions(path, bank, work, rules_of(), as_of=AS_OF, decided=(DAY, "S7"))
    assert (taken.granted, taken.refused, taken.bad) == (0, 0, {"other_limit": 2})


def test_decisions_are_kept_with_the_proposal_and_logged(listed):
    bank, work, path = listed
    fill_in(path, {"C1": ("是", 80_000), "C2": ("否", None), "C3": ("是", 100_001)})
    taken = take_decisions(path, bank, work, rules_of(), as_of=AS_OF, decided=(DAY, "S7"))
    assert (taken.granted, taken.refused, taken.open, taken.bad) == (1, 1, 1, {"amount": 1})
    rows = pq.read_table(decisions_path(work)).to_pylist()
    assert [(row["customer_id"], row["granted"], row["decided_amount"], row["limit_amount"]) for row in rows] == [
        ("C1", True, Decimal(80_000), Decimal(100_000)),
        ("C2", False, Decimal(0), Decimal(100_000)),
    ]
    assert {(row["decided_on"], row["decided_by"]) for row in rows} == {(DAY, "S7")}
    lines = list(AuditLog.of_bank(bank.name).newest_first())
    assert [(line.action, line.who, line.subject) for line in lines] == [
        ("credit_decision", "S7", "customer:C2"),
        ("credit_decision", "S7", "customer:C1"),
    ]


def test_the_newest_decision_counts(listed):
    bank, work, path = listed
    for amount in (80_000, 50_000):
        fill_in(path, {"C1": ("yes", amount)})
        take_decisions(path, bank, work, rules_of(), as_of=AS_OF, decided=(DAY, "S7"))
    rows = pq.read_table(decisions_path(work)).to_pylist()
    assert [row["decided_amount"] for row in rows] == [50_000]


def test_without_limits_there_is_nothing_to_decide(tmp_path):
    bank = make_bank(tmp_path / "bank", tables([customer("C1")], deposits("C1", 1)))
    with pytest.raises(UseCaseError, match="no limits"):
        take_decisions(
            tmp_path / "list.csv", bank, workspace(tmp_path / "w"), rules_of(), as_of=AS_OF, decided=(DAY, "S7")
        )
