"""My day: the order of the queue, and what the cards do."""

from datetime import date, datetime, timedelta
from uuid import uuid4

import pytest
from cryptography.fernet import Fernet
from django.utils import timezone, translation

from goldmine.campaigns.load import load_campaigns
from goldmine.core.i18n import in_language
from goldmine.portal import numbers
from goldmine.portal.day import plan_day
from goldmine.portal.day.cards import not_to_say
from goldmine.portal.models import CallBack, Claim, ListRow, OptOut, Result
from goldmine.portal.work import Contact, claim, record_result
from tests.portal.conftest import list_row

pytestmark = [pytest.mark.usefixtures("release"), pytest.mark.django_db(databases=["default", "numbers"])]
DAY = date(2024, 7, 10)
EVENING = datetime(2024, 7, 10, 18, 30)


@pytest.fixture(autouse=True)
def _day(settings):
    settings.GOLDMINE_DAY = DAY


@pytest.fixture
def capacity(monkeypatch):
    """Let a person make so many calls a day."""

    def limit(calls):
        from goldmine.campaigns.queue_settings import QueueSettings

        monkeypatch.setattr(QueueSettings, "of_person", lambda self, staff_id: {"call": calls})

    return limit


def sent(customer="C1", **values):
    return {"key": str(uuid4()), "customer_id": customer, "list_name": "longtail_2024"} | values


def names(cards):
    return [card.customer_id for card in cards]


def test_contacts_are_planned_by_expected_value_within_capacity(users, release, capacity):
    list_row(release, "C5", manager_id="S1", branch_id="B1", expected_value=75.0)
    capacity(2)
    plan = plan_day(users["s1"], EVENING)
    assert sorted(names(plan.cards)) == ["C1", "C5"]
    assert plan.coming == [(date(2024, 7, 11), 1)]


def test_what_was_done_today_takes_room(users, capacity):
    record_result(users["s1"], Contact("C1", "longtail_2024", "no"), uuid4())
    capacity(1)
    plan = plan_day(users["s1"], EVENING)
    assert (names(plan.cards), plan.coming, plan.done) == ([], [(date(2024, 7, 11), 1)], {"no": 1})


def test_a_second_try_or_a_result_put_right_is_one_contact_done(users, capacity):
    capacity(2)
    for answer in ("not_reached", "bought", "no"):
        record_result(users["s1"], Contact("C1", "longtail_2024", answer), uuid4())
    plan = plan_day(users["s1"])
    assert (plan.done, names(plan.cards)) == ({"no": 1}, ["C2"])


def test_due_call_backs_come_first_and_those_whose_time_it_is_next(users, release):
    list_row(release, "C5", manager_id="S1", branch_id="B1", time_band="morning", expected_value=999.0)
    record_result(users["s1"], Contact("C2", "longtail_2024", "later", contacted_on=date(2024, 7, 2)), uuid4())
    plan = plan_day(users["s1"], EVENING)
    assert names(plan.cards) == ["C2", "C1", "C5"]
    assert plan.cards[0].call_back.on_day == date(2024, 7, 9)


def test_a_call_back_of_a_lapsed_offer_is_still_made(users):
    record_result(users["s1"], Contact("C2", "longtail_2024", "later", contacted_on=date(2024, 7, 2)), uuid4())
    ListRow.objects.update(valid_until=date(2024, 7, 5))
    plan = plan_day(users["s1"], EVENING)
    assert [(card.customer_id, card.offer, card.say) for card in plan.cards] == [("C2", "", "")]
    assert claim(users["s1"], "C2", "longtail_2024").customer_id == "C2"


def test_later_call_backs_are_shown_as_promised(users):
    contact = Contact("C2", "longtail_2024", "later", call_back_on=date(2024, 7, 20), promised="rates")
    record_result(users["s1"], contact, uuid4())
    assert [(row.customer_id, row.promised) for row in plan_day(users["s1"]).promised] == [("C2", "rates")]
    assert names(plan_day(users["s1"]).cards) == ["C1"]


