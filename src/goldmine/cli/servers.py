"""Other programs' pages on this machine: MLflow's and Dagster's, each in place of the command that asked for it."""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

from goldmine.core.errors import ParameterError

HERE = "127.0.0.1"
"""Pages are shown to this machine alone; a bank's own proxy decides who else sees them."""


def serve_mlflow(port: int) -> NoReturn:
    """Become MLflow's server over the project's tracking store.

    Raises
    ------
    ParameterError
        If runs are kept by a server already.
    """
    from goldmine.models.tracking import tracking_uri

    store = tracking_uri()
    if store.startswith(("http:", "https:")):
        raise ParameterError(f"MLFLOW_TRACKING_URI: runs are kept by the server {store}.", "Open its own pages.")
    Path(store.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
    # Seven processes would wait for judges of language models to be run, and outlive the server.
    no_jobs = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    _become("mlflow", ["server", "--backend-store-uri", store, "--workers", "1"], port, no_jobs)


def serve_schedule(bank: Path, work: Path, port: int) -> NoReturn:
    """Become Dagster's pages and daemon, which run the schedules for one bank."""
    from goldmine.pipeline.dagster_job import dagster_home, definitions_path

    variables = {"GOLDMINE_BANK": str(bank), "GOLDMINE_WORK": str(work), "DAGSTER_HOME": str(dagster_home())}
    _become("dagster", ["dev", "-f", str(definitions_path()), "--log-level", "warning"], port, variables)


def _become(module: str, arguments: Sequence[str], port: int, variables: Mapping[str, str]) -> NoReturn:
    from goldmine.pipeline.environment import QUIET

    command = [sys.executable, "-m", module, *arguments, "--host", HERE, "--port", str(port)]
    sys.stderr.write(f"http://{HERE}:{port} (Ctrl-C ends it)\n")
    sys.stderr.flush()
    os.execve(sys.executable, command, {**os.environ, **QUIET, **variables})
