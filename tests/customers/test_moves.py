"""Moves on the ladder within a quarter, growth and loss, and concentration."""

from datetime import date

import pytest

from goldmine.activity import build_activity
from goldmine.core.engine import connect
from goldmine.core.errors import HistoryError
from goldmine.core.workspace import Workspace
from goldmine.customers.concentration import concentration
from goldmine.customers.moves import OUTSIDE, moves, quarters
from goldmine.customers.source_tables import SourceTables
from tests.tiny import balance, make_bank, transaction

BEGIN, END = date(2024, 3, 31), date(2024, 6, 30)
HELD = {  # yuan in March and in June
    "riser": ("8000.00", "12000.10"),
    "faller": ("60000.00", "20000.00"),
    "stayer": ("100.00", "100.02"),
    "comer": (None, "700.00"),
    "leaver": ("3000.00", None),
    "merged": ("5000.00", None),
    "empty": (None, None),
}
DAYS = {
    "comer": {"opened_on": date(2024, 5, 1)},
    "leaver": {"closed_on": date(2024, 6, 1)},
    "merged": {"merged_into": "stayer", "merged_on": date(2024, 4, 9)},
}


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    folder = tmp_path_factory.mktemp("moves")
    people = [
        {"customer_id": name, "opened_on": date(2020, 1, 1), "branch_id": "B2" if name == "riser" else "B1"}
        | DAYS.get(name, {})
        for name in HELD
    ]
    held = [
        balance(name, day, "demand", amount)
        for name, amounts in HELD.items()
        for day, amount in zip(("2024-03-31", "2024-06-30"), amounts, strict=True)
        if amount
    ]
    tables = {"customers": people, "transactions": [transaction(1, "riser", "2024-06-01T09:00")], "balances": held}
    bank, work = make_bank(folder / "bank", tables), Workspace(folder / "work")
    build_activity(bank, work)
    return SourceTables(connect(), bank, work)


def test_matrix_counts_each_customer_once_by_level_before_and_after(sources):
    matrix = moves(sources, END).matrix()
    assert matrix.to_numpy().sum() == 6  # the number merged away counts with the one that survives
    assert matrix.loc[0, 1] == 1  # the riser
    assert matrix.loc[2, 1] == 1  # the faller
    assert matrix.loc[0, 0] == 2  # the stayer and the empty one
    assert (matrix.loc[OUTSIDE, 0], matrix.loc[0, OUTSIDE]) == (1, 1)


def test_matrix_in_yuan(sources):
    found = moves(sources, END)
    assert found.matrix("aum_before").loc[0, 1] == 8000.00
    assert found.matrix("aum_after").loc[0, 1] == 12000.10


def test_growth_and_loss_add_up_to_the_fen(sources):
    table = moves(sources, END).decomposed().set_index("kind")
    assert table.customers.to_dict() == {"joined": 1, "up": 1, "same": 2, "down": 1, "closed": 1}
    changes = {"joined": 700.0, "up": 4000.1, "same": -4999.98, "down": -40000.0, "closed": -3000.0}
    assert table.change.to_dict() == changes
    assert round(table.change.sum() * 100) == round((table.aum_after.sum() - table.aum_before.sum()) * 100)


def test_customer_who_changed_branch_counts_at_the_last_branch(sources):
    table = moves(sources, END).decomposed("branch_id").set_index(["branch_id", "kind"])
    assert table.customers["B2"].sum() == 1
    assert (table.aum_before["B2", "up"], table.aum_after["B2", "up"]) == (8000.0, 12000.1)
    assert table.customers.sum() == 6


def test_missing_month_end_is_an_error(sources):
    with pytest.raises(HistoryError, match="balances: none of 2024-02, a month end that the ladder is read at"):
        moves(sources, date(2024, 5, 31))


def test_quarters_go_back_to_the_first_month_end(sources):
    assert [(one.begin, one.end) for one in quarters(sources, END)] == [(BEGIN, END)]


def test_concentration_as_the_bank_reports_it():
    found = concentration([0.0] * 8 + [10_000.0, 90_000.0])
    assert (found.customer_share_40k, found.aum_share_40k) == (0.1, 0.9)
    assert found.top_tenth_share == pytest.approx(0.9)
    assert (found.longtail_customer_share, found.longtail_aum_share) == (0.8, 0.0)
    assert found.gini == pytest.approx(0.88)


def test_equal_shares_have_no_gini():
    assert concentration([5.0, 5.0, 5.0]).gini == pytest.approx(0.0)
