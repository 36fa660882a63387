import types
from datetime import UTC, date, datetime
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.definitions.partitions.context import partition_loading_context
from dagster._core.definitions.run_request import InstigatorType
from dagster._core.remote_origin import (
    RegisteredCodeLocationOrigin,
    RemoteInstigatorOrigin,
    RemoteRepositoryOrigin,
)
from dagster._core.scheduler.instigation import InstigatorState, InstigatorStatus, ScheduleInstigatorData

from goldmine.contract.tables import TABLES
from goldmine.core.errors import ContractError, HistoryError, UseCaseError, ValidationError
from goldmine.core.workspace import Workspace, home
from goldmine.labels.use_case import names_by_model, use_case_names
from goldmine.pipeline.dagster_assets import retry_if_transient
from goldmine.pipeline.dagster_job import dagster_home, load_definitions, run_job
from goldmine.pipeline.job_settings import JobSettings, month_ends
from goldmine.pipeline.snapshot import Snapshot
from tests.pipeline.conftest import AS_OF
from tests.tiny import balance, make_bank, transaction

pytestmark = pytest.mark.filterwarnings("ignore::dagster.BetaWarning")


@pytest.fixture(scope="module")
def defs():
    return load_definitions().defs


@pytest.fixture(autouse=True)
def summer_2024(monkeypatch):
    """The day on which the schedules of these tests run."""
    monkeypatch.setattr("goldmine.pipeline.dagster_assets.now", lambda: datetime(2024, 7, 10, tzinfo=UTC))


def keys(job):
    return {key.to_user_string() for key in job.asset_layer.executable_asset_keys}


def test_retraining_runs_every_step_and_scoring_all_but_training(defs):
    without_model = {"payroll", "staff", "association", "facts_credit", "season_credit", "card_use"}
    without_model |= {"maturity"}
    with_model = set(use_case_names()) - without_model
    models = {f"{name}/model" for name in with_model}
    scores = {f"{name}/scores" for name in with_model}
    scores |= {f"{name}/expected" for name in without_model}
    on_request = {"near_threshold", "segments", "screening", "lost", "employers", "households", "links"}
    on_request |= {"prospects", "credit_lists", "grid_lists"}
    assert keys(defs.resolve_job_def("retrain")) == {
        *on_request,
        "tables",
        "features",
        "customers",
        "release",
        "all_lists",
        "portal",
        "measured",
        *models,
        *scores,
    }
    scored = {"tables", "features", "customers", "release", "all_lists", "portal", "measured", *scores}
    assert keys(defs.resolve_job_def("score")) == scored


def test_a_partition_is_a_month_end():
    months = month_ends(date(2024, 3, 31))
    assert months.has_partition_key("2024-02-29")
    assert not months.has_partition_key("2024-02-28")
    assert not months.has_partition_key("2024-02-01")


@pytest.mark.parametrize(
    ("data_until", "newest"),
    [
        (date(2024, 2, 29), "2024-02-29"),
        (date(2024, 3, 30), "2024-02-29"),
        (date(2024, 3, 31), "2024-03-31"),
        (None, "2025-01-31"),  # no data_until: the books follow the calendar, and this is read on 1 February 2025
    ],
)
def test_partitions_end_at_the_newest_month_of_the_books(data_until, newest):
    with partition_loading_context(datetime(2025, 2, 1, 1, tzinfo=UTC)):
        assert month_ends(data_until).get_last_partition_key() == newest


