"""The table of steps as Dagster assets, checks, jobs and schedules."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import dagster as dg

from goldmine.contract.mapping import stated_end
from goldmine.contract.tables import TABLES
from goldmine.core.dates import TIME_ZONE, month_end, now
from goldmine.core.errors import GoldmineError, ModelError, UseCaseError, ValidationError
from goldmine.core.i18n import _
from goldmine.core.workspace import at_home
from goldmine.pipeline.campaign_step import measure_campaigns
from goldmine.pipeline.failure import is_transient
from goldmine.pipeline.job_settings import JobSettings, month_ends, served_folders
from goldmine.pipeline.left_over import close_dagster_runs, end_late_runs
from goldmine.pipeline.nightly import nightly_tidy
from goldmine.pipeline.refusals import accept, refuse, stands_alone
from goldmine.pipeline.side_by_side import SideBySide, notebooks_at_once, ready_steps
from goldmine.pipeline.snapshot import Snapshot
from goldmine.pipeline.step import Step, StepResult, run_step

RETRY = dg.RetryPolicy(max_retries=2, delay=20, backoff=dg.Backoff.EXPONENTIAL)
"""For transient faults; all others are raised as failures that allow no retry."""

Events = Iterator[dg.AssetCheckResult | dg.MaterializeResult]


@dataclass(frozen=True)
class Schedule:
    """When a job runs for the month that has ended.

    Parameters
    ----------
    name, job, description : str
        Its name, its job's name, and when it runs, in words.
    cron : str
        When it runs, in Shanghai's time zone.
    catch_up_days : int
        A time that was missed, as the scheduler was down, is made up for within so many days; an older one is skipped.
    quarterly : bool
        Whether it includes the use cases whose file says ``schedule: quarterly``.
    """

    name: str
    job: str
    cron: str
    description: str
    catch_up_days: int = 21
    quarterly: bool = False


def define(steps: Sequence[Step], jobs: Mapping[str, str], schedules: Sequence[Schedule]) -> dg.Definitions:
    """The definitions that Dagster loads.

    Parameters
    ----------
    steps : sequence of Step
        The table of steps.
    jobs : mapping of str to str
        Description of each job by name; each step's row names the jobs that it belongs to.
    schedules : sequence of Schedule
        When the jobs run.
    """
    bank, work = served_folders()
    months = month_ends(stated_end(at_home(bank)))
    assets = {step.name: _assets(step, steps, months) for step in steps}
    asset_jobs = {
        name: dg.define_asset_job(
            name,
            selection=dg.AssetSelection.assets(*(a for s in steps if name in s.jobs for a in assets[s.name])),
            description=description,
        )
        for name, description in jobs.items()
    }
    return dg.Definitions(
        assets=[asset for of_step in assets.values() for asset in of_step],
        jobs=list(asset_jobs.values()),
        schedules=[*(_schedule(schedule, asset_jobs[schedule.job]) for schedule in schedules), nightly_tidy(work)],
        sensors=[_watch()],
        resources={"settings": JobSettings(bank=bank, work=work)},
        executor=dg.in_process_executor,
    )


def _assets(step: Step, steps: Sequence[Step], months: dg.PartitionsDefinition) -> list[dg.AssetsDefinition]:
    """A step's asset; for a step of use cases, one for each."""
    return [_asset(step, steps, months, name) for name in step.use_cases() or [""] * (step.for_each != "use_case")]


def _asset(step: Step, steps: Sequence[Step], months: dg.PartitionsDefinition, use_case: str) -> dg.AssetsDefinition:
    key = _key(step.name, use_case)

    @dg.asset(
        key=key,
        description=step.description,
        group_name="_".join(filter(None, (step.group, use_case))),
        partitions_def=months,
        retry_policy=RETRY,
        deps=_needed(step, steps, use_case),
        # A broken rule of a use case's own holds back its list alone.
        check_specs=[dg.AssetCheckSpec(name, asset=key, blocking=not use_case) for name in step.suites],
    )
    def asset(context: dg.AssetExecutionContext, settings: JobSettings) -> Events:
        last_attempt = context.retry_number >= RETRY.max_retries
        with _said_at_last(last_attempt=last_attempt):
            with retry_if_transient():
                run = settings.snapshot(context.partition_key, use_case)
            with run.record.step(step.name, use_case):
                selected = [node.name.replace("__", "/") for node in context.job_def.nodes]
                ready = ready_steps(steps, selected, run.record.done)
                settings.side_by_side.begin(
                    [(other, settings.snapshot(context.partition_key, name)) for other, name in ready],
                    run_step,
                    notebooks_at_once(run),
                )
                if use_case:
                    yield from _standing_alone(step, run, settings.side_by_side, last_attempt=last_attempt)
                else:
                    yield from _events(step, run, settings.side_by_side)

    return asset


def _key(step: str, use_case: str) -> dg.AssetKey:
    return dg.AssetKey([use_case, step] if use_case else [step])


def _needed(step: Step, steps: Sequence[Step], use_case: str) -> list[dg.AssetKey]:
    """Assets that a step needs; of a step for each use case, the asset of the same use case, or all of them."""
    of_use_case = {other.name: other.use_cases() for other in steps if other.for_each == "use_case"}
    keys: list[dg.AssetKey] = []
    for name in step.after:
        if name not in of_use_case:
            keys.append(dg.AssetKey(name.split("/")))
        else:
            keys += [_key(name, other) for other in of_use_case[name] if use_case in ("", other)]
    return keys


