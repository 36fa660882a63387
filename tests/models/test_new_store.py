"""A tracking store whose making was cut short leaves nothing behind, and is made anew."""

import os
import sqlite3
import subprocess
from contextlib import closing

import mlflow
import pytest

from goldmine.models.new_store import make_sqlite_store
from goldmine.models.tracking import use_tracking


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("GOLDMINE_HOME", str(tmp_path))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return tmp_path / "mlruns" / "mlflow.db"


def cut_short(*_arguments):
    raise RuntimeError("killed")


def test_store_that_was_cut_short_is_made_anew(store, monkeypatch):
    with monkeypatch.context() as patch, pytest.raises(RuntimeError, match="killed"):
        patch.setattr("alembic.command.upgrade", cut_short)  # its first tables are there by then
        use_tracking("tiny")
    assert [path.name for path in store.parent.iterdir()] == [".lock"]
    use_tracking("tiny")
    assert mlflow.get_experiment_by_name("tiny") is not None


def test_what_a_killed_process_left_of_a_store_is_removed(store):
    with subprocess.Popen(["true"]) as killed:
        pass
    (store.parent / "journal").mkdir(parents=True)
    living = f".tiny.jsonl.{os.getppid()}.part"
    for name in (f".mlflow.db.{killed.pid}.part", f".mlflow.db.{killed.pid}.part-journal", living):
        (store.parent / name).touch()
    (store.parent / "journal" / f".tiny.jsonl.{killed.pid}.part").touch()
    make_sqlite_store(f"sqlite:///{store}")
    assert sorted(path.name for path in store.parent.iterdir()) == [living, "journal", "mlflow.db"]
    assert len(list((store.parent / "journal").iterdir())) == 1


def test_store_that_is_there_and_one_that_is_no_file_are_left_alone(store):
    store.parent.mkdir()
    with closing(sqlite3.connect(store)) as connection:
        connection.execute("CREATE TABLE own (a)")
    before = store.read_bytes()
    make_sqlite_store(f"sqlite:///{store}")
    make_sqlite_store("http://tracking:5000")
    assert store.read_bytes() == before


def test_an_error_of_the_store_is_raised_and_not_printed_with_the_values_of_its_statement(store, capfd):
    use_tracking("tiny")
    client = mlflow.MlflowClient()
    run = client.create_run(mlflow.get_experiment_by_name("tiny").experiment_id).info.run_id
    with closing(sqlite3.connect(store)) as connection:
        connection.execute("DROP TABLE tags")
    with pytest.raises(mlflow.MlflowException, match="no such table: tags"):
        client.set_tag(run, "note", "Zhang San")
    assert "".join(capfd.readouterr()) == ""
