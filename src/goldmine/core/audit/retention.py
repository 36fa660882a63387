"""Archiving of old months: they leave the folder, and a line of the log says which and with what seal they ended."""

import os
import shutil
from datetime import date
from itertools import pairwise
from pathlib import Path

from goldmine.core.audit.check import AuditCheck, check_log
from goldmine.core.audit.log import AuditLine, AuditLog, system_user
from goldmine.core.audit.sealed_file import SealedFile, sync_folder
from goldmine.core.errors import AuditError
from goldmine.core.files import disk_errors
from goldmine.core.fingerprint import of_file
from goldmine.core.i18n import _

MIN_MONTHS = 6
"""The law asks for six months; no setting goes below."""


def archive(log: AuditLog, to: Path, keep_months: int, today: date) -> AuditLine | None:
    """Move the months that need not be kept at hand into an archive; the log stays verifiable.

    First a line is appended that signs for them: which they are, number and ``before`` of the line after each, and the
    newest line of each model's journal that the log holds. Then the files are copied, and removed once the copies are
    on the disk. A crash between leaves files in both folders; the next call removes them.

    Parameters
    ----------
    log : AuditLog
        The log.
    to : Path
        The archive's folder.
    keep_months : int
        Whole months before today's that stay.
    today : date
        The day of the archiving.

    Returns
    -------
    AuditLine or None
        The line that signs for the months; None if none is old enough.

    Raises
    ------
    AuditError
        If the log is not whole, fewer than six months are to stay, or the archive holds another file of that name.
    """
    if keep_months < MIN_MONTHS:
        raise AuditError(
            _("audit log: {keep_months} months are to be kept.", keep_months=keep_months),
            _("Keep {n} months or more.", n=MIN_MONTHS),
        )
    months = today.year * 12 + today.month - 1 - keep_months
    oldest_kept = f"{months // 12}-{months % 12 + 1:02}.jsonl"
    segments = log.segments()
    old = [segment for segment in segments[:-1] if segment.path.name < oldest_kept]
    if not old:
        return None
    found = check_log(log)
    if found.fault:
        raise AuditError(
            _(
                "audit log {name}: {file} line {line} {what}.",
                name=log.folder.name,
                file=found.fault.file,
                line=found.fault.line,
                what=found.fault.what,
            ),
            _("Nothing was archived. Bring the file back from a backup; see `goldmine audit verify`."),
        )
    for segment in old:
        _require_free(segment, to)
    line = _sign_off(log, old, segments[len(old)], found)
    for segment in old:
        _move(segment.path, to)
    sync_folder(log.folder)
    return line


def _sign_off(log: AuditLog, old: list[SealedFile], kept: SealedFile, found: AuditCheck) -> AuditLine:
    """Sign for the months: where each that follows another of them starts, as a crash may leave some of them."""
    starts = []
    for left, following in pairwise([*old, kept]):
        first, last = following.first(), left.last()
        if first is not None:
            starts.append([first["number"], first["before"]])
        elif last is not None:  # a crash left the month empty
            starts.append([last["number"] + 1, last["seal"]])
    details = {"months": [segment.path.stem for segment in old], "starts": starts, "models": found.anchors}
    return log.append("log_archived", who=system_user(), subject=f"log:{log.folder.name}", details=details)


def _require_free(segment: SealedFile, to: Path) -> None:
    target = to / segment.path.name
    if target.exists() and of_file(target) != of_file(segment.path):
        raise AuditError(
            _("{target}: the archive holds another file of that name.", target=target),
            _("Archive into a folder of this log's own; nothing was moved."),
        )


def _move(path: Path, to: Path) -> None:
    target = to / path.name
    with disk_errors(target):
        to.mkdir(parents=True, exist_ok=True)
        temporary = to / f".{path.name}.part"
        shutil.copyfile(path, temporary)
        with temporary.open("rb") as stream:
            os.fsync(stream.fileno())
        temporary.replace(target)
        sync_folder(to)
        path.unlink()
