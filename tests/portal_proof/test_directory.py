"""Signing in through the bank's directory, by the settings of docs/portal.md: OpenID Connect, and LDAP on slapd."""

import json
import re
import shutil
import socket
import sqlite3
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.portal.made import ROOT
from tests.portal.served import PASSWORD, prepared, served
from tests.portal_proof.open_id_provider import SECRET, provider

SLAPD, SLAPADD = (shutil.which(name, path="/usr/sbin:/usr/bin") for name in ("slapd", "slapadd"))
BLOCKS = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "portal.md").read_text(), re.DOTALL)


def settings_file(folder, word, places):
    """The example of docs/portal.md that holds a word, with the directory's addresses replaced."""
    example = next(block for block in BLOCKS if word in block)
    for shown, own in places.items():
        assert shown in example
        example = example.replace(shown, own)
    path = folder / "own.py"
    path.write_text(example)
    return str(path)


def last_lines(work):
    """Sign-ins of the audit log: action and user of each."""
    written = sorted(Path(work).rglob("journal/**/*.jsonl"))
    lines = [json.loads(line) for path in written for line in path.read_text().splitlines()]
    return [(line["action"], line["who"]) for line in lines if line["action"].startswith("sign_in")]


def lock(work, name):
    """Lock a user whose session stays, as if it had begun at that very moment."""
    with sqlite3.connect(work / "portal" / "portal.sqlite3") as database:
        database.execute("UPDATE portal_user SET is_active = 0 WHERE username = ?", (name,))


@contextmanager
def portal_by_open_id(work, monkeypatch):
    """A portal whose users sign in at a provider, and the provider."""
    prepared(work)
    monkeypatch.setenv("GOLDMINE_OIDC_SECRET", SECRET)
    with provider() as directory:
        own = settings_file(work, "mozilla_django_oidc", {"https://directory.bank.example": directory.address})
        with served(work, workers=1, GOLDMINE_PORTAL_SETTINGS=own) as portal:
            yield portal, directory


def test_a_user_signs_in_by_open_id_with_the_role_that_an_operator_gave(tmp_path, monkeypatch):
    with portal_by_open_id(tmp_path, monkeypatch) as (portal, directory):
        person, directory.name = requests.Session(), "S1"
        link = re.search(r'href="(/oidc/[^"]+)"', person.get(f"{portal.address}/sign-in", timeout=20).text)[1]
        shown = person.get(portal.address + link, timeout=20)
        assert directory.asked == ["/authorize", "/token", "/keys", "/userinfo"]
        assert (shown.url, shown.status_code) == (f"{portal.address}/day", 200)
        assert person.get(f"{portal.address}/head-office", timeout=20).status_code == 404
        assert last_lines(tmp_path) == [("sign_in", "s1")]


@pytest.mark.parametrize("wrong", ["stranger", "signature", "locked"])
def test_whom_the_directory_or_the_operator_does_not_vouch_for_is_told_so(tmp_path, monkeypatch, wrong):
    with portal_by_open_id(tmp_path, monkeypatch) as (portal, directory):
        directory.name = "stranger" if wrong == "stranger" else "s1"
        if wrong == "signature":
            directory.signs_with = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        if wrong == "locked":
            lock(tmp_path, "s1")
        person = requests.Session()
        shown = person.get(f"{portal.address}/oidc/authenticate/", timeout=20)
        assert "没有与此行内账号对应的用户" in shown.text
        assert shown.status_code == 403
        assert person.get(f"{portal.address}/day", timeout=20).url.endswith("/sign-in?next=/day")


@contextmanager
def slapd(folder):
    """OpenLDAP's server with s1 and a stranger, while a test lasts; its address."""
    (folder / "ldap").mkdir()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"ldap://127.0.0.1:{free.getsockname()[1]}"
    people = ["dn: dc=bank,dc=example\nobjectClass: domain\ndc: bank\n"]
    people.append("dn: ou=people,dc=bank,dc=example\nobjectClass: organizationalUnit\nou: people\n")
    for name in ("s1", "stranger"):
        people.append(
            f"dn: uid={name},ou=people,dc=bank,dc=example\nobjectClass: inetOrgPerson\nuid: {name}\ncn: {name}\n"
            f"sn: {name}\ndisplayName: Li Na\nuserPassword: of-the-directory\n"
        )
    (folder / "people.ldif").write_text("\n".join(people))
    (folder / "slapd.conf").write_text(
        "include /etc/ldap/schema/core.schema\ninclude /etc/ldap/schema/cosine.schema\n"
        "include /etc/ldap/schema/inetorgperson.schema\nmodulepath /usr/lib/ldap\nmoduleload back_mdb\n"
        f'database mdb\nsuffix "dc=bank,dc=example"\ndirectory {folder}/ldap\n'
        "access to attrs=userPassword by anonymous auth by * none\naccess to * by self read by * none\n"
    )
    configured = ["-f", str(folder / "slapd.conf")]
    subprocess.run(
        [SLAPADD, *configured, "-l", str(folder / "people.ldif")], check=True, capture_output=True, timeout=60
    )
    server = subprocess.Popen([SLAPD, *configured, "-h", address, "-d", "0"], stderr=subprocess.DEVNULL)
    try:
        for _ in range(100):
            with socket.socket() as tried:
                if tried.connect_ex(("127.0.0.1", int(address.rpartition(":")[2]))) == 0:
                    break
            time.sleep(0.1)
        yield address, server
    finally:
        server.kill()
        server.wait()


def sign_in(portal, name, password):
    """The page after somebody signed in on the portal's own page."""
    person = requests.Session()
    page = person.get(f"{portal.address}/sign-in", timeout=20).text
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[1]
    values = {"username": name, "password": password, "csrfmiddlewaretoken": token}
    return person, person.post(f"{portal.address}/sign-in", values, timeout=40)


@pytest.mark.skipif(SLAPD is None, reason="OpenLDAP's server slapd is not installed")
def test_users_sign_in_with_their_password_of_ldap(tmp_path):
    prepared(tmp_path)
    with slapd(tmp_path) as (address, server):
        own = settings_file(tmp_path, "LDAPBackend", {"ldaps://directory.bank.example": address})
        with served(tmp_path, workers=1, GOLDMINE_PORTAL_SETTINGS=own) as portal:
            person, shown = sign_in(portal, "s1", "of-the-directory")
            assert shown.url == f"{portal.address}/day"
            found = [sign_in(portal, *given)[1].url.rpartition("/")[2] for given in (("s1", "wrong"), ("s1", ""))]
            found.append(sign_in(portal, "stranger", "of-the-directory")[1].url.rpartition("/")[2])
            assert found == ["sign-in"] * 3
            lock(tmp_path, "s1")
            assert person.get(f"{portal.address}/day", timeout=20).url.endswith("/sign-in?next=/day")
            assert sign_in(portal, "s1", "of-the-directory")[1].url.endswith("/sign-in")
            server.kill()
            away = sign_in(portal, "branch1", PASSWORD)[1]
            assert away.url == f"{portal.address}/lists"
    with sqlite3.connect(tmp_path / "portal" / "portal.sqlite3") as database:
        users = database.execute("SELECT username, role, last_name FROM portal_user ORDER BY 1").fetchall()
    assert users == [("branch1", "branch", ""), ("s1", "manager", "Li Na")]
