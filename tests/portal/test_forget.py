"""A forgotten customer is in none of the portal's tables, and in none of its files."""

import os
import re
import subprocess
import sys
from datetime import date
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from cryptography.fernet import Fernet
from django.utils import timezone

from goldmine.core.customer_rows import Person
from goldmine.core.workspace import Workspace, home
from goldmine.portal import numbers
from goldmine.portal.forget import forget_in_portal, rows_in_portal
from goldmine.portal.models import (
    CallBack,
    Claim,
    ContactNumber,
    Customer,
    Download,
    Exposure,
    ListRow,
    MergedNumber,
    OptOut,
    Result,
)
from tests.portal.made import CODE, VALID_UNTIL, publish, work_folder
from tests.portal.postgresql import server

__all__ = ["server"]

PERSON = Person(frozenset({"C1", "C9"}), "pseudonym")


def names_c1(path):
    """Does a database's file name C1? Encrypted names are left out, since any two letters turn up there by chance."""
    return b"C1" in re.sub(rb"gAAAAA[\w-]+=*", b"", path.read_bytes())


@pytest.fixture
def worked(release, users, monkeypatch):
    """A portal in which C1, who was C9 too, was looked up, called, promised a call, and refused."""
    monkeypatch.setenv(numbers.KEY, Fernet.generate_key().decode())
    s1, now = users["s1"], timezone.now()
    numbers.store(release, [(n, numbers.Person("张三", "13800000001"), VALID_UNTIL) for n in ("C1", "C2")])
    MergedNumber.objects.create(release=release, merged_id="C9", survivor_id="C1")
    Claim.objects.create(customer_id="C1", user=s1, list_name="longtail_2024", until=now)
    OptOut.objects.create(customer_id="C1", at=now, user=s1)
    for number, listed_as in (("C1", "C9"), ("C2", "")):
        result = Result.objects.create(
            key=uuid4(), user=s1, at=now, contacted_on=date(2024, 7, 2), release="r1", list_name="longtail_2024",
            customer_id=number, listed_as=listed_as, branch_id="B1", manager_id="S1", channel="call",
            answer="interested", note="13800000001", source="page",
        )  # fmt: skip
        CallBack.objects.create(
            customer_id=number, list_name="longtail_2024", branch_id="B1", manager_id="S1", on_day=date(2024, 7, 9),
            result=result,
        )  # fmt: skip
    Exposure.objects.create(
        at=now, user=s1, branch_id="B1", place="counter", release="r1", customer_id="C1", drawn=True, chance=0.9
    )
    Download.objects.create(user=s1, filter={"search": "C1"}, format="csv", rows=1)
    return release


@pytest.mark.django_db(transaction=True, databases=["default", "numbers"])
def test_a_person_is_erased_from_every_table_and_others_stay(worked, tmp_path):
    found = rows_in_portal(PERSON)
    assert found == {
        **dict.fromkeys(("callback", "claim", "contactnumber", "customer", "download", "exposure"), 1),
        **dict.fromkeys(("listrow", "mergednumber", "optout", "result"), 1),
    }
    assert forget_in_portal(Workspace(tmp_path), PERSON) == found
    assert rows_in_portal(PERSON) == {}
    left = [model.objects.count() for model in (Customer, ListRow, ContactNumber, Result, CallBack)]
    assert left == [4, 3, 1, 1, 1]
    assert Download.objects.get().filter == {}


@pytest.fixture
def forgetful(tmp_path):
    """A work folder with a release, and the command in a process of its own: ``run("forget", "C1", **variables)``."""
    work = work_folder(tmp_path)
    work.claim("tiny", tmp_path / "bank")
    publish(work)
    (tmp_path / "home").mkdir()
    for name in ("pipelines", "expectations"):
        (tmp_path / "home" / name).symlink_to(home() / name)
    environment = {**os.environ, "PYTHONPATH": CODE, "GOLDMINE_HOME": str(tmp_path / "home"), "GOLDMINE_USER": "wang",
                   numbers.KEY: Fernet.generate_key().decode()}  # fmt: skip

    def goldmine(*arguments, **variables):
        command = [sys.executable, "-c", "from goldmine.cli import main; main()", *arguments, "--work", str(work.root)]
        given = environment | variables
        done = subprocess.run(command, env=given, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return work, goldmine


def test_the_command_leaves_nothing_in_the_portals_files(forgetful):
    work, goldmine = forgetful

    def held():
        files = (work.root / "portal").glob("*.sqlite3*")
        return any(map(names_c1, files))

    goldmine("portal", "load")
    assert held()
    assert "Nothing was changed" in goldmine("forget", "C1")
    assert held()
    told = goldmine("forget", "C1", "--yes", "--language", "zh")
    assert "已遗忘" in told
    assert not held()


def test_the_command_leaves_nothing_in_postgresqls_files(forgetful, server):
    _work, goldmine = forgetful
    url = f"postgresql://portal@{server}/portal"
    database = {"GOLDMINE_DATABASE_URL": url}

    def held():
        """The portal's tables and indexes whose files name the customer, when all that is cached has been written."""
        ours = "SELECT relname, pg_relation_filepath(oid) FROM pg_class WHERE relnamespace = 'public'::regnamespace"
        with psycopg.connect(f"postgresql://postgres@{server}/portal", autocommit=True) as connection:
            connection.execute("CHECKPOINT")
            (folder,) = connection.execute("SHOW data_directory").fetchone()
            files = [(name, Path(folder, path)) for name, path in connection.execute(ours).fetchall() if path]
        return [name for name, path in files if names_c1(path)]

    goldmine("portal", "load", **database)
    assert held()
    goldmine("forget", "C1", **database)
    assert held()
    told = goldmine("forget", "C1", "--yes", **database)
    assert "Portal:" in told
    assert held() == []
    with psycopg.connect(f"postgresql://postgres@{server}/portal") as connection:
        quoted = connection.execute("SELECT most_common_vals::text, histogram_bounds::text FROM pg_stats").fetchall()
    assert not any("C1" in str(row) for row in quoted)
    with psycopg.connect(f"postgresql://postgres@{server}/portal") as connection:
        left = connection.execute("SELECT customer_id FROM portal_listrow ORDER BY 1").fetchall()
    assert [number for (number,) in left] == ["C2", "C3", "C4"]
