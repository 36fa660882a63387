"""Which champion scores a snapshot: for a month that is scored late, the one of its time and not a younger model."""

from datetime import date, datetime

from goldmine.governance.journal import Journal
from goldmine.governance.journal_check import history
from goldmine.models.champion import Champion
from goldmine.models.registry import champion, champion_trained_at, champion_version, load_version


def scoring_version(bank_name: str, use_case: str, as_of: date) -> str:
    """Version of the champion that scores a snapshot; empty if no model is champion.

    The champion scores if it was trained at that snapshot or an earlier one. For an older snapshot it is, from the
    journal, the champion that was trained at the snapshot itself and not rolled back; else the champion of that day;
    else, if there was none yet, the first one after.

    Raises
    ------
    ModelError
        If there is no champion, or the snapshot is older than it, and the journal was changed or is of another store.
    """
    current = champion_version(bank_name, use_case)
    if not current:
        history(bank_name, use_case)  # a store that was deleted is not one in which no model beat its rule
        return ""
    if champion_trained_at(bank_name, use_case) <= str(as_of):
        return current
    entries = history(bank_name, use_case)
    rolled_back = {entry.event.version for entry in entries if entry.event.action == "rolled_back"}
    own = [
        entry.event.champion
        for entry in entries
        if entry.event.action == "promoted" and entry.event.fingerprints.get("as_of") == str(as_of)
    ]
    own = [version for version in own if version not in rolled_back]
    of_the_day = Journal(bank_name, use_case).champion_on(as_of)
    if own:
        return own[-1]
    if of_the_day is not None:
        return of_the_day.event.champion
    later = [entry.event.champion for entry in entries if datetime.fromisoformat(entry.at).date() > as_of]
    return next(filter(None, later), current)


def scoring_champion(bank_name: str, use_case: str, as_of: date) -> Champion:
    """Load the champion that scores a snapshot; see `scoring_version`.

    Raises
    ------
    ModelError
        If no model is champion, the version's stored model cannot be read, or the journal was changed.
    """
    version = scoring_version(bank_name, use_case, as_of)
    if version in ("", champion_version(bank_name, use_case)):
        return champion(bank_name, use_case)
    return load_version(bank_name, use_case, version)