class TestBankOfAScheduleServer:
    @pytest.fixture
    def bank(self, tmp_path, monkeypatch):
        """A bank whose books end in June 2024, named as `goldmine schedule` names it."""
        make_bank(tmp_path, {"customers": [{"customer_id": "a"}], "transactions": [transaction(1, "a", "2024-06-15")]})
        (tmp_path / "bank.yaml").write_text("name: tiny\ndata_until: 2024-06-30\n")
        monkeypatch.setenv("GOLDMINE_BANK", str(tmp_path))
        return tmp_path

    @staticmethod
    def newest(definitions):
        return definitions.resolve_job_def("score").partitions_def.get_last_partition_key()

    def test_a_month_that_arrives_is_a_partition_once_definitions_are_loaded_anew(self, bank):
        loaded = load_definitions().defs
        (bank / "bank.yaml").write_text("name: tiny\ndata_until: 2024-07-31\n")
        assert [self.newest(loaded), self.newest(load_definitions().defs)] == ["2024-06-30", "2024-07-31"]

    def test_a_schedule_asks_for_the_month_that_arrived_after_it_was_loaded(self, bank):
        repository = load_definitions().defs.get_repository_def()
        time = datetime.fromisoformat("2024-08-02T06:00+08:00")
        context = dg.build_schedule_context(scheduled_execution_time=time, repository_def=repository)
        (request,) = repository.get_schedule_def("score_each_month").evaluate_tick(context).run_requests
        assert (request.partition_key, request.tags["dagster/partition"]) == ("2024-07-31", "2024-07-31")

    def test_a_scheduled_run_is_of_the_bank_that_is_served(self, bank, monkeypatch):
        monkeypatch.setenv("GOLDMINE_WORK", str(bank / "work"))
        definitions = load_definitions().defs
        time = datetime.fromisoformat("2024-07-02T06:00+08:00")
        request = definitions.resolve_schedule_def("score_each_month")(
            dg.build_schedule_context(scheduled_execution_time=time)
        )
        job = definitions.resolve_job_def("score")
        settings = JobSettings(**dg.validate_run_config(job, request.run_config)["resources"]["settings"]["config"])
        snapshot = settings.snapshot(request.partition_key)
        assert (snapshot.source, snapshot.work.root, snapshot.as_of) == (bank, bank / "work", date(2024, 6, 30))

    def test_a_month_that_the_books_do_not_reach_fails_at_once_and_says_so(self, bank, tmp_path):
        settings = JobSettings(bank=str(bank), work=str(tmp_path / "work"))
        with pytest.raises(HistoryError, match=r"as_of: 2024-07-31 is after the books' last month end\."):
            settings.snapshot("2024-07-31")


@pytest.mark.parametrize(
    ("name", "cron", "time"),
    [
        ("retrain_each_quarter", "0 2 2 1,4,7,10 *", "2024-07-02T02:00+08:00"),
        ("score_each_month", "0 6 2 * *", "2024-07-02T06:00+08:00"),
    ],
)
def test_schedules_ask_for_the_month_that_has_ended(defs, name, cron, time):
    schedule = defs.resolve_schedule_def(name)
    assert (schedule.cron_schedule, schedule.execution_timezone) == (cron, "Asia/Shanghai")
    context = dg.build_schedule_context(scheduled_execution_time=datetime.fromisoformat(time))
    request = schedule(context)
    assert request.partition_key == "2024-06-30"
    job = defs.resolve_job_def(schedule.job_name)
    config = dg.validate_run_config(job, request.run_config)["resources"]["settings"]["config"]
    assert config["quarterly"] is True


@pytest.mark.parametrize(("time", "made_up_for"), [("2024-07-02T06:00+08:00", False), ("2024-07-13T06:00+08:00", True)])
def test_a_missed_time_is_made_up_for_within_three_weeks(defs, monkeypatch, time, made_up_for):
    monkeypatch.setattr("goldmine.pipeline.dagster_assets.now", lambda: datetime(2024, 8, 2, 22, tzinfo=UTC))
    context = dg.build_schedule_context(scheduled_execution_time=datetime.fromisoformat(time))
    asked = defs.resolve_schedule_def("score_each_month")(context)
    assert isinstance(asked, dg.RunRequest) is made_up_for
    if not made_up_for:
        assert asked.skip_message == "Missed by 32 days: more than 21 are not made up for."


def test_reports_follow_the_lists_in_a_job_of_their_own(defs):
    assert keys(defs.resolve_job_def("report")) == {"reports", "portal"}
    schedule = defs.resolve_schedule_def("report_each_month")
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("0 8 2 * *", "Asia/Shanghai")
    time = datetime.fromisoformat("2024-07-02T08:00+08:00")
    assert schedule(dg.build_schedule_context(scheduled_execution_time=time)).partition_key == "2024-06-30"


def test_the_portal_is_loaded_after_the_release_and_the_reports(defs):
    graph = defs.resolve_asset_graph()
    assert graph.get(dg.AssetKey("portal")).parent_keys == {dg.AssetKey("release"), dg.AssetKey("reports")}


def test_every_suite_is_a_check_that_blocks_what_all_use_cases_share(defs):
    specs = {s.key.to_user_string(): s.blocking for a in defs.assets for s in a.check_specs}
    scores = {f"{name}/scores:scores" for name in names_by_model(has_model=True)}
    assert set(specs) == {*(f"tables:{name}" for name in TABLES), "features:features", *scores, "release:lists"}
    assert {name for name, blocking in specs.items() if not blocking} == scores


def test_groups_stand_in_the_order_of_the_flow(defs):
    groups = {key.to_user_string(): group for asset in defs.assets for key, group in asset.group_names_by_key.items()}
    order = ["tables", "longtail/model", "longtail/scores", "release", "lost", "reports"]
    assert [groups[key] for key in order] == [
        "1_bank",
        "2_models_longtail",
        "2_models_longtail",
        "3_lists",
        "4_on_request",
        "5_reports",
    ]


def test_each_work_folder_has_a_store_of_its_own(tmp_path, monkeypatch):
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "shared"))
    stores = {dagster_home(Workspace(tmp_path / name)) for name in ("one", "two")}
    assert stores == {tmp_path / "one" / "dagster", tmp_path / "two" / "dagster"}
    assert "nux:" in (tmp_path / "one" / "dagster" / "dagster.yaml").read_text()


def test_store_whose_making_was_cut_short_is_made_anew(tmp_path, monkeypatch):
    def cut_short(folder):
        (Path(folder) / "history").mkdir()
        raise RuntimeError("killed")

    work = Workspace(tmp_path / "work")
    with monkeypatch.context() as patch, pytest.raises(RuntimeError, match="killed"):
        patch.setattr(dg.DagsterInstance, "from_config", cut_short)
        dagster_home(work)
    assert not work.dagster.exists()
    assert (dagster_home(work) / "history" / "runs" / "index.db").stat().st_size > 0


def test_what_one_bank_ran_and_scheduled_never_shows_for_another(tmp_path):
    @dg.asset
    def tables() -> None: ...

    @dg.asset
    def broken() -> None:
        raise RuntimeError("red")

    one, two = (
        dg.DagsterInstance.from_config(str(dagster_home(Workspace(tmp_path / name)))) for name in ("one", "two")
    )
    assert dg.materialize([tables], instance=one).success
    with pytest.raises(RuntimeError, match="red"):
        dg.materialize([broken], instance=two)
    repository = RemoteRepositoryOrigin(RegisteredCodeLocationOrigin("definitions.py"), "repository")
    origin = RemoteInstigatorOrigin(repository, "score_each_month")
    state = InstigatorState(
        origin, InstigatorType.SCHEDULE, InstigatorStatus.RUNNING, ScheduleInstigatorData("* * * * *")
    )
    one.schedule_storage.add_instigator_state(state)
    seen = [
        ([run.status.value for run in bank.get_runs()], [str(key.to_user_string()) for key in bank.all_asset_keys()])
        for bank in (one, two)
    ]
    assert seen == [(["SUCCESS"], ["tables"]), (["FAILURE"], ["broken"])]
    assert [len(bank.all_instigator_state()) for bank in (one, two)] == [1, 0]


def test_only_transient_faults_are_retried():
    with pytest.raises(dg.Failure, match="what") as failed, retry_if_transient():
        raise ContractError("what", "do")
    assert failed.value.allow_retries is False
    with pytest.raises(ConnectionResetError, match="gone"), retry_if_transient():
        raise ConnectionResetError("gone")


