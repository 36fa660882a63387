"""Many users at once on the portal: lists paged and customers looked up, beside a plain SELECT of the same rows.

    python -m bench.portal_users --work ../large                            # SQLite
    python -m bench.portal_users --work ../large --postgresql ../postgres

Each user asks once a second, as a quick person does, and waits for the answer. The portal runs on loopback as
`goldmine portal serve` runs it, over the database that `bench.portal_load` filled; its users are made for the run, then
deleted. Whoever asks runs on the same processors: one thread that sends bytes and reads them (`bench.portal_requests`).
"""

import argparse
import asyncio
import os
import random
import socket
import subprocess
import sys
import time
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np

from bench.portal_postgresql import server
from bench.portal_requests import Asker, Times, ask_all

_ALONE = 200
"""Answers to one user who asks alone, one after the other."""
_REST = 0.1
"""Processor seconds of the portal's processes in two seconds that count as rest."""
_NAME = "bench-"
_TICKS = os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Make users, serve, ask, print, and clean up."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=Path("data"), help="a work folder whose portal has a release")
    parser.add_argument("--users", type=int, default=50)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--workers", type=int, default=4, help="processes that answer")
    parser.add_argument("--postgresql", type=Path, help="folder of a PostgreSQL server of its own; SQLite without it")
    options = parser.parse_args()
    with server(options.postgresql.absolute()) if options.postgresql else nullcontext():
        measure(options)


def measure(options: argparse.Namespace) -> None:
    """Measure the portal of a work folder."""
    from goldmine.cli.portal import open_portal

    open_portal(options.work.absolute())
    _forget()
    people = _people(options.users)
    port = _free_port()
    serve = [sys.executable, "-c", "from goldmine.cli import main; main()", "portal", "serve"]
    # The day after the snapshot, on which offers of the release are open.
    given = ["--sample-day", "--work", str(options.work), "--port", str(port), "--workers", str(options.workers)]
    portal = subprocess.Popen([*serve, *given], stderr=subprocess.DEVNULL)
    try:
        _wait(port, portal.pid)
        askers = [_asker(person, port) for person in people]
        for name, number in (("list", 1), ("look-up", -1)):
            _run(f"{name} alone", portal.pid, ask_all([askers[number]], answers=_ALONE, pause=0))
        _run(f"{options.users} users", portal.pid, ask_all(askers, seconds=options.seconds, pause=1))
    finally:
        portal.terminate()
        portal.wait(60)
        for person in people:
            person["session"].delete()
        _forget()
    _plain(people)


def _run(title: str, pid: int, asking: Any) -> None:
    """Ask, and print the times and what the portal's processes and this one spent."""
    portal, own = _busy(pid), time.process_time()
    times: Times = asyncio.run(asking)
    answers = sum(map(len, times.values())) or 1
    _print(title, times)
    spent = (_busy(pid) - portal) / answers * 1000, (time.process_time() - own) / answers * 1000
    load = f"load average {os.getloadavg()[0]:.1f}"
    sys.stdout.write(f"{'':<14}processor: portal {spent[0]:.1f} ms an answer, whoever asks {spent[1]:.2f} ms; {load}\n")
    sys.stdout.flush()


def _busy(pid: int) -> float:
    """Processor seconds of a process and its children so far."""
    total = 0.0
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if pid in (int(path.parent.name), int(fields[1])):
            total += (int(fields[11]) + int(fields[12])) / _TICKS
    return total


def _people(count: int) -> list[dict[str, Any]]:
    """Users with sessions: three of five page a branch's or a manager's lists, two look customers up."""
    from importlib import import_module

    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

    from goldmine.portal.models import ListRow, User
    from goldmine.portal.scope import current_release_id

    rows = ListRow.objects.filter(release_id=current_release_id()).exclude(manager_id="")
    managers = sorted(rows.order_by().values_list("branch_id", "manager_id").distinct())
    numbers = _some_customers(current_release_id())
    store = import_module(settings.SESSION_ENGINE).SessionStore
    people = []
    for number in range(count):
        role = ("branch", "manager", "manager", "counter", "counter")[number % 5]
        branch, manager = managers[number % len(managers)]
        user = User.objects.create(
            username=f"{_NAME}{number}",
            role=role,
            branch_id=branch,
            staff_id=manager if role == "manager" else "",
            must_change_password=False,
        )
        session = store()
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.create()
        people.append({"user": user, "role": role, "session": session, "numbers": numbers})
    return people


def _some_customers(release: int | None) -> list[str]:
    """Numbers of ten thousand customers drawn from the whole bank, so that their rows lie anywhere on the disk."""
    from django.db.models import Max, Min

    from goldmine.portal.models import Customer

    rows = Customer.objects.filter(release_id=release)
    ends = Customer.objects.aggregate(first=Min("pk"), last=Max("pk"))
    drawn = random.Random(7).sample(range(ends["first"], ends["last"] + 1), 10_000)
    parts = (drawn[start : start + 500] for start in range(0, len(drawn), 500))
    return [number for part in parts for number in rows.filter(pk__in=part).values_list("customer_id", flat=True)]


def _asker(person: dict[str, Any], port: int) -> Asker:
    numbers = person["numbers"] if person["role"] == "counter" else []
    return Asker(port, person["session"].session_key, numbers, random.Random(person["user"].username))


def _forget() -> None:
    """Delete the users of this run, or of one that was killed."""
    from goldmine.portal.models import Exposure, User

    Exposure.objects.filter(user__username__startswith=_NAME).delete()
    User.objects.filter(username__startswith=_NAME).delete()


def _plain(people: list[dict[str, Any]]) -> None:
    """The same rows by one SELECT each, in this process."""
    from goldmine.portal.models import Customer, ListRow
    from goldmine.portal.scope import current_release_id

    shown = current_release_id()
    times: Times = {"list": [], "look-up": [], "error": []}
    for person in people * 5:
        before = time.perf_counter()
        if person["role"] == "counter":
            list(Customer.objects.filter(release_id=shown, customer_id=random.choice(person["numbers"])).values_list())
            times["look-up"].append((time.perf_counter() - before) * 1000)
        else:
            rows = ListRow.objects.filter(release_id=shown, branch_id=person["user"].branch_id)
            list(rows.order_by("list_name", "rank", "id").values_list()[:50])
            times["list"].append((time.perf_counter() - before) * 1000)
    _print("plain SELECT", times)


def _print(title: str, times: Times) -> None:
    for kind in ("list", "look-up"):
        if times[kind]:
            p50, p95, p99 = np.percentile(times[kind], [50, 95, 99])
            figures = f"{len(times[kind]):>6} answers  p50 {p50:7.1f}  p95 {p95:7.1f}  p99 {p99:7.1f} ms"
            sys.stdout.write(f"{title:<14}{kind:<9}{figures}\n")
    if times["error"]:
        sys.stdout.write(f"{title:<14}errors   {len(times['error']):>6}\n")
    sys.stdout.flush()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(port: int, pid: int) -> None:
    """Wait until the portal answers, and all its processes have started and rest."""
    for _ in range(120):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            break
        except OSError:
            time.sleep(0.5)
    else:
        raise SystemExit("the portal did not start")
    before = 0.0
    while (now := _busy(pid)) - before > _REST:
        before = now
        time.sleep(2)


if __name__ == "__main__":
    main()
