"""What a job in Dagster runs for: the bank, its work folder, and the month ends that it can be run at."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

import dagster as dg
from pydantic import Field, PrivateAttr

from goldmine.contract.mapping import load_mapping, stated_end
from goldmine.core.dates import month_end, snapshot_date, today
from goldmine.core.i18n import _, in_language
from goldmine.core.notice import shout
from goldmine.core.processes import process_mark
from goldmine.core.workspace import Workspace, at_home
from goldmine.pipeline.hooks import report_message, send
from goldmine.pipeline.left_over import (
    PROCESS_TAG,
    close_dagster_runs,
    close_mlflow_runs,
    require_own_store,
    use_run_folder,
)
from goldmine.pipeline.parameters import parse_language
from goldmine.pipeline.portal_results import take_portal_results
from goldmine.pipeline.run_record import RunRecord, failed_for
from goldmine.pipeline.run_report import current_release, write_report
from goldmine.pipeline.run_status import started_by
from goldmine.pipeline.side_by_side import SideBySide
from goldmine.pipeline.snapshot import Snapshot


class JobSettings(dg.ConfigurableResource):
    """Which bank a job is for and how it runs; a run holds the work folder from its first step to its last."""

    bank: str = Field(default="", description="Folder of the bank's tables; empty: the one that Dagster serves.")
    work: str = Field(default="", description="The bank's work folder; empty: the one that Dagster serves.")
    language: str = Field(default="en", description="en or zh: of figures and lists.")
    use_cases: list[str] = Field(default=[], description="Use cases to run; none means all that the tables support.")

    quarterly: bool = Field(default=False, description="Also use cases whose file says `schedule: quarterly`.")

    parameters: dict[str, str] = Field(default={}, description="More parameters of the steps' notebooks.")
    engine: str = Field(default="", description="duckdb or spark; empty: as bank.yaml says.")
    spark_master: str = Field(default="", description="Spark's master; empty: as bank.yaml says.")
    wait_minutes: int = Field(default=120, description="Minutes that a run waits for another on the work folder.")

    _record: RunRecord = PrivateAttr(default_factory=RunRecord)
    _side_by_side: SideBySide = PrivateAttr(default_factory=SideBySide)

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator["JobSettings"]:
        """Hold the work folder for the run, and take the portal's results first."""
        with ExitStack() as held:
            try:
                parse_language(self.language)
                work = self.workspace
                work.require_bank(load_mapping(self.source).name)
                held.enter_context(work.lock(60 * self.wait_minutes))
                self._tidy_up(context)
                held.enter_context(self._reported(context))
                take_portal_results(work)
                held.enter_context(self._side_by_side)
            except Exception as error:
                self._tell_not_started(context, error)
                raise
            yield self

    @contextmanager
    def _reported(self, context: dg.InitResourceContext) -> Iterator[None]:
        """Write the run's report when it has ended, well or not; a report that cannot be written fails no run."""
        tags = context.run.tags if context.run else {}
        as_of = tags.get("dagster/partition", "")
        before, started = current_release(self.workspace), datetime.now(UTC)
        try:
            yield
        finally:
            if as_of and context.run:
                try:
                    report = write_report(
                        self.snapshot(as_of),
                        run_id=context.run.run_id,
                        who=started_by(tags),
                        started=started,
                        before=before,
                    )
                    if _publishes(context.run):
                        send(report_message(report, str(report.page(self.workspace)), self.language))
                except Exception as error:
                    shout(f"{self.workspace.runs}: the run's report could not be written: {failed_for(error)}")

    def _tell_not_started(self, context: dg.InitResourceContext, error: Exception) -> None:
        """Tell of a run that publishes and could not start; one that began has a report, which tells of it."""
        if context.run is None or not _publishes(context.run):
            return
        why = in_language(_("The run did not start: {why}", why=failed_for(error)), self.language)
        message = {"event": "failure", "bank": "", "as_of": context.run.tags.get("dagster/partition", "")}
        send(message | {"state": "not_started", "line": str(why), "current": "", "missing": [], "report": ""})

    def _tidy_up(self, context: dg.InitResourceContext) -> None:
        """Close what a killed run left over, unless the run is a command's, which has done so."""
        if context.instance is None or context.run is None or PROCESS_TAG in context.run.tags:
            return
        use_run_folder()
        context.instance.add_run_tags(context.run.run_id, {PROCESS_TAG: process_mark()})
        close_dagster_runs(context.instance, context.run.run_id)
        close_mlflow_runs(self.workspace, load_mapping(self.source).name)
        require_own_store(self.workspace, load_mapping(self.source).name)

    @property
    def source(self) -> Path:
        """The bank's folder. A config that leaves it out, such as a schedule's, means the bank that is served."""
        return at_home(self.bank or served_folders()[0])

    @property
    def workspace(self) -> Workspace:
        """The bank's work folder."""
        return Workspace(at_home(self.work or served_folders()[1]))

    @property
    def side_by_side(self) -> SideBySide:
        """The run's notebooks that began before their turn."""
        return self._side_by_side

    def snapshot(self, as_of: str, use_case: str = "") -> Snapshot:
        """The bank at a month end, for one use case or for all.

        Raises
        ------
        HistoryError
            If the books do not reach the month end.
        """
        return Snapshot(
            source=self.source,
            work=self.workspace,
            as_of=snapshot_date(as_of, stated_end(self.source) or today()),
            language=self.language,
            use_cases=tuple(self.use_cases),
            parameters=self.parameters,
            asked_engine=self.engine,
            asked_master=self.spark_master,
            quarterly=self.quarterly,
            use_case=use_case,
            record=self._record,
        )


def _publishes(run: dg.DagsterRun) -> bool:
    """Whether a run's steps include the release: a schedule's or a whole run, and no single step by hand."""
    return not run.asset_selection or dg.AssetKey(["release"]) in run.asset_selection


def served_folders() -> tuple[str, str]:
    """The bank's folder and the work folder that Dagster was started for, by `goldmine schedule` or a command."""
    return os.environ.get("GOLDMINE_BANK", "data/sample_bank"), os.environ.get("GOLDMINE_WORK", "data")


def month_ends(data_until: date | None) -> dg.TimeWindowPartitionsDefinition:
    """One partition a month end that the books hold; its key is the month end itself.

    Parameters
    ----------
    data_until : date or None
        The last day that the books cover; None if they follow the calendar.

    Examples
    --------
    >>> month_ends(date(2024, 6, 30)).get_last_partition_key()
    '2024-06-30'
    >>> month_ends(date(2024, 6, 29)).get_last_partition_key()
    '2024-05-31'
    """
    end = month_end(snapshot_date("", data_until), 1) if data_until else None  # where the first window left out ends
    return dg.TimeWindowPartitionsDefinition(
        start="1990-01-31", end=str(end) if end else None, fmt="%Y-%m-%d", cron_schedule="0 0 L * *", end_offset=1
    )
