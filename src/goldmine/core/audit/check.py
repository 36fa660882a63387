"""The whole audit log checked: every line against its seal and the one before, its beginning, its end."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from goldmine.core.audit.head import Head, read_head
from goldmine.core.audit.log import AuditLine, AuditLog, segments_in
from goldmine.core.audit.sealed_file import BrokenSealError
from goldmine.core.i18n import LocalizedText, _


@dataclass(frozen=True)
class Fault:
    """The first place where the log is not as it was written.

    Parameters
    ----------
    file : str
        Name of the file.
    line : int
        Line in that file, from 1; 0 where the file itself is missing.
    what : LocalizedText
        What is wrong there.
    """

    file: str
    line: int
    what: LocalizedText


@dataclass
class AuditCheck:
    """What a check of the log found.

    Parameters
    ----------
    lines : int
        Lines that are as they were written.
    first, last : AuditLine, optional
        The first and the last of them.
    clock_set_back : int
        Lines with an earlier time than the line before.
    anchors : dict of str to (int, str)
        By model: number and seal of the newest line of its journal that the log holds.
    all_anchors : list of (str, int, str)
        Every such line.
    fault : Fault, optional
        The first fault; None where the log is whole.
    """

    lines: int = 0
    first: AuditLine | None = None
    last: AuditLine | None = None
    clock_set_back: int = 0
    anchors: dict[str, tuple[int, str]] = field(default_factory=dict)
    all_anchors: list[tuple[str, int, str]] = field(default_factory=list)
    fault: Fault | None = None


def check_log(log: AuditLog, archive: Path | None = None, noted: Head | None = None) -> AuditCheck:
    """Check a log from its first line to its last.

    Parameters
    ----------
    log : AuditLog
        The log.
    archive : Path, optional
        Folder with archived months, which are checked together with those in use.
    noted : Head, optional
        Where an earlier check ended, noted outside the log.
    """
    found = AuditCheck()
    head, signed_off = read_head(log.folder), set[tuple[int, str]]()
    numbers = {known.number for known in (head, noted) if known}
    seals: dict[int, str] = {0: ""}
    try:
        for line in _lines(log, archive):
            _count(found, line, signed_off)
            if line.number in numbers:
                seals[line.number] = line.seal
    except BrokenSealError as error:
        found.fault = Fault(
            error.path.name, error.line, _("is not as it was written, or does not follow the line before")
        )
        return found
    found.fault = _beginning(found, log, signed_off) or _end(found, head, seals)
    if noted and found.fault is None and seals.get(noted.number) != noted.seal:
        found.fault = Fault("head", 1, _("line {number} is not the one that was noted", number=noted.number))
    return found


def _lines(log: AuditLog, archive: Path | None) -> Iterator[AuditLine]:
    in_use = log.segments()
    names = {segment.path.name for segment in in_use}
    archived = [segment for segment in segments_in(archive) if segment.path.name not in names] if archive else []
    number, before = 1, ""
    for place, segment in enumerate([*archived, *in_use]):
        first = segment.first() if place == 0 else None
        if first is not None:
            number, before = first["number"], first["before"]
        for line in segment.lines(number, before):
            yield AuditLine(**line)
            number, before = line["number"] + 1, line["seal"]
        if segment is not in_use[-1] and segment.unfinished():
            raise BrokenSealError(segment.path, segment.count() + 1)


def _count(found: AuditCheck, line: AuditLine, signed_off: set[tuple[int, str]]) -> None:
    if found.last and datetime.fromisoformat(line.at) < datetime.fromisoformat(found.last.at):
        found.clock_set_back += 1
    found.lines, found.first, found.last = found.lines + 1, found.first or line, line
    if line.action == "log_archived":
        signed_off.update((number, before) for number, before in line.details["starts"])
        for model, (number, seal) in line.details["models"].items():
            found.all_anchors.append((model, number, seal))
            found.anchors.setdefault(model, (number, seal))
    anchor = anchor_of(line)
    if anchor:
        found.all_anchors.append(anchor)
        found.anchors[anchor[0]] = anchor[1:]


def anchor_of(line: AuditLine) -> tuple[str, int, str] | None:
    """The model whose journal a line anchors, and number and seal of the journal's line; None for other lines."""
    details: Mapping[str, Any] = line.details
    if line.subject.startswith("model:") and {"journal_line", "journal_seal"} <= set(details):
        return line.subject.removeprefix("model:"), details["journal_line"], details["journal_seal"]
    return None


def _beginning(found: AuditCheck, log: AuditLog, signed_off: set[tuple[int, str]]) -> Fault | None:
    """A log that does not begin with line 1 must hold the line with which the months before were archived."""
    first = found.first
    if first is None or (first.number == 1 and not first.before) or (first.number, first.before) in signed_off:
        return None
    file = log.segments()[0].path.name
    return Fault(
        file, 1, _("is line {number} of the log; the lines before it are missing and were not archived",
                   number=first.number)
    )  # fmt: skip


def _end(found: AuditCheck, head: Head | None, seals: Mapping[int, str]) -> Fault | None:
    if head is None:
        missing = _("is missing or unreadable, so nobody can tell whether the end was cut off")
        return Fault("head", 0, missing) if found.lines else None
    last = found.last.number if found.last else 0
    if head.number > last:
        cut = _("the log ended with line {number}; lines after {last} are missing", number=head.number, last=last)
        return Fault("head", 1, cut)
    if seals.get(head.number) != head.seal:
        return Fault("head", 1, _("names another seal of line {number} than the log", number=head.number))
    return None
