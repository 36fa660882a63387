"""Hooks: who is told of what, by which way; a hook that fails is named without secrets and fails nothing."""

import json
import sys
import threading
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from socketserver import StreamRequestHandler, TCPServer

import pytest

from goldmine.core.errors import SettingsError
from goldmine.core.i18n import LocalizedText
from goldmine.core.workspace import Workspace
from goldmine.pipeline.hooks import load_hooks, report_message, send, tell_overdue_once
from goldmine.pipeline.run_report import RunReport

NOON = datetime(2024, 7, 2, 12, tzinfo=UTC)
FAILURE = {"event": "failure", "bank": "tiny", "as_of": "2024-06-30", "state": "failed", "line": "No release: 无。"}
FAILURE |= {"current": "", "missing": ["longtail: none"], "report": "data/runs/x.html"}


@pytest.fixture
def hooks(tmp_path, monkeypatch):
    """Write the project's hooks."""
    monkeypatch.setenv("GOLDMINE_HOME", str(tmp_path))
    (tmp_path / "pipelines").mkdir()
    return lambda *entries: (tmp_path / "pipelines" / "hooks.yaml").write_text(json.dumps({"hooks": entries}), "utf-8")


def writes(file):
    return [sys.executable, "-c", f"import sys; open({str(file)!r}, 'ab').write(sys.stdin.buffer.read())"]


def serve(kind, handler):
    server = kind(("127.0.0.1", 0), handler)
    threading.Thread(target=server.handle_request, daemon=True).start()
    return server


def test_nobody_is_told_by_default(hooks):
    assert (load_hooks(), send(FAILURE)) == ([], 0)


def test_a_command_gets_the_message_of_its_events_alone(hooks, tmp_path):
    hooks({"on": ["failure"], "command": writes(tmp_path / "told")})
    assert [send(FAILURE), send(FAILURE | {"event": "success"})] == [1, 0]
    assert json.loads((tmp_path / "told").read_text("utf-8")) == FAILURE


def test_a_webhook_gets_the_message_with_its_token(hooks, monkeypatch):
    got = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            got.append((self.path, self.headers["Authorization"], json.loads(body)))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *args):
            pass

    server = serve(HTTPServer, Handler)
    url = f"http://127.0.0.1:{server.server_port}/alarm"
    hooks({"on": ["failure"], "webhook": {"url": url, "token_from": "TOKEN_OF_TEST"}})
    monkeypatch.setenv("TOKEN_OF_TEST", "s3cret")
    assert send(FAILURE) == 1
    assert got == [("/alarm", "Bearer s3cret", FAILURE)]
    server.server_close()


def test_a_mail_holds_the_line_and_what_is_missing(hooks):
    letters = []

    class Server(StreamRequestHandler):
        def handle(self):
            self.wfile.write(b"220 here\r\n")
            in_data = False
            for raw in self.rfile:
                line = raw.decode().rstrip().upper() if not in_data else raw.decode().rstrip()
                if in_data:
                    letters.append(line)
                    in_data = line != "."
                    self.wfile.write(b"" if in_data else b"250 ok\r\n")
                elif line == "QUIT":
                    self.wfile.write(b"221 bye\r\n")
                    return
                else:
                    in_data = line == "DATA"
                    self.wfile.write(b"354 go\r\n" if in_data else b"250 ok\r\n")

    server = serve(TCPServer, Server)
    mail = {"host": "127.0.0.1", "port": server.server_address[1], "tls": "none", "sender": "a@b", "to": ["c@d"]}
    hooks({"on": ["failure"], "mail": mail})
    assert send(FAILURE | {"line": "No release is current."}) == 1
    assert "Subject: Goldmine tiny 2024-06-30: failure" in letters
    assert {"No release is current.", "longtail: none", "data/runs/x.html"} <= set(letters)
    server.server_close()


def test_a_hook_that_fails_is_named_without_its_secret_and_the_next_is_told(hooks, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("TOKEN_OF_TEST", "s3cret")
    nobody = {"url": "http://127.0.0.1:9/private", "token_from": "TOKEN_OF_TEST"}
    unset = {"url": "http://127.0.0.1:9/x", "token_from": "UNSET_OF_TEST"}
    last = {"on": ["failure"], "command": writes(tmp_path / "told")}
    hooks({"on": ["failure"], "webhook": nobody}, {"on": ["failure"], "webhook": unset}, last)
    assert send(FAILURE) == 1
    first, second = capsys.readouterr().err.splitlines()
    assert first == "!!! hooks.yaml: hook 1 (webhook): failure could not be told (URLError)."
    assert second.startswith("!!! hooks.yaml: hook 2: the environment variable UNSET_OF_TEST is not set.")


@pytest.mark.parametrize(
    "entry",
    [
        {"on": ["failure"]},
        {"on": ["failure"], "command": ["x"], "webhook": {"url": "https://a"}},
        {"on": ["sometimes"], "command": ["x"]},
        {"on": [], "command": ["x"]},
        {"on": ["failure"], "webhook": {"url": "https://user:password@a"}},
        {"on": ["failure"], "webhook": {"url": "file:///etc/passwd"}},
    ],
)
def test_settings_that_say_nothing_or_too_much_are_refused(hooks, entry):
    hooks(entry)
    with pytest.raises(SettingsError, match=r"hooks\.yaml"):
        load_hooks()


def test_overdue_is_told_once_a_day(hooks, tmp_path):
    hooks({"on": ["overdue"], "command": writes(tmp_path / "told")})
    work = Workspace(tmp_path / "work")
    work.claim("tiny")
    tomorrow = datetime(2024, 7, 3, 12, tzinfo=UTC)
    told = [tell_overdue_once(work, day, "A release was due.", date(2024, 6, 30)) for day in (NOON, NOON, tomorrow)]
    assert told == [1, 0, 1]


def test_a_run_that_published_with_something_refused_is_a_failure():
    line = LocalizedText("Current: r1.", translations={"en": "Current: r1.", "zh": "当前发布：r1。"})
    report = RunReport(
        run_id="r", bank="tiny", who="", as_of=date(2024, 6, 30), started=NOON, ended=NOON, state="incomplete",
        line=line, current=None, steps=(), flows=(), warnings=(), missing=(line,),
    )  # fmt: skip
    message = report_message(report, "page", "zh")
    assert (message["event"], message["line"], message["missing"]) == ("failure", "当前发布：r1。", ["当前发布：r1。"])
