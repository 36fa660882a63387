"""The layout of a work folder: which one its files are in, and what brings an older one up to date.

``bank.json`` states it. A folder without a statement is of the time before there was one, which is layout 0. Whoever
changes what a work folder holds so that older code or older folders no longer fit raises `LAYOUT`, adds the step that
migrates, and keeps a small folder of the layout before in ``tests/core/layouts``.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from goldmine.core.errors import WorkFolderError
from goldmine.core.files import write_json
from goldmine.core.i18n import _

LAYOUT = 1
"""The layout that this code writes."""


def require_known_layout(root: Path) -> None:
    """Refuse a work folder that a newer Goldmine has written.

    Raises
    ------
    WorkFolderError
        If its layout is newer than this code knows, or is no number.
    """
    stated = _stated(root).get("layout", 0)
    if not isinstance(stated, int) or not 0 <= stated <= LAYOUT:
        raise WorkFolderError(
            _(
                "{root}: is in layout {layout} of a newer Goldmine; this one knows layouts up to {known}.",
                root=root,
                layout=stated,
                known=LAYOUT,
            ),
            _("Use the Goldmine that wrote it, or give this one a folder of its own with --work."),
        )


def _state_the_layout(root: Path) -> None:
    """From 0 to 1 nothing changes but that ``bank.json`` states it."""


MIGRATIONS: tuple[Callable[[Path], None], ...] = (_state_the_layout,)
"""By layout, what brings a folder of it to the next one; each may be run again after a crash."""


def bring_up_to_date(root: Path) -> None:
    """Migrate a work folder whose lock is held to the layout of this code; one that is nobody's yet stays."""
    owner = _stated(root)
    layout = owner.get("layout", 0)
    if not owner or layout == LAYOUT:
        return
    for step in MIGRATIONS[layout:]:
        step(root)
    write_json(root / "bank.json", {**owner, "layout": LAYOUT})


def _stated(root: Path) -> dict[str, Any]:
    """What ``bank.json`` says; nothing where it cannot be read, which whoever needs it reports."""
    try:
        owner = json.loads((root / "bank.json").read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return owner if isinstance(owner, dict) else {}
