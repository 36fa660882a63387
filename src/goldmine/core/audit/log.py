"""The one log of a bank: sign-ins, look-ups, downloads, promotions; a file a month, chained across files.

The log stands with the bank's models in ``mlruns/journal/<bank>``, not in a work folder: a work folder is made again
from the bank's tables and a bank may have several, while the log and the models belong in the backup. A line is
appended under a lock, by any number of processes, from the end of the newest file alone.
"""

import fcntl
import getpass
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from goldmine.core.audit.actions import Action, require_action
from goldmine.core.audit.head import Head, read_head, write_head
from goldmine.core.audit.sealed_file import BrokenSealError, SealedFile
from goldmine.core.errors import AuditError
from goldmine.core.files import disk_errors
from goldmine.core.i18n import _
from goldmine.core.workspace import home

_MAX_TEXT = 300
_MAX_LINE = 16_384
_MONTH = re.compile(r".{4}-.{2}\.jsonl")
_PERSONAL = re.compile(r"(?<!\d)(1[3-9]\d{9}|\d{17}[\dXx])(?!\d)")
"""A mobile number or an identity number, which someone may type into a filter."""
_SEAL = re.compile(r"[0-9a-f]{64}")
"""A SHA-256, which one time in 200 holds digits that look like a mobile or an identity number."""


@dataclass(frozen=True)
class AuditLine:
    """One line of the log.

    Parameters
    ----------
    number : int
        From 1. Lines are ordered by it, as a clock may be set back.
    at : str
        Local time with its offset, ISO 8601, as the clock told it.
    who, role : str
        The user and the role in which they acted; no role where a command ran.
    action : Action
        What was done.
    subject : str
        Kind and id of what it was done to, such as ``customer:000123`` or ``release:2024-06-30-a1b2``.
    details : mapping
        Counts, filters, checksums.
    before, seal : str
        Seal of the line before (empty for the first), and the seal over this whole line.
    """

    number: int
    at: str
    who: str
    role: str
    action: Action
    subject: str
    details: Mapping[str, Any]
    before: str
    seal: str


@dataclass(frozen=True)
class Filter:
    """Which lines to show; what is empty does not restrict.

    Parameters
    ----------
    who, action, subject : str
        Equal to the line's.
    day : date, optional
        The line's local day.
    below : int, optional
        Lines with a smaller number only: the next page.
    """

    who: str = ""
    action: str = ""
    subject: str = ""
    day: date | None = None
    below: int | None = None

    def matches(self, line: AuditLine) -> bool:
        """Whether a line is to be shown."""
        wanted = {"who": self.who, "action": self.action, "subject": self.subject}
        return (
            all(not value or getattr(line, name) == value for name, value in wanted.items())
            and (self.day is None or line.at.startswith(self.day.isoformat()))
            and (self.below is None or line.number < self.below)
        )

    def passed(self, line: AuditLine) -> bool:
        """Whether a line, and with it all older ones, is from well before the day."""
        return self.day is not None and date.fromisoformat(line.at[:10]) < self.day - timedelta(days=1)


