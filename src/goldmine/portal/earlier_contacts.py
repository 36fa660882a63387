"""Contacts of one customer that the bank's own tables hold, from before the portal or beside it."""

from dataclasses import dataclass
from datetime import date

from django.conf import settings

from goldmine.contract.manifest import load_bank
from goldmine.core.engine import connect
from goldmine.core.errors import GoldmineError
from goldmine.core.workspace import Workspace


@dataclass(frozen=True)
class EarlierContact:
    """One contact of the bank's tables: the campaign's code, the day, and codes of channel and answer."""

    contacted_on: date
    list_name: str
    channel: str
    answer: str


def earlier_contacts(numbers: list[str], most: int) -> list[EarlierContact] | None:
    """The latest contacts of a customer, by all their numbers, the newest first; None where tables cannot be read.

    So it is from the next month's export until it is taken in.

    Whoever asks has checked that the customer may be seen.
    """
    try:
        bank = load_bank(Workspace(settings.GOLDMINE_WORK))
        if not bank.has("contacts", "contacted_on"):
            return []
        table = bank.read(connect(), "contacts")
        wanted = [name for name in ("campaign_id", "channel", "answer") if name in table.columns]
        rows = table.filter(table.customer_id.isin(numbers)).select("contacted_on", *wanted)
        found = rows.order_by(rows.contacted_on.desc()).limit(most).to_pyarrow().to_pylist()
    except GoldmineError:
        return None
    return [
        EarlierContact(
            row["contacted_on"], row.get("campaign_id") or "", row.get("channel") or "", row.get("answer") or ""
        )
        for row in found
    ]
