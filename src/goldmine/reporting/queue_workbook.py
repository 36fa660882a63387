"""The queue of one person as a workbook: one sheet a week, to work from and to fill in."""

from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pyarrow as pa

from goldmine.core.columns import column, columns
from goldmine.core.excel import workbook, write_table
from goldmine.core.files import whole_file
from goldmine.core.i18n import _, in_language
from goldmine.customers.ladder import level_title
from goldmine.reporting.queue_pages import SHOWN

_TITLE = _("Daily queue")
_WEEK = _("Week of {day}")
_FILLED_IN = ("contacted_on", "answer", "note")


def write_queue(path: Path, queue: pd.DataFrame, as_of: date, language: str) -> None:
    """Write a queue as a workbook, in words; the last columns stay empty for the person to fill in.

    Parameters
    ----------
    path : Path
        The file to write, ending in ``.xlsx``.
    queue : pandas.DataFrame
        See `goldmine.reporting.queue_pages.employee_queue`.
    as_of : date
        The snapshot.
    language : str
        ``en`` or ``zh``.
    """
    layout = columns([*SHOWN, *_FILLED_IN])
    position = [entry.name for entry in layout].index("answer")
    answers = column("answer").in_words(column("answer").words, language)
    mondays = pd.Series([day - timedelta(days=day.weekday()) for day in queue["on_day"]], queue.index, dtype="object")
    with whole_file(path) as temporary, workbook(temporary, in_language(_TITLE, language), as_of, language) as book:
        for monday in sorted(set(mondays)) or [as_of + timedelta(days=1)]:
            rows = _in_words(queue[mondays == monday], language)
            name = in_language(_WEEK, language).format(day=monday)
            sheet = write_table(book, name, rows, layout, language=language)
            if rows.num_rows:
                sheet.data_validation(1, position, rows.num_rows, position, {"validate": "list", "source": answers})


def _in_words(rows: pd.DataFrame, language: str) -> pa.Table:
    """Rows with words for channels and levels."""
    return pa.table(
        {
            "level": [str(in_language(level_title(int(level)), language)) for level in rows["level"]],
            "channel": column("channel").in_words(rows["channel"], language),
            **{name: rows[name].to_list() for name in SHOWN if name not in ("level", "channel")},
        }
    )
