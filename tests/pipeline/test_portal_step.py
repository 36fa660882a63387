"""The portal after a release."""

import sys

import pytest

from goldmine.core.errors import PortalError
from goldmine.core.workspace import Workspace
from goldmine.pipeline import portal_step


def test_a_work_folder_has_a_portal_once_one_was_opened_or_a_server_is_named(tmp_path, monkeypatch):
    monkeypatch.delenv("GOLDMINE_DATABASE_URL", raising=False)
    work = Workspace(tmp_path)
    assert not portal_step.has_portal(work)
    (tmp_path / "portal").mkdir()
    (tmp_path / "portal" / "portal.sqlite3").touch()
    assert portal_step.has_portal(work)
    monkeypatch.setenv("GOLDMINE_DATABASE_URL", "postgresql://portal@server/portal")
    assert portal_step.has_portal(Workspace(tmp_path / "other"))


@pytest.mark.parametrize(("code", "refused"), [(0, False), (19, True)])
def test_a_load_that_fails_fails_the_step_and_says_what_is_shown(tmp_path, monkeypatch, code, refused):
    program = f"import sys, pathlib; pathlib.Path(sys.argv[1], 'asked').touch(); sys.exit({code})"
    monkeypatch.setattr(portal_step, "_COMMAND", (sys.executable, "-c", program))
    if refused:
        with pytest.raises(PortalError, match="could not load it and shows the one before"):
            portal_step.load_into_portal(tmp_path)
    else:
        portal_step.load_into_portal(tmp_path)
    assert (tmp_path / "asked").exists()
