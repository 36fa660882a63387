"""The auditor's page on the audit log."""

import re
from datetime import date

import pytest

from goldmine.core.audit.log import AuditLog
from goldmine.portal.journal import record


def _numbers(answer):
    return [int(number) for number in re.findall(r'data-label="Number">(\d+)<', answer.content.decode())]


def test_the_page_shows_the_day_s_lines_newest_first_and_that_it_was_read(browser, users, journal):
    record(users["s1"], "view_customer", "customer:C1")
    answer = browser("auditor").get("/journal")
    assert _numbers(answer) == [3, 2, 1]
    assert "customer:C1" in answer.content.decode()
    assert next(journal.newest_first()).subject == "page:journal"


@pytest.mark.parametrize(
    "query", [{"who": "s1"}, {"action": "view_customer"}, {"subject": "customer:C1"}, {"who": "s1", "subject": ""}]
)
def test_lines_are_filtered(browser, users, query):
    record(users["s2"], "result", "customer:C2")
    record(users["s1"], "view_customer", "customer:C1")
    assert _numbers(browser("auditor").get("/journal", query)) == [2]


def test_lines_beyond_a_page_follow_by_their_number(browser, users, journal):
    for _count in range(150):
        record(users["s1"], "view_customer", "customer:C1")
    client = browser("auditor")
    first = client.get("/journal", {"who": "s1"})
    assert (_numbers(first)[0], _numbers(first)[-1]) == (150, 51)
    after = re.search(r'href="(/journal\?[^"]*below=51[^"]*)"', first.content.decode())
    assert _numbers(client.get(after[1].replace("&amp;", "&"))) == list(range(50, 0, -1))


def test_another_day_has_other_lines_and_one_that_is_none_is_refused(browser, users):
    record(users["s1"], "view_customer", "customer:C1")
    assert _numbers(browser("auditor").get("/journal", {"day": "2024-06-30"})) == []
    answer = browser("auditor").get("/journal", {"day": "2024-06-31"})
    assert (answer.status_code, "The day is not one" in answer.content.decode()) == (400, True)


def test_the_check_says_that_the_log_is_whole_or_where_it_is_not(browser, users, own_home, monkeypatch):
    log = AuditLog.of_bank("bank")
    monkeypatch.setattr("goldmine.portal.journal.bank_log", lambda: log)
    client = browser("auditor")
    assert re.search("The log is whole: 2 lines", client.post("/journal").content.decode())
    path = log.segments()[0].path
    path.write_bytes(path.read_bytes().replace(b"auditor", b"nobody1", 1))
    page = client.post("/journal").content.decode()
    assert f"The log is not whole: {date.today():%Y-%m}.jsonl, line 1" in page


def test_what_a_line_holds_is_never_markup(browser, users):
    record(users["s1"], "view_list", "page:lists", filter={"search": "<script>alert(1)</script>"})
    assert "<script>alert" not in browser("auditor").get("/journal").content.decode()


@pytest.mark.parametrize("name", ["head", "branch1", "s1", "counter1", "operator", "system1"])
def test_other_roles_have_no_audit_log(browser, users, name):
    assert browser(name).get("/journal").status_code == 404


def test_details_are_in_the_reader_s_words(browser, users):
    record(users["s1"], "look_up", "customer:C1", place="counter", known=True, offers=["longtail_2024:deposit"])
    record(users["s1"], "view_list", "page:lists", filter={"status": "open", "decile": "1"}, rows=20)
    record(users["operator"], "user_change", "user:s1", what="moved", to_role="manager", branch="")
    cells = re.findall(r'data-label="Details">([^<]*)<', browser("auditor").get("/journal").content.decode())
    assert cells[-3:] == [
        "role: customer manager, what: moved",
        "filter (Decile: 1, Status: to contact), rows: 20",
        "customer found: yes, offers shown: longtail_2024:deposit, where: counter",
    ]
