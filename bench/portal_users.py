"""Many users at once on the portal: lists paged and customers looked up, beside a plain SELECT of the same rows.

Each user asks once a second, as a quick person does, and waits for the answer. The portal runs on loopback as
`goldmine portal serve` runs it, over the database of a work folder; its users are made for the run, then deleted.
"""

import argparse
import http.client
import random
import re
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np

WARM_UP = 5
"""Seconds that are not counted."""


def main() -> None:
    """Make users, serve, ask, print, and clean up."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, default=Path("data"), help="a work folder whose portal has a release")
    parser.add_argument("--users", type=int, default=50)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--workers", type=int, default=4, help="processes that answer")
    options = parser.parse_args()
    from goldmine.cli.portal import open_portal

    open_portal(options.work.absolute())
    people = _people(options.users)
    port = _free_port()
    serve = [
        str(Path(sys.executable).with_name("goldmine")),
        "portal",
        "serve",
        "--work",
        str(options.work),
        "--port",
        str(port),
    ]
    server = subprocess.Popen(serve, stderr=subprocess.DEVNULL)
    try:
        _wait(port)
        _print("alone", _ask(port, people[-1:], 10))
        _print(f"{options.users} users", _ask(port, people, options.seconds))
    finally:
        server.terminate()
        server.wait(20)
        _forget(people)
    _plain(people)


def _people(count: int) -> list[dict[str, Any]]:
    """Users with sessions: three of five page a branch's or a manager's lists, two look customers up."""
    from importlib import import_module

    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

    from goldmine.portal.models import Customer, ListRow, User
    from goldmine.portal.scope import current_release_id

    shown = current_release_id()
    rows = ListRow.objects.filter(release_id=shown).exclude(manager_id="")
    managers = list(rows.values_list("branch_id", "manager_id").distinct()[:40])
    numbers = list(Customer.objects.filter(release_id=shown).values_list("customer_id", flat=True)[:20_000])
    store = import_module(settings.SESSION_ENGINE).SessionStore
    people = []
    for number in range(count):
        role = ("branch", "manager", "manager", "counter", "counter")[number % 5]
        branch, manager = managers[number % len(managers)]
        user = User.objects.create(
            username=f"bench-{number}",
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


def _forget(people: list[dict[str, Any]]) -> None:
    from goldmine.portal.models import Exposure

    for person in people:
        Exposure.objects.filter(user=person["user"]).delete()
        person["session"].delete()
        person["user"].delete()


def _ask(port: int, people: list[dict[str, Any]], seconds: int) -> dict[str, list[float]]:
    """Milliseconds of each answer by kind; those that were no answer as ``error``."""
    times: dict[str, list[float]] = {"list": [], "look-up": [], "error": []}
    start = time.perf_counter()
    threads = [threading.Thread(target=_one, args=(port, person, start, seconds, times)) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return times


def _one(port: int, person: dict[str, Any], start: float, seconds: int, times: dict[str, list[float]]) -> None:
    draw = random.Random(person["user"].pk)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    cookie, token = f"sessionid={person['session'].session_key}", ""
    if person["role"] == "counter":
        connection.request("GET", "/counter", headers={"Cookie": cookie})
        answer = connection.getresponse()
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', answer.read().decode())[1]  # type: ignore[index]
        cookie += "; " + answer.getheader("Set-Cookie", "").split(";")[0]
    time.sleep(draw.random())
    while (now := time.perf_counter()) < start + WARM_UP + seconds:
        kind = "look-up" if token else "list"
        try:
            if token:
                body = f"csrfmiddlewaretoken={token}&number={draw.choice(person['numbers'])}"
                headers = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
                connection.request("POST", "/counter", body, headers)
            else:
                query = draw.choice(["", "?status=open", "?sort=customer", "?search=8", "?channel=call", "?decile=10"])
                connection.request("GET", f"/lists{query}", headers={"Cookie": cookie, "HX-Request": "true"})
            answer = connection.getresponse()
            answer.read()
            kind = kind if answer.status == 200 else "error"
        except OSError:
            connection.close()
            kind = "error"
        took = time.perf_counter() - now
        if now > start + WARM_UP:
            times[kind].append(took * 1000)
        time.sleep(max(0.0, 1 - took))


def _plain(people: list[dict[str, Any]]) -> None:
    """The same rows by one SELECT each, in this process."""
    from goldmine.portal.models import Customer, ListRow
    from goldmine.portal.scope import current_release_id

    shown = current_release_id()
    times: dict[str, list[float]] = {"list": [], "look-up": [], "error": []}
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


def _print(title: str, times: dict[str, list[float]]) -> None:
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


def _wait(port: int) -> None:
    for _ in range(120):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.5)
    raise SystemExit("the portal did not start")


if __name__ == "__main__":
    main()
