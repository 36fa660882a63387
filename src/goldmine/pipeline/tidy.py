"""What a work folder, its stores and the project's ``data`` hold beyond the bank's periods, and its removal."""

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from goldmine.contactability.past_offers import newest_releases, releases_out
from goldmine.core.dates import month_end
from goldmine.core.errors import ReleaseError
from goldmine.core.files import read_json, remove
from goldmine.core.workspace import Workspace, home
from goldmine.governance.retention import Retention
from goldmine.measurement.campaign_results import campaigns
from goldmine.measurement.kept_figures import kept_figures
from goldmine.pipeline.forget.tracking import is_elsewhere
from goldmine.publishing.release_store import read_latest

_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})")
_STARTED = re.compile(r"(\d{8})T\d{6}Z_")


@dataclass(frozen=True)
class Outdated:
    """Something that is older than its period.

    Parameters
    ----------
    kind : {"release", "scores", "notebooks", "run_report", "job_run", "mlflow_run", "error"}
        What it is.
    name : str
        Its path, or a run's id.
    remove : callable
        Removes it.
    """

    kind: str
    name: str
    remove: Callable[[], None]


def outdated(work: Workspace, rules: Retention, today: date) -> list[Outdated]:
    """What is older than the bank's periods; nothing is removed.

    The current release, the releases with a campaign whose results are awaited or not measured, their snapshots' scores
    and notebooks, and runs of models that are or were registered are never among them.
    """
    kept = _kept_releases(work, today)
    snapshots = {folder.parent.name for folder in kept}
    newest = max([*snapshots, *(folder.parent.name for folder in releases_out(work))], default="")
    if newest:
        found = list(_releases(work, _before(newest, rules.releases_months), kept))
        for kind, folders, months in (
            ("scores", ("scores",), rules.scores_months),
            ("notebooks", ("notebooks", "debug"), rules.notebooks_months),
        ):
            first = _before(newest, months)
            found += [entry for name in folders for entry in _of_snapshots(work, kind, name, first, snapshots)]
    else:
        found = []
    found += _run_reports(work, today - timedelta(days=rules.run_reports_days))
    found += _errors(today - timedelta(days=rules.errors_days))
    found += _job_runs(work, today - timedelta(days=rules.run_reports_days))
    if (work.root / "bank.json").exists() and not is_elsewhere():
        found += _mlflow_runs(work.bank_name(), kept, _months_ago(today, rules.mlflow_runs_months))
    return found


def _kept_releases(work: Workspace, today: date) -> set[Path]:
    """The current release, and those with a campaign that is not measured or whose horizon has not ended."""
    kept = set()
    with suppress(ReleaseError):
        kept.add(read_latest(work).folder)
    measured = {(figures.campaign, figures.as_of) for figures in kept_figures(work)}
    ends = _ends(work)
    for folder in newest_releases(work):
        for path in folder.glob("campaigns/*/offers.parquet"):
            key = path.parent.name, folder.parent.name
            rows = pq.read_metadata(path).num_rows + pq.read_metadata(path.with_name("control.parquet")).num_rows
            # One whose use case cannot be read has no known end, so that its release stays.
            if rows and (key not in measured or ends.get(key, date.max) > today):
                kept.add(folder)
    return kept


def _ends(work: Workspace) -> dict[tuple[str, str], date]:
    """The last day of each campaign's horizon, by its name and snapshot."""
    return {(campaign.name, str(campaign.as_of)): campaign.complete_on for campaign in campaigns(work)}


def _releases(work: Workspace, first: str, kept: set[Path]) -> Iterator[Outdated]:
    for folder in releases_out(work):
        if folder.parent.name < first and folder not in kept:
            yield Outdated("release", _below(work, folder), partial(_remove_release, folder))


def _remove_release(folder: Path) -> None:
    """Its manifest first: a folder without one is no release, so that a crash leaves none that is half there."""
    remove(folder / "manifest.json")
    remove(folder)
    remove(folder.with_name(f"{folder.name}.html"))
    if not any(folder.parent.iterdir()):
        folder.parent.rmdir()


