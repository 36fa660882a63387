"""The operator's page, executed notebooks, and MLflow and Dagster behind the sign-in."""

import json
import re
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import nbformat
import pytest

from goldmine.core.errors import SettingsError
from goldmine.core.workspace import Workspace
from goldmine.pipeline.run_status import JobRun, notebook_runs
from goldmine.portal.models import Result
from goldmine.portal.tools import tool_address


@pytest.fixture
def work(tmp_path, settings):
    """A work folder with a notebook that is complete and one whose second cell failed."""
    settings.GOLDMINE_WORK = tmp_path
    folder = tmp_path / "notebooks" / "2024-06-30"
    folder.mkdir(parents=True)
    lines = ["ContractError: balances: a column is missing", "Map it."]
    said = "balances: a column is missing\nMap it."
    error = nbformat.v4.new_output("error", ename="ContractError", evalue=said, traceback=lines)
    cells = [nbformat.v4.new_code_cell("1", execution_count=1)]
    for name, more in (("1_validate", []), ("2_features", [error])):
        failed = nbformat.v4.new_code_cell("x()", execution_count=2, outputs=more)
        nbformat.write(nbformat.v4.new_notebook(cells=[*cells, failed]), folder / f"{name}.ipynb")
    (folder / "1_validate.html").write_text("<html><script>alert(1)</script>all is well</html>")
    steps = tmp_path / "steps" / "2024-06-30"
    steps.mkdir(parents=True)
    (steps / "1_validate.json").write_text("{}")
    return tmp_path


def test_notebooks_are_complete_if_their_step_is_in_the_ledger_else_the_failed_cell_is_named(work):
    runs = [(run.name, run.done, run.cell, run.message) for run in notebook_runs(Workspace(work))]
    assert runs == [
        ("1_validate", True, "", ""),
        ("2_features", False, "[2]", "ContractError: balances: a column is missing"),
    ]


def test_the_page_shows_release_results_disk_and_notebooks(browser, release, users, work):
    Result.objects.create(
        key="0b6f6b0e-6d0c-4f0e-9a56-0d8b8d6b7c11",
        user=users["s1"],
        at=datetime.now(UTC),
        contacted_on="2024-07-01",
        release="r1",
        list_name="longtail_2024",
        customer_id="C1",
        branch_id="B1",
        manager_id="S1",
        channel="call",
        answer="yes",
        source="page",
    )
    page = browser("operator").get("/operator").content.decode()
    for text in ("r1", "as of 2024-06-30", "2_features", "balances: a column is missing", "No job ran", "GB free"):
        assert text in page
    assert "<b>1</b>" in page
    assert "C1" not in re.sub(r'value="\w+"', "", page)


def test_the_state_of_a_run_stands_in_words(browser, users, work, monkeypatch):
    states = ("SUCCESS", "FAILURE", "STARTED", "X")
    runs = [JobRun("retrain", "r", state, "2024-06-30", "wang", None, None, ()) for state in states]
    monkeypatch.setattr("goldmine.portal.pages.operator.last_runs", lambda _work: runs)
    users["operator"].language = "zh"
    users["operator"].save()
    page = browser("operator").get("/operator").content.decode().partition("2_features")[0]
    shown = [("done", "成功"), ("failed", "失败"), ("call_back", "运行中"), ("call_back", "X")]
    assert re.findall(r'<span class="status (\w+)">(.+?)</span>', page)[:4] == shown


def test_a_notebook_is_shown_without_scripts_and_of_no_origin(browser, users, work):
    answer = browser("operator").get("/operator/notebooks/2024-06-30/1_validate")
    assert "all is well" in answer.content.decode()
    assert answer["Content-Security-Policy"].startswith("sandbox; default-src 'none'")


def test_a_notebook_that_failed_is_converted(browser, users, work):
    assert (
        "a column is missing" in browser("operator").get("/operator/notebooks/2024-06-30/2_features").content.decode()
    )


def test_text_of_an_unknown_error_is_shown_to_nobody(browser, users, work):
    said = "no such key: Zhang San 13900001111"
    error = nbformat.v4.new_output("error", ename="KeyError", evalue=said, traceback=["line 1", said])
    cell = nbformat.v4.new_code_cell("x()", execution_count=1, outputs=[error])
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), work / "notebooks" / "2024-06-30" / "3_customers.ipynb")
    shown = browser("operator").get("/operator/notebooks/2024-06-30/3_customers").content.decode()
    assert "KeyError" in shown
    assert "KeyError" in browser("operator").get("/operator").content.decode()
    assert "13900001111" not in shown + browser("operator").get("/operator").content.decode()


@pytest.mark.parametrize(
    "path",
    ["2024-06-30/9_none", "2024-06-31x/1_validate", "../1_validate", "2024-06-30/..%2F..%2Fbank", "2024-06-30/.html"],
)
def test_no_other_file_is_reached(browser, users, work, path):
    (work / "bank.html").write_text("secret")
    assert browser("operator").get(f"/operator/notebooks/{path}").status_code == 404


def test_a_link_out_of_the_folder_is_not_followed(browser, users, work):
    (work / "secret.txt").write_text("secret")
    (work / "notebooks" / "2024-06-30" / "x.html").symlink_to(work / "secret.txt")
    assert browser("operator").get("/operator/notebooks/2024-06-30/x").status_code == 404


