"""Who may be contacted: literal customers and purposes, and the first rule by which each leaves."""

from datetime import date

import pyarrow.parquet as pq
import pytest

from goldmine.contactability import ContactTables, may_contact
from goldmine.contactability.rules import PURPOSES
from tests.campaigns.made import release
from tests.tiny import make_bank, workspace

DAY = date(2024, 6, 30)
LATER = date(2024, 8, 29)
GRADED = {"risk_grade": "C3", "risk_grade_on": date(2024, 1, 15)}


def person(number, **more):
    row = {"customer_id": number, "birth_date": date(1980, 5, 1), "marketing_consent": True, "closed_on": None}
    return row | GRADED | {"merged_into": None} | more


CUSTOMERS = [
    *(person(name) for name in ("ok", "said_no", "says_no_later", "imported_no", "begins_later", "over")),
    *(person(name) for name in ("no_calls", "no_sms", "no_channel", "colleague", "former", "dead", "frozen")),
    *(person(name) for name in ("complained", "court", "unclear", "control", "old_control", "replaced", "H35")),
    person("no", marketing_consent=False),
    person("never_asked", marketing_consent=None),
    person("minor", birth_date=date(2006, 7, 1)),
    person("adult", birth_date=date(2006, 6, 30)),
    person("closed", closed_on=date(2024, 5, 1)),
    person("unassessed", risk_grade=None),
    person("merged", merged_into="heir", marketing_consent=False),
    person("heir"),
    person("quiet", merged_into="quiet_heir"),
    person("quiet_heir"),
]


def ledger(number, reason, channel=None, start=date(2024, 1, 1), end=None):
    return {"customer_id": number, "reason": reason, "start_date": start, "end_date": end, "channel": channel}


LEDGER = [
    ledger("begins_later", "opted_out", start=date(2024, 7, 15)),
    ledger("over", "complaint", end=date(2024, 6, 29)),
    ledger("no_calls", "do_not_call", "call"),
    ledger("quiet", "do_not_call", "call"),
    ledger("no_sms", "do_not_call", "sms"),
    *(ledger("no_channel", "do_not_call", name) for name in ("call", "visit", "sms", "app", "counter", "wechat")),
    ledger("dead", "deceased"),
    ledger("frozen", "frozen"),
    ledger("complained", "complaint"),
    ledger("court", "litigation"),
    ledger("unclear", None, "by post"),
]


def answer(number, day, said="opt_out"):
    return {"campaign_id": "K", "customer_id": number, "contacted_on": day, "answer": said}


CONTACTS = [answer("said_no", date(2024, 2, 1)), answer("says_no_later", date(2024, 7, 5)), answer("ok", DAY, "no")]
STAFF = [
    {"staff_id": "S1", "customer_id": "colleague", "left_on": None},
    {"staff_id": "S2", "customer_id": "former", "left_on": date(2024, 3, 31)},
]
ALWAYS = {
    "no": "opted_out",
    "never_asked": "consent_unknown",
    "said_no": "refused",
    "says_no_later": "refused",
    "imported_no": "refused",
    "begins_later": "suppressed",
    "unclear": "suppressed",
    "no_channel": "suppressed",
    "colleague": "staff",
    "minor": "minor",
    "dead": "deceased",
    "frozen": "frozen",
    "complained": "complained",
    "court": "disputed",
    "closed": "closed",
    "merged": "merged",
    "quiet": "merged",
    "heir": "opted_out",
    "nobody": "unknown",
}
"""The rule that holds for every purpose. H35 is in the universal hold-out of the tests' salt."""
HELD = {"control": "control", "H35": "control"}
EXPECTED = {
    "marketing_list": ALWAYS | HELD,
    "wealth_list": ALWAYS | HELD | {"unassessed": "not_assessed"},
    "campaign": ALWAYS | {"control": "other_control"},
    "on_request_list": ALWAYS | HELD | {"no_calls": "channel", "quiet_heir": "channel"},
    "relationship": ALWAYS | HELD | {"no_calls": "channel", "quiet_heir": "channel"},
    "visit": ALWAYS | HELD,
}


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    folder = tmp_path_factory.mktemp("contactability")
    products = [{"product_id": "P1", "product_class": "wealth", "risk_grade": "R2"}]
    rows = {"customers": CUSTOMERS, "suppressions": LEDGER, "contacts": CONTACTS, "staff": STAFF, "products": products}
    bank, work = make_bank(folder / "bank", rows), workspace(folder / "work")
    imported = make_bank(folder / "imported", {"contacts": [answer("imported_no", date(2024, 6, 3))]})
    returned = imported.read(ContactTables.open(bank, work, DAY).connection, "contacts").to_pyarrow()
    work.returned.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(returned, work.returned)
    release(work, [control("old_control", date(2024, 6, 29))], "2024-02-29")
    release(work, [control("replaced", LATER)], "2024-05-31", "r0")
    release(work, [control("control", LATER)], "2024-05-31", "r1")
    return ContactTables.open(bank, work, DAY)


