from datetime import date

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from goldmine.core.errors import HistoryError
from goldmine.core.work import Work
from goldmine.measurement.history import features_of, shared_features, to_round
from goldmine.usecases import load_use_case

AS_OF = date(2024, 2, 29)


@pytest.fixture
def work(tmp_path):
    work = Work(tmp_path)
    path = work.features(AS_OF)
    path.parent.mkdir(parents=True)
    pq.write_table(pa.table({"customer_id": ["a", "b", "c"], "age_years": [30.0, 40.0, 50.0]}), path)
    return work


def test_features_come_in_the_order_of_the_customers_and_are_empty_where_there_are_none(work):
    found = features_of(work, AS_OF, pa.array(["c", "x", "a"]))
    assert found["age_years"].to_pylist() == [50.0, None, 30.0]


def test_a_snapshot_without_features_is_said(work):
    with pytest.raises(HistoryError, match="features: none of 2024-01-31, the snapshot of a campaign to learn from"):
        features_of(work, date(2024, 1, 31), pa.array(["a"]))


def test_the_share_of_contact_is_that_of_the_stratum_and_of_all_where_a_stratum_has_one_arm_only():
    rows = pd.DataFrame(
        {
            "group": ["contact", "control", "contact", "contact", "control", "contact"],
            "stratum": ["a", "a", "b", "b", "b", "c"],
            "aim": [1, 0, 0, 0, 1, 1],
        }
    )
    found = to_round(rows, pa.table({"x": range(6)}))
    assert found.share.tolist() == pytest.approx([1 / 2, 1 / 2, 2 / 3, 2 / 3, 2 / 3, 2 / 3])
    assert found.aim.tolist() == [1, 0, 0, 0, 1, 1]


def test_only_features_that_every_campaign_had_are_learnt_from():
    first = pa.table({"customer_id": ["a"], "cutoff": [AS_OF], "age_years": [1.0], "gone": [1.0]})
    later = pa.table({"customer_id": ["a"], "cutoff": [AS_OF], "age_years": [1.0], "new": [1.0]})
    assert shared_features(load_use_case("longtail"), [first, later]) == ["age_years"]
    assert shared_features(load_use_case("longtail"), []) == []
