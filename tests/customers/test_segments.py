"""Segments: their number by stability, their names by what sets them apart."""

import json
from datetime import date

import numpy as np
import pandas as pd
import pytest

from goldmine.core.errors import HistoryError, UseCaseError
from goldmine.core.i18n import LocalizedText, in_language
from goldmine.core.workspace import Workspace
from goldmine.customers.segments import choose_number, find_segments, segment_name

DAY = date(2024, 6, 30)


def test_largest_stable_number_is_chosen():
    tried = pd.DataFrame({"segments": [3, 4, 5], "agreement": [0.95, 0.85, 0.5]})
    assert choose_number(tried) == 4


def test_best_number_is_chosen_where_none_is_stable():
    tried = pd.DataFrame({"segments": [3, 4, 5], "agreement": [0.3, 0.2, 0.5]})
    assert choose_number(tried) == 5


def test_segment_is_named_by_its_strongest_features_in_both_languages():
    own = LocalizedText("own transactions", translations={"en": "own transactions", "zh": "主动交易"})
    name = segment_name(pd.Series({"aum": 0.1, "own": -2.0, "age": 1.0}), {"aum": "AUM", "own": own})
    assert name == "low own transactions; high age"
    assert in_language(name, "zh") == "主动交易偏低；age偏高"


def test_segments_in_the_data_are_found_and_written(tmp_path):
    random = np.random.default_rng(1)
    centres = np.repeat(np.array([[0.0, 0.0], [0.0, 400.0], [90_000.0, 0.0], [90_000.0, 400.0]]), [160, 120, 80, 40], 0)
    held = np.maximum(centres + random.normal(scale=[0.5, 0.2], size=centres.shape), 0)
    rows = pd.DataFrame({"customer_id": [f"{n:03d}" for n in range(400)], "aum_avg_30d": held[:, 0],
                         "own_days_365d": held[:, 1], "cutoff": DAY})  # fmt: skip
    work = Workspace(tmp_path)
    work.features(DAY).parent.mkdir(parents=True)
    rows.to_parquet(work.features(DAY))
    found = find_segments(work, DAY)
    assert found.stability.set_index("segments").agreement[4] == pytest.approx(1.0)
    assert found.table.customers.tolist()[:4] == sorted(found.table.customers, reverse=True)[:4]
    written = pd.read_parquet(found.path)
    assert written.customer_id.tolist() == rows.customer_id.tolist()
    assert len(json.loads(found.path.with_suffix(".json").read_text("utf-8"))) == len(found.table)


def test_too_few_customers_are_refused(tmp_path):
    work = Workspace(tmp_path)
    work.features(DAY).parent.mkdir(parents=True)
    pd.DataFrame({"customer_id": ["a"], "aum_avg_30d": [1.0]}).to_parquet(work.features(DAY))
    with pytest.raises(UseCaseError, match="only 1 customers"):
        find_segments(work, DAY)


def test_segments_need_features(tmp_path):
    with pytest.raises(HistoryError, match="no feature table of that day"):
        find_segments(Workspace(tmp_path), DAY)
