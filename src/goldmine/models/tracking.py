"""The tracking store of runs and models: MLflow on SQLite in ``mlruns/``, or at ``MLFLOW_TRACKING_URI``."""

import fcntl
import logging
import os
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from goldmine.core.errors import ModelError, SettingsError
from goldmine.core.files import disk_errors, read_record, write_json
from goldmine.core.i18n import _
from goldmine.core.notice import shout
from goldmine.core.workspace import home
from goldmine.models.new_store import make_sqlite_store
from goldmine.models.store import PORTS, Store, store_address
from goldmine.models.store_fault import store_fault

_QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "GIT_PYTHON_REFRESH": "quiet",
}
_LEVELS = {"mlflow": logging.CRITICAL, "alembic": logging.ERROR, "git": logging.ERROR}
"""MLflow logs each error of its database with a traceback and the values of the statement, and then raises it."""

OFFLINE = "offline.db"
"""Store of the runs logged while the tracking store is unreachable."""
RETRY_SECONDS = 60.0
"""Seconds for which a process reuses its last check of the store."""
_last_checks: dict[str, tuple[float, str]] = {}
_STORE_ID = "goldmine.store"
"""Tag of a bank's experiment: the id of the bank's part of the store (see `goldmine.models.store`)."""
_MODEL_TRAINING = {"mlflow.experimentKind": "custom_model_development"}
"""Tells MLflow's pages to open an experiment at its training runs rather than at traces of language models."""
CHAMPION = "champion"
"""Alias of the version of a use case's model that scores."""


def registered_name(bank_name: str, use_case: str) -> str:
    """Name of a use case's model in the registry."""
    return f"{bank_name}.{use_case}"


def tracking_uri() -> str:
    """The tracking store: ``MLFLOW_TRACKING_URI``, or SQLite in the project's ``mlruns``.

    Raises
    ------
    SettingsError
        If the variable holds no address of a store; it is not repeated, since it may hold a password.
    """
    uri = os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{home() / 'mlruns' / 'mlflow.db'}"
    kind = uri.partition("://")[0].split("+")[0] if "://" in uri else ""
    if kind not in (*PORTS, "sqlite"):
        raise SettingsError(
            _("MLFLOW_TRACKING_URI: is no address of a tracking store."),
            _(
                "Begin it with one of {kinds}, or unset it.",
                kinds=", ".join(f"{name}://" for name in (*PORTS, "sqlite")),
            ),
        )
    return uri


def unreachable() -> str:
    """Address of the tracking store if it is unreachable, else empty; checked once a minute in each process.

    It has no user and password, so it may be printed.
    """
    uri = tracking_uri()
    checked, fault = _last_checks.get(uri, (-RETRY_SECONDS, ""))
    address = store_address(uri)
    if time.monotonic() - checked < RETRY_SECONDS:
        return address if fault else ""
    fault = store_fault(uri)
    _last_checks[uri] = (time.monotonic(), fault)
    if fault:
        shout(f"The tracking store {address} CANNOT BE REACHED ({fault}); runs are kept in mlruns/{OFFLINE} meanwhile.")
    return address if fault else ""


def use_tracking(bank_name: str) -> str:
    """Send this process' runs and models to the tracking store, under the bank's experiment.

    If the store is unreachable, a warning is printed and runs go to a local store (`OFFLINE`), so that no list waits
    for a server. If two processes find no store at the same time, one creates it and the other waits.

    Parameters
    ----------
    bank_name : str
        The bank's name; its experiment is created if there is none.

    Returns
    -------
    str
        The experiment's id.
    """
    # MLflow reads these when it is imported.
    os.environ.update(_QUIET)
    with warnings.catch_warnings():
        # The warning is about progress bars, which MLflow does not show here.
        warnings.filterwarnings("ignore", message="IProgress not found")
        import mlflow

    for name, level in _LEVELS.items():
        logging.getLogger(name).setLevel(level)
    _set_store(_offline_uri() if unreachable() else tracking_uri())
    with _store_lock(home() / "mlruns"), _schema_errors():
        make_sqlite_store(mlflow.get_tracking_uri())
        experiment = mlflow.get_experiment_by_name(bank_name)
        if experiment is None:
            experiment_id = mlflow.create_experiment(
                bank_name, _artifacts(), _MODEL_TRAINING | {_STORE_ID: uuid4().hex}
            )
        else:
            experiment_id = experiment.experiment_id
            if _STORE_ID not in experiment.tags:
                mlflow.MlflowClient().set_experiment_tag(experiment_id, _STORE_ID, uuid4().hex)
    mlflow.set_experiment(experiment_id=experiment_id)
    return experiment_id


