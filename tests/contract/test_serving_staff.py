"""Who of the staff is at work on a day, and whose customers have nobody in charge."""

from datetime import date
from typing import Any

import pytest

from goldmine.contract.serving_staff import without_leavers
from goldmine.core.engine import connect
from tests.tiny import make_bank

DAY = date(2024, 6, 30)


def managers(tmp_path, staff: list[dict[str, Any]], manager: str | None = "S1") -> list[str | None]:
    """Who is named as in charge of two customers of which the second has S9."""
    customers = [{"customer_id": "C1", "manager_id": manager}, {"customer_id": "C2", "manager_id": "S9"}]
    bank = make_bank(tmp_path, {"customers": customers, "staff": staff})
    connection = connect()
    rows = without_leavers(connection, bank, bank.read(connection, "customers"), DAY).order_by("customer_id")
    return rows.to_pyarrow()["manager_id"].to_pylist()


@pytest.mark.parametrize(
    ("left_on", "named"),
    [("2024-06-18", None), ("2024-06-30", None), ("2024-07-01", "S1"), (None, "S1")],
    ids=["before", "on the day", "after", "never"],
)
def test_who_left_by_the_day_is_in_charge_of_nobody(tmp_path, left_on, named):
    staff = [{"staff_id": "S1", "left_on": left_on}, {"staff_id": "S9", "left_on": None}]
    assert managers(tmp_path, staff) == [named, "S9"]


def test_a_number_unknown_to_the_staff_stays(tmp_path):
    assert managers(tmp_path, [{"staff_id": "S1", "left_on": "2024-01-01"}]) == [None, "S9"]


def test_one_row_at_work_is_enough(tmp_path):
    staff = [{"staff_id": "S1", "left_on": "2024-01-01"}, {"staff_id": "S1", "left_on": None}]
    assert managers(tmp_path, staff) == ["S1", "S9"]


def test_a_customer_without_manager_stays_one(tmp_path):
    assert managers(tmp_path, [{"staff_id": "S1", "left_on": "2024-01-01"}], manager=None) == [None, "S9"]


def test_staff_without_a_day_of_leaving_have_not_left(tmp_path):
    assert managers(tmp_path, [{"staff_id": "S1", "role": "manager"}]) == ["S1", "S9"]
