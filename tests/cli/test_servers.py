"""Which page a person is sent to, and what the server behind it is told."""

import os

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
