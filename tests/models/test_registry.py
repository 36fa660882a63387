import os
import shutil
import sqlite3
import subprocess
import sys

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from goldmine.core.errors import ModelError
from goldmine.core.fingerprint import of_file
from goldmine.models import tracking
from goldmine.models.evaluation import evaluate
from goldmine.models.registry import champion, champion_version, register, set_champion
from goldmine.models.store import store_address
from goldmine.models.store_fault import store_fault
from goldmine.models.tracking import run_dict, tracked, tracking_uri, use_tracking
from goldmine.models.train import train
from goldmine.pipeline.tracked_run import run_exists
from tests.models.logged_run import logged_run
from tests.models.made import rows, use_case


@pytest.fixture(scope="session")
def useless():
    """A model of pure noise, and its evaluation on rows with a signal."""
    model = train(use_case(), rows(seed=5, skill=0), rows(seed=6, skill=0), seed=1).model
    return model, evaluate(model, rows(seed=3), use_case(list_size=20))


def test_logged_model_predicts_the_same_bits(store, fitted):
    import mlflow

    run = logged_run(fitted.model)
    (output,) = mlflow.MlflowClient().get_run(run).outputs.model_outputs
    loaded = mlflow.pyfunc.load_model(f"models:/{output.model_id}")
    table = rows(200, seed=9)
    expected = fitted.model.predict(table)
    stored = table.to_pandas()
    np.testing.assert_array_equal(loaded.predict(stored), expected)
    np.testing.assert_array_equal(loaded.predict(stored.astype({"village": "category"})), expected)
    np.testing.assert_array_equal(loaded.predict(stored.astype({"village": "object"}).assign(extra=1)), expected)
    assert "inflow_sum_90d" in {column.name for column in loaded.metadata.signature.inputs}


def test_logged_model_loads_where_the_project_is_not_installed(store, fitted, tmp_path):
    import mlflow

    run = logged_run(fitted.model)
    (output,) = mlflow.MlflowClient().get_run(run).outputs.model_outputs
    folder = mlflow.artifacts.download_artifacts(f"models:/{output.model_id}", dst_path=str(tmp_path / "model"))
    rows(50, seed=9).to_pandas().to_parquet(tmp_path / "rows.parquet")
    script = f"""
import importlib.util, os, sys
sys.meta_path[:] = [finder for finder in sys.meta_path if "editable" not in repr(finder)]
sys.path[:] = [folder for folder in sys.path if folder and not os.path.exists(os.path.join(folder, "goldmine"))]
assert importlib.util.find_spec("goldmine") is None
import mlflow, pandas
model = mlflow.pyfunc.load_model({folder!r})
print(*model.predict(pandas.read_parquet({str(tmp_path / "rows.parquet")!r})))
"""
    variables = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, env=variables, capture_output=True, text=True, check=True
    )
    expected = fitted.model.predict(rows(50, seed=9))
    np.testing.assert_array_equal(np.array(done.stdout.split(), dtype=float), expected)


def test_logged_model_accepts_missing_text_and_names_missing_columns(store, fitted):
    import mlflow

    run = logged_run(fitted.model)
    (output,) = mlflow.MlflowClient().get_run(run).outputs.model_outputs
    loaded = mlflow.pyfunc.load_model(f"models:/{output.model_id}")
    frame = rows(3, seed=9).to_pandas()
    frame["village"] = pd.Series([None, "moon", np.nan], dtype="object")
    unknown = pa.table(rows(3, seed=9)).set_column(6, "village", pa.nulls(3, pa.string()))
    np.testing.assert_array_equal(loaded.predict(frame), fitted.model.predict(unknown))
    with pytest.raises(ModelError, match="1 of the model's 6 features are not there: village"):
        loaded.predict(frame.drop(columns="village"))


def run_name(run: str) -> str:
    import mlflow

    return str(mlflow.MlflowClient().get_run(run).info.run_name)


def test_database_of_an_older_mlflow_is_refused_in_words(store):
    with sqlite3.connect(store / "mlruns" / "mlflow.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '451aebb31d03'")
    connection.close()
    with pytest.raises(ModelError, match="an older MLflow made its database"):
        use_tracking("older")


def test_database_of_an_older_mlflow_without_all_its_tables_is_refused_in_words(store):
    (store / "mlruns" / "mlflow.db").unlink()
    with sqlite3.connect(store / "mlruns" / "mlflow.db") as connection:
        connection.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
        connection.execute("INSERT INTO alembic_version VALUES ('451aebb31d03')")
        connection.execute("CREATE TABLE experiments (experiment_id INTEGER, name VARCHAR(256))")
    connection.close()
    with pytest.raises(ModelError, match="an older MLflow made its database"):
        use_tracking("older")