def _events(step: Step, run: Snapshot, side_by_side: SideBySide) -> Events:
    """Run a step unless it is switched off for this bank, and yield its results."""
    why_off = step.off(run)
    if why_off:
        run.tell(run.use_case or step.name, why_off)
        run.record.note("off", why_off)
        yield from (dg.AssetCheckResult(check_name=name, passed=True) for name in step.suites)
        yield dg.MaterializeResult(metadata={"switched_off": True})
    elif step.call is not None:
        with retry_if_transient():
            figures = step.call(run)
        yield dg.MaterializeResult(metadata=figures)
    elif step.for_each == "campaign":
        with retry_if_transient():
            counts = measure_campaigns(step, run)
        yield dg.MaterializeResult(metadata=counts)
    else:
        yield from _notebook_events(step, run, side_by_side)


def _standing_alone(step: Step, run: Snapshot, side_by_side: SideBySide, *, last_attempt: bool) -> Events:
    """The results of a use case's step; what refuses the use case stops no other, and `require_all` reports it."""
    unchecked: dict[str | None, None] = dict.fromkeys(step.suites)
    try:
        for event in _events(step, run, side_by_side):
            if isinstance(event, dg.AssetCheckResult):
                unchecked.pop(event.check_name, None)
            yield event
    except Exception as error:
        cause = error.__cause__ if isinstance(error, dg.Failure) else error
        may_pass = not isinstance(error, dg.Failure) and is_transient(error) and not last_attempt
        if may_pass or not isinstance(cause, GoldmineError) or not stands_alone(run, cause):
            raise
        refuse(run, step.name, cause)
        yield from (dg.AssetCheckResult(check_name=name, passed=False) for name in list(unchecked))
        yield dg.MaterializeResult(metadata={"refused": str(cause.what)})
    else:
        accept(run, step.name)


def _notebook_events(step: Step, run: Snapshot, side_by_side: SideBySide) -> Events:
    """Run a step's notebook, then yield the result of each suite; a broken fatal rule fails the step after that."""
    result: StepResult | None = None
    broken: dg.Failure | None = None
    attempt = side_by_side.attempt(step, run, run_step)
    run.record.took(attempt.seconds)
    try:
        with retry_if_transient():
            result = attempt.get()
        run.record.note("reused" if result.reused else "made")
    except dg.Failure as failure:
        cause = failure.__cause__
        if step.on_request and run.quarterly and isinstance(cause, UseCaseError | ModelError):
            # A command that asks for this list gets the error; the quarter's other steps do not fail over it.
            run.tell(step.name, _("left out: {why}", why=cause.what))
            run.record.note("left_out", cause.what)
            yield dg.MaterializeResult(metadata={"left_out": str(cause.what)})
            return
        if not isinstance(cause, ValidationError):
            raise
        broken = failure
    yield from (_check(suite, found, run) for suite, found in attempt.checks.items())
    if broken is not None:
        raise broken
    yield dg.MaterializeResult(metadata={"mlflow_run": result.mlflow_run, "reused": result.reused} if result else {})


def _check(suite: str, found: Mapping[str, Any], run: Snapshot) -> dg.AssetCheckResult:
    """The result of a suite; a suite without a result for a table that exists has not passed."""
    absent = suite in TABLES and not run.bank.has(suite)
    counts = {} if absent else {key: found[key] for key in ("fatal", "warnings") if key in found}
    return dg.AssetCheckResult(check_name=suite, passed=absent or found.get("success", False), metadata=counts)


@contextmanager
def retry_if_transient() -> Iterator[None]:
    """Let Dagster retry only transient faults."""
    try:
        yield
    except Exception as error:
        if is_transient(error):
            raise
        raise dg.Failure(description=str(error), allow_retries=False) from error


@contextmanager
def _said_at_last(*, last_attempt: bool) -> Iterator[None]:
    """Have the last attempt fail for its own reason; Dagster's own error says only that there were too many."""
    try:
        yield
    except dg.Failure:
        raise
    except Exception as error:
        if not last_attempt:
            raise
        raise dg.Failure(description=str(error), allow_retries=False) from error


def _watch() -> dg.SensorDefinition:
    """Every minute: close runs whose process died, so that no dead run keeps a scheduled one waiting.

    A run that has waited in the queue for longer than `JobSettings.wait_minutes` is ended with a message.
    """

    @dg.sensor(
        name="watch_over_runs",
        minimum_interval_seconds=60,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Closes runs whose process died, and ends those that waited too long for another.",
    )
    def watch(context: dg.SensorEvaluationContext, settings: JobSettings) -> dg.SkipReason:
        closed = close_dagster_runs(context.instance) if settings.workspace.is_free() else []
        late = end_late_runs(context.instance, settings.wait_minutes)
        return dg.SkipReason(f"{len(closed)} dead and {len(late)} late runs closed.")

    return watch


def _schedule(schedule: Schedule, job: Any) -> dg.ScheduleDefinition:
    """A schedule that runs its job for the month that has ended.

    The request states its month by the tag as well: a month that the bank delivered after these definitions were loaded
    is no partition of theirs, but it is one of the run's, which loads them anew.
    """
    config = {"resources": {"settings": {"config": {"quarterly": True}}}} if schedule.quarterly else {}

    @dg.schedule(
        name=schedule.name,
        cron_schedule=schedule.cron,
        job=job,
        execution_timezone=TIME_ZONE,
        description=schedule.description,
    )
    def request_run(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        missed = now() - context.scheduled_execution_time
        if missed > timedelta(days=schedule.catch_up_days):
            return dg.SkipReason(
                f"Missed by {missed.days} days: more than {schedule.catch_up_days} are not made up for."
            )
        month = str(month_end(context.scheduled_execution_time.date(), -1))
        return dg.RunRequest(partition_key=month, run_config=config, tags={"dagster/partition": month})

    return request_run