class AuditLog:
    """The log of one bank.

    Parameters
    ----------
    folder : Path
        Its folder, created with the first line.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def of_bank(cls, bank_name: str) -> "AuditLog":
        """The log of a bank, in the project's folder."""
        return cls(home() / "mlruns" / "journal" / bank_name)

    def append(
        self,
        action: Action,
        *,
        who: str,
        role: str = "",
        subject: str = "",
        details: Mapping[str, Any] | None = None,
        wait: bool = True,
    ) -> AuditLine:
        """Append a line; when this returns, the disk holds it. Threads and processes may call it at once.

        Parameters
        ----------
        action : Action
            What was done.
        who, role : str
            The user and their role.
        subject : str
            Kind and id, ``customer:000123``; never a name or a telephone number.
        details : mapping, optional
            A few counts, filters and checksums. Texts longer than 300 characters are cut; what looks like a mobile or
            an identity number is replaced by asterisks, but not within a SHA-256.
        wait : bool
            Wait until the disk holds the line; else the caller calls `sync`.

        Raises
        ------
        AuditError
            If the log's end was changed or removed, the details are too long, or the action is unknown.
        """
        fields = {
            "who": _short(who),
            "role": _short(role),
            "action": require_action(action),
            "subject": _short(subject),
            "details": {name: _clean(value) for name, value in (details or {}).items()},
        }
        if len(str(fields).encode()) > _MAX_LINE:
            raise AuditError(
                _(
                    "audit log: the details of {action} take more than {max_line:,} bytes.",
                    action=repr(action),
                    max_line=_MAX_LINE,
                ),
                _("Log counts and a checksum in place of what was counted."),
            )
        with self.locked():
            line = self._append(fields)
        if wait:
            self._sync(line.number)
        return line

    def sync(self) -> None:
        """Wait until the disk holds every line that was appended so far."""
        last = self._end()[1]
        if last is not None:
            self._sync(last["number"])

    def segments(self) -> list[SealedFile]:
        """The files, oldest first, a month each."""
        return segments_in(self.folder)

    def newest_first(self, wanted: Filter = Filter()) -> Iterator[AuditLine]:
        """The lines that a filter lets through, newest first, each checked against its own seal.

        A day's lines are looked for in the file of its month, down to those of two days before: a clock that was set
        back by hours does no harm.

        Raises
        ------
        AuditError
            If a line was changed.
        """
        try:
            for segment in reversed(self.segments()):
                if wanted.day is not None and segment.path.stem != f"{wanted.day:%Y-%m}":
                    continue
                for line in segment.newest_first():
                    entry = AuditLine(**line)
                    if wanted.matches(entry):
                        yield entry
                    elif wanted.passed(entry):
                        return
        except BrokenSealError as error:
            raise _broken(error) from error

    @contextmanager
    def locked(self, name: str = ".lock") -> Iterator[None]:
        """Hold the log; other processes and threads wait."""
        with disk_errors(self.folder):
            if not self.folder.exists():
                self.folder.mkdir(parents=True, exist_ok=True)
            stream = (self.folder / name).open("w")
        with stream:
            fcntl.flock(stream, fcntl.LOCK_EX)
            yield

    def _append(self, fields: Mapping[str, Any]) -> AuditLine:
        now = datetime.now().astimezone()
        segment, last = self._end()
        number, before = (last["number"], last["seal"]) if last else (0, "")
        require_end(self.folder, number, before)
        path = self.folder / f"{now:%Y-%m}.jsonl"
        # A clock that was set back does not reopen an older month.
        if segment is None or path.name > segment.path.name:
            if segment is not None:
                segment.cut_unfinished()
            segment = SealedFile(path)
        at = now.isoformat(timespec="milliseconds")
        return AuditLine(**segment.append({"number": number + 1, "at": at, **fields, "before": before}, sync=False))

    def _sync(self, number: int) -> None:
        """Wait until the disk holds a line. One waits for the disk on behalf of all who appended meanwhile.

        An older month was synced before the next was begun, so the newest file is enough.
        """
        with self.locked(".sync"):
            head = read_head(self.folder)
            if head is not None and head.number >= number:
                return
            segment, last = self._end()
            if segment is not None and last is not None:
                segment.sync()
                write_head(self.folder, Head(last["number"], last["seal"]))

    def _end(self) -> tuple[SealedFile | None, dict[str, Any] | None]:
        """The newest file and the last line; a file that a crash left empty has none, the one before it has."""
        segments = self.segments()
        try:
            for segment in reversed(segments):
                line = segment.last()
                if line is not None:
                    return segments[-1], line
        except BrokenSealError as error:
            raise _broken(error) from error
        return (segments[-1] if segments else None), None


def segments_in(folder: Path) -> list[SealedFile]:
    """The months of a log that a folder holds, oldest first."""
    paths = folder.iterdir() if folder.exists() else ()
    return [SealedFile(path) for path in sorted(paths) if _MONTH.fullmatch(path.name)]


def system_user() -> str:
    """Who runs a command: ``GOLDMINE_USER``, or the system's user name."""
    return os.environ.get("GOLDMINE_USER") or getpass.getuser()


def require_end(folder: Path, number: int, seal: str) -> None:
    """Raise unless the log ends where its head says, or after it.

    The head is written once the disk holds the line, so a crash between the two leaves the head behind, never ahead.

    Raises
    ------
    AuditError
        If lines are missing at the end.
    """
    head = read_head(folder)
    if head is None and not number:
        write_head(folder, Head(0, ""))
    elif head is None or head.number > number or (head.number == number and head.seal != seal):
        known = _("unreadable") if head is None else _("line {n}", n=head.number)
        ends = {"name": folder.name, "number": number, "known": known}
        raise AuditError(
            _("audit log {name}: ends with line {number}, but its head is {known}.", **ends),
            _("Bring the folder back from a backup; until then nothing is logged. See `goldmine audit verify`."),
        )


def _broken(error: BrokenSealError) -> AuditError:
    return AuditError(
        _("audit log {name}: {error}", name=error.path.parent.name, error=error),
        _("Bring the file back from a backup; see `goldmine audit verify`."),
    )


def _short(text: str) -> str:
    """A text of bounded length that can be written as UTF-8."""
    return text[:_MAX_TEXT].encode("utf-8", "replace").decode()


def _clean(value: Any) -> Any:
    """A value of the details as JSON holds it, without mobile and identity numbers."""
    if isinstance(value, Mapping):
        return {_short(str(name)): _clean(part) for name, part in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_clean(part) for part in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    text = _short(str(value))
    return text if _SEAL.fullmatch(text) else _PERSONAL.sub("***", text)
