"""A portal in processes of its own, on files: what threads, kills, cut connections and a browser are tried on."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

from goldmine.core.workspace import Workspace
from tests.portal.made import CODE, ROOT

PASSWORD = "Correct-Horse-7"
DAY = "2024-07-10"


def environment(work, **more):
    """Environment variables of the portal of a work folder."""
    settings = {"GOLDMINE_WORK": str(work), "DJANGO_SETTINGS_MODULE": "goldmine.portal.settings"}
    own = {"GOLDMINE_HOME": str(Path(work) / "home")}
    own |= {
        "GOLDMINE_PORTAL_SECRET": "of the tests",
        "GOLDMINE_PORTAL_DAY": DAY,
        "PYTHONPATH": CODE,
    }
    return {**os.environ, **settings, **own, **more}


def prepared(work, customers=5):
    """Make the databases of a work folder, with a release whose manager S1 has so many customers, K0000 and on."""
    (Path(work) / "portal").mkdir(parents=True, exist_ok=True)
    (Path(work) / "home").mkdir(exist_ok=True)
    (Path(work) / "home" / "pipelines").symlink_to(ROOT / "pipelines")
    Workspace(Path(work)).claim("tiny")
    command = [sys.executable, "-m", "tests.portal.served", str(customers)]
    subprocess.run(command, check=True, env=environment(work), cwd=ROOT, timeout=300)


def _fill(customers):
    import django

    django.setup()
    from django.core.management import call_command

    from goldmine.portal.row_security import become_system_task

    for database in ("default", "numbers"):
        call_command("migrate", database=database, verbosity=0)
    become_system_task()
    from goldmine.portal.models import CurrentRelease, ListRow, User
    from tests.portal.conftest import make_release

    release = make_release()
    CurrentRelease.objects.create(id=1, release=release)
    row = ListRow.objects.get(customer_id="C1")
    rows = []
    for number in range(customers):
        values = {field.attname: getattr(row, field.attname) for field in row._meta.fields if field.attname != "id"}
        rows.append(ListRow(**values | {"customer_id": f"K{number:04}", "phone": f"138****{number:04}"}))
    ListRow.objects.bulk_create(rows, batch_size=500)
    for name, role, staff in (("s1", "manager", "S1"), ("branch1", "branch", "")):
        user = User(username=name, role=role, branch_id="B1", staff_id=staff, language="en", must_change_password=False)
        user.set_password(PASSWORD)
        user.save()


@dataclass
class Served:
    """A running portal."""

    address: str
    process: subprocess.Popen

    def kill(self):
        """End all its processes at once, as a power cut does."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(timeout=20)


@contextmanager
def served(work, workers=2, **more):
    """Serve a work folder's portal by gunicorn on a free port of this machine."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["--bind", f"127.0.0.1:{port}", "--workers", str(workers), "--threads", "4", "--no-control-socket"]
    command = [sys.executable, "-m", "gunicorn", *options, "goldmine.portal.wsgi"]
    with (Path(work) / "served.log").open("ab") as log:
        process = subprocess.Popen(
            command, env=environment(work, **more), cwd=ROOT, start_new_session=True, stdout=log, stderr=log
        )
    portal = Served(f"http://127.0.0.1:{port}", process)
    try:
        _wait(portal)
        yield portal
    finally:
        if process.poll() is None:
            portal.kill()


def _wait(portal):
    for _ in range(300):
        try:
            if requests.get(f"{portal.address}/health", timeout=20).status_code == 204:
                return
        except requests.RequestException:
            time.sleep(0.1)
    raise RuntimeError(f"{portal.address} does not answer")


class Person:
    """Somebody who is signed in, and sends results as the page does."""

    def __init__(self, address, name="s1"):
        self.address, self.session = address, requests.Session()
        page = self.session.get(f"{address}/sign-in", timeout=20).text
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[1]
        values = {"username": name, "password": PASSWORD, "csrfmiddlewaretoken": token}
        self.session.post(f"{address}/sign-in", values, timeout=20).raise_for_status()
        self.token = self.session.get(f"{address}/day/session", timeout=20).json()["csrf"]

    def send(self, key, customer_id, answer="no", address=None):
        """Send a result; the portal's answer."""
        values = {"key": str(key), "customer_id": customer_id, "list_name": "longtail_2024", "answer": answer}
        return self.session.post(
            f"{address or self.address}/day/result",
            values | {"csrfmiddlewaretoken": self.token},
            headers={"Accept": "application/json"},
            timeout=20,
        )


if __name__ == "__main__":
    _fill(int(sys.argv[1]))
