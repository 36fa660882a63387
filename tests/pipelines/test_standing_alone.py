"""A use case that is refused stops no other; what can be published is, and the run says what is missing."""

from datetime import date

import dagster as dg
import pytest

from goldmine.core.errors import DiskError, IncompleteError, LeakError, NotebookError, SettingsError
from goldmine.core.files import write_json
from goldmine.core.workspace import Workspace, home
from goldmine.labels.refusal import refused
from goldmine.pipeline.dagster_job import load_definitions
from goldmine.pipeline.job_settings import JobSettings
from goldmine.pipeline.run_report import read_reports
from goldmine.pipeline.snapshot import Snapshot
from goldmine.pipeline.step import StepResult
from tests.tiny import balance, make_bank, transaction

pytestmark = pytest.mark.filterwarnings("ignore::dagster.BetaWarning")
AS_OF = date(2024, 6, 30)
KEYS = ("dormancy/model", "dormancy/scores", "longtail/model", "longtail/scores", "release", "all_lists")


class Job:
    """The steps of two use cases and the release; each notebook is a name in a list, and fails as it is told."""

    def __init__(self, bank, work):
        self.bank, self.work, self.fails, self.ran = bank, Workspace(work), {}, []

    def run_step(self, step, run):
        name = "/".join(filter(None, (run.use_case, step.name)))
        if name in self.fails:
            raise self.fails[name]
        self.ran.append(f"{name} {' '.join(step.parameters(run)['use_cases'])}" if step.name == "release" else name)
        for suite in step.suites:
            write_json(run.work.validation(suite), {"success": True})
        return StepResult("1", reused=False)

    def __call__(self, *use_cases, keys=KEYS, raise_on_error=False):
        self.ran.clear()
        assets = [a for a in load_definitions().defs.assets if a.key.to_user_string() in keys]
        settings = JobSettings(bank=str(self.bank), work=str(self.work.root), use_cases=list(use_cases))
        resources = {"settings": settings}
        done = dg.materialize(assets, partition_key=str(AS_OF), resources=resources, raise_on_error=raise_on_error)
        (failed,) = [*(event.step_failure_data for event in done.get_step_failure_events()), None][:1]
        return failed and failed.error.cause


@pytest.fixture
def job(tmp_path, monkeypatch):
    held = [balance("a", "2024-06-30", "time", "1.00")]
    tables = {
        "customers": [{"customer_id": "a"}],
        "transactions": [transaction(1, "a", "2024-06-15")],
        "balances": held,
    }
    bank = make_bank(tmp_path / "bank", tables)
    (tmp_path / "bank" / "bank.yaml").write_text("name: tiny\ndata_until: 2024-06-30\n")
    made = Job(tmp_path / "bank", tmp_path / "work")
    monkeypatch.setattr(Snapshot, "bank", bank)
    monkeypatch.setattr("goldmine.pipeline.dagster_assets.run_step", made.run_step)
    monkeypatch.setattr("goldmine.pipeline.inputs.champion", lambda run: "1")
    monkeypatch.setattr("goldmine.pipeline.selection.champion_version", lambda bank, use_case: "1")
    return made


def test_refused_training_leaves_the_earlier_champion_to_score_and_fails_the_job_at_its_end(job):
    job.fails["longtail/model"] = LeakError("longtail: a leak.", "Mend it.")
    failed = job()
    assert failed.cls_name == IncompleteError.__name__
    assert "not all went through. longtail/model: longtail: a leak." in failed.message
    assert job.ran[-1] == "release dormancy longtail"


def test_step_of_the_whole_bank_that_fails_at_each_attempt_fails_for_its_own_reason(job, monkeypatch):
    """Dagster's own error says only that there were too many attempts."""
    monkeypatch.setattr("goldmine.pipeline.dagster_assets.RETRY", dg.RetryPolicy(max_retries=2))
    died = NotebookError("2_features: its kernel died.", "Look at it.")
    died.may_pass = True
    job.fails["features"] = died
    with pytest.raises(dg.Failure, match="2_features: its kernel died") as failed:
        job(keys=("features",), raise_on_error=True)
    assert failed.value.__cause__ is died


