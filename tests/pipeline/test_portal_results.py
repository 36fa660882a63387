"""The portal's results are taken at the start of each run."""

import subprocess

import dagster as dg
import pytest

from goldmine.core.errors import WorkFolderError
from goldmine.core.workspace import Workspace
from goldmine.pipeline.job_settings import JobSettings
from goldmine.pipeline.portal_results import take_portal_results
from tests.tiny import make_bank, transaction


@pytest.fixture
def calls(monkeypatch):
    """Arguments of the processes that are started; they end well."""
    started = []

    def run(command, **options):
        started.append(command[3:])
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.delenv("GOLDMINE_DATABASE_URL", raising=False)
    return started


@pytest.fixture
def portal(tmp_path):
    """A work folder with a portal."""
    (tmp_path / "portal").mkdir()
    (tmp_path / "portal" / "portal.sqlite3").touch()
    return Workspace(tmp_path)


def test_a_work_folder_without_a_portal_has_none_to_take(tmp_path, calls):
    take_portal_results(Workspace(tmp_path))
    assert calls == []


def test_a_run_takes_them_while_it_holds_the_folder(portal, calls):
    make_bank(
        portal.root / "bank", {"customers": [{"customer_id": "a"}], "transactions": [transaction(1, "a", "2024-06-15")]}
    )
    settings = JobSettings(bank=str(portal.root / "bank"), work=str(portal.root))
    with settings.yield_for_execution(dg.build_init_resource_context()):
        assert calls == [["portal", "collect", "--work", str(portal.root)]]


def test_a_portal_on_a_server_is_asked_too(tmp_path, calls, monkeypatch):
    monkeypatch.setenv("GOLDMINE_DATABASE_URL", "postgresql://portal@127.0.0.1/goldmine")
    take_portal_results(Workspace(tmp_path))
    assert len(calls) == 1


def test_a_run_does_not_go_on_without_them(portal, monkeypatch):
    monkeypatch.setenv("GOLDMINE_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(WorkFolderError, match="nothing may be published without the refusals"):
        take_portal_results(portal)
