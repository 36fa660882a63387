from dataclasses import asdict, replace
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from goldmine.core.errors import DriftError, ModelError
from goldmine.core.files import write_json
from goldmine.core.workspace import Workspace
from goldmine.governance.drift import report as room
from goldmine.governance.drift.performance_estimation import Performance
from goldmine.governance.drift.reference import (
    Reference,
    Window,
    _between_cutoffs,
    learn_reference,
    log_reference,
    read_reference,
)
from goldmine.governance.drift.report import alarms_of, drift_report, estimated_and_realised, require_stable
from goldmine.governance.drift.stability import profiles_of
from goldmine.labels import Cutoffs
from goldmine.models.score import ScoreReport
from goldmine.models.tracking import tracked
from goldmine.models.training_set import TrainingSet
from tests.models.made import rows, use_case
from tests.tiny import make_bank

JUNE, JULY = date(2024, 6, 30), date(2024, 7, 31)
LEARNT = pa.table({"inflow": np.linspace(0, 1, 2_000), "silent": np.linspace(0, 1, 2_000)})
NAMES = ["inflow", "silent"]
PEOPLE = [f"C{number:04}" for number in range(1_000)]


def window(cutoff: str, *drifted: str) -> Window:
    """A window in which some features lie beyond their limit."""
    return Window(cutoff, 1_000, {name: 9.0 if name in drifted else 0.0 for name in NAMES}, dict.fromkeys(NAMES, 0.3))


@pytest.fixture
def reference(monkeypatch):
    """What the model learnt from, and that the inflow had drifted at its test cutoff."""
    judged = {"estimated": Performance(0.2, 0.8, 3.0), "realised": Performance(0.25, 0.7, 2.5)}
    windows = (window("2024-01-31"), window("2024-03-31", "inflow"))
    profiles = profiles_of(LEARNT, NAMES) | profiles_of(pa.table({"score": np.linspace(0, 1, 1_000)}), ["score"])
    usual = dict.fromkeys(profiles, 0.0)
    found = Reference(profiles, usual, {"inflow": 0.5, "silent": 0.5}, windows, judged)
    monkeypatch.setattr(room, "read_reference", lambda run: found)
    return found


def scored(work: Workspace, as_of: date, inflow: np.ndarray, silent: np.ndarray, version: str = "1") -> ScoreReport:
    """A snapshot's features and scores."""
    for path in (work.features(as_of), work.scores(as_of, "mine")):
        path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table({"customer_id": PEOPLE, "inflow": inflow, "silent": silent}), work.features(as_of))
    probability = np.linspace(1, 0, len(PEOPLE))
    pq.write_table(pa.table({"customer_id": PEOPLE, "probability": probability}), work.scores(as_of, "mine"))
    return ScoreReport(
        "mine",
        as_of,
        "tiny.mine",
        version,
        "run",
        len(PEOPLE),
        work.scores(as_of, "mine"),
        unseen_categories={},
    )


USUAL, HIGH = np.linspace(0, 1, 1_000), np.linspace(0.8, 1, 1_000)


def test_drift_in_two_windows_alarms_and_one_odd_month_does_not(reference, tmp_path):
    work = Workspace(tmp_path)
    seen = drift_report(work, use_case(), JUNE, scored(work, JUNE, HIGH, HIGH))
    assert sorted(seen.windows[-1].drifted) == ["inflow", "silent"]
    assert seen.alarms == ("inflow",)
    ratio, changed = seen.rate_warnings
    assert ratio.endswith(
        "at the test cutoff 20.0% were predicted and 25.0% were observed, and at that ratio 62.5% are expected"
    )
    assert changed.startswith("base rate: these scores predict 50.0%, and 25.0% were observed at the test cutoff")
    states = seen.frame().set_index("feature").state.to_dict()
    assert states == {"inflow": "alarm", "silent": "drifted", "score": "stable"}


def test_feature_of_little_gain_drifts_without_alarm(reference, tmp_path):
    work = Workspace(tmp_path)
    reference.weight["inflow"] = 0.009
    seen = drift_report(work, use_case(), JUNE, scored(work, JUNE, HIGH, USUAL))
    assert (seen.windows[-1].drifted, seen.alarms) == (["inflow"], ())


