"""Where runs and models are kept: MLflow on SQLite in ``mlruns/``, or wherever ``MLFLOW_TRACKING_URI`` says."""

import fcntl
import json
import logging
import os
import socket
import sqlite3
import sys
import time
import urllib.error
import urllib.request
import warnings
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from goldmine.core.files import disk_errors, write_json
from goldmine.core.workspace import home

_QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "GIT_PYTHON_REFRESH": "quiet",
}
_NOISY = ("mlflow", "alembic", "git")
_TIMEOUT_SECONDS = 3.0
_PORTS = {"postgresql": 5432, "mysql": 3306, "mssql": 1433}

OFFLINE = "offline.db"
"""Store of the runs that were made while the tracking store could not be reached."""
RETRY_SECONDS = 60.0
"""For so long a process believes what it found of the store."""
_asked: dict[str, tuple[float, str]] = {}
CHAMPION = "champion"
"""Alias of the version of a use case's model that scores."""


def registered_name(bank_name: str, use_case: str) -> str:
    """Name of a use case's model in the registry."""
    return f"{bank_name}.{use_case}"


def tracking_uri() -> str:
    """The tracking store: ``MLFLOW_TRACKING_URI``, or SQLite in the project's ``mlruns``."""
    return os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{home() / 'mlruns' / 'mlflow.db'}"


def unreachable() -> str:
    """The tracking store that cannot be reached; empty where it can. A process asks once a minute."""
    uri = tracking_uri()
    asked, fault = _asked.get(uri, (-RETRY_SECONDS, ""))
    if time.monotonic() - asked < RETRY_SECONDS:
        return uri if fault else ""
    fault = store_fault(uri)
    _asked[uri] = (time.monotonic(), fault)
    if fault:
        shout(f"The tracking store {uri} CANNOT BE REACHED ({fault}); runs are kept in mlruns/{OFFLINE} meanwhile.")
    return uri if fault else ""


def store_fault(uri: str) -> str:
    """Whether a tracking store answers, asked before MLflow, which would retry for minutes.

    Parameters
    ----------
    uri : str
        Address of an MLflow server, a SQLite file or a database server.

    Returns
    -------
    str
        Why it cannot be reached, in a few words; empty where it can.
    """
    parts = urlsplit(uri)
    kind = parts.scheme.split("+")[0]
    try:
        if kind in ("http", "https"):
            with urllib.request.urlopen(f"{uri.rstrip('/')}/health", timeout=_TIMEOUT_SECONDS):
                return ""
        if kind == "sqlite":
            return _sqlite_fault(Path(uri.partition(":///")[2]))
        if kind in _PORTS:
            with socket.create_connection((parts.hostname or "", parts.port or _PORTS[kind]), timeout=_TIMEOUT_SECONDS):
                return ""
    except urllib.error.HTTPError as error:
        return f"it answers {error.code}" if error.code >= 500 else ""
    except OSError as error:
        return str(getattr(error, "reason", error)).partition("] ")[2] or str(error)
    return ""


def _sqlite_fault(path: Path) -> str:
    if not path.exists():
        return ""  # it is made when it is first used
    try:
        with closing(sqlite3.connect(path, timeout=_TIMEOUT_SECONDS)) as connection:
            connection.execute("PRAGMA schema_version").fetchone()
    except sqlite3.DatabaseError as error:
        return "" if "locked" in str(error) else str(error)
    return ""


def shout(line: str) -> None:
    """Say on standard error what nobody should overlook."""
    sys.stderr.write(f"!!! {line}\n")
    sys.stderr.flush()


