"""Files outside of a work folder that come from it: those of MLflow runs, and what the project keeps for people."""

import os
from collections.abc import Iterator
from pathlib import Path

from goldmine.core.file_names import file_name
from goldmine.core.workspace import Workspace, home
from goldmine.models.tracking import tracking_uri, unreachable, use_tracking

_NO_ROWS = (".png", ".py")


def files_elsewhere(work: Workspace, bank: str) -> Iterator[Path]:
    """Files beside a work folder: of the bank's runs and champions, texts of unknown errors, notebooks of JupyterLab.

    Runs of a tracking server lie on its own machine and are not among them: see `is_elsewhere`.
    """
    folders = [*(home() / "mlruns" / "champions").glob(f"{file_name(bank)}.*")]
    if not is_elsewhere():
        runs = _runs(bank)
        folders += [home() / "mlruns" / "artifacts" / run for run in runs]
        folders += [home() / "mlruns" / "champions" / "runs" / run for run in runs]
    if not work.root.is_relative_to(home() / "data"):
        folders += [home() / "data" / name for name in ("errors", "jupyter")]
    for folder in folders:
        for place, _folders, names in os.walk(folder):
            yield from (Path(place, name) for name in sorted(names) if Path(name).suffix not in _NO_ROWS)


def is_elsewhere() -> bool:
    """Whether the files of runs lie on another machine, or cannot be listed now."""
    return not tracking_uri().startswith("sqlite") or bool(unreachable())


def _runs(bank: str) -> list[str]:
    experiment = use_tracking(bank)
    import mlflow

    client, runs, token = mlflow.MlflowClient(), list[str](), None
    while True:
        page = client.search_runs([experiment], run_view_type=mlflow.entities.ViewType.ALL, page_token=token)
        runs += [run.info.run_id for run in page]
        token = page.token
        if not token:
            return runs
