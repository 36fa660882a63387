from datetime import date

import pandas as pd
import pyarrow.parquet as pq
import pytest

from goldmine.activity.build import build_activity
from goldmine.core.engine import connect
from goldmine.core.errors import ContractError, HistoryError
from goldmine.coverage import CoverageRules, make_coverage, missing_for_coverage, read_coverage
from goldmine.coverage.plan import coverage_path
from goldmine.coverage.workbook import write_workbook
from tests.tiny import balance, make_bank, transaction, workspace

MARCH, JUNE = date(2024, 3, 31), date(2024, 6, 30)
RULES = CoverageRules.model_validate(
    {
        "tiers": [
            {"min_aum": 50_000, "roles": ["manager"], "contact_every_days": 30},
            {"min_aum": 500_000, "roles": ["branch_head"], "contact_every_days": 10, "core": True},
        ],
        "max_customers": {"manager": 5, "branch_head": 5},
    }
)


def customer(name, manager="m1", **more):
    return {"customer_id": name, "branch_id": "B1", "manager_id": manager, "opened_on": date(2020, 1, 1)} | more


def contact(name, day, answer="yes"):
    return {"campaign_id": "M", "customer_id": name, "contacted_on": date.fromisoformat(day), "answer": answer}


CUSTOMERS = [
    customer("grows"),
    customer("stays"),
    customer("of_leaver", "m2"),
    customer("poor"),
    customer("closed", closed_on=date(2024, 5, 1)),
    customer("old_number", merged_into="stays", merged_on=date(2024, 4, 1)),
]
YUAN = {
    "2024-03-31": {"grows": 60_000, "stays": 60_000, "of_leaver": 60_000, "poor": 49_999.99, "closed": 60_000,
                   "old_number": 0},
    "2024-06-30": {"grows": 500_000, "stays": 50_000, "of_leaver": 70_000, "poor": 49_999.99, "old_number": 1},
}  # fmt: skip


@pytest.fixture
def place(tmp_path):
    tables = {
        "customers": CUSTOMERS,
        "transactions": [transaction(1, "poor", "2024-06-15 10:00:00")],
        "balances": [balance(c, day, "time", str(y)) for day, held in YUAN.items() for c, y in held.items()],
        "staff": [
            {"staff_id": "m1", "branch_id": "B1", "role": "manager", "left_on": None},
            {"staff_id": "m2", "branch_id": "B1", "role": "manager", "left_on": date(2024, 6, 30)},
            {"staff_id": "h1", "branch_id": "B1", "role": "branch_head", "left_on": None},
        ],
        "contacts": [
            contact("stays", "2024-05-31"),
            contact("old_number", "2024-05-20"),
            contact("of_leaver", "2024-05-30"),
            contact("of_leaver", "2024-06-29", "not_reached"),
            contact("grows", "2024-07-01"),
        ],
    }
    bank, work = make_bank(tmp_path / "bank", tables), workspace(tmp_path / "work")
    build_activity(bank, work)
    return bank, work


def by_customer(coverage, column):
    return dict(zip(coverage.rows["customer_id"], coverage.rows[column], strict=True))


def test_first_assignment_starts_from_customer_managers(place):
    coverage = make_coverage(*place, MARCH, RULES)
    assert by_customer(coverage, "owner_id") == {"closed": "m1", "grows": "m1", "of_leaver": "m2", "stays": "m1"}
    assert set(coverage.rows["change_reason"]) == {"kept"}


def test_next_quarter_moves_only_who_must(place):
    make_coverage(*place, MARCH, RULES)
    coverage = make_coverage(*place, JUNE, RULES)
    assert by_customer(coverage, "change_reason") == {"grows": "level", "of_leaver": "staff_left", "stays": "kept"}
    assert by_customer(coverage, "owner_id") == {"grows": "h1", "of_leaver": "m1", "stays": "m1"}
    since = {name: day.date() for name, day in by_customer(coverage, "since").items()}
    assert since == {"grows": JUNE, "of_leaver": JUNE, "stays": MARCH}
    assert coverage.moves_by_reason.to_dict() == {"level": 1, "staff_left": 1}


def test_handover_names_previous_and_new_owner(place):
    found = make_coverage(*place, JUNE, RULES).handover
    assert found[["previous_id", "customer_id", "owner_id"]].values.tolist() == [["m2", "of_leaver", "m1"]]


def test_contact_is_due_counted_from_the_last_that_reached_the_customer(place):
    """Of stays it was made on 31 May; a later call to of_leaver reached nobody; grows was called too late."""
    make_coverage(*place, MARCH, RULES)
    coverage = make_coverage(*place, JUNE, RULES)
    due = {name: str(day.date()) for name, day in by_customer(coverage, "due_on").items()}
    assert due == {"grows": "2024-07-10", "of_leaver": "2024-06-29", "stays": "2024-06-30"}
    assert coverage.overdue["customer_id"].tolist() == ["of_leaver"]
    assert coverage.loads.set_index("staff_id")[["owned_customers", "overdue_customers"]].T.to_dict("list") == {
        "h1": [1, 0],
        "m1": [2, 1],
    }


