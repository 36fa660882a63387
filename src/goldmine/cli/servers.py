"""Other programs' pages on this machine: MLflow's and Dagster's, each in place of the command that asked for it."""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from goldmine.cli.commands import Bank, Language, WorkFolder, app, source_folder
from goldmine.core.errors import ParameterError
from goldmine.core.i18n import _

HOST = "127.0.0.1"
"""Only this machine reaches the pages; a bank's own proxy decides who else sees them."""

MLFLOW_NAME = "mlflow.localhost"
"""Browsers take every name below localhost for this machine. MLflow opens its Assistant where the page is called
localhost or 127.0.0.1, and no setting turns that off."""

Port = Annotated[int, typer.Option("--port", help="Port on this machine.")]


@app.command()
def mlflow(port: Port = 5000) -> None:
    """Show runs and models in MLflow's pages."""
    from goldmine.models.store import store_address
    from goldmine.models.tracking import tracking_uri

    store = tracking_uri()
    if store.startswith(("http:", "https:")):
        raise ParameterError(
            _("MLFLOW_TRACKING_URI: runs are kept by the server {store_address}.", store_address=store_address(store)),
            _("Open its own pages."),
        )
    if store.startswith("sqlite:///"):
        Path(store.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
    # Without this MLflow starts seven processes that wait for jobs of language models, and they outlive the server.
    variables = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    variables["MLFLOW_SERVER_ALLOWED_HOSTS"] = ",".join(f"{name}:{port}" for name in (MLFLOW_NAME, HOST, "localhost"))
    variables["MLFLOW_SERVER_CORS_ALLOWED_ORIGINS"] = f"http://{MLFLOW_NAME}:{port}"
    variables["MLFLOW_BACKEND_STORE_URI"] = store  # an argument would show its password to whoever lists processes
    arguments = ["server", "--workers", "1"]
    page = f"{MLFLOW_NAME}:{port}/#/experiments?workflowType=machine_learning"
    _become("mlflow", arguments, port, variables, page=page)


@app.command()
def schedule(bank: Bank = None, work: WorkFolder = Path("data"), port: Port = 3000) -> None:
    """Show the job in Dagster's pages and run it on schedule: training each quarter, scoring each month."""
    from goldmine.contract.mapping import load_mapping
    from goldmine.core.workspace import Workspace
    from goldmine.pipeline.dagster_job import dagster_home, definitions_path
    from goldmine.pipeline.left_over import use_run_folder

    workspace = Workspace(work.absolute())
    workspace.require_bank(load_mapping(source_folder(bank, workspace)).name)
    folders = {"GOLDMINE_BANK": source_folder(bank, workspace), "GOLDMINE_WORK": workspace.root}
    variables = {name: str(path) for name, path in (folders | {"DAGSTER_HOME": dagster_home(workspace)}).items()}
    use_run_folder()  # Dagster's processes leave their sockets there; the next run removes it once all have ended
    _become("dagster", ["dev", "-f", str(definitions_path()), "--log-level", "warning"], port, variables)


@app.command()
def debug(
    notebook: Annotated[
        str,
        typer.Argument(metavar="[NOTEBOOK]", help="Such as 4_train_longtail or 2024-06-30/2_features; else the last."),
    ] = "",
    work: WorkFolder = Path("data"),
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the copy in JupyterLab.")] = True,
    port: Port = 8888,
    language: Language = "en",
) -> None:
    """Open a failed notebook in JupyterLab: a copy with its parameters, the failed cell marked."""
    from goldmine.cli.output import errors_in, near, say
    from goldmine.core.i18n import _, in_language
    from goldmine.core.workspace import Workspace
    from goldmine.pipeline.debugging import prepare_debugging
    from goldmine.pipeline.parameters import parse_language

    language = parse_language(language)
    with errors_in(language):
        failed = prepare_debugging(Workspace(work.absolute()), notebook)
    told = {"notebook": near(failed.executed), "cell": failed.run.cell, "message": failed.run.message}
    say(in_language(_("{notebook}, cell {cell}: {message}", **told), language))
    say(near(failed.copy))
    if browser:
        root = ["--allow-root"] if os.geteuid() == 0 else []
        _become("jupyterlab", [str(failed.copy), *_LAB, *root], port, {}, page=f"{HOST}:{port}/lab", host="--ip")


_LAB = (
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    "--LabApp.news_url=None",
    "--LabApp.extension_manager=readonly",
)
"""JupyterLab asks nobody for news, updates or extensions."""


def _become(
    module: str,
    arguments: Sequence[str],
    port: int,
    variables: Mapping[str, str],
    *,
    page: str = "",
    host: str = "--host",
) -> NoReturn:
    from goldmine.pipeline.environment import QUIET

    command = [sys.executable, "-m", module, *arguments, host, HOST, "--port", str(port)]
    sys.stderr.write(f"http://{page or f'{HOST}:{port}'} (Ctrl-C ends it)\n")
    sys.stderr.flush()
    os.execve(sys.executable, command, {**os.environ, **QUIET, **variables})
