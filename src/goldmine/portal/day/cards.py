"""A card: one customer to contact, with everything the caller needs, in the language of the request."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from goldmine.campaigns.contact_hours import load_contact_hours
from goldmine.core.columns import column
from goldmine.core.i18n import LocalizedText, in_language, stored_text
from goldmine.portal.models import CallBack, Claim, ListRow, Release, User
from goldmine.portal.policy import portal_policy
from goldmine.portal.templating import language
from goldmine.portal.words import SERVICES, reason_parts


@dataclass(frozen=True)
class Card:
    """One customer to contact.

    Parameters
    ----------
    customer_id, list_name, name, phone : str
        The row; name and telephone are masked.
    why : tuple of str
        Campaigns and services that the customer is contacted for, the one that is made first.
    reasons : tuple of str
        Why the customer is on the list; for the caller, not to be read out.
    offer, say : str
        What is offered, and the first sentence.
    not_to_say : list of str
        What must not be said.
    channel, time_band : str
        Codes: how and in which part of the day to contact the customer.
    valid_until : date or None
        Last day of the offer.
    expires_with : str
        What ends it, in words; empty: nothing special.
    owner : str
        Staff number of the colleague whose customer it is; empty: the user's own.
    call_back : CallBack or None
        What was agreed for today or before.
    held_until : datetime or None
        Until when the user holds the customer.
    tried_at : datetime or None
        When the customer was not reached today.
    key : UUID
        Of the result that is sent from the card.
    """

    customer_id: str
    list_name: str
    name: str
    phone: str
    why: tuple[str, ...]
    reasons: tuple[str, ...]
    offer: str
    say: str
    not_to_say: list[str]
    channel: str
    time_band: str
    valid_until: date | None
    expires_with: str
    owner: str
    call_back: CallBack | None
    held_until: datetime | None
    tried_at: datetime | None
    key: UUID

    @property
    def channel_text(self) -> LocalizedText:
        """The channel in words."""
        return column("channel").words[self.channel]

    @property
    def band_text(self) -> str:
        """The part of the day in words with the channel's hours; empty if any suits."""
        if self.time_band not in column("time_band").words:
            return ""
        return load_contact_hours().in_words([self.channel], [self.time_band], language())[0]


def card(
    user: User,
    row: ListRow,
    why: Iterable[str],
    *,
    call_back: CallBack | None = None,
    held: Mapping[str, Claim],
    tried: Mapping[str, datetime],
) -> Card:
    """The card of a row."""
    chinese = language() == "zh"
    claim = held.get(row.customer_id)
    return Card(
        customer_id=row.customer_id,
        list_name=row.list_name,
        name=row.name,
        phone=row.phone,
        why=tuple(why),
        reasons=reason_parts(row.reasons_zh if chinese else row.reasons_en),
        offer=row.offer_zh if chinese else row.offer_en,
        say=row.say_zh if chinese else row.say_en,
        not_to_say=not_to_say(row.use_case),
        channel=row.channel or "call",
        time_band=row.time_band,
        valid_until=row.valid_until,
        expires_with=_ends_with(row.expires_with),
        owner="" if row.manager_id == user.staff_id else row.manager_id,
        call_back=call_back,
        held_until=claim.until if claim else None,
        tried_at=tried.get(row.customer_id),
        key=uuid4(),
    )


def not_to_say(use_case: str) -> list[str]:
    """What must not be said to a customer of a use case, by the portal's policy."""
    rules = portal_policy().not_to_say
    return [in_language(rules[name], language()) for name in ("all", use_case) if name in rules]


def title_of(release: Release | None, list_name: str) -> str:
    """A campaign's title, or what a service contact is about."""
    records: dict[str, Any] = release.manifest.get("campaigns", {}) if release else {}
    if list_name in records:
        return str(in_language(stored_text(records[list_name]["title"]), language()))
    return str(in_language(SERVICES[list_name], language())) if list_name in SERVICES else list_name


def _ends_with(code: str) -> str:
    words = column("expires_with").words
    return str(in_language(words[code], language())) if code in words else ""