def test_many_features_of_little_gain_alarm_together():
    names = [f"light_{number}" for number in range(4)]
    weight = dict.fromkeys(names, 0.008) | {"heavy": 0.9}
    drifted = Window("2024-06-30", 1_000, dict.fromkeys(weight, 9.0), dict.fromkeys(names, 0.3) | {"heavy": 10.0})
    found = Reference({}, {}, weight, (), {})
    assert alarms_of((drifted, drifted), found) == tuple(names)
    assert alarms_of((drifted,), found) == ()
    assert alarms_of((drifted, drifted), replace(found, weight=dict.fromkeys(names, 0.007))) == ()


def test_features_without_gain_alarm_if_ten_and_a_twentieth_of_all_drift():
    names = [f"light_{number}" for number in range(10)]

    def alarms(features):
        weight = dict.fromkeys(names, 0.0) | {f"steady_{number}": 0.01 for number in range(features - 10)}
        drifted = Window("2024-06-30", 1_000, dict.fromkeys(names, 9.0), dict.fromkeys(names, 0.3))
        return alarms_of((drifted, drifted), Reference({}, {}, weight, (), {}))

    assert alarms(200) == tuple(names)
    assert alarms(201) == ()
    names = names[:9]
    assert alarms(20) == ()


def test_peer_aggregates_do_not_alarm():
    names = ["identity_coming_rose_share", "village_aum_mean", "inflow_sum_30d", "village_of_a_table_made_elsewhere"]
    drifted = Window("2024-06-30", 1_000, dict.fromkeys(names, 9.0), dict.fromkeys(names, 0.3))
    found = Reference({}, {}, dict.fromkeys(names, 0.02), (), {})
    assert sorted(alarms_of((drifted, drifted), found)) == ["inflow_sum_30d", "village_of_a_table_made_elsewhere"]


def test_usual_difference_between_months_is_no_drift(reference, tmp_path):
    work = Workspace(tmp_path)
    reference.usual["inflow"] = 50.0
    assert drift_report(work, use_case(), JUNE, scored(work, JUNE, HIGH, USUAL)).windows[-1].drifted == []


def test_usual_difference_is_learnt_from_the_training_cutoffs():
    ends = [date(2023, 7, 31)] * 500 + [date(2023, 8, 31)] * 500
    train = pa.table(
        {"cutoff": ends, "seasonal": [0.0] * 500 + [1.0] * 500, "even": np.tile(np.linspace(0, 1, 500), 2)}
    )
    profiles = profiles_of(train, ["seasonal", "even"])
    cutoffs = Cutoffs((date(2023, 7, 31), date(2023, 8, 31)), date(2023, 11, 30), date(2024, 2, 29))
    usual = _between_cutoffs(profiles, TrainingSet(train, train, train, cutoffs))
    assert usual["seasonal"] > 2
    assert usual["even"] == pytest.approx(0, abs=0.01)


def test_feature_that_recovered_does_not_alarm(reference, tmp_path):
    work = Workspace(tmp_path)
    assert drift_report(work, use_case(), JUNE, scored(work, JUNE, USUAL, USUAL)).alarms == ()


def test_snapshots_scored_by_the_same_model_are_windows(reference, tmp_path):
    work = Workspace(tmp_path)
    drift_report(work, use_case(), JUNE, scored(work, JUNE, USUAL, HIGH))
    seen = drift_report(work, use_case(), JULY, scored(work, JULY, USUAL, HIGH))
    assert [one.cutoff for one in seen.windows] == ["2024-03-31", "2024-06-30", "2024-07-31"]
    assert seen.alarms == ("silent",)
    fresh = drift_report(work, use_case(), JULY, scored(work, JULY, USUAL, HIGH, version="2"))
    assert [one.cutoff for one in fresh.windows] == ["2024-01-31", "2024-03-31", "2024-07-31"]
    assert fresh.alarms == ()


def test_required_steadiness_raises_drift_error(reference, tmp_path):
    work = Workspace(tmp_path)
    drift_report(work, use_case(), JUNE, scored(work, JUNE, HIGH, USUAL))
    with pytest.raises(DriftError, match=r"Drift at 2024-06-30: mine: 1 drifted, first inflow") as caught:
        require_stable(work, JUNE)
    assert caught.value.exit_code == 24
    require_stable(work, JUNE, ("other",))
    require_stable(work, JULY)


