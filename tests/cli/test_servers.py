"""Which page a person is sent to, and what the server behind it is told."""

import os
import tempfile
from pathlib import Path

import pytest

from goldmine.cli import servers


def test_mlflow_opens_at_experiments_under_a_name_that_leaves_its_assistant_closed(monkeypatch, tmp_path, capsys):
    started = []
    monkeypatch.setattr(os, "execve", lambda *arguments: started.append(arguments))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/runs/mlflow.db")
    servers.mlflow(port=5005)
    ((_, command, variables),) = started
    assert capsys.readouterr().err.split()[0] == (
        "http://mlflow.localhost:5005/#/experiments?workflowType=machine_learning"
    )
    assert command[-4:] == ["--host", "127.0.0.1", "--port", "5005"]
    assert variables["MLFLOW_SERVER_ALLOWED_HOSTS"] == "mlflow.localhost:5005,127.0.0.1:5005,localhost:5005"
    assert variables["MLFLOW_SERVER_CORS_ALLOWED_ORIGINS"] == "http://mlflow.localhost:5005"
    assert variables["MLFLOW_BACKEND_STORE_URI"] == f"sqlite:///{tmp_path}/runs/mlflow.db"


def test_password_of_the_store_stands_in_no_argument_and_is_not_printed(monkeypatch, tmp_path, capsys):
    started = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "execve", lambda *arguments: started.append(arguments))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "postgresql://mlflow:s3cret@db.bank.example/runs")
    servers.mlflow(port=5005)
    ((_, command, variables),) = started
    assert "s3cret" not in " ".join([*command, *capsys.readouterr()])
    assert list(tmp_path.iterdir()) == []
    assert variables["MLFLOW_BACKEND_STORE_URI"] == "postgresql://mlflow:s3cret@db.bank.example/runs"


def test_mlflow_server_of_the_bank_has_its_own_pages(monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "https://mlflow.bank.example")
    with pytest.raises(servers.ParameterError, match="MLFLOW_TRACKING_URI: runs are kept by the server"):
        servers.mlflow(port=5005)


@pytest.fixture
def temporary():
    """A folder whose path is short enough for sockets below it."""
    with tempfile.TemporaryDirectory(prefix="gm", dir="/tmp") as folder:
        yield Path(folder)


def test_dagsters_processes_have_a_temporary_folder_that_a_later_run_removes(monkeypatch, tmp_path, temporary):
    """The command becomes Dagster, so that nothing of its own is left to remove the folder at the end."""
    started = []
    monkeypatch.setattr(os, "execve", lambda *arguments: started.append(arguments))
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.setattr("goldmine.pipeline.dagster_job.dagster_home", lambda work: work.dagster)
    (tmp_path / "bank").mkdir()
    (tmp_path / "bank" / "bank.yaml").write_text("name: tiny\ndata_until: 2024-06-30\n", "utf-8")
    for table in ("customers", "transactions"):
        (tmp_path / "bank" / f"{table}.parquet").touch()
    servers.schedule(bank=tmp_path / "bank", work=tmp_path / "work", port=3005)
    ((_, _command, variables),) = started
    folder = Path(variables["TMPDIR"])
    assert (folder.parent, folder.name[:13]) == (temporary, "goldmine-run-")
    assert variables["JUPYTER_RUNTIME_DIR"] == f"{folder}/kernels"
