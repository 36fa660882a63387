"""The page of lists."""

import re
from urllib.parse import unquote

import pytest

from goldmine.portal.models import ListRow, Release, SavedFilter
from tests.portal.conftest import list_row


@pytest.fixture
def page(browser, release):
    """Ask for the page: ``page("s1", list_name="x")`` gives its status and its text."""

    def ask(name, headers=None, **query):
        answer = browser(name).get("/lists", query, headers=headers or {})
        return answer.status_code, answer.content.decode()

    return ask


def _customers(text):
    return [number for number in ("C1", "C2", "C3", "C4", "C5") if f'href="/customers/{number}">{number}<' in text]


@pytest.mark.parametrize(
    ("name", "seen"), [("head", "C1 C2 C3 C4"), ("branch1", "C1 C2 C3"), ("s1", "C1 C2"), ("s3", "C4")]
)
def test_each_role_finds_its_own_rows_and_their_number(page, name, seen):
    status, text = page(name)
    assert (status, _customers(text)) == (200, seen.split())
    assert f"<b>{len(seen.split())}</b> rows" in text


def test_a_row_shows_what_a_call_needs(page):
    text = page("s1")[1]
    for shown in (
        "Long tail",
        "Step-up deposit",
        "phone call",
        "more came in over three months",
        "张**",
        "138****0001",
    ):
        assert shown in text
    assert "2099-12-31" in text
    assert "to contact" in text


@pytest.mark.parametrize("name", ["counter1", "operator", "auditor", "system1"])
def test_roles_without_lists_are_told_that_there_is_no_such_page(page, name):
    assert page(name)[0] == 404


def test_service_contacts_are_named_in_words_and_reasons_stand_one_by_one(page, release):
    list_row(release, "C1", kind="service", list_name="overdue", reasons_en="Saves; Is near")
    text = page("s1")[1]
    assert "Contact overdue" in text
    assert "<span>Saves</span><span>Is near</span>" in text


def test_reasons_in_another_language_are_said_to_be(page, release):
    Release.objects.update(manifest=release.manifest | {"language": "zh"}, manifest_sha256="2" * 64)
    told = "Reasons of lists are in the language that the release was published in"
    assert told not in page("s1")[1]
    list_row(release, "C1", kind="list", list_name="dormancy")
    assert told in page("s1")[1]
    Release.objects.update(manifest=release.manifest | {"language": "en"}, manifest_sha256="1" * 64)
    assert told not in page("s1")[1]


def test_a_filter_holds_without_javascript(page):
    status, text = page("branch1", manager_id="S2", list_name="longtail_2024", sort="customer")
    assert (status, _customers(text)) == (200, ["C3"])
    assert '<option value="S2" selected>' in text


def test_the_values_of_another_branch_are_not_offered(page):
    text = page("branch2")[1]
    assert 'value="S3"' in text
    assert 'value="S1"' not in text


def test_what_is_not_the_users_and_what_is_not_there_get_the_same_answer(page):
    foreign, unknown = page("s1", search="C4")[1], page("s1", search="CX")[1]
    assert "No row fits this filter." in foreign
    assert foreign.replace("C4", "CX").partition("<main")[2] == unknown.partition("<main")[2]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"salary": "1"}, "There is no filter salary."),
        ({"decile": "0"}, "a whole number from 1 to 10"),
        ({"valid_until": "2024-13-01"}, "a day such as 2024-06-30"),
        ({"cursor": "x.y"}, "cannot be read"),
    ],
)
def test_what_cannot_be_used_is_answered_in_words(page, query, message):
    status, text = page("head", **query)
    assert status == 400
    assert message in text


def test_more_rows_follow_on_further_pages(page, release):
    for number in range(60):
        row = list_row(release, "C5", kind="list", list_name=f"l{number:02}", rank=1)
        ListRow.objects.filter(pk=row.pk).update(customer_id=f"X{number:02}")
    text = page("s3")[1]
    cursor = unquote(text.partition("cursor=")[2].partition('"')[0])
    assert "<b>61</b> rows" in text
    later = page("s3", cursor=cursor)[1]
    assert [n for n in range(60) if f">X{n:02}<" in text] == list(range(50))
    assert [n for n in range(60) if f">X{n:02}<" in later] == list(range(50, 60))
    part = page("s3", {"HX-Request": "true"}, cursor=cursor)[1]
    assert "<table" not in part
    assert part.count("<tr") == 11


def test_htmx_gets_the_rows_alone(page):
    status, text = page("s1", {"HX-Request": "true"}, search="C2")
    assert (status, _customers(text)) == (200, ["C2"])
    assert "<html" not in text