def use_tracking(bank_name: str) -> str:
    """Send this process' runs and models to the tracking store, quietly, under the bank's experiment.

    Where the store cannot be reached, that is said loudly, and runs are kept beside it meanwhile (`OFFLINE`): a list
    need not wait for a server. Two processes may come at once to a store that is not there yet: one makes it, the
    other waits.

    Parameters
    ----------
    bank_name : str
        The bank's name; its experiment is made where there is none.

    Returns
    -------
    str
        The experiment's id.
    """
    # MLflow reads these when it is imported.
    os.environ.update(_QUIET)
    with warnings.catch_warnings():
        # A bar that MLflow never shows here would be prettier with a package that is not needed.
        warnings.filterwarnings("ignore", message="IProgress not found")
        import mlflow

    for name in _NOISY:
        logging.getLogger(name).setLevel(logging.ERROR)
    _point_at(_offline_uri() if unreachable() else tracking_uri())
    with _first_come(home() / "mlruns"):
        found = mlflow.get_experiment_by_name(bank_name)
        made = found.experiment_id if found else mlflow.create_experiment(bank_name, _artifacts())
    mlflow.set_experiment(experiment_id=made)
    return made


@contextmanager
def tracked(bank_name: str) -> Iterator[str]:
    """Log what the block does to an MLflow run of the bank; gives the run's id.

    A run that was made for this notebook (``MLFLOW_RUN_ID``) goes on, in every block of it; by hand a new one begins.
    Notebooks use this rather than MLflow itself, which sends its greetings out as soon as it is imported.
    """
    experiment = use_tracking(bank_name)
    import mlflow

    # MLflow forgets the given run once it is taken up, and while it stands would take it for each nested one.
    given = os.environ.pop("MLFLOW_RUN_ID", None)
    try:
        with mlflow.start_run(run_id=given, experiment_id=experiment) as run:
            yield run.info.run_id
        if given is not None:  # its notebook is still at work; who made the run says how it ended
            mlflow.MlflowClient().update_run(given, "RUNNING")
    finally:
        if given is not None:
            os.environ["MLFLOW_RUN_ID"] = given


def attach_text(run_id: str, name: str, text: str) -> None:
    """Keep a text with a run, under a file name."""
    import mlflow

    mlflow.MlflowClient().log_text(run_id, text, name)


def run_dict(run_id: str, artifact: str) -> dict[str, Any]:
    """A run's JSON artifact; where the store cannot be reached, of a run that was kept meanwhile, or the last reading.

    Raises
    ------
    OSError, mlflow.MlflowException
        If the run has no such artifact, or there is no copy of it.
    """
    import mlflow

    copy = home() / "mlruns" / "champions" / "runs" / run_id / artifact
    if unreachable() and not _kept_meanwhile(run_id):
        return dict(json.loads(copy.read_text("utf-8")))
    found = mlflow.artifacts.load_dict(f"runs:/{run_id}/{artifact}")
    write_json(copy, found)
    return dict(found)


def _point_at(uri: str) -> None:
    """Set MLflow's store, but not the environment that MLflow would set along with it.

    What stood in the environment is the user's word; what this process chose must not become one.
    """
    import mlflow

    before = os.environ.get("MLFLOW_TRACKING_URI")
    mlflow.set_tracking_uri(uri)
    mlflow.set_registry_uri(uri)
    os.environ.pop("MLFLOW_TRACKING_URI", None)
    if before is not None:
        os.environ["MLFLOW_TRACKING_URI"] = before


def _artifacts() -> str | None:
    """Where artifacts go: beside the database; a tracking server decides for itself."""
    if tracking_uri().startswith(("http:", "https:")) and not unreachable():
        return None
    return (home() / "mlruns" / "artifacts").as_uri()


def _kept_meanwhile(run_id: str) -> bool:
    """Whether a run stands where runs are kept while the store cannot be reached."""
    import mlflow

    try:
        mlflow.MlflowClient(_offline_uri()).get_run(run_id)
    except mlflow.MlflowException:
        return False
    return True


def _offline_uri() -> str:
    return f"sqlite:///{home() / 'mlruns' / OFFLINE}"


@contextmanager
def _first_come(folder: Path) -> Iterator[None]:
    """Let one process at a time look for, and make, the store."""
    with disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        stream = (folder / ".lock").open("w")
    with stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield
