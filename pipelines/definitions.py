"""The job from a bank's tables to published lists: what each step reads and what it makes, from top to bottom.

Every step runs one notebook, for one month end. `goldmine run` executes these definitions in process; `make schedule`
shows them in Dagster's pages and runs them on time.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import dagster as dg
from pydantic import Field

from goldmine.contract.tables import TABLES
from goldmine.core.dates import month_end
from goldmine.core.errors import UseCaseError, ValidationError
from goldmine.core.files import read_json
from goldmine.core.fingerprint import of_file
from goldmine.core.parquet import parquet_files
from goldmine.core.project import at_home, home
from goldmine.core.workspace import Workspace
from goldmine.customers.table import customers_days, customers_path
from goldmine.features import feature_fingerprint
from goldmine.governance.limits import read_limits
from goldmine.labels.use_case_files import load_use_case, use_case_names
from goldmine.measurement.campaign_results import completed_within
from goldmine.pipeline.echo import tell
from goldmine.pipeline.failure import may_pass
from goldmine.pipeline.selection import missing, wanted_cutoffs, wanted_use_cases, with_champion
from goldmine.pipeline.snapshot import Made, Snapshot, bank_mark, file_mark, source_mark, use_case_mark
from goldmine.pipeline.tracked_run import champion_version

MONTH_ENDS = dg.TimeWindowPartitionsDefinition(
    start="1990-01-31", fmt="%Y-%m-%d", cron_schedule="0 0 L * *", end_offset=1
)
"""One partition a snapshot date; its key is the month end itself."""

RETRY = dg.RetryPolicy(max_retries=2, delay=20, backoff=dg.Backoff.EXPONENTIAL)
"""For faults that may pass; all others are raised as failures that allow no retry."""

Events = Iterator[dg.AssetCheckResult | dg.MaterializeResult]


class Place(dg.ConfigurableResource):
    """Whose job it is. A run holds the work folder from its first step to its last."""

    bank: str = Field(default="data/sample_bank", description="Folder of the bank's tables, with bank.yaml.")
    work: str = Field(default="data", description="The bank's work folder.")
    language: str = Field(default="en", description="en or zh: of figures and lists.")
    use_cases: list[str] = Field(default=[], description="Use cases to run; none means all that the tables carry.")

    quarterly: bool = Field(default=False, description="Also use cases whose file says `schedule: quarterly`.")

    parameters: dict[str, str] = Field(default={}, description="More parameters of the steps' notebooks.")
    engine: str = Field(default="", description="duckdb or spark; empty: as bank.yaml says.")
    spark_master: str = Field(default="", description="Spark's master; empty: as bank.yaml says.")

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator["Place"]:
        """Hold the work folder for the run."""
        with Workspace(at_home(self.work)).lock():
            yield self

    def at(self, context: dg.AssetExecutionContext) -> Snapshot:
        """The bank at the run's month end."""
        return Snapshot(
            source=at_home(self.bank),
            work=Workspace(at_home(self.work)),
            as_of=date.fromisoformat(context.partition_key),
            language=self.language,
            use_cases=tuple(self.use_cases),
            parameters=self.parameters,
            asked_engine=self.engine,
            asked_master=self.spark_master,
        )


@contextmanager
def tried_again_if_passing() -> Iterator[None]:
    """Let Dagster try again only what may pass by itself."""
    try:
        yield
    except Exception as error:
        if may_pass(error):
            raise
        raise dg.Failure(description=str(error), allow_retries=False) from error


def suites(asset: list[str], names: list[str]) -> list[dg.AssetCheckSpec]:
    """A blocking check a Great Expectations suite: where one fails, nothing downstream starts."""
    return [dg.AssetCheckSpec(name, asset=dg.AssetKey(asset), blocking=True) for name in names]


def checked(at: Snapshot, names: list[str], make: Callable[[], Made]) -> Events:
    """Run a step, then say what became of its suites; a broken fatal rule fails the step after that."""
    made, broken = None, None
    try:
        with tried_again_if_passing():
            made = make()
    except dg.Failure as failure:
        if not isinstance(failure.__cause__, ValidationError):
            raise
        broken = failure
    for name in names:
        absent = name in TABLES and not at.bank.has(name)
        found = {} if absent else read_json(at.work.validation(name), {})
        counts = {key: found[key] for key in ("fatal", "warnings") if key in found}
        # A suite that says nothing of a table that is there has not passed.
        yield dg.AssetCheckResult(check_name=name, passed=absent or found.get("success", False), metadata=counts)
    if broken is not None:
        raise broken
    yield dg.MaterializeResult(metadata={"mlflow_run": made.mlflow_run, "reused": made.reused} if made else {})


# the bank's own tables -> canonical tables, each checked against its suite
@dg.asset(partitions_def=MONTH_ENDS, retry_policy=RETRY, check_specs=suites(["tables"], list(TABLES)))
def tables(context: dg.AssetExecutionContext, place: Place) -> Events:
    """The bank's tables as the contract has them, validated."""
    at = place.at(context)
    yield from checked(
        at,
        list(TABLES),
        lambda: at.run(
            "1_validate",
            reads={"source": source_mark(at.source), "returned": file_mark(at.work.returned)},
            makes=lambda: [
                at.work.root / "tables.json",
                *at.work.tables.rglob("*.parquet"),
                *(at.work.validation(name) for name in at.bank.tables),
            ],
            bank=str(at.source),
        ),
    )


# tables -> activity by month -> a feature table for the snapshot and for each cutoff that training needs
@dg.asset(partitions_def=MONTH_ENDS, retry_policy=RETRY, deps=[tables], check_specs=suites(["features"], ["features"]))
def features(context: dg.AssetExecutionContext, place: Place) -> Events:
    """Feature tables: a row a customer and cutoff."""
    at = place.at(context)

    def make() -> Made:
        names = wanted_use_cases(at.bank, at.work, at.as_of, at.use_cases, quarterly=place.quarterly)
        cutoffs = wanted_cutoffs(at.bank, names, at.as_of)
        return at.run(
            "2_features",
            reads={"tables": bank_mark(at.bank), "cutoffs": [str(cutoff) for cutoff in cutoffs]},
            makes=lambda: [file for cutoff in cutoffs for file in parquet_files(at.work.features(cutoff))],
            use_cases=names,
            engine=at.engine.name,
            spark_master=at.engine.spark_master,
        )

    yield from checked(at, ["features"], make)


# features, balances and the catalogue of tags -> a row a customer: layer, level, tags and since when they stand
@dg.asset(partitions_def=MONTH_ENDS, retry_policy=RETRY, deps=[tables, features])
def customers(context: dg.AssetExecutionContext, place: Place) -> Events:
    """The customers table: layer, level and tags of everyone on the books."""
    at = place.at(context)

    def make() -> Made:
        days = customers_days(at.work, at.as_of)
        return at.run(
            "3_customers",
            reads={
                "features": [feature_fingerprint(at.bank, at.work, day) for day in days],
                "balances": [file.fingerprint for file in at.bank.tables["balances"].files]
                if at.bank.has("balances")
                else [],
                "tags": (home() / "pipelines" / "tags.yaml").read_text("utf-8"),
            },
            makes=lambda: [customers_path(at.work, day) for day in days],
        )

    yield from checked(at, [], make)


def use_case_assets(name: str) -> list[dg.AssetsDefinition]:
    """A use case's model and its scores."""

    def served(at: Snapshot) -> bool:
        off = [] if name in at.use_cases else missing(at.bank, load_use_case(name), at.work, at.as_of)
        if off:
            tell(f"  {name:<20} switched off: this bank has no {', no '.join(off)}")
        return not off

    # feature tables + what became of the customers -> a version in the registry, champion if it is better than a rule
    @dg.asset(
        key=[name, "model"], group_name=name, partitions_def=MONTH_ENDS, retry_policy=RETRY, deps=[tables, features]
    )
    def model(context: dg.AssetExecutionContext, place: Place) -> Events:
        at = place.at(context)

        def make() -> Made:
            cutoffs = wanted_cutoffs(at.bank, [name], at.as_of)
            return at.run(
                "4_train",
                reads={
                    "tables": bank_mark(at.bank),
                    "features": [feature_fingerprint(at.bank, at.work, cutoff) for cutoff in cutoffs],
                    "use_case": use_case_mark(name),
                    "limits": read_limits(at.bank_name).model_dump(),
                },
                makes=list,
                use_case=name,
            )

        if served(at):
            yield from checked(at, [], make)
        else:
            yield dg.MaterializeResult(metadata={"switched_off": True})

    # the snapshot's feature table + the champion -> a probability, decile and rank for everyone eligible
    @dg.asset(
        key=[name, "scores"],
        group_name=name,
        partitions_def=MONTH_ENDS,
        retry_policy=RETRY,
        deps=[features, model],
        check_specs=suites([name, "scores"], ["scores"]),
    )
    def scores(context: dg.AssetExecutionContext, place: Place) -> Events:
        at = place.at(context)
        path = at.work.scores(at.as_of, name)

        def make() -> Made:
            return at.run(
                "5_score",
                reads={
                    "features": feature_fingerprint(at.bank, at.work, at.as_of),
                    "champion": champion_version(at.bank_name, name),
                    "use_case": use_case_mark(name),
                },
                makes=lambda: [path, path.with_suffix(".json"), at.work.drift(at.as_of, name)],
                use_case=name,
                engine=at.engine.name,
                spark_master=at.engine.spark_master,
            )

        runs = served(at)
        if runs and not champion_version(at.bank_name, name):
            tell(f"  {name:<20} no champion, so no scores and no list; the notebook 4_train says why")
            runs = False
        if runs:
            yield from checked(at, ["scores"], make)
        else:
            yield dg.AssetCheckResult(check_name="scores", passed=True)
            yield dg.MaterializeResult(metadata={"switched_off": True})

    return [model, scores]


USE_CASES = {name: use_case_assets(name) for name in use_case_names()}


# every use case's scores, the customers table -> one release: lists with reasons, and the manifest that traces each row
@dg.asset(
    partitions_def=MONTH_ENDS,
    retry_policy=RETRY,
    deps=[tables, customers, *(scores for _, scores in USE_CASES.values())],
    check_specs=suites(["release"], ["lists"]),
)
def release(context: dg.AssetExecutionContext, place: Place) -> Events:
    """The published lists; complete and immutable, or not there."""
    # What makes lists takes two seconds to load, and no earlier step needs it.
    from goldmine.publishing.customer_snapshot import customers_mark
    from goldmine.publishing.release_inputs import campaigns_mark

    at = place.at(context)

    def make() -> Made:
        names = with_champion(
            at.bank, wanted_use_cases(at.bank, at.work, at.as_of, at.use_cases, quarterly=place.quarterly)
        )
        scored = [at.work.scores(at.as_of, name) for name in names]
        return at.run(
            "6_publish",
            reads={
                "tables": bank_mark(at.bank),
                "scores": [of_file(path) for path in scored if path.exists()],
                "use_cases": [use_case_mark(name) for name in names],
                "campaigns": campaigns_mark(at.work, at.as_of),
                "customers": customers_mark(at.work, at.as_of) or "",
            },
            makes=lambda: sorted(path for path in (at.work.releases / str(at.as_of)).rglob("*") if path.is_file()),
            use_cases=names,
        )

    yield from checked(at, ["lists"], make)


# campaigns whose horizon has ended by the month end + contacts and the books -> what each of them changed
@dg.asset(partitions_def=MONTH_ENDS, retry_policy=RETRY, deps=[tables, features])
def measured(context: dg.AssetExecutionContext, place: Place) -> Events:
    """What the campaigns that were completed within the month changed."""
    at = place.at(context)
    done = completed_within(at.work, at.as_of)
    for campaign in done:
        with tried_again_if_passing():
            at.run(
                "7_measure",
                reads={
                    "tables": bank_mark(at.bank),
                    "campaign": [of_file(path) for path in sorted(campaign.folder.glob("*.parquet"))],
                },
                makes=list,
                campaign=campaign.name,
            )
    yield dg.MaterializeResult(metadata={"campaigns": len(done)})


def on_request(name: str, notebook: str, deps: list[Any], folder: str) -> dg.AssetsDefinition:
    """A step of the quarterly job that `goldmine run` leaves out, and a command of its own asks for."""

    @dg.asset(name=name, partitions_def=MONTH_ENDS, retry_policy=RETRY, deps=[tables, features, *deps])
    def made(context: dg.AssetExecutionContext, place: Place) -> Events:
        at = place.at(context)
        read = [customers_path(at.work, at.as_of), *(at.work.scores(at.as_of, use) for use in ("longtail", "winback"))]
        reads = {
            "tables": bank_mark(at.bank),
            "features": feature_fingerprint(at.bank, at.work, at.as_of),
            "files": [of_file(path) if path.exists() else "" for path in read],
        }
        if not at.bank.has("balances"):
            tell(f"  {name:<20} switched off: this bank has no table balances")
            yield dg.MaterializeResult(metadata={"switched_off": True})
            return
        files = at.work.root / folder
        made_for = f"*{at.as_of}*/*" if folder == "on_request_lists" else f"{at.as_of}.*"
        stem = name if folder == "on_request_lists" else str(at.as_of)
        try:
            yield from checked(
                at,
                [],
                lambda: at.run(
                    notebook,
                    reads=reads,
                    makes=lambda: [path for path in files.glob(made_for) if path.stem.startswith(stem)],
                ),
            )
        except dg.Failure as failure:
            # Whoever asks for a list is told why there is none; the quarter's other steps do not fail over it.
            if not (place.quarterly and isinstance(failure.__cause__, UseCaseError)):
                raise
            tell(f"  {name:<20} left out: {failure.__cause__.what}")
            yield dg.MaterializeResult(metadata={"left_out": failure.__cause__.what})

    return made


# the ladder a quarter on -> who is near the next level or slides off their own, with the probability of moving
# behaviour -> segments found from data
# the long tail and its scores -> workable groups, and what became of those who were worked
# the lost and the scores of win-back -> what they held, when and where it went, what may come back
ON_REQUEST = [
    on_request("near_threshold", "8_near_threshold", [customers], "on_request_lists"),
    on_request("segments", "9_segments", [], "segments"),
    on_request("screening", "10_screening", [customers, USE_CASES["longtail"][1]], "on_request_lists"),
    on_request("lost", "11_lost", [customers, USE_CASES["winback"][1]], "on_request_lists"),
]


# the release, the books, the staff -> who looks after whom, and a page for the head office, each branch and each person
@dg.asset(partitions_def=MONTH_ENDS, retry_policy=RETRY, deps=[tables, features, release])
def reports(context: dg.AssetExecutionContext, place: Place) -> Events:
    """Reports and the workbook of owners of the month end, in Chinese, as their readers are the bank's staff."""
    from goldmine.coverage import load_coverage_rules, make_coverage, missing_for_coverage
    from goldmine.coverage.workbook import write_workbook
    from goldmine.pipeline.reports import Wanted, write_reports

    at = place.at(context)
    with tried_again_if_passing():
        if not missing_for_coverage(at.bank):
            coverage = make_coverage(at.bank, at.work, at.as_of, load_coverage_rules())
            write_workbook(at.work.root / "coverage" / f"{at.as_of}.xlsx", coverage, "zh")
        made = write_reports(at.bank, at.work, at.as_of, Wanted(everybody=True))
    yield dg.MaterializeResult(metadata={"reports": len(made)})


REPORTS = dg.AssetSelection.assets(reports)
MODELS = dg.AssetSelection.assets(*(model for model, _ in USE_CASES.values()))
retrain = dg.define_asset_job(
    "retrain",
    selection=dg.AssetSelection.all() - REPORTS,
    description="Everything: each quarter, and by hand.",
)
score = dg.define_asset_job(
    "score",
    selection=dg.AssetSelection.all() - MODELS - REPORTS - dg.AssetSelection.assets(*ON_REQUEST),
    description="Everything but training: each month, with the champions.",
)
report = dg.define_asset_job(
    "report",
    selection=REPORTS,
    description="Pages for the head office, each branch and each person: each month, after the lists.",
)


def for_the_month_before(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """A run for the month that has ended, with every use case."""
    month = month_end(context.scheduled_execution_time.date(), -1)
    return dg.RunRequest(partition_key=str(month), run_config={"resources": {"place": {"config": {"quarterly": True}}}})


@dg.schedule(cron_schedule="0 2 2 1,4,7,10 *", job=retrain, execution_timezone="Asia/Shanghai")
def retrain_each_quarter(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """At two on the second day of a quarter, for the month that has ended."""
    return for_the_month_before(context)


@dg.schedule(cron_schedule="0 6 2 * *", job=score, execution_timezone="Asia/Shanghai")
def score_each_month(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """At six on the second day of a month, after any retraining; what that made already is taken as it is."""
    return for_the_month_before(context)


@dg.schedule(cron_schedule="0 8 2 * *", job=report, execution_timezone="Asia/Shanghai")
def report_each_month(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """At eight on the second day of a month, from the lists that the morning's scoring published."""
    return dg.RunRequest(partition_key=str(month_end(context.scheduled_execution_time.date(), -1)))


defs = dg.Definitions(
    assets=[
        tables,
        features,
        customers,
        *(one for both in USE_CASES.values() for one in both),
        release,
        measured,
        *ON_REQUEST,
        reports,
    ],
    jobs=[retrain, score, report],
    schedules=[retrain_each_quarter, score_each_month, report_each_month],
    resources={
        "place": Place(
            bank=os.environ.get("GOLDMINE_BANK", "data/sample_bank"), work=os.environ.get("GOLDMINE_WORK", "data")
        )
    },
    executor=dg.in_process_executor,
)