def test_estimates_and_observed_figures_once_outcomes_are_complete(reference, tmp_path, monkeypatch):
    work = Workspace(tmp_path)
    seen = drift_report(work, use_case(), JUNE, scored(work, JUNE, USUAL, USUAL))
    bank = make_bank(tmp_path / "bank", {"customers": [{"customer_id": "C0000"}]})
    told = pa.table({"customer_id": PEOPLE, "outcome": pa.array([1] * 500 + [0] * 500, pa.int8())})
    monkeypatch.setattr(room, "labelled", lambda *given: told)
    assert estimated_and_realised(bank, work, use_case(), date(2024, 9, 30)).empty
    found = estimated_and_realised(bank, work, use_case(), date(2024, 10, 31)).set_index("figure")
    assert found.scored_at.tolist() == ["2024-06-30"] * 3
    assert found.realised.to_dict() == {"rate": 0.5, "auc": 1.0, "lift_list": 2.0}
    assert found.error["auc"] == pytest.approx(1 - seen.estimate.middle.auc)
    judged = estimated_and_realised(bank, work, use_case(), JUNE).set_index("figure")
    assert judged.scored_at.tolist() == ["2024-03-31 (test cutoff)"] * 3
    assert judged.error["lift_list"] == -0.5


def test_training_stores_its_reference_with_its_run(store, fitted):
    cutoffs = Cutoffs((date(2023, 8, 31),), date(2023, 11, 30), date(2024, 2, 29))
    learnt_from = TrainingSet(rows(seed=1), rows(seed=3), rows(seed=2), cutoffs)
    learnt = learn_reference(fitted, learnt_from, fitted.model.predict(rows(seed=3)), 100)
    with tracked("tiny") as run:
        log_reference(learnt)
    assert read_reference(run) == learnt
    assert [one.cutoff for one in learnt.windows] == ["2023-11-30", "2024-02-29"]
    assert [one.drifted for one in learnt.windows] == [[], []]
    assert set(learnt.profiles) == {*fitted.model.encoding.features, "score"}
    with pytest.raises(ModelError, match="has no drift reference"):
        with tracked("tiny") as other:
            pass
        read_reference(other)


def test_rows_drawn_for_their_outcome_are_no_drift(fitted):
    every = rows(8_000, seed=1)
    happened = every["outcome"].to_numpy() == 1
    drawn = happened | (np.arange(8_000) % 20 == 0)  # of the others every twentieth, which stands for twenty
    weight = pa.array(np.where(happened, 1, 20)[drawn], pa.float32())
    learnt_from = TrainingSet(every.filter(pa.array(drawn)).append_column("weight", weight), rows(8_000, seed=3))
    found = learn_reference(fitted, learnt_from, fitted.model.predict(learnt_from.test), 100).windows[-1]
    assert found.psi["inflow_sum_90d"] == pytest.approx(0, abs=0.1)
    assert found.drifted == []


def test_external_table_is_tested_on_its_latest_rows(fitted):
    shifted = rows(seed=3).set_column(1, "inflow_sum_90d", pa.array(np.full(1_500, 3.0), pa.float32()))
    learnt = learn_reference(fitted, TrainingSet(rows(seed=1), shifted), fitted.model.predict(shifted), 100)
    assert [one.cutoff for one in learnt.windows] == ["the other rows of the table"]
    assert learnt.windows[0].drifted == ["inflow_sum_90d"]
    told = learnt.frame().iloc[0]
    assert (told.feature, told.state, told.psi > told.limit) == ("inflow_sum_90d", "drifted", True)


def test_report_is_stored_by_snapshot_and_use_case(reference, tmp_path):
    work = Workspace(tmp_path)
    seen = drift_report(work, use_case(), JUNE, scored(work, JUNE, USUAL, USUAL))
    write_json(tmp_path / "expected.json", asdict(seen))
    assert work.drift(JUNE, "mine").read_bytes() == (tmp_path / "expected.json").read_bytes()


def test_test_rows_of_an_external_table_are_a_window(reference, tmp_path, monkeypatch):
    table = replace(reference, windows=(window("the latest rows of the table", "inflow"),))
    monkeypatch.setattr(room, "read_reference", lambda run: table)
    work = Workspace(tmp_path)
    seen = drift_report(work, use_case(), JUNE, scored(work, JUNE, HIGH, HIGH))
    assert [one.cutoff for one in seen.windows] == ["the latest rows of the table", "2024-06-30"]
    assert seen.alarms == ("inflow",)