def test_release_without_any_model_says_what_refused_the_training(job, monkeypatch):
    monkeypatch.setattr("goldmine.pipeline.selection.champion_version", lambda bank, use_case: "")
    for name in ("dormancy", "longtail"):
        job.fails[f"{name}/model"] = NotebookError(f"4_train_{name}: there was not enough memory.", "Give it more.")
    failed = job(keys=("dormancy/model", "longtail/model", "release"))
    assert (failed.cls_name, failed.message.splitlines()[0].partition(": ")[2]) == (
        "NotebookError", "4_train_dormancy: there was not enough memory."
    )  # fmt: skip
    assert read_reports(job.work)[0].line == (
        "No release is current: dormancy/model failed: 4_train_dormancy: there was not enough memory."
    )


def test_refused_scores_leave_the_other_lists_and_are_kept_until_they_go_through(job):
    job.fails["longtail/scores"] = LeakError("longtail: odd scores.", "Mend it.")
    assert job().cls_name == IncompleteError.__name__
    assert job.ran[-1] == "release dormancy"
    assert refused(job.work, AS_OF)["longtail"].what == "longtail: odd scores."
    report = read_reports(job.work)[0]
    assert (report.state, report.missing) == (
        "incomplete",
        (
            "longtail/scores: longtail: odd scores.",
            "all_lists: The release is published, but not all went through. longtail/scores: longtail: odd scores.",
        ),
    )
    assert [step.name for step in report.steps if step.outcome == "made"][-1] == "release"
    assert job(keys=("release", "all_lists")).cls_name == IncompleteError.__name__
    assert job.ran == ["release dormancy"]
    job.fails.clear()
    assert job() is None
    assert job.ran[-1] == "release dormancy longtail"
    assert refused(job.work, AS_OF) == {}


def test_without_a_release_the_job_fails_with_what_was_refused(job):
    job.fails["longtail/model"] = LeakError("longtail: a leak.", "Mend it.")
    failed = job(keys=("dormancy/model", "longtail/model", "all_lists"))
    assert (failed.cls_name, job.ran) == (LeakError.__name__, ["dormancy/model"])


def test_where_every_use_case_is_refused_nothing_is_published(job):
    for name in ("dormancy", "longtail"):
        job.fails[f"{name}/scores"] = LeakError(f"{name}: odd scores.", "Mend it.")
    failed = job()
    assert (failed.cls_name, failed.message) == (LeakError.__name__, failed.message)
    assert "dormancy: odd scores." in failed.message
    assert "release" not in " ".join(job.ran)


def test_use_case_asked_for_by_itself_gets_its_error(job):
    job.fails["longtail/model"] = LeakError("longtail: a leak.", "Mend it.")
    assert job("longtail").cls_name == LeakError.__name__
    assert job.ran == []


def test_full_disk_stops_every_use_case(job):
    job.fails["dormancy/model"] = DiskError("full.", "Free some space.")
    assert job().cls_name == DiskError.__name__
    assert not any(name.startswith("release") for name in job.ran)


def test_broken_use_case_file_refuses_that_use_case_alone(job, tmp_path, monkeypatch):
    root = tmp_path / "home"
    (root / "pipelines").mkdir(parents=True)
    for path in (home() / "pipelines").iterdir():
        if path.name != "use_cases":
            (root / "pipelines" / path.name).symlink_to(path)
    (root / "pipelines" / "use_cases").mkdir()
    for path in (home() / "pipelines" / "use_cases").iterdir():
        (root / "pipelines" / "use_cases" / path.name).write_text(path.read_text("utf-8"), "utf-8")
    (root / "notebooks").symlink_to(home() / "notebooks")
    monkeypatch.setenv("GOLDMINE_HOME", str(root))
    (root / "pipelines" / "use_cases" / "longtail.yaml").write_text("name: longtail\nlist_sise: 3\n", "utf-8")
    failed = job()
    assert failed.cls_name == IncompleteError.__name__
    assert "longtail/model: longtail.yaml: " in failed.message
    assert job.ran == ["dormancy/model", "dormancy/scores", "release dormancy"]
    assert job("longtail").cls_name == SettingsError.__name__
