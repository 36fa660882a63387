"""The journal of a use case's models: append-only lines, each sealed together with the one before it.

MLflow can set an alias but cannot compare and set, and its tags can be overwritten; a file under a lock can be made to
grow only, and the seals show where a line was changed or taken out. The last seal is kept with the registered model
too, so that a file that was cut short is noticed.
"""

import fcntl
import getpass
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date, datetime, time
from typing import Literal

from goldmine.core.errors import ModelError
from goldmine.core.files import disk_errors
from goldmine.core.fingerprint import of_value
from goldmine.core.i18n import all_languages, stored_text
from goldmine.core.workspace import home
from goldmine.models.tracking import registered_name

Action = Literal["promoted", "refused", "rolled_back", "found"]


@dataclass(frozen=True)
class Event:
    """What happened to the champion of a use case.

    Parameters
    ----------
    action : {"promoted", "refused", "rolled_back", "found"}
        A version became champion, or was refused; the champion before came back; or the registry was found to name
        another champion than the journal, since someone set it there by hand.
    version : str
        The version that it is about.
    champion : str
        The champion after it; empty where there is none.
    why : tuple of str
        Reasons in words, kept in every language.
    figures : mapping of str to float
        What was measured.
    fingerprints : mapping of str to str
        Of the data, the code, the training and the rows that were judged; and the MLflow run.
    """

    action: Action
    version: str
    champion: str
    why: tuple[str, ...]
    figures: Mapping[str, float]
    fingerprints: Mapping[str, str]


@dataclass(frozen=True)
class Entry:
    """One line of the journal.

    Parameters
    ----------
    number : int
        From 1.
    at : str
        When: local time with its offset, ISO 8601.
    who : str
        User that ran it: ``GOLDMINE_USER``, or the system's name of the user.
    event : Event
        What happened.
    before, seal : str
        Seal of the line before (empty for the first), and this line's own over all of it.
    """

    number: int
    at: str
    who: str
    event: Event
    before: str
    seal: str


class Journal:
    """The journal of one registered model.

    Parameters
    ----------
    bank_name, use_case : str
        Whose model, for which question.
    """

    def __init__(self, bank_name: str, use_case: str) -> None:
        self.bank_name, self.use_case = bank_name, use_case
        self.name = registered_name(bank_name, use_case)
        self.path = home() / "mlruns" / "journal" / f"{self.name}.jsonl"

    @contextmanager
    def held(self) -> Iterator[None]:
        """Let one process at a time decide who is champion and write it down; others wait."""
        with disk_errors(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            stream = self.path.with_suffix(".lock").open("w")
        with stream:
            fcntl.flock(stream, fcntl.LOCK_EX)
            yield

    def append(self, event: Event) -> Entry:
        """Write an event down; the caller holds the journal.

        Raises
        ------
        ModelError
            If a line was changed before.
        """
        entries = self.entries()
        before = entries[-1].seal if entries else ""
        at = datetime.now().astimezone().isoformat(timespec="milliseconds")
        line = {"number": len(entries) + 1, "at": at, "who": _who(), "event": _stored(event), "before": before}
        line["seal"] = of_value(line)
        with disk_errors(self.path), self.path.open("ab") as stream:
            whole = len(self._lines())
            stream.truncate(whole)
            stream.write((json.dumps(line, ensure_ascii=False, sort_keys=True) + "\n").encode())
            try:
                stream.flush()
                os.fsync(stream.fileno())
            except OSError:
                os.ftruncate(stream.fileno(), whole)
                raise
        return _entry(line)

    def entries(self) -> list[Entry]:
        """All lines, oldest first; each checked against its seal and the line before it.

        Raises
        ------
        ModelError
            If a line was changed, taken out or cut short.
        """
        found: list[Entry] = []
        for number, text in enumerate(self._lines().splitlines(), start=1):
            line = _parsed(text)
            before = found[-1].seal if found else ""
            seal = line.pop("seal", None)
            if line.get("number") != number or line.get("before") != before or seal != of_value(line):
                raise ModelError(
                    f"journal of {self.name}: line {number} is not as it was written.",
                    f"Bring {self.path.name} back from a backup; nothing is promoted until it is whole.",
                )
            found.append(_entry({**line, "seal": seal}))
        return found

    def champion_on(self, day: date) -> Entry | None:
        """The line that made the champion of a day's end, in local time, or None where there was none."""
        end = datetime.combine(day, time.max).astimezone()
        standing = None
        for entry in self.entries():
            if datetime.fromisoformat(entry.at) <= end and (
                standing is None or entry.event.champion != standing.event.champion
            ):
                standing = entry
        return standing if standing and standing.event.champion else None

    def _lines(self) -> bytes:
        """What was written whole; a last line without its end was being written when the machine stopped."""
        held = self.path.read_bytes() if self.path.exists() else b""
        return held[: held.rfind(b"\n") + 1]


def _who() -> str:
    return os.environ.get("GOLDMINE_USER") or getpass.getuser()


def _parsed(text: bytes) -> dict[str, object]:
    try:
        line = json.loads(text)
    except ValueError:
        return {}
    return line if isinstance(line, dict) else {}


def _stored(event: Event) -> dict[str, object]:
    return {**asdict(event), "why": [all_languages(reason) for reason in event.why]}


def _entry(line: Mapping[str, object]) -> Entry:
    stored = dict(line["event"])  # type: ignore[call-overload]
    event = Event(**{**stored, "why": tuple(stored_text(reason) for reason in stored["why"])})
    return Entry(**{**line, "event": event})  # type: ignore[arg-type]
