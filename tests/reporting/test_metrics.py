from datetime import date

import pandas as pd
import pyarrow.parquet as pq
import pytest

from goldmine.activity.build import build_activity
from goldmine.core.engine import connect
from goldmine.core.errors import HistoryError
from goldmine.core.workspace import Workspace
from goldmine.coverage import BankSnapshot
from goldmine.reporting.customer_mart import make_mart, mart_path
from goldmine.reporting.metric_definitions import load_metrics
from goldmine.reporting.metrics import KEYS, compute
from goldmine.reporting.prepare import prepare
from tests.reporting.conftest import JUNE, MARCH, customer, put, tables
from tests.tiny import balance, make_bank, transaction

CALLED = {"campaign_id": "M1", "customer_id": "b0", "contacted_on": date(2024, 2, 1), "answer": "yes"}


def above(view, grain, metric):
    return view.figures.of(metric, grain)["above"].to_dict()


def test_branch_and_employee_figures_sum_to_head_office(view):
    for metric in view.metrics.metrics:
        if metric.formula.kind != "ratio":
            whole = above(view, "head_office", metric.name)[""]
            for grain in KEYS:
                assert sum(above(view, grain, metric.name).values()) == whole, (grain, metric.name)
    assert above(view, "head_office", "aum")[""] == 7 + 1_000_000 + 4_500_010 + 60_000_045 + 7_000_000 + 500


def test_branch_figures_match_literal_bank(view):
    assert above(view, "branch", "customers") == {"": 1, "B1": 7, "B2": 3}
    assert above(view, "branch", "customers_joined") == {"": 0, "B1": 1, "B2": 0}
    assert above(view, "branch", "customers_closed") == {"": 0, "B1": 1, "B2": 0}
    assert above(view, "branch", "aum") == {"": 500, "B1": 12_500_017, "B2": 60_000_045}
    assert above(view, "branch", "aum_before") == {"": 0, "B1": 7_003_335, "B2": 60_000_000}
    assert view.figures.at("branch", "B1").loc["aum", "value"] == 125_000.17


def test_change_steps_sum_to_the_change(view):
    names = ["change_joined", "change_up", "change_same", "change_down", "change_closed"]
    found = [above(view, "head_office", name)[""] for name in names]
    assert found == [7_000_000, 1, 4 + 45 + 500, -1_499_990, -3_333]
    assert sum(found) == above(view, "head_office", "aum_change")[""]


def test_shares_keep_numerator_and_denominator(view):
    at = view.figures.at("branch", "B1")
    assert at.loc["conversion_share", ["above", "below"]].tolist() == [1, 5]
    assert at.loc["contact_conversion_share", ["above", "below", "value"]].tolist() == [1, 2, 0.5]
    assert at.loc["active_share", ["above", "below"]].tolist() == [1, 7]


def test_contacts_of_which_it_is_open_what_came_are_in_no_conversion(tmp_path):
    answers = {"a0": "converted", "a1": "not_converted", "a2": "open", "a3": None, "b0": "open"}
    rows = [
        {"campaign_id": "M1", "customer_id": who, "contacted_on": date(2024, 5, 2), "answer": "yes", "outcome": came}
        for who, came in answers.items()
    ]
    bank, work = put(tmp_path, tables(contacts=rows))
    mart = make_mart(BankSnapshot(connect(), bank, work, JUNE), "new_branch")
    found = compute(mart, load_metrics())
    assert found.of("contacted", "branch")["above"].to_dict() == {"": 0, "B1": 4, "B2": 1}
    assert found.at("branch", "B1").loc["contact_conversion_share", ["above", "below", "value"]].tolist() == [1, 2, 0.5]
    assert pd.isna(found.at("branch", "B2").loc["contact_conversion_share", "value"])


def test_who_left_is_in_no_share_of_those_who_moved_between_levels(tmp_path):
    """Of ten on level 2 five fall and five close their accounts; of ten on level 1 five rise and five close theirs."""
    people = {f"{side}{n}": {"closed_on": date(2024, 5, 1)} if n >= 5 else {} for side in "fr" for n in range(10)}
    yuan = {"f": ("60000", "20000"), "r": ("20000", "60000")}
    held = [
        balance(who, str(day), "time", yuan[who[0]][step])
        for step, day in enumerate((MARCH, JUNE))
        for who, closed in people.items()
        if not (step and closed)
    ]
    customers = [customer(who, "B1", "m1", **closed) for who, closed in people.items()]
    bank, work = put(tmp_path, tables(customers=customers, balances=held, contacts=[]))
    found = compute(make_mart(BankSnapshot(connect(), bank, work, JUNE), "new_branch"), load_metrics())
    at = found.at("branch", "B1")
    assert at.loc["demoted_share", ["above", "below", "value"]].tolist() == [5, 10, 0.5]
    assert at.loc["promoted_share", ["above", "below", "value"]].tolist() == [5, 10, 0.5]


def test_share_of_nobody_is_empty(view):
    at = view.figures.at("branch", "B2")
    assert pd.isna(at.loc["contact_conversion_share", "value"])


def table(folder, bank, as_of, moved_in_quarter="new_branch"):
    """The one table, by customer."""
    mart = make_mart(BankSnapshot(connect(), bank, Workspace(folder), as_of), moved_in_quarter)
    return pd.read_parquet(mart.path).set_index("customer_id")