def control(number, until):
    return {"customer_id": number, "group": "control", "valid_until": until}


def test_every_purpose_has_a_column_of_the_table():
    assert set(EXPECTED) == set(PURPOSES)


@pytest.mark.parametrize("purpose", EXPECTED)
def test_first_rule_of_each_literal_customer(tables, purpose):
    names = [row["customer_id"] for row in CUSTOMERS] + ["nobody"]
    permissions = may_contact(tables, names, purpose)
    assert {name: rule for name, rule in permissions.first_rules.items() if rule} == EXPECTED[purpose]
    assert permissions.allowed_customers == set(names) - set(EXPECTED[purpose])
    counts = {name: count for name, count in permissions.counts.items() if count}
    assert counts == {rule: list(EXPECTED[purpose].values()).count(rule) for rule in EXPECTED[purpose].values()}
    assert permissions.counter().remain == len(permissions.allowed_customers)


def test_rows_that_are_counted_are_there_once(tmp_path):
    took = {"event_id": "1", "customer_id": "ok", "happened_on": date(2024, 3, 1), "event": "bought"}
    rows = {"customers": CUSTOMERS, "contacts": [answer("no", date(2024, 3, 3))] * 2, "product_events": [took] * 3}
    tables = ContactTables.open(make_bank(tmp_path / "bank", rows), workspace(tmp_path / "work"), DAY)
    assert [tables.table(name).count().to_pyarrow().as_py() for name in ("contacts", "product_events")] == [1, 1]


def test_refused_channel_leaves_the_others(tables):
    left = may_contact(tables, ["ok", "no_calls", "no_sms", "quiet_heir"], "marketing_list").channels_left()
    refused = {name: [channel for channel in left if not left.loc[name, channel]] for name in left.index}
    assert refused == {"no_calls": ["call"], "no_sms": ["sms"], "ok": [], "quiet_heir": ["call"]}


def test_customer_who_refused_every_used_channel_is_excluded(tables):
    names = ["no_calls", "no_sms"]
    assert may_contact(tables, names, "marketing_list", channels=["call"]).allowed_customers == {"no_sms"}
    assert may_contact(tables, names, "marketing_list", channels=["call", "sms"]).allowed_customers == set(names)


def test_who_refused_every_channel_under_two_numbers_is_on_no_list(tmp_path):
    refused = {"old": ("call", "visit", "sms"), "heir": ("app", "counter", "wechat"), "ok": ("call", "visit", "sms")}
    rows = {
        "customers": [person("old", merged_into="heir"), person("heir"), person("ok")],
        "suppressions": [ledger(who, "do_not_call", name) for who, names in refused.items() for name in names],
    }
    tables = ContactTables.open(make_bank(tmp_path / "bank", rows), workspace(tmp_path / "work"), DAY)
    rules = may_contact(tables, list(refused), "marketing_list").first_rules
    assert rules == {"old": "merged", "heir": "suppressed", "ok": None}


def test_own_control_stays_among_the_candidates(tables):
    permissions = may_contact(tables, ["control", "ok"], "campaign", campaign_id="tail")
    assert permissions.allowed_customers == {"control", "ok"}


def test_unreleased_control_is_excluded(tables):
    permissions = may_contact(tables, ["ok", "adult"], "marketing_list", also_held_back=["adult"])
    assert permissions.first_rules == {"ok": None, "adult": "control"}
