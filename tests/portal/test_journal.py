"""What users see and do leaves a line in the audit log, and does not happen if it cannot."""

import pytest
from cryptography.fernet import Fernet
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import URLResolver, get_resolver

from goldmine.core.audit.check import check_log
from goldmine.core.audit.head import read_head
from goldmine.core.errors import AuditError, ReleaseError
from goldmine.portal import numbers
from goldmine.portal.journal import record
from goldmine.portal.loading import load_release
from goldmine.portal.models import ApiToken, Claim, Exposure, HandOver, OptOut, Result, User
from goldmine.portal.tokens import make_token, revoke_token
from goldmine.portal.users import Place, add_user, reset_password, set_locked
from tests.portal.conftest import PASSWORD
from tests.portal.made import VALID_UNTIL, publish, work_folder

KEY = "0b6f6b0e-6d0c-4f0e-9a56-0d8b8d6b7c11"
RESULT = {"key": KEY, "customer_id": "C1", "list_name": "longtail_2024", "answer": "yes"}

_SHEET = "campaign_id,customer_id,contacted_on,channel,answer\nlongtail_2024,C1,2024-07-02,call,yes\n"


def _api(client, name, path, body=None):
    headers = {"Authorization": f"Bearer {make_token(name, ['lists', 'customers', 'results'], 1)}"}
    if body is None:
        return client.get(path, headers=headers)
    return client.post(path, body, content_type="application/json", headers=headers)


NAMES_A_CUSTOMER = {
    "lists": ("s1", lambda client: client.get("/lists?search=C1"), ("view_list", "page:lists")),
    "download": (
        "s1",
        lambda client: client.post("/lists/download", {"format": "csv", "search": "C1"}),
        ("download", "download:"),
    ),
    "customer": ("s1", lambda client: client.get("/customers/C1"), ("view_customer", "customer:C1")),
    "journal": ("auditor", lambda client: client.get("/journal"), ("view_list", "page:journal")),
    "upload": (
        "s1",
        lambda client: client.post("/results", {"file": SimpleUploadedFile("r.csv", _SHEET.encode())}),
        ("result", "customer:C1"),
    ),
    "my_day": ("s1", lambda client: client.get("/day"), ("view_list", "page:my_day")),
    "day_call": (
        "s1",
        lambda client: client.post("/day/call", {"customer_id": "C1", "list_name": "longtail_2024"}),
        ("claim", "customer:C1"),
    ),
    "day_result": ("s1", lambda client: client.post("/day/result", RESULT), ("result", "customer:C1")),
    "counter": ("counter1", lambda client: client.post("/counter", {"number": "C1"}), ("look_up", "customer:C1")),
    "rows": ("system1", lambda client: _api(client, "system1", "/api/v1/rows"), ("view_list", "api:rows")),
    "rows as a file": (
        "system1",
        lambda client: _api(client, "system1", "/api/v1/rows?format=csv"),
        ("download", "api:rows"),
    ),
    "offers": (
        "system1",
        lambda client: _api(client, "system1", "/api/v1/customers/C1/offers"),
        ("look_up", "customer:C1"),
    ),
    "results": (
        "system1",
        lambda client: _api(client, "system1", "/api/v1/results", {"results": [RESULT]}),
        ("result", "customer:C1"),
    ),
}
"""By address: who asks, how, and the line that is left."""

NAMES_NONE = {
    *("head_office", "operator", "notebook", "tool", "is_operator"),
    *("second_factor", "day_worker", "users"),
    *("home", "sign_in", "sign_out", "change_password", "language", "day_give_back", "day_session"),
    *("filter_save", "filter_drop"),
    *("download_ask", "downloads", "download_take", "approvals", "approval_decide"),
    *(
        "upload_rejected",
        "hand_over",
        "hand_over_end",
        "releases",
        "api-root",
        "openapi-json",
        "openapi-view",
        "nothing_here",
    ),
}
"""Addresses that show and store nothing about one customer. `lists` of the API gives counts."""


def lines(journal):
    """The log, oldest first: action, who, role and subject of each line."""
    return [(line.action, line.who, line.role, line.subject) for line in reversed(list(journal.newest_first()))]


def _names(patterns, space=""):
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            if pattern.namespace != "admin":
                yield from _names(pattern.url_patterns, pattern.namespace or space)
        elif pattern.name:
            yield pattern.name


def test_every_address_is_known_to_name_a_customer_or_none():
    """A new page stands in one of the two tables: whoever adds it says which line it leaves."""
    assert set(_names(get_resolver().url_patterns)) <= set(NAMES_A_CUSTOMER) | NAMES_NONE