class TestListForWhichBankIsTooSmall:
    """The notebook raises; the quarter's run reports that and goes on, a command for the list alone gets the error."""

    @pytest.fixture
    def materialize(self, defs, tmp_path, monkeypatch):
        held = [balance("a", "2024-06-30", "time", "1.00")]
        moved = [transaction(1, "a", "2024-06-15")]
        tables = {"customers": [{"customer_id": "a"}], "transactions": moved, "balances": held}
        bank = make_bank(tmp_path / "bank", tables)
        (tmp_path / "bank" / "bank.yaml").write_text("name: tiny\ndata_until: 2024-06-30\n")
        monkeypatch.setattr(Snapshot, "bank", bank)

        def too_small(step, run):
            raise UseCaseError("near threshold: too small.", "Do without.")

        monkeypatch.setattr("goldmine.pipeline.dagster_assets.run_step", too_small)

        def run(*, quarterly):
            settings = JobSettings(bank=str(tmp_path / "bank"), work=str(tmp_path / "work"), quarterly=quarterly)
            (asset,) = [definition for definition in defs.assets if definition.key == dg.AssetKey("near_threshold")]
            return dg.materialize([asset], partition_key="2024-06-30", resources={"settings": settings})

        return run

    def test_quarterly_run_reports_it_and_goes_on(self, materialize, capfd):
        done = materialize(quarterly=True)
        (materialization,) = done.asset_materializations_for_node("near_threshold")
        assert materialization.metadata["left_out"].value == "near threshold: too small."
        assert "near_threshold       left out: near threshold: too small." in capfd.readouterr().err

    def test_command_for_the_list_gets_the_error(self, materialize):
        with pytest.raises(dg.Failure, match="near threshold: too small"):
            materialize(quarterly=False)


class TestBankThatBreaksFatalRule:
    @pytest.fixture
    def snapshot(self, tmp_path, monkeypatch):
        """Transactions of an unknown customer, in a project's folder of its own."""
        root = tmp_path
        rows = [transaction(n, "nobody", f"2024-0{n}-15 10:00:00") for n in range(1, 7)]
        make_bank(root / "bank", {"customers": [{"customer_id": "a"}], "transactions": rows})
        (root / "bank" / "bank.yaml").write_text("name: broken\ndata_until: 2024-06-30\n")
        for name in ("pipelines", "notebooks", "expectations", "requirements.lock"):
            (root / name).symlink_to(home() / name)
        monkeypatch.setenv("GOLDMINE_HOME", str(root))
        monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
        return Snapshot(root / "bank", Workspace(root / "work"), AS_OF, use_cases=("dormancy",))

    def test_no_downstream_step_starts_and_check_names_the_rule(self, snapshot):
        with pytest.raises(ValidationError, match=r"transactions\.customer_id: "):
            run_job(snapshot, ("tables", "features"))
        assert [p.name for p in snapshot.work.notebooks(AS_OF).glob("*.ipynb")] == ["1_validate.ipynb"]
        instance = dg.DagsterInstance.from_config(str(snapshot.work.dagster))
        run = instance.get_runs(limit=1)[0]
        events = [record.event_log_entry.dagster_event for record in instance.get_records_for_run(run.run_id).records]
        checks = [
            event.asset_check_evaluation_data
            for event in events
            if event and event.event_type_value == "ASSET_CHECK_EVALUATION"
        ]
        assert run.status == dg.DagsterRunStatus.FAILURE
        assert [check.check_name for check in checks if not check.passed] == ["transactions"]
        assert not [event for event in events if event and event.event_type_value == "STEP_UP_FOR_RETRY"]


def test_what_is_older_than_its_period_is_removed_each_night(defs, monkeypatch):
    asked = []
    done = types.SimpleNamespace(returncode=0)
    monkeypatch.setattr("goldmine.pipeline.nightly.subprocess.run", lambda command, **_: asked.append(command) or done)
    schedule = defs.resolve_schedule_def("tidy_each_night")
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("30 3 * * *", "Asia/Shanghai")
    assert defs.resolve_job_def(schedule.job_name).execute_in_process().success
    assert asked[0][-3:-1] == ["tidy", "--work"]
