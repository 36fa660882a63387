from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from goldmine.core.workspace import Workspace
from goldmine.governance.drift import table_drift as room
from goldmine.governance.drift.performance_estimation import Performance
from goldmine.governance.drift.reference import Reference, Window
from goldmine.governance.drift.stability import profiles_of
from goldmine.governance.drift.table_drift import table_drift
from goldmine.models.external.result import probabilities_path

JUNE = date(2024, 6, 30)
EVEN, HIGH = np.linspace(0, 1, 1_000), np.linspace(0.8, 1, 1_000)
KEYS = [str(number) for number in range(1_000)]
PROMISED, CAME = Performance(0.06, 0.8, 3.0), Performance(0.31, 0.7, 2.5)


@pytest.fixture
def work(tmp_path, monkeypatch):
    """A table whose rate drifted in the test rows; in the thousand rows to score it is high too."""
    learnt = pa.table({"rate": EVEN, "age": EVEN, "score": EVEN})
    profiles = profiles_of(learnt, learnt.column_names)
    still = dict.fromkeys(profiles, 0.0)
    judged = Window("the latest rows of the table", 1_000, still | {"rate": 9.0}, dict.fromkeys(profiles, 0.3))
    found = Reference(profiles, still, {"rate": 0.5, "age": 0.5}, (judged,), {"estimated": PROMISED, "realised": CAME})
    monkeypatch.setattr(room, "read_reference", lambda run: found)
    made = Workspace(tmp_path)
    for path in (made.features(JUNE), probabilities_path(made, "mine")):
        path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table({"customer_id": KEYS, "rate": HIGH, "age": HIGH}), made.features(JUNE))
    labelled = [str(number) for number in range(1_000, 1_100)]
    chances = {"customer_id": [int(key) for key in (*labelled, *KEYS)], "probability": [*[0.99] * 100, *EVEN]}
    pq.write_table(pa.table(chances), probabilities_path(made, "mine"))
    return made


def test_external_table_alarms_if_test_and_scored_rows_drifted(work):
    seen = table_drift(work, "mine", JUNE, "run")
    assert (seen.tested.drifted, sorted(seen.scored.drifted), seen.alarms) == (["rate"], ["age", "rate"], ("rate",))
    assert (seen.estimated.rate, seen.realised.rate) == (0.06, 0.31)
    tested, ratio, changed = seen.rate_warnings
    assert tested.startswith("base rate: 6.0% were predicted and 31.0% were observed, 417% more")
    assert ratio.endswith(
        "at the test cutoff 6.0% were predicted and 31.0% were observed, and at that ratio 100.0% are expected"
    )
    assert changed.startswith("base rate: these scores predict 50.0%, and 31.0% were observed at the test cutoff")


def test_external_table_without_rows_to_score_has_only_test_rows(work):
    pq.write_table(pq.read_table(work.features(JUNE)).slice(0, 0), work.features(JUNE))
    seen = table_drift(work, "mine", JUNE, "run")
    assert (seen.tested.drifted, seen.scored, seen.alarms) == (["rate"], None, ())
