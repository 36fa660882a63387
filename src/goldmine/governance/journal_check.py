"""The journal of promotions, read only where it is whole and belongs to the tracking store in use."""

from contextlib import suppress
from datetime import date

from goldmine.core.audit.sealed_file import BrokenSealError, SealedFile
from goldmine.core.errors import ModelError
from goldmine.core.i18n import _
from goldmine.governance.journal import Entry, Journal
from goldmine.labels.use_case import use_case_names
from goldmine.models.registry import journal_seal
from goldmine.models.store import Store, require_same_store
from goldmine.models.tracking import store_of, unreachable


def history(bank_name: str, use_case: str) -> list[Entry]:
    """The journal of a use case, oldest first, checked against the seal in the registry.

    Raises
    ------
    ModelError
        If lines were changed or removed, or belong to another tracking store.
    """
    journal = Journal(bank_name, use_case)
    entries, store = journal.entries(), store_of(bank_name)
    sealed = "" if unreachable() else journal_seal(journal.name)
    known = sealed in {entry.seal for entry in entries}
    # A line that names no store belongs to the store that holds its seal.
    if entries and not (entries[-1].store is None and (known or unreachable())):
        require_same_store(f"journal of {journal.name}", journal.path, entries[-1].store, store)
    if sealed and not known:
        raise ModelError(
            _("journal of {name}: lines that the registry knows are missing.", name=journal.name),
            _("Bring {path} back from a backup; nothing is promoted until it is whole.", path=journal.path.name),
        )
    return entries


def require_own_store(bank_name: str) -> None:
    """Raise where the journals of a bank's models belong to another tracking store, before anything is made for it.

    A journal that was changed is left to the steps of its own use case.

    Raises
    ------
    ModelError
        If the store was deleted or replaced, or another is in use.
    """
    for name in use_case_names():
        journal = Journal(bank_name, name)
        with suppress(BrokenSealError):
            last = SealedFile(journal.path).last()
            if last is not None and "store" in last:
                own, now = Store(**last["store"]), store_of(bank_name)
                require_same_store(f"journal of {journal.name}", journal.path, own, now)


def champion_on(bank_name: str, use_case: str, day: date) -> Entry | None:
    """The journal's line that made the champion at the end of a day, in local time; None if there was none.

    Raises
    ------
    ModelError
        As `history` does.
    """
    history(bank_name, use_case)
    return Journal(bank_name, use_case).champion_on(day)