def test_customers_held_by_colleagues_are_left_to_them(users):
    claim(users["branch1"], "C1", "longtail_2024")
    assert names(plan_day(users["s1"]).cards) == ["C2"]


def test_a_customer_who_was_reached_lately_rests_on_all_lists(users, release):
    list_row(release, "C1", list_name="wealth_2024")
    record_result(users["s1"], Contact("C1", "longtail_2024", "no", contacted_on=date(2024, 7, 1)), uuid4())
    assert names(plan_day(users["s1"]).cards) == ["C2"]


def test_whose_number_is_wrong_was_not_reached_and_is_visited(users, release):
    list_row(release, "C1", list_name="wealth_2024", channel="visit")
    record_result(users["s1"], Contact("C1", "longtail_2024", "wrong_number"), uuid4())
    cards = {(made.customer_id, made.list_name) for made in plan_day(users["s1"]).cards}
    assert cards == {("C2", "longtail_2024"), ("C1", "wealth_2024")}


def test_who_was_not_reached_is_shown_apart_for_another_try(users):
    record_result(users["s1"], Contact("C1", "longtail_2024", "not_reached"), uuid4())
    plan = plan_day(users["s1"])
    assert (names(plan.cards), names(plan.tried)) == (["C2"], ["C1"])


def test_who_was_not_reached_is_one_contact_of_the_day_and_not_done(browser, users):
    client = browser("s1")
    record_result(users["s1"], Contact("C1", "longtail_2024", "not_reached"), uuid4())
    assert '<progress max="2" value="0"' in client.get("/day").content.decode()
    record_result(users["s1"], Contact("C1", "longtail_2024", "no"), uuid4())
    assert '<progress max="2" value="1"' in client.get("/day").content.decode()


def test_a_claimed_customer_stays_on_the_page_beyond_capacity(users, capacity):
    capacity(1)
    claim(users["s1"], "C2", "longtail_2024")
    assert names(plan_day(users["s1"]).cards) == ["C2", "C1"]


def test_a_customer_on_two_lists_has_one_card(users, release):
    list_row(release, "C1", list_name="wealth_2024", use_case="wealth", expected_value=200.0)
    with translation.override("en"):
        card = next(card for card in plan_day(users["s1"]).cards if card.customer_id == "C1")
    assert (card.list_name, card.why) == ("wealth_2024", ("wealth_2024", "Long tail"))
    assert len(card.not_to_say) == 2


def test_whoever_is_to_offer_a_wealth_product_is_told_what_not_to_say_of_it():
    cases = {
        case
        for campaign in load_campaigns(DAY)
        for offer in campaign.offers
        if (offer.product_id or "").startswith("W-")
        for case in campaign.use_cases
    }
    assert cases >= {"wealth", "maturity"}
    for case in cases:
        with translation.override("zh-hans"):
            said = not_to_say(case)[-1]
        assert "不承诺保本保收益，不说“没有风险”，不拿理财和存款比利率" in said


def test_a_product_that_ends_is_not_followed_by_a_comparison_with_deposits():
    campaign = next(one for one in load_campaigns(DAY) if one.campaign_id == "maturity_2024")
    offer = next(one for one in campaign.offers if one.offer == "follow_on_wealth")
    assert [str(in_language(sentence.say, "zh")) for sentence in offer.sentences] == [
        "您有一笔理财快到期了，我可以给您介绍存款，也可以介绍符合您风险等级的理财；理财有风险，收益不保证。",
        "您有一笔理财快到期了，我可以按期限给您介绍存款和理财；理财有风险，收益不保证。",
    ]


def test_the_page_speaks_the_language_of_the_user(browser, users):
    assert "Long tail" in browser("s1").get("/day").content.decode()
    users["s1"].language = "zh"
    users["s1"].save()
    page = browser("s1").get("/day").content.decode()
    assert "长尾提级" in page and "月日均达到1万元" in page and "近三个月进账增加" in page


