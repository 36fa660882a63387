"""Campaigns that return every year: their days have no year in the file, their name and title get it."""

import re
from datetime import date
from typing import Any

_DAY_OF_YEAR = re.compile(r"\d\d-\d\d")
_DAYS = ("start_date", "end_date")


def in_year(settings: dict[str, Any], year: int) -> dict[str, Any]:
    """The settings of a campaign in a year.

    A campaign whose first and last day are written without a year (``01-01``) returns every year. Each year is a
    campaign of its own, with a control group of its own: the year is added to the name and put in place of ``{year}``
    in the title. Other settings stay as they are.

    Examples
    --------
    >>> spring = {"campaign_id": "spring", "title": {"en": "Spring {year}"}, "start_date": "01-01", "end_date": "03-31"}
    >>> in_year(spring, 2025)["campaign_id"], in_year(spring, 2025)["title"], str(in_year(spring, 2025)["end_date"])
    ('spring_2025', {'en': 'Spring 2025'}, '2025-03-31')
    """
    if not all(_DAY_OF_YEAR.fullmatch(str(settings.get(key))) for key in _DAYS):
        return settings
    title = settings.get("title")
    if isinstance(title, dict):
        title = {
            key: text.replace("{year}", str(year)) if isinstance(text, str) else text for key, text in title.items()
        }
    days = {key: _day(f"{year}-{settings[key]}") for key in _DAYS}
    return settings | days | {"campaign_id": f"{settings.get('campaign_id')}_{year}", "title": title}


def _day(text: str) -> date | str:
    """The day, or the text where there is no such day, which the settings then refuse."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return text
