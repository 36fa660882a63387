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
from goldmine.publishing.staff_words import campaign_titles
from goldmine.publishing.weeks import monday_of, week_title
from goldmine.reporting.queue_pages import SHOWN

_TITLE = _("Daily queue")
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
    mondays = pd.Series([monday_of(day) for day in queue["on_day"]], queue.index, dtype="object")
    with whole_file(path) as temporary, workbook(temporary, in_language(_TITLE, language), as_of, language) as book:
        for monday in sorted(set(mondays)) or [monday_of(as_of + timedelta(days=1))]:
            rows = _in_words(queue[mondays == monday], as_of, language)
            sheet = write_table(book, week_title(monday, language), rows, layout, language=language)
            if rows.num_rows:
                sheet.data_validation(1, position, rows.num_rows, position, {"validate": "list", "source": answers})


def _in_words(rows: pd.DataFrame, as_of: date, language: str) -> pa.Table:
    """Rows with words for channels, levels and campaigns."""
    campaigns = campaign_titles(language, as_of)
    return pa.table(
        {
            "level": [str(in_language(level_title(int(level)), language)) for level in rows["level"]],
            "channel": column("channel").in_words(rows["channel"], language),
            "campaign_id": column("campaign_id").in_words(rows["campaign_id"].replace(campaigns), language),
            **{name: rows[name].to_list() for name in SHOWN if name not in ("level", "channel", "campaign_id")},
        }
    )
