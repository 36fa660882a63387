"""The portal after a release: the newest one is loaded where a portal was opened on the work folder.

The portal is a later room and a program of its own, so that its command runs as a process.
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from goldmine.core.errors import PortalError
from goldmine.core.i18n import _
from goldmine.core.workspace import Workspace
from goldmine.pipeline.snapshot import Snapshot

_COMMAND = (sys.executable, "-c", "from goldmine.cli import main; main()", "portal", "load", "--work")


def has_portal(work: Workspace) -> bool:
    """Whether a portal was opened on a work folder, or its database is a server's."""
    return bool(os.environ.get("GOLDMINE_DATABASE_URL")) or (work.root / "portal" / "portal.sqlite3").exists()


def load_into_portal(work: Path) -> None:
    """Load the newest release into the portal's database.

    Raises
    ------
    PortalError
        If that fails; the portal shows the release before.
    """
    if subprocess.run([*_COMMAND, str(work)], check=False).returncode:
        raise PortalError(
            _("portal: the release is published, but the portal could not load it and shows the one before."),
            _("See the message above, then run `goldmine portal load --work {work}`.", work=work),
        )


def no_portal(run: Snapshot) -> str:
    """Why no release is loaded."""
    return "" if has_portal(run.work) else _("switched off: no portal was opened on this work folder")


def load_release(run: Snapshot) -> dict[str, Any]:
    """Load the newest release, as a step."""
    load_into_portal(run.work.root)
    return {}