@contextmanager
def _schema_errors() -> Iterator[None]:
    """Turn MLflow's refusal of a database that an older MLflow made, or its stumbling over one, into a `ModelError`."""
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import DatabaseError

    try:
        yield
    except (MlflowException, DatabaseError) as error:
        if not any(sign in str(error) for sign in ("out-of-date database schema", "no such column", "no such table")):
            raise
        raise ModelError(
            _(
                "tracking store {address}: an older MLflow made its database.",
                address=store_address(tracking_uri()),
            ),
            _("Back the database up, then run `mlflow db upgrade URI` with its address."),
        ) from error


def store_of(bank_name: str) -> Store:
    """The tracking store in use for a bank; without its id while it is unreachable."""
    experiment_id, address = use_tracking(bank_name), store_address(tracking_uri())
    if unreachable():
        return Store("", address)
    import mlflow

    return Store(mlflow.MlflowClient().get_experiment(experiment_id).tags[_STORE_ID], address)


@contextmanager
def tracked(bank_name: str) -> Iterator[str]:
    """Log what the block does to an MLflow run of the bank; yields the run's id.

    In a scheduled notebook every block continues the notebook's run (``MLFLOW_RUN_ID``); otherwise each block starts a
    run. Notebooks use this function rather than MLflow itself, which sends telemetry as soon as it is imported.
    """
    experiment = use_tracking(bank_name)
    import mlflow

    # While the variable is set, MLflow would resume that run for every nested run too.
    notebook_run = os.environ.pop("MLFLOW_RUN_ID", None)
    try:
        with mlflow.start_run(run_id=notebook_run, experiment_id=experiment) as run:
            yield run.info.run_id
        if notebook_run is not None:  # the notebook still runs; the process that created the run closes it
            mlflow.MlflowClient().update_run(notebook_run, "RUNNING")
    finally:
        if notebook_run is not None:
            os.environ["MLFLOW_RUN_ID"] = notebook_run


def attach_text(run_id: str, name: str, text: str) -> None:
    """Log a text to a run as a file."""
    import mlflow

    mlflow.MlflowClient().log_text(run_id, text, name)


def run_dict(run_id: str, artifact: str) -> dict[str, Any]:
    """Read a JSON artifact of a run; if the store is unreachable, from the offline store or the local copy.

    Raises
    ------
    OSError, mlflow.MlflowException
        If the run has no such artifact, or there is no local copy of it.
    """
    import mlflow

    copy = home() / "mlruns" / "champions" / "runs" / run_id / artifact
    if unreachable() and not _is_offline_run(run_id):
        if not copy.exists():
            raise FileNotFoundError(copy)
        return dict(read_record(copy, {}, "Bring the tracking server back; the copy is then written again."))
    loaded = mlflow.artifacts.load_dict(f"runs:/{run_id}/{artifact}")
    write_json(copy, loaded)
    return dict(loaded)


def _set_store(uri: str) -> None:
    """Set MLflow's store without the environment variable that MLflow sets along with it.

    The variable belongs to the user; the choice of this process must not replace it.
    """
    import mlflow

    before = os.environ.get("MLFLOW_TRACKING_URI")
    mlflow.set_tracking_uri(uri)
    mlflow.set_registry_uri(uri)
    os.environ.pop("MLFLOW_TRACKING_URI", None)
    if before is not None:
        os.environ["MLFLOW_TRACKING_URI"] = before


def _artifacts() -> str | None:
    """Folder of the artifacts, beside the database; None where a tracking server decides."""
    if tracking_uri().startswith(("http:", "https:")) and not unreachable():
        return None
    return (home() / "mlruns" / "artifacts").as_uri()


def _is_offline_run(run_id: str) -> bool:
    """Whether a run is in the offline store."""
    import mlflow

    try:
        mlflow.MlflowClient(_offline_uri()).get_run(run_id)
    except mlflow.MlflowException:
        return False
    return True


def _offline_uri() -> str:
    return f"sqlite:///{home() / 'mlruns' / OFFLINE}"


@contextmanager
def _store_lock(folder: Path) -> Iterator[None]:
    """Let one process at a time look for the store and create it."""
    with disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        stream = (folder / ".lock").open("w")
    with stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield
