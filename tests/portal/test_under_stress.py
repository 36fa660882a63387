"""Races, kills and cut connections, on a portal that runs in processes of its own."""

import json
import os
import sqlite3
import subprocess
import sys
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from uuid import uuid4

import requests

from tests.portal.postgresql import server
from tests.portal.served import ROOT, Person, environment, prepared, served

__all__ = ["server"]
PROOF = os.environ.get("GOLDMINE_PORTAL_PROOF") == "1"
"""Whether `make portal-proof` runs: the whole numbers, which take minutes."""
RACES, RESULTS, CUTS = (1000, 240, 200) if PROOF else (60, 45, 20)


def stored_keys(work):
    """Keys of the results on disk, as often as they are there."""
    with sqlite3.connect(work / "portal" / "portal.sqlite3") as database:
        return Counter(row[0] for row in database.execute("SELECT key FROM portal_result"))


def test_of_two_people_one_gets_the_customer_however_often_they_race(tmp_path):
    prepared(tmp_path, RACES)
    command = [sys.executable, "-m", "tests.portal.races", str(RACES)]
    run = subprocess.run(command, env=environment(tmp_path), cwd=ROOT, capture_output=True, check=True, timeout=300)
    outcome = json.loads(run.stdout)
    assert outcome["odd"] == []
    assert {len(names) for names in outcome["won"].values()} == {1}
    assert outcome["stored"] == {customer: names[0] for customer, names in outcome["won"].items()}
    assert len(set(outcome["stored"].values())) == 2


def test_every_result_that_was_answered_is_there_after_a_kill(tmp_path):
    prepared(tmp_path, RESULTS)
    keys = {f"K{number:04}": uuid4() for number in range(RESULTS)}
    answered, enough = set(), threading.Event()

    def work(person, customers):
        for customer in customers:
            try:
                if person.send(keys[customer], customer).json()["saved"]:
                    answered.add(keys[customer].hex)
            except requests.RequestException:
                return
            if len(answered) >= RESULTS // 3:
                enough.set()

    with served(tmp_path) as portal:
        signed_in = [Person(portal.address) for _ in range(3)]
        parts = [(person, list(keys)[part::3]) for part, person in enumerate(signed_in)]
        people = [threading.Thread(target=work, args=part) for part in parts]
        for person in people:
            person.start()
        assert enough.wait(60)
        portal.kill()
        for person in people:
            person.join()
    assert RESULTS // 3 <= len(answered) < RESULTS
    assert answered <= set(stored_keys(tmp_path))

    with served(tmp_path, workers=1) as portal:
        person = Person(portal.address)
        repeated = sum(person.send(key, customer).json()["repeated"] for customer, key in keys.items())
    assert repeated >= len(answered)
    assert stored_keys(tmp_path) == Counter(key.hex for key in keys.values())


class Cutter(BaseHTTPRequestHandler):
    """A bad connection: cuts each first request before the portal has it, each second one after it answered."""

    portal = ""
    cuts = Counter()
    seen = Counter()

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        key = body.split(b"key=")[1][:36]
        Cutter.seen[key] += 1
        if Cutter.seen[key] == 1:
            Cutter.cuts["before"] += 1
            return
        headers = {name: self.headers[name] for name in ("Cookie", "Content-Type", "Accept")}
        headers["Host"] = Cutter.portal.removeprefix("http://")
        answer = requests.post(f"{Cutter.portal}{self.path}", body, headers=headers, timeout=20)
        if Cutter.seen[key] == 2:
            Cutter.cuts["after"] += 1
            return
        self.send_response(answer.status_code)
        self.send_header("Content-Length", str(len(answer.content)))
        self.end_headers()
        self.wfile.write(answer.content)

    def log_message(self, *args):
        """Nothing."""


def test_of_cut_connections_no_result_is_lost_and_none_doubled(tmp_path):
    prepared(tmp_path, CUTS // 2)
    keys = {f"K{number:04}": uuid4() for number in range(CUTS // 2)}
    with served(tmp_path) as portal:
        Cutter.portal = portal.address
        bad = ThreadingHTTPServer(("127.0.0.1", 0), Cutter)
        threading.Thread(target=bad.serve_forever, daemon=True).start()
        person, address = Person(portal.address), f"http://127.0.0.1:{bad.server_port}"
        for customer, key in keys.items():
            for _ in range(5):
                try:
                    assert person.send(key, customer, address=address).json()["saved"]
                    break
                except requests.ConnectionError:
                    continue
        bad.shutdown()
    assert Cutter.cuts == {"before": CUTS // 2, "after": CUTS // 2}
    assert stored_keys(tmp_path) == Counter(key.hex for key in keys.values())


def test_of_two_people_one_gets_the_customer_on_postgresql(tmp_path, monkeypatch, server):
    monkeypatch.setenv("GOLDMINE_DATABASE_URL", f"postgresql://portal@{server}/portal")
    test_of_two_people_one_gets_the_customer_however_often_they_race(tmp_path)
