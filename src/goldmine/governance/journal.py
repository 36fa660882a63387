"""The journal of a use case's models: append-only lines, each sealed together with the one before it.

MLflow can set an alias but cannot compare and set, and its tags can be overwritten. A file under a lock only grows,
and the seals show where a line was changed or removed. The registered model stores the last seal too, so that a
truncated file is detected.
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
from goldmine.models.store import Store
from goldmine.models.tracking import registered_name

Action = Literal["promoted", "refused", "rolled_back", "found"]


@dataclass(frozen=True)
class Event:
    """What happened to the champion of a use case.

    Parameters
    ----------
    action : {"promoted", "refused", "rolled_back", "found"}
        A version became champion, or was refused; an earlier champion was restored; or the registry named another
        champion than the journal, as someone set it there by hand.
    version : str
        The version in question.
    champion : str
        The champion after the event; empty if there is none.
    why : tuple of str
        Reasons, stored in every language.
    figures : mapping of str to float
        Measured figures.
    fingerprints : mapping of str to str
        Of the data, the code, the training and the test rows; and the MLflow run.
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
        Local time with its offset, ISO 8601.
    who : str
        The user: ``GOLDMINE_USER``, or the system's user name.
    event : Event
        The event.
    before, seal : str
        Seal of the previous line (empty for the first), and the seal over this whole line.
    store : Store, optional
        The tracking store that holds the versions; None in lines of earlier releases, which do not say.
    """

    number: int
    at: str
    who: str
    event: Event
    before: str
    seal: str
    store: Store | None = None


class Journal:
    """The journal of one registered model.

    Parameters
    ----------
    bank_name, use_case : str
        The bank and the use case of the model.
    """

    def __init__(self, bank_name: str, use_case: str) -> None:
        self.bank_name, self.use_case = bank_name, use_case
        self.name = registered_name(bank_name, use_case)
        self.path = home() / "mlruns" / "journal" / f"{self.name}.jsonl"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Lock the journal, so that one process at a time changes the champion; others wait."""
        with disk_errors(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            stream = self.path.with_suffix(".lock").open("w")
        with stream:
            fcntl.flock(stream, fcntl.LOCK_EX)
            yield

    def append(self, event: Event, store: Store) -> Entry:
        """Append an event of a store; the caller has locked the journal.

        Raises
        ------
        ModelError
            If an earlier line was changed.
        """
        entries = self.entries()
        before = entries[-1].seal if entries else ""
        at = datetime.now().astimezone().isoformat(timespec="milliseconds")
        line = {"number": len(entries) + 1, "at": at, "who": _who(), "event": _stored(event), "before": before}
        line["store"] = asdict(store)
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
        """All lines, oldest first, each checked against its seal and the previous line.

        Raises
        ------
        ModelError
            If a line was changed, removed or truncated.
        """
        entries: list[Entry] = []
        for number, text in enumerate(self._lines().splitlines(), start=1):
            line = _parsed(text)
            before = entries[-1].seal if entries else ""
            seal = line.pop("seal", None)
            if line.get("number") != number or line.get("before") != before or seal != of_value(line):
                raise ModelError(
                    f"journal of {self.name}: line {number} is not as it was written.",
                    f"Bring {self.path.name} back from a backup; nothing is promoted until it is whole.",
                )
            entries.append(_entry({**line, "seal": seal}))
        return entries

    def champion_on(self, day: date) -> Entry | None:
        """The line that made the champion at the end of a day, in local time; None if there was none."""
        end = datetime.combine(day, time.max).astimezone()
        latest = None
        for entry in self.entries():
            if datetime.fromisoformat(entry.at) <= end and (
                latest is None or entry.event.champion != latest.event.champion
            ):
                latest = entry
        return latest if latest and latest.event.champion else None

    def _lines(self) -> bytes:
        """The complete lines; a last line without a line break was interrupted by a crash."""
        content = self.path.read_bytes() if self.path.exists() else b""
        return content[: content.rfind(b"\n") + 1]


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
    store = Store(**line["store"]) if "store" in line else None  # type: ignore[arg-type]
    return Entry(**{**line, "event": event, "store": store})  # type: ignore[arg-type]