def branches_then(folder, as_of, **branches):
    """A table that was made earlier, of which only the branches are looked at."""
    path = mart_path(Workspace(folder), as_of)
    path.parent.mkdir(parents=True, exist_ok=True)
    pd.DataFrame({"customer_id": branches.keys(), "branch_id": branches.values()}).to_parquet(path)


@pytest.mark.parametrize(("rule", "branch"), [("new_branch", "B1"), ("old_branch", "B2")])
def test_customer_who_changed_branch_counts_once_by_the_rule(place, tmp_path, rule, branch):
    """By the books a5 is kept by B1 now; a quarter ago it was B2."""
    bank, work = place
    (tmp_path / "activity").symlink_to(work.activity)
    branches_then(tmp_path, MARCH, a5="B2", a4="B1")
    rows = table(tmp_path, bank, JUNE, rule)
    assert rows.index.is_unique
    assert rows.loc["a5", ["branch_id", "moved_branch"]].tolist() == [branch, True]
    assert rows["moved_branch"].sum() == 1


QUARTER_ENDS = [date(2023, 12, 31), MARCH, JUNE, date(2024, 9, 30)]


def of_one_customer(folder, as_of, branch):
    """A bank whose books hold one customer at this branch, and balances of all quarter ends so far."""
    held = [balance("c", str(day), "time", "100") for day in QUARTER_ENDS if day <= as_of]
    made = {"customers": [customer("c", branch, None)], "transactions": [transaction(1, "c", "2024-01-15 10:00:00")]}
    bank = make_bank(folder / f"bank_{as_of}", made | {"balances": held}, as_of)
    build_activity(bank, Workspace(folder))
    return bank


def test_customer_of_the_old_branch_counts_for_the_new_one_a_quarter_later(tmp_path):
    """The books of four quarter ends say A, B, B, B; the customer moved once."""
    found = []
    for as_of, branch in zip(QUARTER_ENDS, "ABBB", strict=True):
        rows = table(tmp_path, of_one_customer(tmp_path, as_of, branch), as_of, "old_branch")
        found.append(rows.loc["c", ["books_branch_id", "branch_id", "moved_branch"]].tolist())
    assert found == [["A", "A", False], ["B", "A", True], ["B", "B", False], ["B", "B", False]]


def test_past_mart_made_anew_keeps_both_branches_of_its_time(tmp_path):
    for as_of, branch in zip(QUARTER_ENDS, "ABBC", strict=True):
        bank = of_one_customer(tmp_path, as_of, branch)
        table(tmp_path, bank, as_of, "old_branch")
    found = [table(tmp_path, bank, day, "old_branch").loc["c"] for day in (MARCH, JUNE)]
    kept = [row[["books_branch_id", "branch_id", "moved_branch"]].tolist() for row in found]
    assert kept == [["B", "A", True], ["B", "B", False]]


def test_rebuilt_past_mart_keeps_its_branches(place, tmp_path):
    bank, work = place
    (tmp_path / "activity").symlink_to(work.activity)
    branches_then(tmp_path, MARCH, a5="B2")
    rows = table(tmp_path, bank, MARCH)
    assert rows.loc[["a5", "a4"], "branch_id"].tolist() == ["B2", "B1"]


def test_change_is_missing_without_previous_quarter(place, tmp_path):
    """In March there is no December; and nobody has been assigned."""
    bank, work = place
    (tmp_path / "activity").symlink_to(work.activity)
    mart = make_mart(BankSnapshot(connect(), bank, Workspace(tmp_path), MARCH), "new_branch")
    found = compute(mart, load_metrics())
    assert found.missing["aum_change"] == "balances of 2023-12"
    assert found.missing["promoted_share"] == "balances of 2023-12"
    assert found.missing["overdue_share"] == "an assignment of owners"
    at = found.at("head_office")
    assert pd.isna(at.loc["aum_change", "value"])
    assert at.loc["aum", "above"] == 1 + 999_999 + 6_000_000 + 60_000_000 + 3_333 + 2


def test_month_end_without_balances_is_refused(place):
    with pytest.raises(HistoryError, match="figures at 2024-05-31: the books hold no balances of that month"):
        prepare(*place, date(2024, 5, 31))


def test_second_prepare_writes_nothing(place, view):
    _, work = place
    before = {path: path.stat().st_mtime_ns for path in work.root.rglob("*.parquet")}
    assert prepare(*place, JUNE).figures.rows.equals(view.figures.rows)
    assert {path: path.stat().st_mtime_ns for path in work.root.rglob("*.parquet")} == before


def test_refusal_that_came_back_since_is_read_by_the_next_prepare(tmp_path):
    bank, work = put(tmp_path, tables(contacts=[CALLED]))
    prepare(bank, work, MARCH)
    overdue = [prepare(bank, work, JUNE).coverage.set_index("customer_id").at["b0", "overdue_days"]]
    refused = make_bank(tmp_path / "refused", {"contacts": [CALLED | {"answer": "opt_out"}]})
    work.returned.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(refused.read(connect(), "contacts").to_pyarrow(), work.returned)
    overdue.append(prepare(bank, work, JUNE).coverage.set_index("customer_id").at["b0", "overdue_days"])
    assert overdue == [120, 0]  # due on 2 March, 30 days after the contact


def test_sum_is_about_those_who_add_to_it(view):
    """Of B1's customers four hold money, and of the one who left a quarter ago nothing is held now."""
    at = view.figures.at("branch", "B1")
    assert at.loc[["customers", "aum", "loans", "aum_per_customer"], "customers"].tolist() == [7, 4, 0, 4]