@pytest.fixture
def upstream(monkeypatch):
    """A tool that answers with what it was asked, at MLflow's address."""

    class Answer(BaseHTTPRequestHandler):
        def _answer(self):
            sent = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            body = json.dumps({"path": self.path, "headers": dict(self.headers), "body": sent}).encode()
            self.send_response(302 if self.path.endswith("/away") else 200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Set-Cookie", "theirs=1")
            self.send_header("Location", f"http://127.0.0.1:{self.server.server_port}/tools/mlflow/there")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = _answer  # noqa: N815 - the names of the standard library

        def log_message(self, *_arguments):
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("GOLDMINE_MLFLOW_URL", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("GOLDMINE_DAGSTER_URL", f"http://127.0.0.1:{server.server_port}")
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def _asked(answer):
    return json.loads(b"".join(answer.streaming_content))


def test_a_tool_gets_the_path_and_the_user_and_never_the_portal_s_cookie(browser, users, upstream):
    answer = browser("operator").get("/tools/mlflow/ajax-api/2.0/runs?a=%20b", headers={"Authorization": "Bearer gm_x"})
    asked = _asked(answer)
    sent = {name.lower() for name in asked["headers"]}
    assert asked["path"] == "/tools/mlflow/ajax-api/2.0/runs?a=%20b"
    assert asked["headers"]["X-Goldmine-User"] == "operator"
    assert not sent & {"cookie", "authorization", "referer"}
    assert "Set-Cookie" not in answer.headers


def test_the_page_links_to_the_tools(browser, users, work, upstream):
    page = browser("operator").get("/operator").content.decode()
    assert 'href="/tools/mlflow/"' in page
    assert 'href="/tools/dagster/"' in page


def test_a_redirection_stays_within_the_portal(browser, users, upstream):
    answer = browser("operator").get("/tools/mlflow/away")
    assert (answer.status_code, answer["Location"]) == (302, "/tools/mlflow/there")


def test_a_change_has_to_come_from_a_page_of_the_portal_and_is_logged(browser, users, upstream, journal):
    client = browser("operator")
    path, body = "/tools/mlflow/ajax-api/2.0/mlflow/runs/delete", {"run_id": "1"}
    refused = [
        client.post(path, body, content_type="application/json", headers=headers).status_code
        for headers in ({}, {"Origin": "https://elsewhere.example"}, {"Sec-Fetch-Site": "cross-site"})
    ]
    taken = client.post(path, body, content_type="application/json", headers={"Origin": "http://testserver"})
    assert refused == [403, 403, 403]
    assert json.loads(_asked(taken)["body"]) == body
    line = next(journal.newest_first())
    assert (line.action, line.who, line.subject) == ("tool_change", "operator", "tool:mlflow")


def test_who_launches_a_run_is_logged_and_a_question_is_not(browser, users, upstream, journal):
    client, own = browser("operator"), {"Origin": "http://testserver"}
    question = {"operationName": "Runs", "query": "query Runs { runs }"}
    launch = {"operationName": "LaunchPipelineExecution", "query": "mutation LaunchPipelineExecution { x }"}
    for body in (question, launch):
        client.post("/tools/dagster/graphql", body, content_type="application/json", headers=own)
    logged = [line.action for line in journal.newest_first()]
    assert logged == ["run_started", "sign_in"]


def test_a_file_of_a_run_is_shown_without_scripts(browser, users, upstream):
    answer = browser("operator").get("/tools/mlflow/get-artifact?path=x.html&run_uuid=1")
    assert answer["Content-Security-Policy"].startswith("sandbox; default-src 'none'")


def test_a_tool_that_is_away_is_a_clear_page_and_one_without_an_address_none(browser, users, monkeypatch):
    monkeypatch.setenv("GOLDMINE_MLFLOW_URL", "http://127.0.0.1:9")
    monkeypatch.delenv("GOLDMINE_DAGSTER_URL", raising=False)
    answer = browser("operator").get("/tools/mlflow/")
    assert (answer.status_code, "mlflow does not answer" in answer.content.decode()) == (502, True)
    assert browser("operator").get("/tools/dagster/").status_code == 404
    assert browser("operator").get("/tools/other/").status_code == 404


@pytest.mark.parametrize(
    "address", ["http://10.0.0.5:5000", "https://127.0.0.1", "http://127.0.0.1:1/x", "http://u@127.0.0.1:1"]
)
def test_a_tool_has_to_be_on_this_machine(monkeypatch, address):
    monkeypatch.setenv("GOLDMINE_MLFLOW_URL", address)
    with pytest.raises(SettingsError, match="GOLDMINE_MLFLOW_URL: is not an address of this machine"):
        tool_address("mlflow")


@pytest.mark.parametrize("name", ["head", "branch1", "s1", "counter1", "auditor", "system1"])
def test_other_roles_have_none_of_this_but_head_office_and_auditors_the_notebooks(browser, users, work, upstream, name):
    client = browser(name)
    paths = ["/operator", "/tools/mlflow/", "/tools/dagster/graphql"]
    assert [client.get(path).status_code for path in paths] == [404, 404, 404]
    notebook = client.get("/operator/notebooks/2024-06-30/1_validate").status_code
    assert notebook == (200 if name in ("head", "auditor") else 404)
    assert client.get("/auth/operator").status_code == 401


def test_a_proxy_is_told_who_is_an_operator(browser, client, users):
    assert client.get("/auth/operator").status_code == 401
    answer = browser("operator").get("/auth/operator")
    assert (answer.status_code, answer["X-Goldmine-User"]) == (204, "operator")
