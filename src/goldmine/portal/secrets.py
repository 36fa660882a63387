"""Secrets of the portal that no environment variable gives: made once, kept in the work folder for its owner alone."""

import os
import secrets
from pathlib import Path

from goldmine.core.files import disk_errors


def portal_secret(work: Path) -> str:
    """The secret that signs sessions: of the work folder's file, which is made at first use.

    Raises
    ------
    DiskError
        If it cannot be written.
    """
    return kept_secret(work / "portal" / "secret.key", secrets.token_urlsafe(48))


def kept_secret(path: Path, made: str) -> str:
    """The content of a file that only its owner reads; it is made with `made` if it is not there.

    Raises
    ------
    DiskError
        If it cannot be written.
    """
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return path.read_text("utf-8").strip()
        with os.fdopen(handle, "w") as stream:
            stream.write(made + "\n")
            stream.flush()
            os.fsync(stream.fileno())
    return made
