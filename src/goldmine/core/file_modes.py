"""Who may read what Goldmine writes: its user alone, or a group of the bank by setting.

``GOLDMINE_FILE_MODE`` holds the mode of new files, ``600`` where it is not set; folders get the right to enter wherever
a file may be read. ``GOLDMINE_GROUP`` names the group that new files belong to. The umask of whoever starts a command
does not count.
"""

import os
import re
import shutil
import stat
from pathlib import Path

from goldmine.core.errors import SettingsError
from goldmine.core.i18n import _


def file_mode() -> int:
    """Mode of a new file.

    Raises
    ------
    SettingsError
        If the setting is no mode that lets its owner read and write, or lets everybody in.
    """
    text = os.environ.get("GOLDMINE_FILE_MODE") or "600"
    if not re.fullmatch("0?6[046]0", text):
        raise SettingsError(
            _("GOLDMINE_FILE_MODE: {text} is not allowed.", text=repr(text)),
            _("Use 600 (the user alone), 640 (the group reads) or 660 (the group writes too)."),
        )
    return int(text, 8)


def folder_mode() -> int:
    """Mode of a new folder: as a file's, and whoever may read may enter.

    Examples
    --------
    >>> oct(folder_mode())
    '0o700'
    """
    mode = file_mode()
    return mode | (mode & 0o444) >> 2


def released_mode() -> int:
    """Mode of a file of a release: as a file's, and nobody may write."""
    return file_mode() & 0o444


def use_file_modes() -> None:
    """Give this process' new files and folders the set modes, and so those of the processes that it starts."""
    os.umask(0o777 & ~folder_mode())


def protect(folder: Path) -> None:
    """Give a work folder the set mode and group; what is made in it later belongs to the group too.

    Raises
    ------
    SettingsError
        If there is no such group, or this user is not in it.
    """
    use_file_modes()
    group, status = os.environ.get("GOLDMINE_GROUP", ""), folder.stat()
    if status.st_uid != os.geteuid():
        return  # another user of the group; the owner sets the mode
    if group:
        try:
            shutil.chown(folder, group=group)
        except (LookupError, PermissionError) as error:
            raise SettingsError(
                _("GOLDMINE_GROUP: {folder} cannot be given to {group}.", folder=folder, group=repr(group)),
                _("Name a group that this user is in."),
            ) from error
    wanted = folder_mode() | (stat.S_ISGID if group else 0)
    if stat.S_IMODE(status.st_mode) != wanted:
        folder.chmod(wanted)
