"""A feature table built in slices of customers is the same as one built in one piece."""

from datetime import date

import duckdb
import pytest

from goldmine.activity import build_activity
from goldmine.contract.customer_slices import slice_customers
from goldmine.contract.intake import open_bank
from goldmine.core.engine import Engine
from goldmine.core.workspace import Workspace
from goldmine.features import build_features
from goldmine.governance.point_in_time_check import check_point_in_time
from goldmine.sample import write_bank
from tests.tiny import make_bank, transaction

CUTOFF = date(2024, 5, 31)


def test_slices_are_contiguous_and_complete(tmp_path):
    names = ["A", "B'1", "C", "D", "E"]
    bank = make_bank(tmp_path / "bank", {"customers": [{"customer_id": name} for name in names]})
    assert slice_customers(bank, 2) == [
        "customer_id < 'C'",
        "customer_id >= 'C' AND customer_id < 'E'",
        "customer_id >= 'E'",
    ]


def test_merged_number_counts_in_the_slice_of_its_survivor(tmp_path):
    merged = {"customer_id": "A", "merged_into": "E", "merged_on": date(2024, 5, 1)}
    tables = {
        "customers": [merged, *({"customer_id": name} for name in "BCDE")],
        "transactions": [
            transaction(1, "A", "2024-04-03T09:00", amount="10.00"),
            transaction(2, "E", "2024-05-03T09:00", amount="20.00"),
            transaction(3, "B", "2024-05-03T09:00", amount="40.00"),
        ],
    }
    work, bank = Workspace(tmp_path / "work"), make_bank(tmp_path / "bank", tables)
    build_activity(bank, work)
    before = date(2024, 4, 30)
    build_features(bank, work, [before, CUTOFF], Engine(slice_customers=2))
    query = "SELECT customer_id, outflow_sum_90d FROM read_parquet('{}')"
    assert duckdb.sql(query.format(work.features(CUTOFF))).fetchall() == [
        ("B", 40.0),
        ("C", 0.0),
        ("D", 0.0),
        ("E", 30.0),
    ]
    assert duckdb.sql(query.format(work.features(before))).fetchall()[0] == ("A", 10.0)


@pytest.mark.parametrize("max_customers", [150, 400])
def test_features_are_the_same_with_and_without_slices(tmp_path, max_customers):
    write_bank(tmp_path / "bank", customers=600, months=16, seed=5, end=CUTOFF)
    work = Workspace(tmp_path / "work")
    bank = open_bank(tmp_path / "bank", work)
    build_activity(bank, work)
    build_features(bank, work, [CUTOFF])
    whole = duckdb.sql(f"FROM '{work.features(CUTOFF)}' ORDER BY customer_id").fetchall()
    work.features(CUTOFF).with_suffix(".json").unlink()
    build_features(bank, work, [CUTOFF], Engine(slice_customers=max_customers))
    assert work.features(CUTOFF).is_dir()
    assert duckdb.sql(f"FROM read_parquet('{work.features(CUTOFF)}')").fetchall() == whole
    assert check_point_in_time(bank, work, CUTOFF).changed == {}
    assert [path.name for path in work.features(CUTOFF).parent.rglob(".*")] == [f".{work.features(CUTOFF).name}.seal"]
