"""Names and telephone numbers of those on lists: encrypted, read one at a time by whoever calls, gone with the list.

``GOLDMINE_NUMBERS_KEY`` holds the keys, separated by commas: the first encrypts, all of them read, so that a key is
replaced by putting a new one before it. Without a key nothing is stored, and pages show masked numbers only.
"""

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import islice

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.db import models, transaction

from goldmine.core.errors import SettingsError
from goldmine.core.i18n import LocalizedText, _
from goldmine.portal.clock import today
from goldmine.portal.databases import NUMBERS
from goldmine.portal.journal import record
from goldmine.portal.models import CallBack, ContactNumber, CurrentRelease, ListRow, MergedNumber, Release, User
from goldmine.portal.persons import survivor
from goldmine.portal.roles import may
from goldmine.portal.row_security import system_task
from goldmine.portal.scope import visible

KEY = "GOLDMINE_NUMBERS_KEY"
CALLED_BY = ("", "call", "visit")
"""Channels of rows whose customer somebody calls or visits; a list has none yet."""
_BATCH = 2000
_erased_on: list[date] = []


@dataclass(frozen=True)
class Person:
    """A customer's full name and telephone number."""

    name: str
    phone: str


def reveal(user: User, customer_id: str) -> Person | None:
    """The full name and number of one customer, for whoever calls them now.

    Each reading leaves a line in the audit log.

    Returns
    -------
    Person or None
        None if the user's role does not call; if the customer is on none of the user's lists that are still valid and
        was not promised a call for today or before; if they asked not to be contacted; or if the store holds no number.
        `why_masked` may say why.
    """
    keys = _keys()
    if keys is None or not may(user.role, "call"):
        return None
    valid = models.Q(valid_until__gte=today()) | models.Q(valid_until=None)
    customer_id = survivor(customer_id)
    own = {"customer_id": customer_id}
    promised = visible(user, CallBack).filter(done_at=None, on_day__lte=today(), **own).exists()
    if not promised and not visible(user, ListRow).filter(valid, channel__in=CALLED_BY, **own).exists():
        return None
    if _erased_on != [today()]:  # once a day: what is over goes without the nightly `goldmine portal tidy`, too
        erase_ended()
        _erased_on[:] = [today()]
    stored = ContactNumber.objects.filter(**own).first()
    if stored is None or (stored.until < today() and not promised):
        return None
    try:
        name, phone = json.loads(keys.decrypt(bytes(stored.sealed)))
    except InvalidToken:
        return None
    record(user, "unmask", f"customer:{customer_id}")
    return Person(name, phone)


def why_masked() -> LocalizedText | None:
    """Why no number can be shown to anybody; None if numbers are there."""
    if _keys() is None:
        return _("Numbers stay masked: the portal was started without a key for them.")
    if not ContactNumber.objects.exists():
        return _("Numbers stay masked: the bank's tables hold none, or none were loaded yet.")
    return None


def holds(release: Release) -> bool:
    """Whether the store has been filled for a release, or cannot be for want of a key."""
    return _keys() is None or ContactNumber.objects.filter(release=release.pk).exists()


def store(release: Release, people: Iterable[tuple[str, Person, date]]) -> None:
    """Encrypt and store the people of a release's lists, each with the last day of their lists."""
    keys = _keys()
    if keys is None:
        return
    left = iter(people)
    while some := list(islice(left, _BATCH)):
        rows = [
            ContactNumber(
                customer_id=number,
                sealed=keys.encrypt(json.dumps([person.name, person.phone]).encode()),
                until=until,
                release=release.pk,
            )
            for number, person, until in some
        ]
        ContactNumber.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["customer_id"],
            update_fields=["sealed", "until", "release"],
        )


def carry_over(release: Release) -> None:
    """Keep who was promised a call under the number that survives in a release, if the store has the old one only."""
    with system_task():
        promised = CallBack.objects.filter(done_at=None).values("customer_id")
        merged = MergedNumber.objects.filter(release=release, survivor_id__in=promised).order_by("merged_id")
        survivors = dict(merged.values_list("merged_id", "survivor_id"))
    for old, kept in survivors.items():
        if not ContactNumber.objects.filter(customer_id=kept).exists():
            ContactNumber.objects.filter(customer_id=old).update(customer_id=kept)


def erase_ended() -> int:
    """Erase the people whose lists are over: past their last day, or of a release that is no longer shown.

    Who was promised a call is kept until it was made: somebody gave their word for it.

    Returns
    -------
    int
        People erased.
    """
    kept = set(CurrentRelease.objects.values_list("release_id", flat=True))
    kept |= set(Release.objects.filter(waits_for_approval=True).values_list("id", flat=True))
    with system_task():
        promised = set(CallBack.objects.filter(done_at=None).values_list("customer_id", flat=True))
    over = ContactNumber.objects.filter(models.Q(until__lt=today()) | ~models.Q(release__in=kept))
    ended = over.exclude(customer_id__in=promised)
    erased = 0
    while numbers := list(ended.values_list("customer_id", flat=True)[:_BATCH]):
        erased += ContactNumber.objects.filter(customer_id__in=numbers).delete()[0]
    if erased:
        record(None, "contacts_erased", people=erased)
    return erased


def encrypt_again() -> int:
    """Encrypt what an older key encrypted with the first one, after which the older may go.

    Returns
    -------
    int
        People encrypted again.
    """
    keys = _keys()
    if keys is None:
        return 0
    last, count = "", 0
    rows = ContactNumber.objects.order_by("customer_id")
    while some := list(rows.filter(customer_id__gt=last)[:_BATCH]):
        for row in some:
            row.sealed = keys.rotate(bytes(row.sealed))
        with transaction.atomic(using=NUMBERS):
            ContactNumber.objects.bulk_update(some, ["sealed"])
        last, count = some[-1].customer_id, count + len(some)
    return count


def _keys() -> MultiFernet | None:
    texts = [text.strip() for text in os.environ.get(KEY, "").split(",") if text.strip()]
    try:
        return MultiFernet([Fernet(text) for text in texts]) if texts else None
    except ValueError as error:
        raise SettingsError(
            f"{KEY}: one of the keys cannot be used.",
            "A key is 32 bytes in URL-safe base64: `python -c 'from cryptography.fernet import Fernet; "
            "print(Fernet.generate_key().decode())'` makes one.",
        ) from error
