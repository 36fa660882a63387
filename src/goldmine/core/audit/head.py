"""The head of the audit log: number and seal of its last line, in a file of its own, so that a cut-off end shows."""

import os
from dataclasses import dataclass
from pathlib import Path

from goldmine.core.audit.sealed_file import sync_folder
from goldmine.core.errors import AuditError
from goldmine.core.files import disk_errors
from goldmine.core.i18n import _

_NAME = "head"
_NUMBER, _SEAL = 15, 64


@dataclass(frozen=True)
class Head:
    """Number and seal of the log's last line."""

    number: int
    seal: str


def parse_head(text: str) -> Head:
    """Number and seal as ``goldmine audit verify`` prints them.

    >>> parse_head("12:" + "ab" * 32).number
    12

    Raises
    ------
    AuditError
        If it is not of that form.
    """
    number, _colon, seal = text.partition(":")
    if not (number.isdecimal() and len(seal) == _SEAL):
        raise AuditError(
            _("--noted: is not of the form NUMBER:SEAL."), _("Give it as `goldmine audit verify` printed it.")
        )
    return Head(int(number), seal)


def read_head(folder: Path) -> Head | None:
    """The head of a log; None where there is none, or it is unreadable."""
    path = folder / _NAME
    if not path.exists():
        return None
    number, _, seal = path.read_text("ascii", "replace").rstrip("\n").partition(" ")
    seal = seal.strip("-")
    return Head(int(number), seal) if number.isdecimal() and len(seal) in (0, _SEAL) else None


def write_head(folder: Path, head: Head) -> None:
    """Write the head over the old one: always 81 bytes, so that no crash leaves half of it.

    Only the first one waits for the disk. A power failure may leave a later one behind the log, which is allowed; it
    cannot be ahead, as the line was on the disk before.
    """
    path = folder / _NAME
    text = f"{head.number:0{_NUMBER}d} {head.seal or '-' * _SEAL}\n".encode()
    with disk_errors(path):
        handle = os.open(path, os.O_WRONLY | os.O_CREAT, 0o666)
        try:
            os.pwrite(handle, text, 0)
            if not head.number:
                os.fsync(handle)
                sync_folder(folder)
        finally:
            os.close(handle)
