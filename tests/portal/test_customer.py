"""The page of one customer."""

import json
from datetime import date
from uuid import uuid4

import pytest

from goldmine.contract.manifest import Hashes, write_manifest
from goldmine.portal.models import Customer, OptOut
from goldmine.portal.work import Contact, record_result
from tests.portal.conftest import list_row
from tests.tiny import make_bank, workspace


@pytest.fixture
def page(browser, release):
    """Ask for the page of a customer: status and text."""

    def ask(name, customer_id):
        answer = browser(name).get(f"/customers/{customer_id}")
        return answer.status_code, answer.content.decode()

    return ask


def test_a_customer_is_shown_with_level_products_months_and_tags(page):
    tags = {"tag_value": "longtail", "tag_value_since": "2024-02-29", "tag_use_mobile_unused": True, "tag_x": True}
    Customer.objects.filter(customer_id="C1").update(
        level=1,
        previous_level=0,
        aum_avg=12345.6,
        tags=json.dumps(tags),
        months=json.dumps([None, *[1000.0] * 10, 2000.0]),
        products=json.dumps({"demand": 157.5, "wealth": 10000}),
    )
    status, text = page("s1", "C1")
    assert status == 200
    for shown in ("10k–50k", "before: 0–10k", "basic", "12,346", "Demand deposits", "Wealth products", "10,000"):
        assert shown in text
    assert text.count("<rect") == 12
    assert "<title>2024-06: 2,000</title>" in text
    assert "<title>2023-07: –</title>" in text
    assert "since 2024-02-29" in text
    assert text.count("<li><span") == 2


def test_offers_come_with_reasons_and_what_to_say(page):
    text = page("branch1", "C1")[1]
    for shown in ("Step-up deposit", "more came in over three months", "At a monthly average of 10,000 yuan", "Rank 1"):
        assert shown in text


def test_contacts_and_call_backs_are_shown(page, users, release):
    again = Contact("C1", "longtail_2024", "later", date(2024, 7, 5), note="harvest", call_back_on=date(2024, 7, 20))
    record_result(users["s1"], again, uuid4())
    text = page("s1", "C1")[1]
    for shown in ("harvest", "later", "2024-07-05", "To be called again on 2024-07-20"):
        assert shown in text


def test_contacts_of_the_banks_tables_are_shown_beside_the_portals(page, users, tmp_path, settings):
    told = {"customer_id": "C1", "channel": "visit", "answer": "no"}
    rows = [
        told | {"campaign_id": "winter_2023", "contacted_on": date(2023, 12, 1)},
        told | {"campaign_id": "longtail_2024", "contacted_on": date(2024, 7, 5), "answer": "yes"},
        told | {"campaign_id": "spring_2024", "contacted_on": date(2024, 3, 1), "customer_id": "C2"},
    ]
    work = workspace(tmp_path / "work")
    write_manifest(work, make_bank(tmp_path, {"contacts": rows}), {}, Hashes({}))
    settings.GOLDMINE_WORK = work.root
    record_result(users["s1"], Contact("C1", "longtail_2024", "later", date(2024, 7, 5)), uuid4())
    text = page("s1", "C1")[1]
    assert text.count("2023-12-01") == text.count("winter_2023") == 1
    assert text.count(">2024-07-05<") == 1
    assert "spring_2024" not in text


def test_that_the_banks_tables_cannot_be_read_is_no_sign_that_nobody_was_contacted(page, tmp_path, settings):
    work = workspace(tmp_path / "work")
    rows = [{"customer_id": "C1", "campaign_id": "winter_2023", "contacted_on": date(2023, 12, 1)}]
    bank = make_bank(tmp_path, {"contacts": rows})
    write_manifest(work, bank, {}, Hashes({}))
    settings.GOLDMINE_WORK = work.root
    assert "Contacts of the bank's own tables cannot be read" not in page("s1", "C1")[1]
    bank.tables["contacts"].files[0].path.write_bytes(b"replaced by the next export")
    text = page("s1", "C1")[1]
    assert "Contacts of the bank's own tables cannot be read at the moment; there may be more." in text.replace(
        "&#39;", "'"
    )
    assert "No contact is known." not in text


def test_results_of_lists_and_refusals_without_one_are_shown_once_after_they_went_back(
    page, users, release, tmp_path, settings
):
    list_row(release, "C1", kind="service", list_name="overdue")
    told = {"customer_id": "C1", "channel": "call"}
    rows = [
        told | {"campaign_id": "relationship", "contacted_on": date(2024, 7, 4), "answer": "yes"},
        told | {"campaign_id": "opt_out", "contacted_on": date(2024, 7, 5), "answer": "opt_out"},
        told | {"campaign_id": "relationship", "contacted_on": date(2024, 7, 6), "answer": "yes"},
    ]
    work = workspace(tmp_path / "work")
    write_manifest(work, make_bank(tmp_path, {"contacts": rows}), {}, Hashes({}))
    settings.GOLDMINE_WORK = work.root
    record_result(users["s1"], Contact("C1", "overdue", "yes", date(2024, 7, 4)), uuid4())
    record_result(users["s1"], Contact("C1", "", "opt_out", date(2024, 7, 5)), uuid4())
    text = page("s1", "C1")[1]
    assert [text.count(f">2024-07-0{day}<") for day in (4, 5, 6)] == [1, 1, 1]


def test_a_customer_on_no_list_is_shown_without_offers(page):
    assert "On no list at the moment." in page("s3", "C5")[1]


def test_a_refusal_is_said(page, users):
    OptOut.objects.create(customer_id="C1", at="2024-07-05T10:00:00Z", user=users["s1"])
    text = page("s1", "C1")[1]
    assert "This customer asked not to be contacted." in text
    assert "On no list at the moment." in text


@pytest.mark.parametrize(
    ("name", "customer_id"),
    [("s1", "C3"), ("branch2", "C1"), ("counter1", "C1"), ("auditor", "C1"), ("operator", "C1")],
)
def test_the_customer_of_another_is_not_there(page, name, customer_id):
    foreign, unknown = page(name, customer_id), page(name, "C9")
    assert foreign[0] == 404
    assert foreign == unknown


def test_a_number_with_odd_characters_is_not_there(page):
    for odd in ("%00", "..%2f..%2fx", "a b", "%3Cscript%3E"):
        assert page("head", odd)[0] == 404


def test_texts_of_a_customer_are_shown_as_texts(page):
    Customer.objects.filter(customer_id="C1").update(name="<script>alert(1)</script>")
    assert "<script>alert" not in page("s1", "C1")[1]


def test_a_list_shows_a_customer_beside_it_as_a_part_of_the_page_within_the_same_scope(browser, release, journal):
    ask = browser("s1")
    part = ask.get("/customers/C1", headers={"HX-Request": "true"})
    text = part.content.decode()
    assert "<html" not in text
    assert "Step-up deposit" in text
    assert 'href="/customers/C1"' in text
    assert "HX-Request" in part["Vary"]
    assert ask.get("/customers/C4", headers={"HX-Request": "true"}).status_code == 404
    assert "<html" in ask.get("/customers/C1").content.decode()
    lines = [(line.subject, line.details["known"]) for line in journal.newest_first() if line.action == "view_customer"]
    assert lines == [("customer:C1", True), ("", False), ("customer:C1", True)]
