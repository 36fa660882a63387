"""What a person may contact customers for, on a tiny bank."""

from dataclasses import replace
from datetime import date, timedelta

import pandas as pd
import pytest

from goldmine.campaigns.queue_settings import load_queue_settings
from goldmine.reporting.bank_services import bank_services
from goldmine.reporting.prepare import prepare
from goldmine.reporting.queue_sources import Desk, possible_contacts
from goldmine.reporting.texts import word
from tests.reporting.conftest import JUNE, customer, put
from tests.tiny import balance, transaction

MONDAY, LATER = date(2024, 7, 8), date(2024, 8, 29)
CUSTOMERS = [
    customer("near", "B1", "m1", phone="12012345678"),
    customer("mute", "B1", "m1", phone=None),
    customer("asked", "B1", "m1", phone="12012345679"),
    customer("open", "B1", "m1", phone="12012345680"),
    customer("told", "B1", "m1", phone="12012345681"),
    customer("shared", "B1", "m1", phone="12012345682"),
    customer("fresh", "B1", "m1", phone="12012345683"),
    customer("H35", "B1", "m1", phone="12012345685"),
    customer("never", "B1", "m1", phone="12012345684"),
]
CONTACTS = [
    {"campaign_id": "K", "customer_id": who, "contacted_on": day, "answer": answer}
    for who, day, answer in (
        ("asked", date(2024, 7, 5), "later"),
        ("told", date(2024, 7, 4), "no"),
        ("open", date(2024, 7, 4), "not_reached"),
        ("fresh", date(2024, 7, 4), "yes"),
        ("never", date(2024, 7, 4), "opt_out"),
    )
]
STAFF = [
    {"staff_id": "m1", "branch_id": "B1", "role": "manager"},
    {"staff_id": "m2", "branch_id": "B1", "role": "manager"},
]


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Everybody holds 9,000 yuan: near the first threshold."""
    names = [row["customer_id"] for row in CUSTOMERS]
    made = {
        "customers": CUSTOMERS,
        "transactions": [transaction(n, name, "2024-06-15 10:00:00") for n, name in enumerate(names)],
        "balances": [balance(name, "2024-06-30", "time", "9000") for name in names],
        "contacts": CONTACTS,
        "staff": STAFF,
    }
    return prepare(*put(tmp_path_factory.mktemp("queue"), made), JUNE)


def offer(who, **changes):
    usual = {
        "campaign_id": "K",
        "customer_id": who,
        "offer": "deposit",
        "channel": "call",
        "time_band": "evening",
        "manager_id": "m1",
        "expected_value": 12.0,
        "valid_until": LATER,
        "say": "A deposit?",
        "reason": "Salary",
        "offer_name": "Deposit",
    }
    return usual | changes


@pytest.fixture
def rows(data):
    """Possible contacts of m1; asked, open and told have an offer of theirs, shared has one of m2."""
    desk = Desk(data, "m1", MONDAY, load_queue_settings(), "en")
    offers = [
        offer("asked"),
        offer("open"),
        offer("told"),
        offer("shared", manager_id="m2"),
        offer("never"),
        offer("H35"),
    ]
    vars(desk)["release_offers"] = pd.DataFrame(offers)
    return possible_contacts(desk).set_index("customer_id")


def test_customer_without_a_number_is_visited(rows):
    assert rows.loc["mute", "channel"] == "visit"
    assert rows.loc["near", "channel"] == "call"


def test_customer_near_the_next_level_is_worth_a_share_of_it(rows):
    """0.02 of the 10,000 yuan that the level begins at, at a margin of 0.01."""
    assert rows.loc["near", ["kind_of_contact", "why", "expected_value"]].tolist() == [
        "near_next",
        "1,000 yuan below the next level",
        2.0,
    ]
    assert rows.loc["near", "valid_until"] == MONDAY + timedelta(days=60)


def test_answer_later_becomes_a_call_back_with_the_offer_at_twice_its_value(rows):
    asked = rows.loc[["asked"]]
    assert asked["kind_of_contact"].tolist() == ["call_back"]
    assert asked[["earliest", "offer_name", "reason", "expected_value", "valid_until"]].values.tolist() == [
        [date(2024, 7, 12), "Deposit", "Salary", 24.0, LATER]
    ]


def test_offer_that_reached_nobody_stays_and_an_answered_one_goes(rows):
    campaign = rows[rows["kind_of_contact"] == "campaign"]
    assert campaign[["say", "expected_value"]].to_dict("index") == {
        "open": {"say": "A deposit?", "expected_value": 12.0}
    }
    assert "told" not in rows.index


def test_customer_reached_of_late_or_worked_by_a_colleague_is_left_alone(rows):
    assert not {"fresh", "shared"} & set(rows.index)


def test_customer_who_refused_or_is_held_out_is_not_in_the_queue(rows):
    """H35 is in the universal hold-out of the tests' salt."""
    assert not {"never", "H35"} & set(rows.index)


def test_the_banks_service_contacts_are_everybodys_in_both_languages(data):
    rows = bank_services(data, MONDAY, load_queue_settings())
    near = rows[(rows["kind_of_contact"] == "near_next") & (rows["customer_id"] == "near")].iloc[0]
    assert (near["branch_id"], near["manager_id"], near["channel"]) == ("B1", "m1", "call")
    assert (near["reasons_zh"], near["reasons_en"]) == (word("near_next_by", "zh", yuan="1,000"), near["reasons_en"])
    assert "1,000" in near["reasons_en"]
    assert near["say_zh"] != near["say_en"]
    assert "never" not in set(rows["customer_id"])
    assert set(rows.loc[rows["customer_id"] == "mute", "channel"]) <= {"visit"}


def test_service_contacts_go_to_the_branch_that_keeps_the_customer_by_the_books(data):
    """By `moved_in_quarter: old_branch` a customer who moved counts for the old branch, B2."""
    counted = replace(data)
    vars(counted)["customers"] = data.customers.assign(branch_id="B2")
    rows = bank_services(counted, MONDAY, load_queue_settings())
    assert set(rows["branch_id"]) == {"B1"}


def test_a_person_keeps_as_many_service_contacts_as_a_plan_has_room_for(data):
    settings = load_queue_settings()
    little = settings.model_copy(
        update={"plan_days": 1, "capacity": {"call": settings.capacity["call"].model_copy(update={"default": 2})}}
    )
    rows = bank_services(data, MONDAY, little)
    assert rows.groupby("manager_id").size().max() == 2


def test_who_was_reached_since_the_snapshot_is_not_overdue(tmp_path):
    """Both hold 60,000 yuan and were last contacted in January; one was reached in July, longer ago than the rest."""
    people = [customer(name, "B1", "m1", phone="12012345678") for name in ("met", "waits")]
    days = [("met", date(2024, 1, 5)), ("waits", date(2024, 1, 5)), ("met", date(2024, 7, 4))]
    made = {
        "customers": people,
        "transactions": [transaction(1, "met", "2024-06-15 10:00:00")],
        "balances": [balance(name, "2024-06-30", "time", "60000") for name in ("met", "waits")],
        "contacts": [
            {"campaign_id": "relationship", "customer_id": who, "contacted_on": day, "answer": "yes"}
            for who, day in days
        ],
        "staff": STAFF,
    }
    data = prepare(*put(tmp_path, made), JUNE)
    desk = Desk(data, "m1", date(2024, 8, 15), load_queue_settings(), "en")
    rows = possible_contacts(desk)
    assert rows.loc[rows["kind_of_contact"] == "overdue", "customer_id"].tolist() == ["waits"]
