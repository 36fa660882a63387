"""A tiny bank of two branches, one of them with three customers; its activity made."""

from datetime import date

import pytest

from goldmine.activity.build import build_activity
from goldmine.reporting.prepare import prepare
from tests.tiny import balance, make_bank, transaction, workspace

MARCH, JUNE = date(2024, 3, 31), date(2024, 6, 30)


def customer(name, branch, manager, **more):
    row = {"customer_id": name, "branch_id": branch, "manager_id": manager, "opened_on": date(2020, 1, 1)}
    return row | {"marketing_consent": True} | more


CUSTOMERS = [
    *[customer(f"a{n}", "B1", "m1") for n in range(6)],
    *[customer(f"b{n}", "B2", "m2") for n in range(3)],
    customer("new", "B1", "m1", opened_on=date(2024, 5, 1)),
    customer("gone", "B1", "m1", closed_on=date(2024, 5, 1)),
    customer("merged", "B1", "m1", merged_into="a0", merged_on=date(2024, 4, 1)),
    customer("homeless", None, None),
]
YUAN = {
    "2024-03-31": {"a0": "0.01", "a1": "9999.99", "a2": "60000", "b0": "600000", "gone": "33.33", "merged": "0.02"},
    "2024-06-30": {
        "a0": "0.07",
        "a1": "10000.00",
        "a2": "45000.10",
        "b0": "600000.45",
        "new": "70000",
        "homeless": "5",
    },
}
STAFF = [
    {"staff_id": "m1", "branch_id": "B1", "role": "manager"},
    {"staff_id": "m2", "branch_id": "B2", "role": "manager"},
    {"staff_id": "h2", "branch_id": "B2", "role": "branch_head"},
]
CONTACTS = [
    {"campaign_id": "M1", "customer_id": who, "contacted_on": date(2024, 5, 2), "answer": answer, "outcome": came}
    for who, answer, came in (("a1", "yes", "converted"), ("a2", "opt_out", "not_converted"))
]


def tables(**changes):
    rows = [transaction(n, "a1", f"2024-{n:02d}-15 10:00:00") for n in (1, 4, 5, 6)]
    held = [balance(who, day, "time", yuan) for day, all_ in YUAN.items() for who, yuan in all_.items()]
    made = {"customers": CUSTOMERS, "transactions": rows, "balances": held, "staff": STAFF, "contacts": CONTACTS}
    return made | changes


def put(folder, made):
    """Write a bank's tables, and sum them up by month."""
    bank, work = make_bank(folder / "bank", made), workspace(folder / "work")
    build_activity(bank, work)
    return bank, work


@pytest.fixture(scope="session")
def place(tmp_path_factory):
    """Bank and work folder."""
    return put(tmp_path_factory.mktemp("tiny"), tables())


@pytest.fixture(scope="session")
def view(place):
    """Owners, the one table and the figures, made once."""
    return prepare(*place, JUNE)
