"""Results that branches gave in the portal, taken before a run: refusals among them count at once."""

import os
import subprocess
import sys

from goldmine.core.errors import WorkFolderError
from goldmine.core.i18n import _
from goldmine.core.workspace import Workspace

_STDERR = 2


def take_portal_results(work: Workspace) -> None:
    """Let the portal give the work folder its results, if there is a portal.

    In a process of its own: the portal is a later room, and its files are its user's alone.

    Raises
    ------
    WorkFolderError
        If they cannot be taken: without the refusals among them nothing may be published.
    """
    if not os.environ.get("GOLDMINE_DATABASE_URL") and not (work.root / "portal" / "portal.sqlite3").exists():
        return
    command = [sys.executable, "-c", "from goldmine.cli import main; main()", "portal", "collect"]
    if subprocess.run([*command, "--work", str(work.root)], stdout=_STDERR, check=False).returncode:
        raise WorkFolderError(
            _("The portal's results could not be taken, and nothing may be published without the refusals among them."),
            _("Run `goldmine portal collect` and do what it says."),
        )
