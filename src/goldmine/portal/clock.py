"""The bank's day: the calendar day in its time zone, by which work is due, dated and handed over."""

from datetime import date, datetime

from django.conf import settings
from django.utils import timezone


def today() -> date:
    """Today in the bank's time zone, or the day that ``GOLDMINE_PORTAL_DAY`` names."""
    return settings.GOLDMINE_DAY or timezone.localdate()


def now() -> datetime:
    """This moment, on the day that `today` gives: for what is measured by the bank's days."""
    moment = timezone.localtime()
    day = today()
    return moment.replace(year=day.year, month=day.month, day=day.day)
