"""The daily queue: who is contacted on which day, for what."""

from datetime import date

import pandas as pd
import pytest

from goldmine.campaigns.queue_settings import QueueSettings, load_queue_settings
from goldmine.core.errors import ParameterError, SettingsError
from goldmine.core.settings import typed
from goldmine.reporting.daily_queue import QUEUE_COLUMNS, one_per_customer, plan_queue
from goldmine.reporting.queue_pages import coming_days, first_day, of_first_day

MON, TUE, WED = date(2024, 7, 1), date(2024, 7, 2), date(2024, 7, 3)
LATER = date(2024, 8, 29)


def contacts(*rows):
    """Calls about an overdue contact worth 10 yuan, open from Monday on, unless a row says otherwise."""
    usual = dict.fromkeys(QUEUE_COLUMNS, "") | {
        "kind_of_contact": "overdue",
        "why": "overdue",
        "channel": "call",
        "expected_value": 10.0,
        "earliest": MON,
        "valid_until": LATER,
    }
    return pd.DataFrame([usual | row for row in rows], columns=list(QUEUE_COLUMNS))


def planned(queue):
    return list(zip(queue["customer_id"], queue["on_day"], strict=True))


def test_highest_value_comes_first_whatever_its_kind():
    rows = contacts(
        {"customer_id": "overdue", "expected_value": 5.0},
        {"customer_id": "offer", "expected_value": 9.0, "offer_name": "Deposit"},
        {"customer_id": "lost", "expected_value": 7.0},
    )
    queue = plan_queue(rows, [MON, TUE], {"call": 2})
    assert planned(queue) == [("offer", MON), ("lost", MON), ("overdue", TUE)]


def test_each_channel_has_its_own_room_in_a_day():
    rows = contacts(
        {"customer_id": "A"},
        {"customer_id": "B", "channel": "visit"},
        {"customer_id": "C", "channel": "visit"},
        {"customer_id": "D", "channel": "sms"},
    )
    queue = plan_queue(rows, [MON, TUE], {"call": 1, "visit": 1})
    assert planned(queue) == [("A", MON), ("B", MON), ("C", TUE)]


def test_contact_without_room_until_its_last_day_is_left_out():
    rows = contacts(
        {"customer_id": "A", "expected_value": 11.0},
        {"customer_id": "B", "valid_until": MON},
        {"customer_id": "C", "expected_value": 9.0},
    )
    assert planned(plan_queue(rows, [MON, TUE, WED], {"call": 1})) == [("A", MON), ("C", TUE)]


def test_customer_stands_in_the_queue_once_with_all_reasons():
    rows = contacts(
        {"customer_id": "A", "why": "near"},
        {"customer_id": "A", "why": "overdue", "expected_value": 40.0},
        {"customer_id": "A", "why": "near", "expected_value": 1.0},
    )
    kept = one_per_customer(rows)
    assert kept[["customer_id", "why", "expected_value"]].values.tolist() == [["A", ("overdue", "near"), 40.0]]


def test_offer_is_made_even_if_another_contact_is_worth_more():
    rows = contacts(
        {"customer_id": "A", "why": "lost", "say": "How are you?", "expected_value": 40.0},
        {"customer_id": "A", "why": "campaign", "say": "A deposit?", "offer_name": "Deposit", "valid_until": TUE},
    )
    kept = one_per_customer(rows)
    columns = ["say", "offer_name", "why", "expected_value", "valid_until"]
    assert kept[columns].values.tolist() == [["A deposit?", "Deposit", ("campaign", "lost"), 40.0, TUE]]


def test_customer_who_asked_for_a_later_day_is_contacted_then():
    rows = contacts({"customer_id": "A"}, {"customer_id": "A", "earliest": WED, "expected_value": 1.0})
    assert planned(plan_queue(rows, [MON, TUE, WED], {"call": 5})) == [("A", WED)]


def test_nobody_in_the_queue_gives_an_empty_queue():
    queue = plan_queue(contacts(), [MON], {"call": 5})
    assert queue.empty
    assert of_first_day(queue).empty
    assert list(coming_days(queue).columns) == ["on_day", "channel", "contacts"]


def test_coming_days_are_counted_by_channel():
    rows = contacts(*({"customer_id": name} for name in "ABCDE"), {"customer_id": "V", "channel": "visit"})
    queue = plan_queue(rows, [MON, TUE, WED], {"call": 2, "visit": 1})
    assert of_first_day(queue)["customer_id"].tolist() == ["A", "B", "V"]
    assert coming_days(queue).values.tolist() == [[TUE, "call", 2], [WED, "call", 1]]


def settings(**changes):
    return QueueSettings.model_validate(load_queue_settings().model_dump() | changes)


def test_weekends_and_holidays_are_no_working_days():
    days = settings(holidays=[TUE], working_weekends=[date(2024, 7, 6)]).working_days(MON, date(2024, 7, 8))
    assert [day.day for day in days] == [1, 3, 4, 5, 6, 8]


def test_person_may_have_another_capacity():
    rules = settings(capacity={"call": {"default": 20, "overrides": {"S7": {"max": 4}}}, "visit": {"default": 3}})
    assert rules.of_person("S7") == {"call": 4, "visit": 3}
    assert rules.of_person("S8") == {"call": 20, "visit": 3}


def test_queue_begins_on_the_first_working_day_after_the_snapshot():
    assert first_day(settings(), date(2024, 8, 31), "") == date(2024, 9, 2)
    assert first_day(settings(), date(2024, 8, 31), "2024-09-05") == date(2024, 9, 5)
    with pytest.raises(ParameterError, match="day: 2024-08-31 is not after the snapshot, 2024-08-31"):
        first_day(settings(), date(2024, 8, 31), "2024-08-31")


def test_unknown_channel_in_the_settings_is_refused():
    raw = load_queue_settings().model_dump() | {"capacity": {"pigeon": {"default": 2}}}
    with pytest.raises(SettingsError, match=r"daily_queue\.yaml"):
        typed(QueueSettings, raw, "daily_queue.yaml")


def test_queue_of_the_first_day_says_which_day_that_is():
    """Nobody may be contacted before Wednesday."""
    queue = plan_queue(contacts({"customer_id": "A", "earliest": WED}), [MON, TUE, WED], {"call": 5})
    assert of_first_day(queue)[["on_day", "customer_id"]].values.tolist() == [[WED, "A"]]
