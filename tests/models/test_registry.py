import subprocess
import sys

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from goldmine.core.errors import ModelError
from goldmine.models.judge import judge
from goldmine.models.log import log_model
from goldmine.models.registry import AS_OF, FINGERPRINT, USE_CASE, champion, find_run, gate, register
from goldmine.models.tracking import use_tracking
from goldmine.models.train import train
from tests.models.made import rows, use_case


def kept(model, fingerprint="f1", as_of="2024-06-30"):
    """A finished run that holds a model."""
    import mlflow

    use_tracking("tiny")
    with mlflow.start_run() as run:
        mlflow.set_tags({FINGERPRINT: fingerprint, AS_OF: as_of, USE_CASE: "mine"})
        log_model(model)
    return run.info.run_id


@pytest.fixture(scope="session")
def useless():
    """A model of rows in which nothing causes anything, and how it does where something does."""
    model = train(use_case(), rows(seed=5, skill=0), rows(seed=6, skill=0), seed=1).model
    return model, judge(model, rows(seed=3), use_case(list_size=20))


def test_a_logged_model_gives_the_same_bits(store, fitted):
    import mlflow

    run = kept(fitted.model)
    (output,) = mlflow.MlflowClient().get_run(run).outputs.model_outputs
    loaded = mlflow.pyfunc.load_model(f"models:/{output.model_id}")
    table = rows(200, seed=9)
    asked = fitted.model.predict(table)
    stored = table.to_pandas()
    np.testing.assert_array_equal(loaded.predict(stored), asked)
    np.testing.assert_array_equal(loaded.predict(stored.astype({"village": "category"})), asked)
    np.testing.assert_array_equal(loaded.predict(stored.astype({"village": "object"}).assign(extra=1)), asked)
    assert "inflow_sum_90d" in {column.name for column in loaded.metadata.signature.inputs}


def test_a_logged_model_takes_missing_text_and_names_missing_columns(store, fitted):
    import mlflow

    run = kept(fitted.model)
    (output,) = mlflow.MlflowClient().get_run(run).outputs.model_outputs
    loaded = mlflow.pyfunc.load_model(f"models:/{output.model_id}")
    frame = rows(3, seed=9).to_pandas()
    frame["village"] = pd.Series([None, "moon", np.nan], dtype="object")
    unknown = pa.table(rows(3, seed=9)).set_column(6, "village", pa.nulls(3, pa.string()))
    np.testing.assert_array_equal(loaded.predict(frame), fitted.model.predict(unknown))
    with pytest.raises(ModelError, match="1 of the model's 6 features are not there: village"):
        loaded.predict(frame.drop(columns="village"))


def test_a_model_that_beats_both_becomes_champion(store, fitted, judgement):
    run = kept(fitted.model)
    made = register("tiny", "mine", run, judgement)
    assert (made.name, made.version, made.champion, made.refusals) == ("tiny.mine", "1", True, ())
    found = champion("tiny", "mine")
    assert (found.name, found.version, found.run_id, found.as_of) == ("tiny.mine", "1", run, "2024-06-30")
    assert found.model == fitted.model


def test_a_useless_model_is_refused_and_the_champion_stays(store, fitted, judgement, useless):
    register("tiny", "mine", kept(fitted.model), judgement)
    model, poor = useless
    made = register("tiny", "mine", kept(model, "f2", "2024-07-31"), poor)
    assert (made.version, made.champion) == ("2", False)
    assert any("of the one-line rule" in refusal for refusal in made.refusals)
    assert champion("tiny", "mine").version == "1"


def test_the_gate_says_what_was_not_beaten(useless):
    _, poor = useless
    assert [r for r in gate(poor) if r.startswith("AUC") and r.endswith("of the one-line rule")]


def test_an_earlier_snapshot_does_not_replace_a_later_champion(store, fitted, judgement):
    register("tiny", "mine", kept(fitted.model), judgement)
    made = register("tiny", "mine", kept(fitted.model, "f2", "2024-05-31"), judgement)
    assert made.refusals == ("the champion was trained at 2024-06-30, later than this model's 2024-05-31",)


def test_the_same_training_is_registered_once(store, fitted, judgement):
    register("tiny", "mine", kept(fitted.model), judgement)
    again = register("tiny", "mine", kept(fitted.model), judgement)
    assert (again.version, again.champion) == ("1", True)


def test_a_finished_run_is_found_by_its_fingerprint(store, fitted):
    run = kept(fitted.model, "abc")
    assert find_run("tiny", "mine", "abc") == run
    assert find_run("tiny", "mine", "other") is None
    assert find_run("tiny", "yours", "abc") is None


def test_without_a_champion_nothing_scores(store):
    with pytest.raises(ModelError, match=r"tiny\.mine: no model is champion") as caught:
        champion("tiny", "mine")
    assert "goldmine train --use-case mine" in caught.value.do


def test_a_run_without_a_model_cannot_be_registered(store, judgement):
    import mlflow

    use_tracking("tiny")
    with mlflow.start_run() as run:
        pass
    with pytest.raises(ModelError, match="the run has no logged model"):
        register("tiny", "mine", run.info.run_id, judgement)


def test_lost_artifacts_are_told(store, fitted, judgement):
    import shutil

    register("tiny", "mine", kept(fitted.model), judgement)
    shutil.rmtree(store / "mlruns" / "artifacts")
    with pytest.raises(ModelError, match="version 1: its stored model cannot be read"):
        champion("tiny", "mine")


def test_the_first_two_processes_may_come_at_once_and_print_nothing(tmp_path, monkeypatch):
    monkeypatch.setenv("GOLDMINE_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path / "empty"))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    code = "from goldmine.models.tracking import use_tracking; use_tracking('tiny')"
    both = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for _ in range(2)
    ]
    assert [(process.communicate()[0], process.returncode) for process in both] == [("", 0), ("", 0)]