@pytest.mark.parametrize("address", NAMES_A_CUSTOMER)
def test_whatever_names_a_customer_leaves_a_line(browser, release, users, journal, address):
    name, ask, (action, subject) = NAMES_A_CUSTOMER[address]
    client = browser(name)
    before = len(lines(journal))
    assert ask(client).status_code in (200, 302)
    left = [line for line in lines(journal)[before:] if line[:3] == (action, name, users[name].role)]
    assert any(line[3].startswith(subject) for line in left)
    assert check_log(journal).fault is None


@pytest.mark.parametrize("address", NAMES_A_CUSTOMER)
def test_what_cannot_be_logged_is_neither_shown_nor_stored(browser, release, journal, monkeypatch, address):
    name, ask, (wanted, _subject) = NAMES_A_CUSTOMER[address]
    client = browser(name)
    client.raise_request_exception = False
    append = journal.append

    def damaged(action, **values):
        if action != wanted:
            return append(action, **values)
        raise AuditError("audit log: damaged.", "Bring it back.")

    monkeypatch.setattr(journal, "append", damaged)
    answer = ask(client)
    assert answer.status_code == 503
    assert "C1" not in answer.content.decode()
    assert not any(model.objects.exists() for model in (Claim, Result, OptOut, Exposure))


def test_signing_in_and_out_leaves_lines_and_a_name_that_nobody_has_is_left_out(client, users, journal):
    users["s1"].set_password(PASSWORD)
    users["s1"].save()
    client.post("/sign-in", {"username": "s1", "password": "wrong"})
    client.post("/sign-in", {"username": PASSWORD, "password": "s1"})
    client.post("/sign-in", {"username": "s1", "password": PASSWORD})
    client.post("/sign-out")
    assert lines(journal) == [
        ("sign_in_failed", "", "", "user:s1"),
        ("sign_in_failed", "", "", "user:"),
        ("sign_in", "s1", "manager", ""),
        ("sign_out", "s1", "manager", ""),
    ]
    assert PASSWORD not in journal.segments()[0].path.read_text()


def test_nobody_is_signed_in_whose_sign_in_cannot_be_logged_but_signing_out_always_works(
    client, users, journal, monkeypatch
):
    users["s1"].set_password(PASSWORD)
    users["s1"].save()
    client.raise_request_exception = False

    def damaged(*_action, **_values):
        raise AuditError("audit log: damaged.", "Bring it back.")

    with monkeypatch.context() as patch:
        patch.setattr(journal, "append", damaged)
        assert client.post("/sign-in", {"username": "s1", "password": PASSWORD}).status_code == 503
        assert client.get("/day").status_code == 302
    client.post("/sign-in", {"username": "s1", "password": PASSWORD})
    monkeypatch.setattr(journal, "append", damaged)
    client.post("/sign-out")
    assert client.get("/password").status_code == 302


def test_a_log_that_cannot_be_written_is_a_clear_page(browser, release, monkeypatch, journal):
    client = browser("s1")
    client.raise_request_exception = False

    def damaged(*_action, **_values):
        raise AuditError("audit log /srv/secret: damaged.", "Bring it back.")

    monkeypatch.setattr(journal, "append", damaged)
    page = client.get("/lists").content.decode()
    assert "The audit log cannot be written, so nothing was shown or stored." in page
    assert "/srv/secret" not in page


def test_a_page_that_is_not_the_role_s_leaves_a_line(browser, release, journal):
    assert browser("counter1").get("/lists").status_code == 404
    assert lines(journal)[-1] == ("access_refused", "counter1", "counter", "page:lists")


def test_a_number_that_nobody_has_is_logged_without_the_number(browser, release, journal):
    browser("counter1").post("/counter", {"number": "13812345678"})
    line = next(journal.newest_first())
    assert (line.action, line.subject, line.details["known"]) == ("look_up", "", False)
    assert "13812345678" not in str(line)


def test_the_line_of_a_look_up_names_what_was_shown(browser, release, journal):
    browser("counter1").post("/counter", {"number": "C1"})
    line = next(journal.newest_first())
    assert line.details == {"place": "counter", "known": True, "offers": ["longtail_2024:step_up_deposit"]}


def test_a_refusal_is_an_opt_out(browser, release, journal):
    browser("s1").post("/day/result", RESULT | {"answer": "opt_out"})
    assert ("opt_out", "s1", "manager", "customer:C1") in lines(journal)


