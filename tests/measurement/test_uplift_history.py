from datetime import date

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from goldmine.activity import build_activity
from goldmine.campaigns.stored_uplift import read_stored_uplift
from goldmine.core.errors import HistoryError, ReleaseError
from goldmine.core.workspace import Workspace
from goldmine.labels.use_case import load_use_case
from goldmine.measurement.uplift_history import (
    features_of,
    learn_for_lists,
    learn_uplift,
    shared_features,
    to_past_campaign,
)
from tests.measurement.test_campaign_results import publish
from tests.tiny import make_bank, transaction

AS_OF = date(2024, 2, 29)


@pytest.fixture
def work(tmp_path):
    work = Workspace(tmp_path)
    path = work.features(AS_OF)
    path.parent.mkdir(parents=True)
    pq.write_table(pa.table({"customer_id": ["a", "b", "c"], "age_years": [30.0, 40.0, 50.0]}), path)
    return work


def test_features_follow_customer_order_and_are_empty_if_missing(work):
    found = features_of(work, AS_OF, pa.array(["c", "x", "a"]))
    assert found["age_years"].to_pylist() == [50.0, None, 30.0]


def test_campaign_that_drew_nobody_anew_has_no_features(work):
    assert features_of(work, AS_OF, pa.array([], pa.string())).num_rows == 0
    rows = pd.DataFrame({"group": [], "aim": [], "probability": []})
    found = to_past_campaign(rows, pa.table({"x": []}), load_use_case("longtail"))
    assert (found.groups, found.share.tolist()) == ((0, 0), [])


def test_snapshot_without_features_is_refused(work):
    with pytest.raises(HistoryError, match="features: none of 2024-01-31, the snapshot of a campaign to learn from"):
        features_of(work, date(2024, 1, 31), pa.array(["a"]))


def test_contact_share_is_the_campaign_s_in_every_stratum():
    rows = pd.DataFrame(
        {
            "group": ["contact", "control", "contact", "contact", "control", "contact"],
            "stratum": ["a", "a", "b", "b", "b", "c"],
            "aim": [1, 0, 0, 0, 1, 1],
            "probability": [0.6, 0.5, 0.4, 0.3, 0.2, 0.1],
        }
    )
    found = to_past_campaign(rows, pa.table({"x": range(6)}), load_use_case("longtail"))
    assert found.share.tolist() == pytest.approx([2 / 3] * 6)
    assert found.success.tolist() == [1, 0, 0, 0, 1, 1]
    assert found.probability.tolist() == found.predicted.tolist() == [0.6, 0.5, 0.4, 0.3, 0.2, 0.1]
    wake = to_past_campaign(rows, pa.table({"x": range(6)}), load_use_case("dormancy"))
    assert wake.predicted.tolist() == pytest.approx([0.4, 0.5, 0.6, 0.7, 0.8, 0.9])


def test_only_features_shared_by_all_campaigns_are_used():
    first = pa.table({"customer_id": ["a"], "cutoff": [AS_OF], "age_years": [1.0], "gone": [1.0]})
    later = pa.table({"customer_id": ["a"], "cutoff": [AS_OF], "age_years": [1.0], "new": [1.0]})
    assert shared_features(load_use_case("longtail"), [first, later]) == ["age_years"]
    assert shared_features(load_use_case("longtail"), []) == []


def test_lists_rank_by_propensity_without_campaigns_or_features(tmp_path):
    plain = {
        "customers": [{"customer_id": who} for who in "abcd"],
        "transactions": [transaction(n, "a", f"2024-{n:02d}-15 10:00:00") for n in range(1, 7)],
    }
    bank = make_bank(tmp_path / "bank", plain)
    empty, worked, early = (Workspace(tmp_path / name) for name in ("empty", "worked", "early"))
    publish(worked, use_case="dormancy")
    published = publish(early, use_case="dormancy") / "offers.parquet"
    pq.write_table(pq.read_table(published).drop_columns(["stratum"]), published)
    for work in (worked, early):
        build_activity(bank, work)
    with pytest.raises(HistoryError, match="features: none of 2024-02-29"):
        learn_uplift(bank, worked, load_use_case("dormancy"), date(2024, 6, 30))
    with pytest.raises(ReleaseError, match="stratum"):
        learn_uplift(bank, early, load_use_case("dormancy"), date(2024, 6, 30))
    said = {
        "empty": [],
        "worked": [
            "dormancy: nothing is learnt from spring of 2024-02-29. "
            "features: none of 2024-02-29, the snapshot of a campaign to learn from."
        ],
        "early": ["dormancy: nothing is learnt from spring of 2024-02-29. "],
    }
    for work in (empty, worked, early):
        notes = learn_for_lists(bank, work, ["dormancy", "wealth"], date(2024, 6, 30))
        for line, start in zip(notes, said[work.root.name], strict=True):
            assert line.startswith(start)
        kept = read_stored_uplift(work, date(2024, 6, 30), "dormancy")
        assert (kept.verdict, kept.path, kept.rows, kept.missed) == ("history too small", None, 0, len(notes))


def test_unreadable_campaign_is_left_out_of_learning(tmp_path):
    plain = {
        "customers": [{"customer_id": who} for who in "abcd"],
        "transactions": [transaction(n, "a", f"2024-{n:02d}-15 10:00:00") for n in range(1, 7)],
    }
    bank, work = make_bank(tmp_path / "bank", plain), Workspace(tmp_path / "work")
    publish(work, use_case="dormancy")
    broken = publish(work, use_case="dormancy", campaign="lantern") / "offers.parquet"
    pq.write_table(pq.read_table(broken).drop_columns(["stratum"]), broken)
    build_activity(bank, work)
    features = work.features(AS_OF)
    features.parent.mkdir(parents=True)
    pq.write_table(pa.table({"customer_id": list("abcd"), "age_years": [30.0, 40.0, 50.0, 60.0]}), features)
    notes = learn_for_lists(bank, work, ["dormancy"], date(2024, 6, 30))
    assert len(notes) == 1
    assert notes[0].startswith("dormancy: nothing is learnt from lantern of 2024-02-29. ")
    kept = read_stored_uplift(work, date(2024, 6, 30), "dormancy")
    assert (kept.rows, kept.missed, kept.channels) == (4, 1, {"call": 2})
