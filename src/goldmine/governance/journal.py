"""The journal of a use case's models: append-only lines, each sealed together with the one before it.

MLflow can set an alias but cannot compare and set, and its tags can be overwritten. A file under a lock only grows,
and the seals show where a line was changed or removed. The registered model stores the last seal too, so that a
truncated file is detected. The bank's audit log holds a line for each of these with its seal: it says among everything
else what was promoted, and its chain covers the journals.
"""

import fcntl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date, datetime, time
from typing import Any, Literal

from goldmine.core.audit.actions import Action as AuditAction
from goldmine.core.audit.log import AuditLog, system_user
from goldmine.core.audit.sealed_file import BrokenSealError, SealedFile
from goldmine.core.errors import ModelError
from goldmine.core.file_names import file_name
from goldmine.core.files import disk_errors
from goldmine.core.i18n import _, all_languages, stored_text
from goldmine.core.workspace import home
from goldmine.models.store import Store
from goldmine.models.tracking import registered_name

Action = Literal["promoted", "refused", "rolled_back", "found"]

AUDIT_ACTIONS: dict[Action, AuditAction] = {
    "promoted": "promotion",
    "refused": "model_refused",
    "rolled_back": "rollback",
    "found": "champion_found",
}
"""Each action as the audit log names it."""


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
        self.path = home() / "mlruns" / "journal" / f"{file_name(self.name)}.jsonl"

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
        fields = {"number": len(entries) + 1, "at": at, "who": system_user(), "event": _stored(event), "before": before}
        file = SealedFile(self.path)
        line = file.append({**fields, "store": asdict(store)})
        try:
            self._log(event, line)
        except BaseException:
            file.take_back(line)
            raise
        return _entry(line)

    def entries(self) -> list[Entry]:
        """All lines, oldest first, each checked against its seal and the previous line.

        Raises
        ------
        ModelError
            If a line was changed, removed or truncated.
        """
        try:
            return [_entry(line) for line in SealedFile(self.path).lines()]
        except BrokenSealError as error:
            raise ModelError(
                _("journal of {name}: line {line} is not as it was written.", name=self.name, line=error.line),
                _("Bring {path} back from a backup; nothing is promoted until it is whole.", path=self.path.name),
            ) from error

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

    def _log(self, event: Event, line: Mapping[str, Any]) -> None:
        """Add a line to the bank's audit log that holds this one's seal."""
        details = {
            "journal_line": line["number"],
            "journal_seal": line["seal"],
            "version": event.version,
            "champion": event.champion,
        }
        action, subject = AUDIT_ACTIONS[event.action], f"model:{self.name}"
        AuditLog.of_bank(self.bank_name).append(action, who=line["who"], subject=subject, details=details)


def _stored(event: Event) -> dict[str, object]:
    return {**asdict(event), "why": [all_languages(reason) for reason in event.why]}


def _entry(line: Mapping[str, object]) -> Entry:
    stored = dict(line["event"])  # type: ignore[call-overload]
    event = Event(**{**stored, "why": tuple(stored_text(reason) for reason in stored["why"])})
    store = Store(**line["store"]) if "store" in line else None  # type: ignore[arg-type]
    return Entry(**{**line, "event": event, "store": store})  # type: ignore[arg-type]
