"""Executing the Dagster definitions in process, as the schedule does."""

import importlib.util
import logging
import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from goldmine.core.audit.log import system_user
from goldmine.core.errors import GoldmineError, UseCaseError, WorkFolderError
from goldmine.core.files import disk_errors, whole_folder
from goldmine.core.i18n import _
from goldmine.core.processes import process_mark
from goldmine.core.workspace import Workspace, home
from goldmine.labels.use_case import load_use_case, names_by_model, use_case_names
from goldmine.pipeline.environment import QUIET, environment
from goldmine.pipeline.left_over import PROCESS_TAG, close_dagster_runs, close_mlflow_runs, require_own_store
from goldmine.pipeline.run_status import USER_TAG
from goldmine.pipeline.snapshot import Snapshot
from goldmine.pipeline.stop import run_stoppable

_SETTINGS = "dagster.yaml"


def run_job(snapshot: Snapshot, steps: tuple[str, ...]) -> None:
    """Run some steps of the job for one snapshot, in the order of the definitions.

    Parameters
    ----------
    snapshot : Snapshot
        Bank, month end and use cases of the job.
    steps : tuple of str
        Names of steps: ``tables``, ``features``, ``model``, ``scores``, ``release``.

    Raises
    ------
    GoldmineError
        The error that stopped the job, as the step raised it.
    """
    for name in snapshot.use_cases:
        load_use_case(name)
    snapshot.work.require_bank(snapshot.bank_name)  # and a mapping that cannot be read, before Dagster is loaded
    config = {
        "bank": str(snapshot.source),
        "work": str(snapshot.work.root),
        "language": snapshot.language,
        "use_cases": list(snapshot.use_cases),
        "parameters": dict(snapshot.parameters),
        "engine": snapshot.engine.name,
        "spark_master": snapshot.engine.spark_master,
    }
    variables = {"GOLDMINE_BANK": str(snapshot.source), "DAGSTER_HOME": str(dagster_home(snapshot.work))}
    with snapshot.work.lock(), environment(QUIET | variables):
        with store_errors(snapshot.work):
            job, instance = _load()
            close_dagster_runs(instance)
        with disk_errors(home() / "mlruns"):
            close_mlflow_runs(snapshot.work, snapshot.bank_name)
            require_own_store(snapshot.work, snapshot.bank_name)
        try:
            run_stoppable(
                lambda: job.execute_in_process(
                    instance=instance,
                    partition_key=str(snapshot.as_of),
                    tags={USER_TAG: system_user(), PROCESS_TAG: process_mark()},
                    asset_selection=_assets(steps, snapshot.use_cases or tuple(use_case_names(quarterly=False))),
                    run_config={
                        "resources": {"settings": {"config": config}},
                        "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
                    },
                )
            )
        except Exception as error:
            with disk_errors(snapshot.work.root):
                raise _unwrap(error) from None


@contextmanager
def store_errors(work: Workspace) -> Iterator[None]:
    """Turn what Dagster's store says of its own files into an error in two lines."""
    from sqlalchemy.exc import DatabaseError

    try:
        with disk_errors(work.dagster):
            yield
    except DatabaseError as error:
        raise WorkFolderError(
            _("{folder}: Dagster's store of runs cannot be used ({why}).", folder=work.dagster, why=error.orig),
            _("End what keeps it locked, or move a damaged one away: it holds the history of runs, and no results."),
        ) from None


def _load() -> tuple[Any, Any]:
    """The job that holds every step, and the instance, so that Dagster's pages show these runs too."""
    warnings.filterwarnings("ignore", module="dagster")
    import dagster

    logging.getLogger("dagster").setLevel(logging.CRITICAL)
    return load_definitions().defs.resolve_job_def("retrain"), dagster.DagsterInstance.get()


def load_definitions() -> ModuleType:
    """The module ``pipelines/definitions.py``; it is outside the package because users read and change it."""
    spec = importlib.util.spec_from_file_location("goldmine_definitions", definitions_path())
    if spec is None or spec.loader is None:
        raise ImportError(definitions_path())
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def definitions_path() -> Path:
    """Path of the definitions."""
    return home() / "pipelines" / "definitions.py"


def dagster_home(work: Workspace) -> Path:
    """Dagster's folder in a bank's work folder, with the project's settings in it.

    Banks share no store: assets, runs and schedules of one never show another's. So a ``DAGSTER_HOME`` that is set
    already is not taken. A new store is made whole or not at all: Dagster makes its tables in many steps, and a process
    may be killed between two of them.
    """
    folder = work.dagster.absolute()
    if not (folder / _SETTINGS).exists():
        with work.lock():
            if not (folder / _SETTINGS).exists():
                _make_store(folder)
    return folder


def _make_store(folder: Path) -> None:
    """Make a store, or only its settings anew where it holds runs."""
    import dagster

    if (folder / "history").exists():
        with disk_errors(folder):
            shutil.copy(home() / "pipelines" / _SETTINGS, folder)
        return

    with whole_folder(folder) as temporary:
        shutil.copy(home() / "pipelines" / _SETTINGS, temporary)
        with dagster.DagsterInstance.from_config(str(temporary)):
            pass


def _assets(steps: tuple[str, ...], use_cases: tuple[str, ...]) -> list[Any]:
    import dagster

    kinds = {"model": True, "scores": True, "expected": False}
    served = {step: names_by_model(has_model=has_model) for step, has_model in kinds.items() if step in steps}
    keys = [[step] for step in steps if step not in kinds]
    keys += [[name, step] for name in use_cases for step, names in served.items() if name in names]
    if not keys:
        raise UseCaseError(
            _(
                "{use_cases}: no model is trained, since the file states the expected rate.",
                use_cases=", ".join(use_cases),
            ),
            _("Run `goldmine score` for it, or take expected_rate out of its file."),
        )
    keys += [["all_lists"]] if {"release", *kinds} & set(steps) else []
    return [dagster.AssetKey(key) for key in keys]


def _unwrap(error: BaseException) -> BaseException:
    """The `GoldmineError` that Dagster wrapped; if there is none, the first cause."""
    cause: BaseException = error
    while not isinstance(cause, GoldmineError) and cause.__cause__ is not None:
        cause = cause.__cause__
    return cause
