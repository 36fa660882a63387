"""``goldmine status``: one screen that says what is current, what is due, what failed, and what waits."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from goldmine.cli.commands import Language, WorkFolder, app
from goldmine.core.i18n import LocalizedText, _, in_language

if TYPE_CHECKING:
    from goldmine.core.workspace import Workspace
    from goldmine.pipeline.due import Tick
    from goldmine.pipeline.run_report import RunReport

_CAMPAIGNS = 12
Check = Annotated[
    bool,
    typer.Option("--check", help="Exit with code 29 if the release that is due is not there: for cron or monitoring."),
]
Grace = Annotated[
    float, typer.Option("--grace-hours", min=0, help="With --check: hours after its time that a run may take.")
]


@app.command()
def status(
    work: WorkFolder = Path("data"), check: Check = False, grace_hours: Grace = 12.0, language: Language = "en"
) -> None:
    """Say what is current and why, what is due, what failed and in which cell, and which campaigns await results."""
    from goldmine.cli.output import errors_in, say
    from goldmine.core.errors import OverdueError
    from goldmine.core.workspace import Workspace
    from goldmine.pipeline.due import last_due, next_ticks, require_not_overdue
    from goldmine.pipeline.hooks import tell_overdue_once
    from goldmine.pipeline.parameters import parse_language
    from goldmine.pipeline.run_report import current_release

    language = parse_language(language)
    with errors_in(language):
        workspace, now = Workspace(work.absolute()), datetime.now(UTC)
        workspace.bank_name()
        crons = _crons()
        for what, lines in (
            (_("Current"), _current(workspace)),
            (_("Last run"), _last_run(workspace)),
            (_("Due"), _due(next_ticks(crons, now), last_due(crons, now, grace_hours))),
            (_("Campaigns"), _campaigns(workspace)),
        ):
            say(str(in_language(what, language)))
            for line in lines:
                say(f"  {in_language(line, language)}")
        if check:
            due, current = last_due(crons, now, grace_hours), current_release(workspace)
            try:
                require_not_overdue(current, due)
            except OverdueError as error:
                if tell_overdue_once(workspace, now, in_language(error.what, language), due.as_of if due else None):
                    say(str(in_language(_("The hooks for overdue releases were told."), language)))
                raise


def _crons() -> list[tuple[str, str, str]]:
    from goldmine.pipeline.dagster_job import load_definitions

    return [(entry.name, entry.job, entry.cron) for entry in load_definitions().SCHEDULES]


def _current(work: "Workspace") -> Iterator[str]:
    from goldmine.core.errors import ReleaseError
    from goldmine.publishing.release_store import read_latest

    try:
        known = read_latest(work).manifest
    except ReleaseError as error:
        yield error.what
        return
    yield _("release {release} of {as_of}", release=known.release_id, as_of=known.as_of)
    yield _("since {at}", at=f"{known.created_at:%Y-%m-%d %H:%M} UTC")
    for name, why in known.left_out.items():
        yield _("list {name}: {why}", name=name, why=why)


def _last_run(work: "Workspace") -> Iterator[str]:
    from goldmine.core.errors import DiskError, WorkFolderError
    from goldmine.pipeline.dagster_job import store_errors
    from goldmine.pipeline.run_report import read_reports
    from goldmine.pipeline.run_status import last_runs

    newest = next(iter(read_reports(work)), None)
    if newest is None:
        yield _("no run has ended here yet")
    else:
        yield from _reported(work, newest)
    try:
        with store_errors(work):
            running = [run for run in last_runs(work) if run.status in ("STARTED", "STARTING")]
    except (DiskError, WorkFolderError) as error:
        yield _("whether a run is at work cannot be told: {why}", why=error.what)
        return
    if running and work.is_free():
        yield _("a run of {as_of} was killed; the next run closes it", as_of=running[0].as_of)
    elif running:
        yield _("a run of {as_of} is at work", as_of=running[0].as_of)


def _reported(work: "Workspace", report: "RunReport") -> Iterator[str]:
    from goldmine.cli.output import near
    from goldmine.pipeline.run_status import notebook_runs

    yield _(
        "of {as_of}, ended {at}, started by {who}",
        as_of=report.as_of,
        at=f"{report.ended:%Y-%m-%d %H:%M} UTC",
        who=report.who or "?",
    )
    yield report.line
    for missing in report.missing:
        yield _("missing: {what}", what=missing)
    failed = {step.step for step in report.steps if step.outcome in ("failed", "refused")}
    for notebook in notebook_runs(work) if failed else ():
        if notebook.cell:
            told = {"notebook": f"{notebook.as_of}/{notebook.name}", "cell": notebook.cell, "message": notebook.message}
            yield _("failed in {notebook}, cell {cell}: {message}", **told)
    yield near(report.page(work))


def _due(coming: "list[Tick]", due: "Tick | None") -> Iterator[LocalizedText]:
    if due is not None:
        yield _("a release of {as_of}, since {at}", as_of=due.as_of, at=f"{due.at:%Y-%m-%d %H:%M %Z}")
    for tick in coming:
        told = {"schedule": tick.schedule, "as_of": tick.as_of, "at": f"{tick.at:%Y-%m-%d %H:%M %Z}"}
        yield _("next: {schedule} of {as_of} at {at}", **told)


def _campaigns(work: "Workspace") -> Iterator[LocalizedText]:
    from goldmine.core.dates import today
    from goldmine.measurement.campaign_results import campaigns
    from goldmine.measurement.kept_figures import kept_figures

    measured = {(kept.campaign, kept.as_of) for kept in kept_figures(work)}
    waiting = [one for one in campaigns(work) if (one.name, str(one.as_of)) not in measured]
    for campaign in waiting[:_CAMPAIGNS]:
        told = {"name": campaign.name, "as_of": campaign.as_of, "day": campaign.complete_on}
        if campaign.complete_on <= today():
            yield _("{name} of {as_of}: complete since {day}, not measured", **told)
        else:
            yield _("{name} of {as_of}: awaits results until {day}", **told)
    if not waiting:
        yield _("none awaits results")