def test_the_number_stays_masked_on_the_page(browser):
    assert "138****0001" in browser("s1").get("/day").content.decode()


@pytest.mark.parametrize("name", ["head", "branch1", "counter1", "operator", "auditor", "system1"])
def test_others_have_no_such_page(browser, name):
    pages = [browser(name).get("/day"), browser(name).post("/day/result", sent(answer="no"))]
    assert [page.status_code for page in pages] == [404, 404]
    assert not Result.objects.exists()


def test_calling_claims_the_customer_and_opens_the_card(browser, users):
    page = browser("s1").post("/day/call", {"customer_id": "C2", "list_name": "longtail_2024"})
    assert Claim.objects.get().user == users["s1"]
    assert 'data-customer="C2" data-list="longtail_2024" open' in page.content.decode()
    browser("s1").post("/day/give-back", {"customer_id": "C2"})
    assert not Claim.objects.exists()


def test_the_number_is_shown_to_whoever_calls_now_and_not_before(browser, release, monkeypatch):
    monkeypatch.setenv(numbers.KEY, Fernet.generate_key().decode())
    numbers.store(release, [("C1", numbers.Person("张三", "13800000001"), date(2099, 12, 31))])
    before = browser("s1").get("/day").content.decode()
    page = browser("s1").post("/day/call", {"customer_id": "C1", "list_name": "longtail_2024"}).content.decode()
    assert ("13800000001" in before, 'href="tel:13800000001"' in page) == (False, True)


def test_a_number_that_cannot_be_shown_says_why(browser):
    page = browser("s1").post("/day/call", {"customer_id": "C1", "list_name": "longtail_2024"}).content.decode()
    assert "Numbers stay masked" in page


def test_a_customer_whom_a_colleague_holds_is_said_to_be_taken(browser, users):
    claim(users["branch1"], "C1", "longtail_2024")
    page = browser("s1").post("/day/call", {"customer_id": "C1", "list_name": "longtail_2024"})
    assert page.status_code == 409
    assert "A colleague is working this customer" in page.content.decode()


@pytest.mark.parametrize("customer", ["C4", "nobody"])
def test_a_customer_of_another_branch_is_not_there(browser, customer):
    answers = [
        browser("s1").post("/day/call", {"customer_id": customer, "list_name": "longtail_2024"}),
        browser("s1").post("/day/result", sent(customer, answer="no")),
    ]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].content == browser("s1").get("/nothing").content


def test_a_result_is_saved_and_the_next_customer_is_shown(browser):
    answer = browser("s1").post("/day/result", sent(answer="no"), follow=True)
    page = answer.content.decode()
    assert answer.redirect_chain == [("/day", 302)]
    assert "Saved." in page
    assert 'data-customer="C2" data-list="longtail_2024" open' in page


def test_a_button_with_a_day_agrees_a_call_back(browser):
    browser("s1").post("/day/result", sent(later_on="2024-07-11", promised="the rates"))
    agreed = CallBack.objects.get()
    assert (agreed.on_day, agreed.promised) == (date(2024, 7, 11), "the rates")


def test_fields_of_another_answer_are_left_out(browser):
    browser("s1").post("/day/result", sent(answer="no", amount="5", product_id="TD", call_back_on="2024-07-12"))
    stored = Result.objects.get()
    assert (stored.answer, stored.amount, stored.product_id, stored.call_back_on) == ("no", None, "", None)


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"answer": "perhaps"},
        {"answer": "bought", "amount": "a lot"},
        {"answer": "later", "call_back_on": "2024-02-30"},
        {"answer": "no", "note": "a\x00"},
        {"answer": "no", "key": "1"},
    ],
)
def test_what_is_not_valid_is_said_and_what_was_typed_stays(browser, values):
    answer = browser("s1").post("/day/result", sent(**{"note": "typed", **values}))
    assert answer.status_code == 422
    assert "This cannot be stored" in answer.content.decode()
    assert not Result.objects.exists()