def test_registered_model_is_not_champion_until_set(store, fitted):
    run = logged_run(fitted.model)
    assert register("tiny", "mine", run) == "1"
    assert champion_version("tiny", "mine") == ""
    assert run_name(run) == "tiny.mine version 1, 2024-06-30"
    set_champion("tiny", "mine", "1")
    loaded = champion("tiny", "mine")
    assert (loaded.name, loaded.version, loaded.run_id, loaded.as_of) == ("tiny.mine", "1", run, "2024-06-30")
    assert loaded.model == fitted.model


def test_the_same_training_is_registered_once(store, fitted):
    assert [register("tiny", "mine", logged_run(fitted.model)) for _ in range(2)] == ["1", "1"]


def test_another_model_of_the_same_fingerprint_is_another_version(store, fitted, useless):
    versions = [register("tiny", "mine", logged_run(model, "f1")) for model in (useless[0], fitted.model, useless[0])]
    assert versions == ["1", "2", "1"]


def test_fingerprint_of_a_model_is_that_of_its_file(fitted, useless, tmp_path):
    fitted.model.save(tmp_path / "model.json")
    assert fitted.model.fingerprint == of_file(tmp_path / "model.json") != useless[0].fingerprint


class TestChangedArtefact:
    @pytest.fixture
    def changed(self, store, fitted, useless):
        """Version 1 is champion; the file of its model holds another model since."""
        set_champion("tiny", "mine", register("tiny", "mine", logged_run(fitted.model)))
        (file,) = (store / "mlruns" / "artifacts").rglob("model.json")
        useless[0].save(file)

    def test_changed_artefact_is_not_loaded(self, changed):
        with pytest.raises(
            ModelError, match=r"tiny\.mine version 1: its stored model is not the one that was registered"
        ):
            champion("tiny", "mine")

    def test_same_training_becomes_a_new_version(self, changed, fitted):
        assert register("tiny", "mine", logged_run(fitted.model)) == "2"


def test_missing_champion_is_an_error(store):
    with pytest.raises(ModelError, match=r"tiny\.mine: no model is champion") as caught:
        champion("tiny", "mine")
    assert "goldmine train --use-case mine" in caught.value.do


def test_a_run_without_a_model_cannot_be_registered(store):
    import mlflow

    use_tracking("tiny")
    with mlflow.start_run() as run:
        pass
    with pytest.raises(ModelError, match="the run has no logged model"):
        register("tiny", "mine", run.info.run_id)


def test_missing_artifacts_are_an_error(store, fitted):
    set_champion("tiny", "mine", register("tiny", "mine", logged_run(fitted.model)))
    shutil.rmtree(store / "mlruns" / "artifacts")
    with pytest.raises(ModelError, match="version 1: its stored model cannot be read"):
        champion("tiny", "mine")


class TestUnreachableServer:
    @pytest.fixture
    def disconnect(self, store, monkeypatch):
        """Let the tracking store refuse connections from now on."""
        monkeypatch.setattr(tracking, "_last_checks", {})

        def away():
            tracking._last_checks.clear()
            monkeypatch.setattr(tracking, "store_fault", lambda _: "Connection refused")

        yield away
        monkeypatch.undo()
        monkeypatch.setenv("GOLDMINE_HOME", str(store))
        tracking._last_checks.clear()
        use_tracking("tiny")

    def test_local_copy_of_the_champion_is_used_with_a_warning(self, disconnect, fitted, capsys):
        set_champion("tiny", "mine", register("tiny", "mine", logged_run(fitted.model)))
        disconnect()
        loaded = champion("tiny", "mine")
        assert (loaded.version, loaded.as_of, champion_version("tiny", "mine")) == ("1", "2024-06-30", "1")
        assert loaded.model == fitted.model
        first, second = capsys.readouterr().err.splitlines()
        assert first.startswith("!!! The tracking store sqlite:mlruns/mlflow.db CANNOT BE REACHED (Connection refused)")
        assert second == "!!! tiny.mine: the last champion on disk scores: version 1, trained at 2024-06-30."

    def test_copy_of_another_stores_champion_does_not_score(self, disconnect, fitted, monkeypatch):
        set_champion("tiny", "mine", register("tiny", "mine", logged_run(fitted.model)))
        monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://user:secret@127.0.0.1:9")
        for load in (champion, champion_version):
            with pytest.raises(ModelError, match=r"belongs to the store sqlite:mlruns/mlflow\.db; in use is") as caught:
                load("tiny", "mine")
            assert "http://127.0.0.1:9" in str(caught.value)
            assert "secret" not in str(caught.value)

    def test_changed_copy_does_not_score(self, disconnect, store, fitted, useless):
        set_champion("tiny", "mine", register("tiny", "mine", logged_run(fitted.model)))
        useless[0].save(store / "mlruns" / "champions" / "tiny.mine" / "model.json")
        disconnect()
        with pytest.raises(ModelError, match="its copy in mlruns/champions is not the model that was stored there"):
            champion("tiny", "mine")

    def test_runs_go_to_the_offline_store(self, disconnect, store):
        disconnect()
        with tracked("tiny") as run:
            pass
        assert (store / "mlruns" / "offline.db").exists()
        assert run_exists("tiny", run)

    def test_artifact_of_an_offline_run_can_be_read(self, disconnect):
        import mlflow

        disconnect()
        with tracked("tiny") as run:
            mlflow.log_dict({"usual": 0.1}, "drift/reference.json")
        assert run_dict(run, "drift/reference.json") == {"usual": 0.1}

    def test_artifact_read_before_is_read_from_its_copy(self, disconnect):
        import mlflow

        with tracked("tiny") as run:
            mlflow.log_dict({"usual": 0.1}, "drift/reference.json")
        assert run_dict(run, "drift/reference.json") == {"usual": 0.1}
        disconnect()
        assert run_dict(run, "drift/reference.json") == {"usual": 0.1}
        with pytest.raises(FileNotFoundError, match="other"):
            run_dict(run, "other.json")

    def test_missing_local_copy_is_an_error(self, disconnect):
        disconnect()
        with pytest.raises(ModelError, match="cannot be reached, and no champion was ever loaded here"):
            champion("tiny", "mine")


