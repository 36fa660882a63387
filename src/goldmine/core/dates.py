"""Month ends, the only dates at which the books are read."""

import calendar
import re
import unicodedata
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from goldmine.core.errors import HistoryError
from goldmine.core.i18n import _

TIME_ZONE = "Asia/Shanghai"
"""The bank's day: schedules and books go by it, wherever the machine stands."""


def now() -> datetime:
    """This moment, in UTC."""
    return datetime.now(UTC)


def today() -> date:
    """The bank's day at this moment, which may be tomorrow by the clock of a machine in the west."""
    return now().astimezone(ZoneInfo(TIME_ZONE)).date()


def month_end(day: date, months: int = 0) -> date:
    """Last day of the month of `day`, moved by `months`.

    Examples
    --------
    >>> month_end(date(2024, 3, 15), -1)
    datetime.date(2024, 2, 29)
    """
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, calendar.monthrange(year, month + 1)[1])


def month_key(day: date) -> str:
    """Month of a day as ``YYYY-MM``, the name of its partition."""
    return f"{day:%Y-%m}"


def months_back(day: date, count: int) -> list[date]:
    """The `count` month ends that end with the month of `day`, oldest first."""
    return [month_end(day, -lag) for lag in reversed(range(count))]


_WRITTEN = re.compile(r"(\d{4})[-/.\u5e74](\d{1,2})[-/.\u6708](\d{1,2})\u65e5?")
"""A day as people write it, with the Chinese words for year, month and day too."""


def parse_day(text: str, what: str) -> date:
    """Read a day: ``2024-06-30``, and as people write it, ``2024/6/30`` or in Chinese.

    Examples
    --------
    >>> parse_day("2024\u5e746\u670830\u65e5", "as_of")
    datetime.date(2024, 6, 30)

    Raises
    ------
    HistoryError
        If the text is no day; it names `what`.
    """
    written = _WRITTEN.fullmatch(unicodedata.normalize("NFKC", text).strip())
    try:
        return date(*map(int, written.groups())) if written else date.fromisoformat(text)
    except ValueError as error:
        raise HistoryError(
            _("{what}: {text!r} is not a date of the form YYYY-MM-DD.", what=what, text=text),
            _("Give a day, for example 2024-06-30."),
        ) from error


def parse_month_end(text: str) -> date:
    """Read a snapshot date.

    Raises
    ------
    HistoryError
        If the text is not ``YYYY-MM-DD`` or the day is not a month end.
    """
    day = parse_day(text, "as_of")
    if day != month_end(day):
        raise HistoryError(
            _("as_of: {day} is not a month end; books are read at month ends only.", day=day),
            _(
                "Use {this} or {earlier}.",
                this=month_end(day),
                earlier=month_end(day - timedelta(days=31)),
            ),
        )
    return day


def snapshot_date(text: str, data_until: date) -> date:
    """The snapshot date that a user gives: a month end, or the last one of the books if the text is empty.

    Raises
    ------
    HistoryError
        If the text is not a month end, or the books do not reach it.
    """
    last = month_end(data_until) if data_until == month_end(data_until) else month_end(data_until, -1)
    day = parse_month_end(text) if text else last
    if day > last:
        raise HistoryError(
            _("as_of: {day} is after the books' last month end.", day=day),
            _("Use {last} or an earlier month end.", last=last),
        )
    return day