def test_filters_that_are_set_stand_above_the_rows_and_each_can_be_dropped(page):
    text = page("s1", search="C2", status="open", sort="customer")[1]
    chips = text.partition('class="chips"')[2].partition("</ul>")[0]
    assert re.findall(r"<li>([^<]+) <a href=\"([^\"]+)\"", chips) == [
        ("Status: to contact", "/lists?search=C2&amp;sort=customer"),
        ("Search: C2", "/lists?status=open&amp;sort=customer"),
    ]
    assert 'class="chips"' not in page("s1", sort="customer")[1]
    assert 'class="chips"' in page("s1", search="ZZ")[1]


def test_filters_that_are_set_read_as_chinese_does(page, users):
    users["s1"].language = "zh"
    users["s1"].save()
    assert "<li>搜索：C2 <a" in page("s1", search="C2")[1]


def test_a_heading_sorts_by_its_column_and_keeps_the_filter(page):
    text = page("s1", status="open")[1]
    assert re.findall(r'<th[^>]*aria-sort="ascending">\s*(\w+)', text) == ["Rank"]
    assert '<a href="/lists?status=open&amp;sort=customer" title="Sort by this">Customer</a>' in text


def test_a_part_asked_for_after_the_session_ended_leads_to_the_sign_in_page(client, release):
    answer = client.get("/lists?status=open", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer["HX-Redirect"] == "/sign-in?next=/lists%3Fstatus%3Dopen"


def test_texts_of_a_row_are_shown_as_texts(page, release):
    ListRow.objects.filter(customer_id="C1").update(reasons_en="<script>alert(1)</script>", name="<b>x")
    text = page("s1")[1]
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)" in text


def test_where_no_row_fits_the_page_says_what_to_do(page):
    assert "The search knows a whole customer number" in page("s1", search="ZZ")[1]
    text = page("s1", decile="3")[1]
    assert "Drop one of the filters above" in text
    assert '<a class="button plain" href="/lists">Show all rows</a>' in text
    ListRow.objects.all().delete()
    text = page("s1")[1]
    assert "You have no customer on a list at the moment." in text
    assert "Show all rows" not in text


@pytest.mark.parametrize(("name", "address"), [("head", "/lists"), ("head", "/head-office"), ("counter1", "/counter")])
def test_a_portal_without_a_release_says_so_and_what_to_do(browser, users, name, address):
    text = browser(name).get(address).content.decode()
    assert "No release is loaded yet." in text
    assert "Ask the operator." in text


def _saved(text):
    return re.findall(r'<li><a href="([^"]+)">([^<]+)</a>', text.partition('class="saved"')[2].partition("</ul>")[0])


def test_a_filter_is_kept_under_a_name_without_what_was_searched_for(browser, page, release):
    asked = {"status": "open", "decile": "10", "search": "C1", "name": " My  tens ", "sort": "customer"}
    answer = browser("s1").post("/lists/saved", asked)
    assert answer["Location"] == "/lists?decile=10&status=open&sort=customer"
    assert _saved(page("s1")[1]) == [("/lists?decile=10&amp;status=open&amp;sort=customer", "My tens")]
    assert SavedFilter.objects.get().filter == {"decile": "10", "status": "open", "sort": "customer"}


def test_a_filter_of_the_same_name_replaces_the_one_before(browser, page, release):
    for decile in ("10", "9"):
        browser("s1").post("/lists/saved", {"name": "tens", "decile": decile})
    assert _saved(page("s1")[1]) == [("/lists?decile=9", "tens")]


def test_filters_that_are_kept_are_ones_own_and_only_their_owner_drops_them(browser, page, release):
    browser("branch1").post("/lists/saved", {"name": "s1's", "manager_id": "S1"})
    number = SavedFilter.objects.get().pk
    assert _saved(page("s1")[1]) == []
    browser("s1").post(f"/lists/saved/{number}/drop")
    assert SavedFilter.objects.count() == 1
    browser("branch1").post(f"/lists/saved/{number}/drop")
    assert SavedFilter.objects.count() == 0


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"name": " ", "decile": "1"}, "The filter cannot be kept under this name."),
        ({"name": "x" * 41, "decile": "1"}, "40 characters at most"),
        ({"name": "one", "search": "C1"}, "There is nothing to keep."),
        ({"name": "one", "salary": "1"}, "There is no filter salary."),
        ({"name": "thirteenth", "decile": "1"}, "You keep 12 filters already."),
    ],
)
def test_what_cannot_be_kept_is_said_in_words(browser, users, release, asked, message):
    for number in range(12):
        SavedFilter.objects.create(user=users["s1"], name=f"f{number}", filter={"decile": "1"})
    answer = browser("s1").post("/lists/saved", asked, follow=True)
    assert message in answer.content.decode()
    assert SavedFilter.objects.count() == 12


def test_a_kept_name_is_shown_as_text(browser, page, release):
    browser("s1").post("/lists/saved", {"name": "<script>alert(1)</script>", "decile": "1"})
    assert "<script>alert" not in page("s1")[1]
