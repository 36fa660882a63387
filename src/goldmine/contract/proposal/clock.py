"""A time that stands in two columns, one of the day and one of the time of day."""

from dataclasses import dataclass

from goldmine.contract.proposal.matching import TableMatch
from goldmine.contract.proposal.profile import ColumnProfile

_FORMS = {
    "%H%M%S": r"([01]\d|2[0-3])[0-5]\d[0-5]\d",
    "%H:%M:%S": r"([01]?\d|2[0-3]):[0-5]\d:[0-5]\d",
    "%H:%M": r"([01]?\d|2[0-3]):[0-5]\d",
}
_TEXT = {"sqlite": "trim({})", "postgres": "trim(CAST({} AS text))"}


@dataclass(frozen=True)
class Clock:
    """The column of the time of day, and the forms of day and time together for the key `dates`."""

    column: str
    raw: str
    forms: tuple[str, ...]

    def sql(self, day: str, time: str, kind: str) -> str:
        """SQL of both as one text in a kind of source."""
        text = _TEXT.get(kind, "trim(CAST({} AS VARCHAR))")
        return f"{text.format(day)} || ' ' || {text.format(time)}"


def clock_of(match: TableMatch) -> Clock | None:
    """The one column of a table that holds times of day in every row, where its time has days only."""
    moment = next((column for column in match.columns if column.column.kind == "moment"), None)
    if moment is None:
        return None
    day = match.table.columns[moment.raw]
    forms = day.dates[0] or ("%Y-%m-%d",)
    if any("%H" in form or "%" not in form for form in forms) or day.rows_like(r".*\d:\d.*"):
        return None
    used = {column.raw for column in match.columns}
    found = [
        (raw, form)
        for raw, profile in match.table.columns.items()
        if raw not in used and (form := _form(profile)) is not None
    ]
    if len(found) != 1:
        return None
    raw, time = found[0]
    return Clock(moment.column.name, raw, tuple(f"{form} {time}" for form in forms))


def _form(profile: ColumnProfile) -> str | None:
    if not profile.filled or profile.filled < profile.rows or profile.distinct < 2:
        return None
    return next((form for form, pattern in _FORMS.items() if profile.rows_like(pattern) == profile.rows), None)
