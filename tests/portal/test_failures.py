"""What is shown when something fails."""

import re

import pytest
from django.db import OperationalError
from django.test import Client


@pytest.fixture
def away(monkeypatch):
    """A database that does not answer."""

    def fail(self, *args, **kwargs):
        raise OperationalError("connection refused at 10.1.2.3")

    def switch(on):
        if on:
            monkeypatch.setattr("django.db.backends.utils.CursorWrapper.execute", fail)
        else:
            monkeypatch.undo()

    return switch


@pytest.mark.parametrize("path", ["/health", "/day", "/sign-in"])
def test_a_database_that_is_away_is_a_clear_page_and_comes_back_by_itself(browser, release, away, path):
    person = browser("s1")
    person.raise_request_exception = False
    away(True)
    answer = person.get(path)
    away(False)
    page = answer.content.decode()
    assert (answer.status_code, answer["Retry-After"], "10.1.2.3" in page) == (503, "30", False)
    assert "数据库" in page
    assert person.get("/day").status_code == 200


def test_a_load_balancer_asks_for_the_health_by_address_and_without_tls(client, release, settings):
    settings.ALLOWED_HOSTS, settings.SECURE_SSL_REDIRECT = ["portal.bank.example"], True
    answers = {
        path: client.get(path, headers={"host": "10.1.2.3:8000"}).status_code for path in ("/health", "/sign-in")
    }
    assert answers == {"/health": 204, "/sign-in": 400}


def test_an_error_of_the_code_is_a_clear_page_without_what_failed(browser, release, monkeypatch):
    person = browser("s1")
    person.raise_request_exception = False

    def fail(user):
        raise ValueError("customer C1")

    monkeypatch.setattr("goldmine.portal.pages.my_day.plan_day", fail)
    answer = person.get("/day")
    assert (answer.status_code, "C1" in answer.content.decode()) == (500, False)
    assert "Something went wrong" in answer.content.decode()


@pytest.mark.parametrize(("language", "title"), [("en", "There is no such page"), ("zh", "没有这个页面")])
def test_what_is_not_there_and_what_is_not_yours_are_one_page_in_words(browser, users, release, language, title):
    users["s1"].language = language
    users["s1"].save()
    person = browser("s1")
    pages = [person.get(path) for path in ("/customers/C3", "/customers/C9", "/nothing", "/users")]
    assert [page.status_code for page in pages] == [404] * 4
    assert len({page.content for page in pages}) == 1
    assert f"<h1>{title}</h1>" in pages[0].content.decode()


def test_a_form_of_a_session_that_ended_says_what_to_do(release, users):
    person = Client(enforce_csrf_checks=True)
    person.force_login(users["s1"], backend="django.contrib.auth.backends.ModelBackend")
    answer = person.post("/day/result", {})
    assert (answer.status_code, "The form is too old" in answer.content.decode()) == (403, True)
    answer = person.post("/day/result", {}, headers={"accept": "application/json"})
    assert (answer.status_code, answer.json()) == (403, {"saved": False, "reason": "error"})


def test_a_fault_of_the_portal_says_when_it_was_and_can_be_tried_again_where_nothing_was_sent(
    browser, release, monkeypatch
):
    person = browser("s1")
    person.raise_request_exception = False

    def fail(*args, **kwargs):
        raise ValueError("customer C1")

    monkeypatch.setattr("goldmine.portal.pages.my_day.plan_day", fail)
    monkeypatch.setattr("goldmine.portal.pages.my_day.record_result", fail)
    read = person.get("/day?customer=%22%3E").content.decode()
    sent = {"key": "0" * 32, "customer_id": "C1", "list_name": "longtail_2024", "answer": "yes"}
    stored = person.post("/day/result", sent).content.decode()
    assert re.search(r"When it was: \d{4}-\d\d-\d\d \d\d:\d\d", read)
    assert 'href="">Try again<' in read
    assert "%22%3E" not in read
    assert "Something went wrong" in stored
    assert "Try again<" not in stored
    assert "When it was" not in person.get("/nothing").content.decode()