def test_contact_that_a_refusal_forbids_is_not_overdue(place):
    bank, work = place
    refused = make_bank(work.root.parent / "refused", {"contacts": [contact("of_leaver", "2024-05-29", "opt_out")]})
    rows = refused.read(connect(), "contacts").to_pyarrow()
    work.returned.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(rows, work.returned)
    make_coverage(bank, work, MARCH, RULES)
    coverage = make_coverage(bank, work, JUNE, RULES)
    assert by_customer(coverage, "overdue_days") == {"grows": 0, "of_leaver": 0, "stays": 0}
    assert coverage.loads["overdue_customers"].sum() == 0


def test_assignment_is_reproducible(place):
    make_coverage(*place, MARCH, RULES)
    first, again = (make_coverage(*place, JUNE, RULES).rows for _ in range(2))
    pd.testing.assert_frame_equal(first, again)
    pd.testing.assert_frame_equal(read_coverage(place[1], JUNE), first)


def test_month_written_by_spark_as_parts_is_read_alike(place):
    bank, work = place
    before = make_coverage(bank, work, JUNE, RULES).rows
    month = work.activity / "balances" / "2024-06.parquet"
    rows = pd.read_parquet(month)
    month.unlink()
    month.mkdir()
    (month / "_SUCCESS").touch()
    for part, half in enumerate((rows[:3], rows[3:])):
        half.to_parquet(month / f"part-{part}.parquet", index=False)
    assert make_coverage(bank, work, JUNE, RULES).rows.equals(before)


def test_a_shortage_is_stated_and_everybody_else_is_assigned(place):
    """One manager with room for one, who keeps the one they had; the other goes to the branch head, or has nobody."""
    short = RULES.model_copy(update={"max_customers": {"manager": 1, "branch_head": 2}})
    coverage = make_coverage(*place, JUNE, short)
    assert coverage.shortage.to_dict("records") == [
        {"branch_id": "B1", "customers": 2, "above": 1, "nobody": 0, "min_aum": 50_000}
    ]
    shorter = RULES.model_copy(update={"max_customers": {"manager": 1, "branch_head": 1}})
    coverage = make_coverage(*place, JUNE, shorter)
    assert coverage.shortage[["above", "nobody"]].values.tolist() == [[0, 1]]
    assert by_customer(coverage, "owner_id")["grows"] == "h1"
    assert by_customer(coverage, "owner_id")["stays"] == "m1"


def test_missing_month_end_is_reported(place):
    with pytest.raises(HistoryError, match="balances: the books hold no rows of 2024-05"):
        make_coverage(*place, date(2024, 5, 31), RULES)
    with pytest.raises(HistoryError, match="coverage at 2024-05-31: nobody has been assigned yet"):
        read_coverage(place[1], date(2024, 5, 31))


def test_bank_without_staff_is_reported(place, tmp_path):
    bank = make_bank(tmp_path / "other", {"customers": CUSTOMERS})
    assert missing_for_coverage(bank) == ["table staff", "table balances"]
    with pytest.raises(ContractError, match="coverage: this bank has no table staff, no table balances"):
        make_coverage(bank, place[1], JUNE, RULES)


def test_coverage_workbook_shows_words_for_codes(place, tmp_path):
    make_coverage(*place, MARCH, RULES)
    write_workbook(tmp_path / "coverage.xlsx", make_coverage(*place, JUNE, RULES), "zh")
    sheets = pd.read_excel(tmp_path / "coverage.xlsx", sheet_name=None)
    assert list(sheets) == ["逾期未联系", "离岗交接", "维护人变动", "管户情况", "人手缺口"]
    assert sheets["离岗交接"][["原维护人", "维护人", "客户号", "月日均资产（元）"]].values.tolist() == [
        ["m2", "m1", "of_leaver", 70_000]
    ]
    assert sheets["维护人变动"]["变动原因"].tolist() == ["等级变动", "人员离岗"]
    assert sheets["逾期未联系"]["逾期天数"].tolist() == [1]


def test_assignment_without_roles_above_is_continued(place):
    bank, work = place
    make_coverage(bank, work, MARCH, RULES)
    path = coverage_path(work, MARCH)
    pd.read_parquet(path).drop(columns="above").to_parquet(path, index=False)
    coverage = make_coverage(bank, work, JUNE, RULES)
    assert by_customer(coverage, "change_reason") == {"grows": "level", "of_leaver": "staff_left", "stays": "kept"}


def test_owner_stays_with_the_customer_whose_number_was_merged(place, tmp_path):
    """The books name m9, who is not at work, for the number that survives; m1 has owned the other since March."""
    bank, work = place
    make_coverage(bank, work, MARCH, RULES)
    merged = [
        customer("stays", merged_into="poor", merged_on=date(2024, 5, 1)),
        customer("poor", manager=None),
    ]
    rest = [row for row in CUSTOMERS if row["customer_id"] not in ("stays", "poor", "old_number")]
    tables = {
        "customers": [*merged, *rest],
        "transactions": [transaction(1, "poor", "2024-06-15 10:00:00")],
        "balances": [balance(c, day, "time", str(y)) for day, held in YUAN.items() for c, y in held.items()],
        "staff": [{"staff_id": name, "branch_id": "B1", "role": "manager"} for name in ("m1", "m2")],
        "contacts": [contact("stays", "2024-05-31")],
    }
    coverage = make_coverage(make_bank(tmp_path / "later", tables), work, JUNE, RULES)
    row = coverage.rows.set_index("customer_id").loc["poor"]
    assert (row["owner_id"], row["change_reason"], row["since"].date()) == ("m1", "kept", MARCH)
