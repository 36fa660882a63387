"""What is older than the bank's periods goes; what is current, not yet measured, or a registered model's run stays."""

import os
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from goldmine.core.errors import SettingsError
from goldmine.core.workspace import Workspace
from goldmine.governance.retention import Retention, retention
from goldmine.measurement.kept_figures import KeptFigures, keep_figures
from goldmine.pipeline.tidy import outdated
from goldmine.publishing.release_store import read_latest
from tests.portal.made import publish, work_folder

TODAY = date(2026, 7, 5)
RULES = Retention(releases_months=13, scores_months=4, notebooks_months=1, run_reports_days=31, errors_days=1)


@pytest.fixture
def work(tmp_path, monkeypatch) -> Workspace:
    """Releases of January 2022, January 2024 and June 2024, with a campaign each, scores and notebooks."""
    monkeypatch.setenv("GOLDMINE_HOME", str(tmp_path / "home"))
    made = work_folder(tmp_path)
    for name, day in (("old", date(2022, 1, 31)), ("open", date(2022, 2, 28)), ("new", date(2024, 6, 30))):
        publish(made, name, as_of=day)
        for path in (made.scores(day, "longtail"), made.notebooks(day) / "1_validate.ipynb"):
            path.parent.mkdir(parents=True)
            path.write_text("x")
    measured(made, "2022-01-31")
    return made


def measured(work, as_of):
    keep_figures(work, KeptFigures("longtail_2024", as_of, as_of, {}))


def names(work, *kinds, rules=RULES):
    return sorted(entry.name for entry in outdated(work, rules, TODAY) if entry.kind in kinds)


@pytest.fixture(autouse=True)
def ended(monkeypatch):
    """Every campaign's horizon ended in 2024."""

    class Ended(dict):
        def get(self, _key, _default=None):
            return date(2024, 12, 31)

    monkeypatch.setattr("goldmine.pipeline.tidy._ends", lambda _work: Ended())


def test_an_old_release_goes_and_one_whose_campaign_is_not_measured_stays(work):
    assert names(work, "release") == ["releases/2022-01-31/old"]
    measured(work, "2022-02-28")
    assert names(work, "release") == ["releases/2022-01-31/old", "releases/2022-02-28/open"]


def test_a_release_whose_horizon_has_not_ended_stays(work, monkeypatch):
    monkeypatch.setattr("goldmine.pipeline.tidy._ends", lambda _work: {})
    assert names(work, "release") == []


def test_scores_and_notebooks_of_releases_that_stay_are_kept(work):
    assert names(work, "scores", "notebooks") == ["notebooks/2022-01-31", "scores/2022-01-31"]


def test_the_current_release_stays_however_old_it_is(work):
    for as_of in ("2022-02-28", "2024-06-30"):
        measured(work, as_of)
    publish(work, "newer", as_of=date(2026, 6, 30))
    measured(work, "2026-06-30")
    assert read_latest(work).manifest.release_id == "newer"
    assert "releases/2026-06-30/newer" not in names(work, "release")
    assert "releases/2024-06-30/new" in names(work, "release")


def test_removing_leaves_whole_releases_only(work):
    for entry in outdated(work, RULES, TODAY):
        entry.remove()
    assert sorted(path.parent.name for path in work.releases.glob("*/*/manifest.json")) == ["new", "open"]
    assert not (work.releases / "2022-01-31").exists()
    assert names(work, "release", "scores", "notebooks") == []


def test_reports_of_runs_go_after_their_days_but_the_newest(work):
    work.runs.mkdir()
    for stem in ("20260401T060000Z_aaaaaaaa", "20260501T060000Z_bbbbbbbb"):
        for kind in ("json", "html"):
            (work.runs / f"{stem}.{kind}").write_text("{}")
    assert names(work, "run_report") == [
        "runs/20260401T060000Z_aaaaaaaa.html",
        "runs/20260401T060000Z_aaaaaaaa.json",
    ]


def test_texts_of_unknown_errors_go_after_their_days(work):
    folder = Path(os.environ["GOLDMINE_HOME"]) / "data" / "errors"
    folder.mkdir(parents=True)
    for name in ("2026-07-03_120000_1.txt", "2026-07-05_120000_2.txt"):
        (folder / name).write_text("x")
    assert [Path(name).name for name in names(work, "error")] == ["2026-07-03_120000_1.txt"]


def test_runs_of_registered_models_and_of_kept_releases_stay_in_mlflow(work, store, monkeypatch):
    import mlflow

    from goldmine.models.tracking import registered_name, use_tracking

    work.claim("tiny")
    experiment = use_tracking("tiny")
    client = mlflow.MlflowClient()
    long_ago = int(datetime(2023, 1, 1, tzinfo=UTC).timestamp() * 1000)

    def run(name, at=long_ago, status="FINISHED", **tags):
        made = client.create_run(experiment, start_time=at, tags=tags, run_name=name)
        client.log_text(made.info.run_id, "x", "notebook.txt")
        client.set_terminated(made.info.run_id, status)
        return made.info.run_id

    parent, plain, recent = (
        run("train"),
        run("validate"),
        run("score", at=int(datetime(2026, 7, 1, tzinfo=UTC).timestamp() * 1000)),
    )
    champion = run("longtail", **{"mlflow.parentRunId": parent})
    client.create_registered_model(registered_name("tiny", "longtail"))
    client.create_model_version(registered_name("tiny", "longtail"), f"runs:/{champion}/model", champion)
    assert names(work, "mlflow_run") == [plain]
    for entry in outdated(work, RULES, TODAY):
        entry.remove()
    assert client.get_run(plain).info.lifecycle_stage == "deleted"
    assert not (store / "mlruns" / "artifacts" / plain).exists()
    assert [client.get_run(one).info.lifecycle_stage for one in (parent, champion, recent)] == ["active"] * 3


def test_runs_stay_in_mlflow_for_all_their_months(work, store):
    import mlflow

    from goldmine.models.tracking import use_tracking

    work.claim("tiny")
    experiment, client = use_tracking("tiny"), mlflow.MlflowClient()
    runs = {}
    for day in (4, 5, 31):
        started = int(datetime(2024, 7, day, 12, tzinfo=UTC).timestamp() * 1000)
        runs[day] = client.create_run(experiment, start_time=started).info.run_id
        client.set_terminated(runs[day])
    assert names(work, "mlflow_run") == [runs[4]]


def test_periods_below_their_least_are_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("GOLDMINE_HOME", str(tmp_path))
    retention.cache_clear()
    assert retention().audit_log_months == 24
    (tmp_path / "pipelines").mkdir()
    (tmp_path / "pipelines" / "retention.yaml").write_text("audit_log_months: 5\n", "utf-8")
    retention.cache_clear()
    with pytest.raises(
        SettingsError, match=r"retention\.yaml: audit_log_months: Input should be greater than or equal"
    ):
        retention()
    retention.cache_clear()
