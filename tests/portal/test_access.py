"""Every page by every role: shown, or not there, or a change of password or a sign-in first."""

import pytest
from django.urls import URLPattern, get_resolver, reverse

EVERYBODY = {"head", "branch1", "s1", "counter1", "operator", "auditor", "system1"}
_WORKS_LISTS = {"head", "branch1", "s1"}

PAGES = {
    "lists": _WORKS_LISTS,
    "filter_save": _WORKS_LISTS,
    "filter_drop": _WORKS_LISTS,
    "download": _WORKS_LISTS,
    "download_ask": _WORKS_LISTS,
    "downloads": _WORKS_LISTS,
    "download_take": _WORKS_LISTS,
    "customer": _WORKS_LISTS,
    "upload": _WORKS_LISTS,
    "upload_rejected": _WORKS_LISTS,
    "approvals": {"head", "branch1"},
    "approval_decide": {"head", "branch1"},
    "counter": {"counter1"},
    "my_day": {"s1"},
    "day_call": {"s1"},
    "day_give_back": {"s1"},
    "day_result": {"s1"},
    "day_session": {"s1"},
    "hand_over": {"branch1", "s1"},
    "hand_over_end": {"branch1", "s1"},
    "head_office": {"head", "auditor"},
    "users": {"operator"},
    "operator": {"operator"},
    "notebook": {"operator", "head", "auditor"},
    "tool": {"operator"},
    "journal": {"auditor"},
}
"""By page, who may open it."""

OPEN = {"sign_in", "sign_out", "change_password", "second_factor", "language", "day_worker", "is_operator"}
"""Addresses that ask for no role."""

ADDRESSES = {
    "filter_save": "/lists/saved",
    "filter_drop": "/lists/saved/1/drop",
    "download": "/lists/download",
    "download_ask": "/lists/download/ask",
    "download_take": "/downloads/1",
    "customer": "/customers/C1",
    "upload": "/results",
    "upload_rejected": "/results/rejected/x",
    "approval_decide": "/approvals/1",
    "my_day": "/day",
    "day_call": "/day/call",
    "day_give_back": "/day/give-back",
    "day_result": "/day/result",
    "day_session": "/day/session",
    "hand_over": "/hand-over",
    "hand_over_end": "/hand-over/end",
    "head_office": "/head-office",
    "notebook": "/operator/notebooks/2024-06-30/1_validate",
    "tool": "/tools/mlflow/",
}


def _address(page):
    return ADDRESSES.get(page, f"/{page}")


def test_every_page_is_in_one_of_the_tables():
    names = {pattern.name for pattern in get_resolver().url_patterns if isinstance(pattern, URLPattern)}
    assert names - {"home"} == set(PAGES) | OPEN


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_there_for_its_roles_and_logged_as_refused_for_all_others(browser, release, journal, page):
    refused = set()
    for name in sorted(EVERYBODY):
        client = browser(name)
        client.raise_request_exception = False
        method = client.get if client.get(_address(page)).status_code != 405 else client.post
        answer = method(_address(page))
        line = next(journal.newest_first())
        if (line.action, line.who) == ("access_refused", name):
            assert answer.status_code == 404
            refused.add(name)
    assert refused == EVERYBODY - PAGES[page]


@pytest.mark.parametrize("page", PAGES)
def test_a_visitor_signs_in_first_and_comes_back(client, release, page):
    answer = client.get(_address(page))
    answer = client.post(_address(page)) if answer.status_code == 405 else answer
    assert (answer.status_code, answer["Location"]) == (302, f"/sign-in?next={_address(page)}")


@pytest.mark.parametrize("page", PAGES)
def test_a_one_time_password_opens_no_page(browser, release, users, page):
    for user in users.values():
        user.must_change_password = True
        user.save()
    client = browser(sorted(PAGES[page])[0])
    answer = client.get(_address(page))
    answer = client.post(_address(page)) if answer.status_code == 405 else answer
    assert (answer.status_code, answer["Location"]) == (302, "/password")


@pytest.mark.parametrize("name", sorted(EVERYBODY))
def test_the_menu_holds_the_pages_of_the_role_alone(browser, release, name):
    from goldmine.portal.navigation import ENTRIES

    page = browser(name).get("/", follow=True).content.decode()
    shown = {entry[0] for entry in ENTRIES if f'<a href="{_address(entry[0])}"' in page}
    assert shown == {entry[0] for entry in ENTRIES if name in PAGES[entry[0]]}


@pytest.mark.parametrize("number", ["C1", "a b/c", "é?x=1#y", "..", "%2F", "<'&\">;+"])
def test_the_address_of_a_customer_is_the_one_that_the_pages_are_found_by(number):
    from goldmine.portal.navigation import customer_address

    assert customer_address(number) == reverse("customer", args=[number])


def test_who_was_locked_meanwhile_is_signed_out_whatever_backend_hands_the_user_out(client, users, settings):
    backend = "django.contrib.auth.backends.AllowAllUsersModelBackend"
    settings.AUTHENTICATION_BACKENDS = [backend]
    client.force_login(users["s1"], backend=backend)
    users["s1"].is_active = False
    users["s1"].save()
    assert client.get("/lists", follow=True).redirect_chain == [("/sign-in?next=/lists", 302)]
