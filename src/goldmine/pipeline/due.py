"""What the schedules should have made by now, and when they run next."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from croniter import croniter

from goldmine.core.dates import TIME_ZONE, month_end
from goldmine.core.errors import OverdueError
from goldmine.core.i18n import _
from goldmine.pipeline.run_report import CurrentRelease

"""Time zone of the schedules."""
LISTING_JOBS = ("retrain", "score")
"""Jobs that publish a release."""


@dataclass(frozen=True)
class Tick:
    """One time at which a schedule runs its job, for the month that has ended.

    Parameters
    ----------
    schedule, job : str
        Names of both.
    at : datetime
        When.
    """

    schedule: str
    job: str
    at: datetime

    @property
    def as_of(self) -> date:
        """Snapshot of the run."""
        return month_end(self.at.date(), -1)


def next_ticks(crons: Iterable[tuple[str, str, str]], now: datetime) -> list[Tick]:
    """The next time of each schedule, the soonest first.

    Parameters
    ----------
    crons : iterable of (str, str, str)
        Name, job and cron line of each schedule.
    now : datetime
        With its time zone.
    """
    here = now.astimezone(ZoneInfo(TIME_ZONE))
    ticks = [Tick(name, job, croniter(cron, here).get_next(datetime)) for name, job, cron in crons]
    return sorted(ticks, key=lambda tick: tick.at)


def last_due(crons: Iterable[tuple[str, str, str]], now: datetime, grace_hours: float) -> Tick | None:
    """The newest run of a schedule that should have published a release by now; None if no schedule publishes.

    Parameters
    ----------
    grace_hours : float
        How long after its time a run may still be at work.

    Examples
    --------
    >>> from datetime import UTC
    >>> crons = [("score_each_month", "score", "0 6 2 * *")]
    >>> last_due(crons, datetime(2024, 7, 2, 9, tzinfo=UTC), grace_hours=12).as_of
    datetime.date(2024, 5, 31)
    >>> last_due(crons, datetime(2024, 7, 2, 11, tzinfo=UTC), grace_hours=12).as_of
    datetime.date(2024, 6, 30)
    """
    latest = now.astimezone(ZoneInfo(TIME_ZONE)) - timedelta(hours=grace_hours)
    ticks = [
        Tick(name, job, croniter(cron, latest + timedelta(seconds=1)).get_prev(datetime))
        for name, job, cron in crons
        if job in LISTING_JOBS
    ]
    return max(ticks, key=lambda tick: tick.at, default=None)


def require_not_overdue(current: CurrentRelease | None, due: Tick | None) -> None:
    """Check that the current release is of the month that is due, or a later one.

    Raises
    ------
    OverdueError
        If it is older, or there is none.
    """
    if due is None or (current is not None and current.as_of >= due.as_of):
        return
    told = {"as_of": due.as_of, "at": f"{due.at:%Y-%m-%d %H:%M}", "schedule": due.schedule}
    raise OverdueError(
        _("A release of {as_of} was due by {at} (schedule {schedule}); no release is current.", **told)
        if current is None
        else _(
            "A release of {as_of} was due by {at} (schedule {schedule}); the current release is of {current}.",
            **told,
            current=current.as_of,
        ),
        _("See `goldmine status` for what failed or did not run, correct it, then run again."),
    )
