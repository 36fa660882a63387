"""What is shown when something fails."""

import pytest
from django.db import OperationalError


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


def test_an_error_of_the_code_is_a_clear_page_without_what_failed(browser, release, monkeypatch):
    person = browser("s1")
    person.raise_request_exception = False

    def fail(user):
        raise ValueError("customer C1")

    monkeypatch.setattr("goldmine.portal.pages.my_day.plan_day", fail)
    answer = person.get("/day")
    assert (answer.status_code, "C1" in answer.content.decode()) == (500, False)
    assert "Something went wrong" in answer.content.decode()
