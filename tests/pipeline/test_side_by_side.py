"""Notebooks that run before their turn; each notebook is a function here."""

from datetime import date
from threading import Barrier

import pandas as pd
import pytest

from goldmine.core.engine import DUCKDB, Engine
from goldmine.core.errors import ModelError
from goldmine.core.files import write_json
from goldmine.core.workspace import Workspace
from goldmine.pipeline import side_by_side
from goldmine.pipeline.side_by_side import SideBySide, notebooks_at_once, ready_steps
from goldmine.pipeline.snapshot import Snapshot
from goldmine.pipeline.step import Step, StepResult

AS_OF = date(2024, 6, 30)
STEPS = (
    Step("features", "", "", notebook="2_features"),
    Step("customers", "", "", notebook="3_customers", after=("features",)),
    Step("model", "", "", notebook="4_train", for_each="use_case", after=("features",)),
    Step("scores", "", "", notebook="5_score", for_each="use_case", after=("features", "model"), suites=("scores",)),
    Step("release", "", "", notebook="6_publish", after=("customers", "scores")),
    Step("segments", "", "", notebook="9_segments", after=("features",), on_request=True),
)
RUN = (
    "features",
    "customers",
    "wealth/model",
    "dormancy/model",
    "wealth/scores",
    "dormancy/scores",
    "release",
    "segments",
)
CUSTOMERS, MODEL = STEPS[1], STEPS[2]


def ready(*done, selected=RUN):
    return ["/".join(filter(None, (name, step.name))) for step, name in ready_steps(STEPS, selected, done)]


def test_step_is_ready_when_what_it_needs_is_done_or_no_part_of_the_run():
    assert ready() == ["features"]
    assert ready("features") == ["customers", "dormancy/model", "wealth/model"]
    assert ready("features", "customers", "wealth/model") == ["dormancy/model", "wealth/scores"]
    assert ready(selected=["wealth/model", "wealth/scores", "release"]) == ["wealth/model"]


def test_step_of_the_whole_bank_waits_for_every_use_case():
    all_but_one = set(RUN) - {"release", "segments", "dormancy/scores"}
    assert ready(*all_but_one) == ["dormancy/scores"]
    assert ready(*all_but_one, "dormancy/scores") == ["release"]


@pytest.fixture
def run(tmp_path):
    return Snapshot(tmp_path / "bank", Workspace(tmp_path / "work"), AS_OF)


def test_steps_run_at_the_same_time_and_each_is_taken_at_its_turn(run):
    both = Barrier(2, timeout=20)

    def notebook(step, snapshot):
        both.wait()
        return StepResult(step.name, reused=False)

    with SideBySide() as side:
        side.begin([(CUSTOMERS, run), (MODEL, run)], notebook, at_once=2)
        taken = [side.attempt(step, run, notebook).get().mlflow_run for step in (CUSTOMERS, MODEL)]
    assert taken == ["customers", "model"]


def test_failure_is_raised_at_the_turn_and_the_next_attempt_runs_anew(run):
    def refused(step, snapshot):
        raise ModelError("no model.", "Look.")

    with SideBySide() as side:
        side.begin([(MODEL, run)], refused, at_once=2)
        failed = side.attempt(MODEL, run, refused)
        with pytest.raises(ModelError, match="no model"):
            failed.get()
        side.begin([(MODEL, run)], refused, at_once=2)
        again = side.attempt(MODEL, run, lambda step, snapshot: StepResult("2", reused=False))
    assert again.get().mlflow_run == "2"


def test_checks_are_those_of_the_step_although_a_suite_has_one_file(run):
    names = iter(("first", "second"))

    def notebook(step, snapshot):
        write_json(snapshot.work.validation("scores"), {"success": True, "of": next(names)})
        return StepResult("", reused=False)

    one, two = (Step(name, "", "", notebook="5_score", suites=("scores",)) for name in ("one", "two"))
    with SideBySide() as side:
        side.begin([(one, run), (two, run)], notebook, at_once=2)
        found = [side.attempt(step, run, notebook).checks["scores"]["of"] for step in (one, two)]
    assert found == ["first", "second"]


def test_as_many_at_once_as_cores_and_half_of_the_free_memory_allow(run, monkeypatch):
    monkeypatch.setattr(Snapshot, "engine", DUCKDB)
    monkeypatch.setattr(side_by_side, "cores", lambda: 4)
    monkeypatch.setattr(side_by_side, "_free_gib", lambda: 7)
    assert notebooks_at_once(run) == 1  # no features yet
    run.work.features(AS_OF).parent.mkdir(parents=True)
    pd.DataFrame({"customer_id": ["a"]}).to_parquet(run.work.features(AS_OF))
    assert notebooks_at_once(run) == 3
    monkeypatch.setattr(side_by_side, "_free_gib", lambda: 1)
    assert notebooks_at_once(run) == 1
    monkeypatch.setattr(side_by_side, "_free_gib", lambda: 64)
    assert notebooks_at_once(run) == 4
    monkeypatch.setattr(side_by_side, "_LARGE_BANK", 0)
    monkeypatch.setattr(side_by_side, "_free_gib", lambda: 17)
    assert notebooks_at_once(run) == 2


def test_notebooks_are_one_at_once_only_where_spark_shares_out_a_table_of_several_parts(run, monkeypatch):
    monkeypatch.setattr(Snapshot, "engine", Engine("spark", "local[2]"))
    monkeypatch.setattr(side_by_side, "cores", lambda: 2)
    monkeypatch.setattr(side_by_side, "_free_gib", lambda: 64)
    parts = run.work.features(AS_OF)
    parts.mkdir(parents=True)
    pd.DataFrame({"customer_id": ["a"]}).to_parquet(parts / "00.parquet")
    assert notebooks_at_once(run) == 2
    pd.DataFrame({"customer_id": ["b"]}).to_parquet(parts / "01.parquet")
    assert notebooks_at_once(run) == 1


def test_notebooks_that_run_side_by_side_share_the_cores(run, monkeypatch):
    monkeypatch.setattr(side_by_side, "cores", lambda: 8)

    def notebook(step, snapshot):
        return StepResult(str(snapshot.cores), reused=False)

    with SideBySide() as side:
        side.begin([(CUSTOMERS, run), (MODEL, run)], notebook, at_once=3)
        taken = [side.attempt(step, run, notebook).get().mlflow_run for step in (CUSTOMERS, MODEL)]
    assert taken == ["4", "4"]
