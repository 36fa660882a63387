import duckdb
import pytest

from goldmine.activity import build_activity
from goldmine.activity.build import partition, write_in_slices
from goldmine.core.engine import DUCKDB
from goldmine.core.fingerprint import of_file
from goldmine.core.workspace import Workspace
from tests.tiny import balance, make_bank, transaction


@pytest.fixture
def work(tmp_path):
    return Workspace(tmp_path / "work")


def rows_of(work, table, month, columns="*"):
    path = partition(work, table, month)
    return duckdb.sql(f"SELECT {columns} FROM '{path}' ORDER BY ALL").fetchall()


def test_amounts_are_summed_in_fen_by_flow_and_channel(tmp_path, work):
    bank = make_bank(
        tmp_path,
        {
            "transactions": [
                transaction(1, "A", "2024-05-03T09:00", amount="12.34"),
                transaction(2, "A", "2024-05-20T09:00", amount="0.10", direction="in", kind="cash", channel="counter"),
            ]
        },
    )
    build_activity(bank, work)
    columns = "customer_id, out_sum, out_count, out_purchase_sum, in_sum, in_cash_sum, pos_count, counter_sum"
    assert rows_of(work, "transactions", "2024-05", columns) == [("A", 1234, 1, 1234, 10, 10, 1, 10)]


def test_interest_fees_and_batch_entries_are_not_the_customers_own(tmp_path, work):
    bank = make_bank(
        tmp_path,
        {
            "transactions": [
                transaction(1, "A", "2024-05-03T09:00"),
                transaction(2, "A", "2024-05-21T09:00", kind="interest", direction="in", channel=None),
                transaction(3, "A", "2024-05-22T09:00", kind="fee"),
                transaction(4, "A", "2024-05-23T09:00", kind="salary", direction="in", channel="batch"),
            ]
        },
    )
    build_activity(bank, work)
    columns = "own_count, own_days, CAST(last_own AS VARCHAR), in_count + out_count"
    assert rows_of(work, "transactions", "2024-05", columns) == [(1, 0b100, "2024-05-03", 4)]


def test_duplicate_transactions_count_once(tmp_path, work):
    bank = make_bank(tmp_path, {"transactions": [transaction(1, "A", "2024-05-03T09:00")] * 2})
    build_activity(bank, work)
    assert rows_of(work, "transactions", "2024-05", "out_count") == [(1,)]


def test_a_month_made_in_slices_of_customers_is_the_same_file(tmp_path, work):
    many = [transaction(n, f"{n % 5_000:05}", f"2024-05-{n % 30 + 1:02}T09:00", amount=str(n)) for n in range(20_000)]
    odd = [transaction(7, "09999", "2024-05-08T09:00"), transaction(8, "00008", "2024-05-09T09:00", amount="8")]
    own = [balance(f"{n:05}", "2024-05-31", "demand", str(n)) for n in range(5_000)]
    bank = make_bank(tmp_path, {"transactions": [*many, *odd], "balances": own})
    build_activity(bank, work)
    names = ["transactions/2024-05", "balances/2024-05"]
    slices = ["customer_id < '00007'", "customer_id >= '00007' AND customer_id < '03000'", "customer_id >= '03000'"]
    sliced = Workspace(tmp_path / "sliced")
    assert list(write_in_slices(DUCKDB, bank, sliced, names, slices)) == names
    for name in names:
        one, other = (of_file(partition(each, *name.split("/"))) for each in (work, sliced))
        assert one == other
    assert rows_of(sliced, "transactions", "2024-05", "sum(out_count)") == [(20_000,)]
    assert [path.name for path in sliced.activity.rglob(".*.part")] == []


def test_late_rows_are_aggregated_by_the_month_they_became_known(tmp_path, work):
    bank = make_bank(
        tmp_path,
        {
            "transactions": [
                transaction(1, "A", "2024-05-03T09:00"),
                transaction(2, "A", "2024-05-30T09:00", known_on="2024-06-02"),
            ]
        },
    )
    build_activity(bank, work)
    may, june = 2024 * 12 + 4, 2024 * 12 + 5
    assert rows_of(work, "transactions", "2024-05", "month, known, out_count") == [(may, may, 1), (may, june, 1)]


def test_balances_are_summed_by_class_and_aum_excludes_loans(tmp_path, work):
    bank = make_bank(
        tmp_path,
        {
            "balances": [
                balance("A", "2024-05-31", "demand", "10.50", end="11.00"),
                balance("A", "2024-05-31", "wealth", "100.00"),
                balance("A", "2024-05-31", "loan", "5000.00"),
            ]
        },
    )
    build_activity(bank, work)
    columns = "demand_avg, demand_end, wealth_avg, loan_avg, aum_avg, aum_end"
    assert rows_of(work, "balances", "2024-05", columns) == [(1050, 1100, 10000, 500000, 11050, 11100)]


def test_only_changed_months_are_rebuilt(tmp_path, work):
    rows = [transaction(1, "A", "2024-04-03T09:00"), transaction(2, "A", "2024-05-03T09:00")]
    first = build_activity(make_bank(tmp_path / "1", {"transactions": rows}), work)
    again = build_activity(make_bank(tmp_path / "2", {"transactions": rows}), work)
    late = transaction(3, "A", "2024-04-29T09:00", known_on="2024-05-02")
    changed = build_activity(make_bank(tmp_path / "3", {"transactions": [*rows, late]}), work)
    assert first.made == ("transactions/2024-04", "transactions/2024-05")
    assert again.made == ()
    assert changed.made == ("transactions/2024-04",)
    assert changed.kept == ("transactions/2024-05",)


def test_month_without_rows_is_removed(tmp_path, work):
    rows = [transaction(1, "A", "2024-04-03T09:00"), transaction(2, "A", "2024-05-03T09:00")]
    build_activity(make_bank(tmp_path / "1", {"transactions": rows}), work)
    build_activity(make_bank(tmp_path / "2", {"transactions": rows[1:]}), work)
    assert not partition(work, "transactions", "2024-04").exists()
