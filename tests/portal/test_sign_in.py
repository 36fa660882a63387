"""Signing in."""

import os
import subprocess
import sys

import pytest

from goldmine.portal.addresses import client_address
from tests.portal.conftest import PASSWORD


def _with_password(users, name):
    users[name].set_password(PASSWORD)
    users[name].save()


def test_a_user_signs_in_and_reaches_the_first_page(client, users):
    _with_password(users, "operator")
    answer = client.post("/sign-in", {"username": "operator", "password": PASSWORD})
    assert (answer.status_code, answer["Location"]) == (302, "/")


def test_a_wrong_password_is_refused_in_words(client, users):
    _with_password(users, "s1")
    answer = client.post("/sign-in", {"username": "s1", "password": "wrong"})
    assert "请输入一个正确的" in answer.content.decode()


def test_a_name_is_locked_after_five_failed_attempts(client, users):
    _with_password(users, "s1")
    answers = [client.post("/sign-in", {"username": "s1", "password": "wrong"}).status_code for _ in range(5)]
    right = client.post("/sign-in", {"username": "s1", "password": PASSWORD})
    assert answers == [200, 200, 200, 200, 429]
    assert right.status_code == 429


def test_a_one_time_password_has_to_be_replaced_first(client, users):
    users["s1"].must_change_password = True
    users["s1"].save()
    client.force_login(users["s1"], backend="django.contrib.auth.backends.ModelBackend")
    assert client.get("/")["Location"] == "/password"
    answer = client.post("/password", {"new_password1": PASSWORD, "new_password2": PASSWORD})
    users["s1"].refresh_from_db()
    assert (answer["Location"], users["s1"].must_change_password) == ("/", False)


def test_the_language_is_chosen_once_and_kept(client, users):
    client.force_login(users["auditor"], backend="django.contrib.auth.backends.ModelBackend")
    client.post("/language", {"language": "zh", "back": "/"})
    users["auditor"].refresh_from_db()
    assert users["auditor"].language == "zh"


def test_nobody_is_sent_to_another_site(client, users):
    answer = client.post("/language", {"language": "zh", "back": "https://elsewhere.example/"})
    assert answer["Location"] == "/"


def test_a_session_lasts_from_the_last_request_and_is_stored_once_a_minute(client, users, monkeypatch):
    monkeypatch.setattr("goldmine.portal.middleware.time.time", lambda: 120.0)
    client.force_login(users["auditor"], backend="django.contrib.auth.backends.ModelBackend")
    client.get("/password")
    again = client.get("/password")
    monkeypatch.setattr("goldmine.portal.middleware.time.time", lambda: 180.0)
    later = client.get("/password")
    assert ("sessionid" in again.cookies, "sessionid" in later.cookies) == (False, True)


@pytest.mark.parametrize(
    ("header", "forwarded", "address"),
    [
        (None, "10.9.9.9", "127.0.0.1"),
        (("HTTP_X_FORWARDED_PROTO", "https"), "1.1.1.1, 10.0.0.7", "10.0.0.7"),
        (("HTTP_X_FORWARDED_PROTO", "https"), "", "127.0.0.1"),
    ],
)
def test_the_address_is_the_one_that_the_proxy_saw(rf, settings, header, forwarded, address):
    settings.SECURE_PROXY_SSL_HEADER = header
    assert client_address(rf.get("/", HTTP_X_FORWARDED_FOR=forwarded)) == address


def test_a_settings_file_of_the_bank_comes_last(tmp_path):
    own = tmp_path / "own.py"
    own.write_text('AUTHENTICATION_BACKENDS = [*AUTHENTICATION_BACKENDS, "bank.Directory"]\nSESSION_COOKIE_AGE = 60\n')
    code = (
        "from goldmine.portal import settings as s; print(s.AUTHENTICATION_BACKENDS[-1], s.SESSION_COOKIE_AGE, s.DEBUG)"
    )
    environment = os.environ | {"GOLDMINE_PORTAL_SETTINGS": str(own)}
    found = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert found.stdout.split() == ["bank.Directory", "60", "False"]


def test_only_users_whom_an_operator_made_sign_in_by_open_id(users, settings):
    pytest.importorskip("mozilla_django_oidc", reason="a bank installs it by choice")
    for name in ("TOKEN_ENDPOINT", "USER_ENDPOINT"):
        setattr(settings, f"OIDC_OP_{name}", "https://directory.example/")
    settings.OIDC_RP_CLIENT_ID, settings.OIDC_RP_CLIENT_SECRET = "goldmine", "s"
    from goldmine.portal.open_id import DirectoryUsers

    directory = DirectoryUsers()
    assert list(directory.filter_users_by_claims({"preferred_username": "S1"})) == [users["s1"]]
    assert list(directory.filter_users_by_claims({"preferred_username": "stranger"})) == []
    assert [directory.verify_claims(claims) for claims in ({}, {"preferred_username": ""})] == [False, False]