def test_a_download_is_logged_with_filter_rows_and_the_checksum_of_what_was_sent(client, release, users, journal):
    from hashlib import sha256

    answer = _api(client, "system1", "/api/v1/rows?format=csv&status=open")
    line = next(journal.newest_first())
    assert line.details == {
        "filter": {"status": "open"},
        "rows": 3,
        "format": "csv",
        "sha256": sha256(b"".join(answer.streaming_content)).hexdigest(),
    }


def test_hand_overs_are_logged_as_made_and_ended(browser, release, users, journal):
    from goldmine.portal.clock import today

    days = {"first_day": today(), "last_day": today()}
    browser("s1").post("/hand-over", {"from_staff_id": "S1", "to_staff_id": "S2"} | days)
    browser("s1").post("/hand-over/end", {"hand_over": HandOver.objects.get().pk})
    made = [line[3] for line in lines(journal) if line[0] == "hand_over"]
    assert made == ["staff:S1", "staff:S1"]
    assert HandOver.objects.get().ended_at is not None


def test_commands_on_users_and_tokens_are_logged_under_who_runs_them(users, journal, monkeypatch):
    monkeypatch.setenv("GOLDMINE_USER", "chen")
    add_user("wang", Place("auditor"))
    reset_password("wang")
    set_locked("wang", locked=True)
    make_token("system1", ["lists"], 1)
    revoke_token(ApiToken.objects.get().pk)
    token = f"token:{ApiToken.objects.get().pk}"
    assert lines(journal) == [
        ("user_change", "chen", "", "user:wang"),
        ("user_change", "chen", "", "user:wang"),
        ("user_change", "chen", "", "user:wang"),
        ("token_made", "chen", "", token),
        ("token_revoked", "chen", "", token),
    ]
    whats = [line.details.get("what") for line in journal.newest_first()]
    assert whats == [None, None, "locked", "password reset", "added"]


def test_an_operator_s_changes_are_logged_under_the_operator(browser, users, journal):
    browser("operator").post("/users", {"action": "lock", "name": "s1"})
    assert lines(journal)[-1] == ("user_change", "operator", "operator", "user:s1")


def test_a_user_whose_making_cannot_be_logged_is_not_made(users, journal, monkeypatch):
    def damaged(*_action, **_values):
        raise AuditError("audit log: damaged.", "Bring it back.")

    monkeypatch.setattr(journal, "append", damaged)
    with pytest.raises(AuditError):
        add_user("wang", Place("auditor"))
    assert not User.objects.filter(username="wang").exists()


def test_an_own_password_is_logged_as_a_change_of_the_user(browser, users, journal):
    User.objects.filter(username="auditor").update(must_change_password=True)
    browser("auditor").post("/password", {"new_password1": PASSWORD, "new_password2": PASSWORD})
    assert lines(journal)[-1] == ("user_change", "auditor", "auditor", "user:auditor")


@pytest.mark.django_db(databases=["default", "numbers"])
def test_loads_are_logged_and_refused_ones_too(tmp_path, journal):
    work = work_folder(tmp_path)
    publish(work, "r1")
    load_release(work)
    folder = publish(work, "r2", control=("C1",)).folder
    with pytest.raises(ReleaseError, match="control group"):
        load_release(work)
    assert folder.exists()
    assert [line[0::3] for line in lines(journal)] == [("release_loaded", "release:r1"), ("release_refused", "")]


@pytest.mark.django_db(databases=["default", "numbers"])
def test_a_number_is_unmasked_only_with_a_line(release, users, journal, monkeypatch):
    monkeypatch.setenv(numbers.KEY, Fernet.generate_key().decode())
    numbers.store(release, [("C1", numbers.Person("Zhang", "13800000001"), VALID_UNTIL)])
    assert numbers.reveal(users["s1"], "C1") == numbers.Person("Zhang", "13800000001")
    assert numbers.reveal(users["s3"], "C1") is None
    assert lines(journal) == [("unmask", "s1", "manager", "customer:C1")]


def test_an_upload_and_its_results_are_on_the_disk_before_they_are_stored(browser, release, journal):
    browser("s1").post("/results", {"file": SimpleUploadedFile("r.csv", _SHEET.encode())})
    assert [line[0::3] for line in lines(journal)[-2:]] == [("upload", "page:results"), ("result", "customer:C1")]
    assert read_head(journal.folder).number == len(lines(journal))


def test_an_unknown_action_is_refused(users):
    with pytest.raises(AuditError, match="'peek' is no action"):
        record(users["s1"], "peek")
