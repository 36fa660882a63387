"""The second factor, for roles that the policy names."""

import re

import pytest
from django_otp.oath import totp
from django_otp.plugins.otp_static.models import StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from goldmine.portal import second_factor
from goldmine.portal.policy import PortalPolicy


@pytest.fixture
def asked(monkeypatch):
    """Head office signs in with a code as well."""
    monkeypatch.setattr(second_factor, "portal_policy", lambda: PortalPolicy(second_factor=["head_office", "operator"]))


@pytest.fixture
def device(users):
    """Head office's app, enrolled."""
    return TOTPDevice.objects.create(user=users["head"], name="app", confirmed=True)


def code(device, shift=0):
    return f"{totp(device.bin_key, drift=shift):06d}"


def test_a_role_of_the_policy_gets_no_page_before_the_code(browser, asked, device):
    client = browser("head")
    assert client.get("/api/v1/docs")["Location"] == "/code?next=%2Fapi%2Fv1%2Fdocs"
    answer = client.post("/code", {"code": code(device), "next": "/api/v1/docs"})
    assert answer["Location"] == "/api/v1/docs"
    assert client.get("/api/v1/docs").status_code == 200


def test_other_roles_are_not_asked(browser, asked):
    client = browser("s1")
    assert client.get("/api/v1/docs").status_code == 200
    assert client.get("/code").status_code == 302


@pytest.mark.parametrize("text", ["", "abc", "000000", "1" * 400, "<b>"])
def test_a_wrong_code_is_refused_in_words(browser, asked, device, text):
    client = browser("head")
    answer = client.post("/code", {"code": text})
    assert (answer.status_code, "This code is wrong" in answer.content.decode()) == (422, True)
    assert client.get("/api/v1/docs").status_code == 302


def test_a_code_is_good_once(browser, client, asked, device):
    used = code(device)
    assert browser("head").post("/code", {"code": used}).status_code == 302
    client.logout()
    assert browser("head").post("/code", {"code": used}).status_code == 422


def test_wrong_codes_slow_the_next_one_down(browser, asked, device):
    client = browser("head")
    client.post("/code", {"code": "000000"})
    assert client.post("/code", {"code": code(device)}).status_code == 422


def test_an_app_is_enrolled_by_its_first_code_and_backup_codes_are_shown_once(browser, client, asked, users):
    page = browser("head").get("/code").content.decode()
    assert "<svg" in page
    assert "style=" not in page
    made = TOTPDevice.objects.get(user=users["head"], confirmed=False)
    codes = re.findall(r"<li><code>(\w+)</code>", client.post("/code", {"code": code(made)}).content.decode())
    assert len(codes) == 10
    assert client.get("/api/v1/docs").status_code == 200
    client.logout()
    assert "<svg" not in browser("head").get("/code").content.decode()
    assert client.post("/code", {"code": codes[0].upper()}).status_code == 302
    assert StaticToken.objects.count() == 9


def test_an_app_is_not_enrolled_by_a_wrong_code_or_beside_another(browser, asked, users):
    assert browser("head").post("/code", {"code": "000000"}).status_code == 422
    assert not TOTPDevice.objects.filter(confirmed=True).exists()
    TOTPDevice.objects.create(user=users["head"], name="app", confirmed=True)
    assert second_factor.enrol(users["head"], code(TOTPDevice.objects.get(confirmed=False))) == []


def test_nobody_is_sent_to_another_site_after_the_code(browser, asked, device):
    answer = browser("head").post("/code", {"code": code(device), "next": "//elsewhere.example/"})
    assert answer["Location"] == "/"