def test_champion_of_another_store_does_not_replace_the_copy(store, fitted, useless, monkeypatch):
    shutil.copy(store / "mlruns" / "mlflow.db", store / "mlruns" / "other.db")
    set_champion("tiny", "mine", register("tiny", "mine", logged_run(fitted.model)))
    copy = store / "mlruns" / "champions" / "tiny.mine" / "model.json"
    before = copy.read_bytes()
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{store / 'mlruns' / 'other.db'}")
    version = register("tiny", "mine", logged_run(useless[0]))
    with pytest.raises(ModelError, match=r"in use is sqlite:mlruns/other\.db") as caught:
        set_champion("tiny", "mine", version)
    assert caught.value.do.endswith("move mlruns/champions/tiny.mine into an archive and run again.")
    assert copy.read_bytes() == before


@pytest.mark.parametrize(
    ("uri", "address"),
    [
        ("postgresql://user:p@ss/word@db:5432/runs", "postgresql://..."),
        ("postgresql://user:p#w@db/runs", "postgresql://..."),
        ("postgresql://user:pa://w@db/runs", "postgresql://..."),
        ("mysql+pymysql://user:word@db/runs?password=word", "mysql://db:3306/runs"),
        ("https://user:word@Tracking.bank/mlflow/", "https://tracking.bank:443/mlflow"),
        ("sqlite:////var/runs.db?timeout=3", "sqlite:/var/runs.db"),
    ],
)
def test_address_of_a_store_has_no_secret(uri, address):
    assert store_address(uri) == address


def test_file_that_is_no_database_is_a_store_fault(tmp_path):
    (tmp_path / "mlflow.db").write_bytes(b"not a database, but long enough to be looked at" * 9)
    with pytest.raises(ModelError, match=r"mlflow\.db: is damaged \(file is not a database\)"):
        store_fault(f"sqlite:///{tmp_path / 'mlflow.db'}")
    assert store_fault(f"sqlite:///{tmp_path / 'none.db'}") == ""


def test_two_processes_create_the_store_at_once_without_output(tmp_path, monkeypatch):
    monkeypatch.setenv("GOLDMINE_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path / "empty"))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    code = "from goldmine.models.tracking import use_tracking; use_tracking('tiny')"
    processes = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for _ in range(2)
    ]
    assert [(process.communicate()[0], process.returncode) for process in processes] == [("", 0), ("", 0)]


def test_notebook_run_continues_in_every_block_and_holds_nested_runs(store, monkeypatch):
    import mlflow

    notebook_run = mlflow.MlflowClient(tracking_uri()).create_run(use_tracking("tiny")).info.run_id
    monkeypatch.setenv("MLFLOW_RUN_ID", notebook_run)
    with tracked("tiny") as first, mlflow.start_run(run_name="inner", nested=True) as inner:
        pass
    with tracked("tiny") as second:
        pass
    assert (first, second) == (notebook_run, notebook_run)
    assert mlflow.get_run(notebook_run).info.status == "RUNNING"
    assert mlflow.get_run(inner.info.run_id).data.tags["mlflow.parentRunId"] == notebook_run