def test_a_result_that_cannot_be_true_is_said_and_what_was_typed_stays(browser):
    answer = browser("s1").post("/day/result", sent(answer="no", contacted_on="2024-07-11", note="typed"))
    page = answer.content.decode()
    assert (answer.status_code, ">typed</textarea>" in page) == (409, True)
    assert "lies in the future" in page


def test_a_script_gets_json(browser):
    values = sent(answer="no")
    accept = {"headers": {"Accept": "application/json"}}
    first = browser("s1").post("/day/result", values, **accept)
    again = browser("s1").post("/day/result", values, **accept)
    other = browser("s1").post("/day/result", values | {"answer": "yes"}, **accept)
    assert (first.json()["repeated"], again.json()["repeated"]) == (False, True)
    assert (other.status_code, other.json()["reason"]) == (409, "key")


def test_a_possible_refusal_is_asked_about_and_corrected(browser):
    page = browser("s1").post("/day/result", sent(answer="yes", note="no phone at work"), follow=True)
    assert "may be a refusal" in page.content.decode() and "Is this a refusal?" in page.content.decode()
    assert not OptOut.objects.get().certain
    values = sent(answer="yes", note="no phone at work", corrects_refusal="1")
    page = browser("s1").post("/day/result", values, follow=True).content.decode()
    assert "Is this a refusal?" not in page
    assert not OptOut.objects.exists()


def test_a_form_without_its_token_is_refused(users, client, release):
    from django.test import Client

    strict = Client(enforce_csrf_checks=True)
    strict.force_login(users["s1"], backend="django.contrib.auth.backends.ModelBackend")
    assert strict.post("/day/result", sent(answer="no")).status_code == 403
    assert not Result.objects.exists()


def test_a_hand_over_is_made_and_ended_on_its_page(browser):
    values = {"from_staff_id": "S1", "to_staff_id": "S2", "first_day": "2024-07-10", "last_day": "2024-07-12"}
    page = browser("s1").post("/hand-over", values, follow=True).content.decode()
    assert "Handed over." in page
    assert "for S1" in browser("s2").get("/day").content.decode()
    number = page.split('name="hand_over" value="')[1].split('"')[0]
    browser("s1").post("/hand-over/end", {"hand_over": number})
    assert "for S1" not in browser("s2").get("/day").content.decode()


def test_a_branch_with_one_manager_is_told_why_nobody_can_be_chosen(browser, users):
    told = "No other customer manager of the branch has a user yet."
    pages = {name: browser(name).get("/hand-over").content.decode() for name in ("s1", "s3", "branch2")}
    assert {name: told in page for name, page in pages.items()} == {"s1": False, "s3": True, "branch2": True}


@pytest.mark.parametrize(
    ("values", "status"),
    [
        ({"first_day": "2024-07-09"}, 422),
        ({"first_day": ""}, 422),
        ({"to_staff_id": "S3"}, 404),
        ({"from_staff_id": "S2", "to_staff_id": "S1"}, 404),
    ],
)
def test_a_hand_over_that_cannot_be_is_refused(browser, values, status):
    good = {"from_staff_id": "S1", "to_staff_id": "S2", "first_day": "2024-07-10", "last_day": "2024-07-12"}
    assert browser("s1").post("/hand-over", good | values).status_code == status


@pytest.mark.parametrize("number", ["1", "x", "", "99999999999999999999", "²"])
def test_a_hand_over_that_is_not_there_is_not_ended(browser, number):
    assert browser("s1").post("/hand-over/end", {"hand_over": number}).status_code == 404


def test_the_time_of_day_is_the_bank_s(users):
    with translation.override("en"):
        assert plan_day(users["s1"]).cards[0].band_text == "evening 18:00-20:00"
    assert timezone.get_current_timezone_name() == "Asia/Shanghai"
    assert timezone.localtime().utcoffset() == timedelta(hours=8)