def _of_snapshots(work: Workspace, kind: str, name: str, first: str, kept: set[str]) -> Iterator[Outdated]:
    """Entries of a folder whose name begins with a snapshot before a day."""
    for path in sorted((work.root / name).glob("*")):
        day = _DAY.match(path.name)
        if day and day[1] < first and day[1] not in kept:
            yield Outdated(kind, _below(work, path), partial(remove, path))


def _run_reports(work: Workspace, first: date) -> Iterator[Outdated]:
    """Reports of runs but the newest, which `goldmine status` shows."""
    reports = [path for path in sorted(work.runs.glob("*")) if _STARTED.match(path.name)]
    newest = reports[-1].stem if reports else ""
    for path in reports:
        if path.name[:8] < f"{first:%Y%m%d}" and path.stem != newest:
            yield Outdated("run_report", _below(work, path), partial(remove, path))


def _errors(first: date) -> Iterator[Outdated]:
    for path in sorted((home() / "data" / "errors").glob("*.txt")):
        day = _DAY.match(path.name)
        if day and day[1] < str(first):
            yield Outdated("error", str(path), partial(remove, path))


def _job_runs(work: Workspace, first: date) -> Iterator[Outdated]:
    """Runs in Dagster's store that have ended, with what they printed."""
    if not (work.dagster / "history").exists():
        return
    import dagster as dg

    ended = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
    before = datetime(first.year, first.month, first.day, tzinfo=UTC)
    with dg.DagsterInstance.from_config(str(work.dagster.absolute())) as instance:
        records = instance.get_run_records(dg.RunsFilter(statuses=ended, created_before=before))
        runs = [record.dagster_run.run_id for record in records]
    for run in runs:
        yield Outdated("job_run", run, partial(_remove_job_run, work, run))


def _remove_job_run(work: Workspace, run: str) -> None:
    import dagster as dg

    with dg.DagsterInstance.from_config(str(work.dagster.absolute())) as instance:
        instance.delete_run(run)
    for path in (work.dagster / "storage" / run, work.dagster / "history" / "runs" / f"{run}.db"):
        remove(path)


def _mlflow_runs(bank: str, kept: set[Path], first: datetime) -> Iterator[Outdated]:
    """Runs that have ended, but those of registered versions and of kept releases, with the runs around them."""
    from goldmine.models.tracking import use_tracking

    experiment = use_tracking(bank)
    import mlflow

    client = mlflow.MlflowClient()
    needed = _runs_of(kept)
    for model in client.search_registered_models(f"name LIKE '{bank.replace(chr(39), '')}.%'"):
        needed |= {version.run_id or "" for version in client.search_model_versions(f"name = '{model.name}'")}
    query = f"attributes.start_time < {int(first.timestamp() * 1000)}"
    runs = [run for run in _pages(client, experiment, query) if run.info.status != "RUNNING"]
    parents = {run.info.run_id: run.data.tags.get("mlflow.parentRunId", "") for run in runs}
    needed |= {parents.get(run, "") for run in needed}
    needed.discard("")
    for run, parent in parents.items():
        if run not in needed and parent not in needed:
            yield Outdated("mlflow_run", run, partial(_remove_mlflow_run, client, run))


def _pages(client: Any, experiment: str, query: str) -> Iterator[Any]:
    token = None
    while True:
        page = client.search_runs([experiment], query, page_token=token)
        yield from page
        token = page.token
        if not token:
            return


def _runs_of(releases: set[Path]) -> set[str]:
    manifests = (read_json(folder / "manifest.json", {}) for folder in releases)
    return {file["mlflow_run"] for manifest in manifests for file in manifest.get("files", ())}


def _remove_mlflow_run(client: Any, run: str) -> None:
    """Its files go at once; the run itself lies in MLflow's recycle bin until `mlflow gc` empties it."""
    client.delete_run(run)
    remove(home() / "mlruns" / "artifacts" / run)


def _before(newest: str, months: int) -> str:
    return str(month_end(date.fromisoformat(newest), -months))


def _months_ago(today: date, months: int) -> datetime:
    last = month_end(today, -months)
    return datetime(last.year, last.month, min(today.day, last.day), tzinfo=UTC)


def _below(work: Workspace, path: Path) -> str:
    return str(path.relative_to(work.root))
