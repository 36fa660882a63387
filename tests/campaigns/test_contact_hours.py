"""The part of the day in which a customer is contacted, within the hours that the bank keeps."""

import pandas as pd
import pytest

from goldmine.campaigns.contact_hours import ContactHours, best_bands, load_contact_hours
from goldmine.core.errors import SettingsError
from goldmine.core.settings import typed

ACTIVITY = pd.DataFrame(
    {"morning": [0.5, 0.0], "noon": [4.0, 3.0], "afternoon": [1.0, 0.0], "evening": [2.0, 0.0]}, index=["busy", "diner"]
)
HOURS = ContactHours(
    channels={
        "call": {"morning": "08:30-12:00", "afternoon": "14:00-18:00", "evening": "18:00-20:00"},
        "visit": {"morning": "08:30-11:30", "afternoon": "14:30-17:30"},
    }
)


def best(*contacts, hours=HOURS):
    rows = pd.DataFrame(contacts, columns=["customer_id", "channel", "time_band"])
    return best_bands(ACTIVITY, rows, hours)


def test_most_active_part_of_the_day_within_the_hours_of_the_channel():
    assert best(("busy", "call", "morning"), ("busy", "visit", "morning"), ("busy", "app", "morning")) == [
        "evening",
        "afternoon",
        "noon",
    ]


def test_usual_part_of_the_day_holds_without_activity_in_the_hours():
    assert best(("diner", "visit", "afternoon"), ("unknown", "call", "evening")) == ["afternoon", "evening"]


def test_usual_part_of_the_day_outside_the_hours_becomes_the_first_within():
    assert best(("diner", "visit", "evening"), ("unknown", "call", "noon")) == ["morning", "morning"]


def test_channel_without_hours_is_used_all_day():
    assert best(("busy", "call", "morning"), hours=ContactHours()) == ["noon"]


def test_nobody_is_called_late_or_visited_at_noon_or_night():
    hours = load_contact_hours()
    assert max(text.split("-")[1] for text in hours.channels["call"].values()) == "20:00"
    assert hours.bands("visit") == ("morning", "afternoon")


def test_staff_read_the_hours_of_the_channel():
    assert HOURS.in_words(["call", "visit"], ["evening", "morning"], "zh") == ["晚间 18:00-20:00", "上午 08:30-11:30"]


@pytest.mark.parametrize(
    ("hours", "message"),
    [("18:00-26:00", "call.evening"), ("20:00-18:00", "call, evening: 20:00-18:00 does not end after it begins")],
)
def test_hours_that_are_none_are_refused(hours, message):
    with pytest.raises(SettingsError, match=message):
        typed(ContactHours, {"channels": {"call": {"evening": hours}}}, "contact_hours.yaml")
