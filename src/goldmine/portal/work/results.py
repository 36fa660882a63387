"""Results of contacts: stored once a key, with what follows from them for the customer's rows."""

import dataclasses
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.db import IntegrityError, models, transaction
from django.utils import timezone

from goldmine.campaigns.queue_settings import load_queue_settings
from goldmine.campaigns.results.answer_text import refusal_in
from goldmine.campaigns.results.result_check import Listing
from goldmine.core.audit.actions import Action
from goldmine.portal.clock import today
from goldmine.portal.journal import record
from goldmine.portal.models import CallBack, Claim, Customer, ListRow, OptOut, Result, User
from goldmine.portal.persons import hold_release, numbers_of, survivor
from goldmine.portal.row_security import system_task
from goldmine.portal.scope import visible, worked
from goldmine.portal.work.contact import Contact, check_values
from goldmine.portal.work.errors import WorkError
from goldmine.portal.work.mergers import refuse
from goldmine.portal.work.status import NOT_REACHED, OPT_OUT, refresh_status

_COMPARED = ("list_name", "contacted_on", "channel", "note", "call_back_on", "product_id", "amount")


@dataclass(frozen=True)
class Recorded:
    """What was stored.

    Parameters
    ----------
    result : Result
        The stored result.
    repeated : bool
        Whether it was stored before, under the same key.
    """

    result: Result
    repeated: bool

    @property
    def may_refuse(self) -> bool:
        """Whether the note may be a refusal and counts as one until it is corrected."""
        return self.result.answer == OPT_OUT and not self.result.certain


@system_task()
def record_result(
    user: User, contact: Contact, key: UUID, *, source: str = "page", corrects_refusal: bool = False
) -> Recorded:
    """Store what came of a contact, and what follows from it.

    The same key again gives the same answer and changes nothing. A refusal takes the customer off all lists of all
    users at once, whichever list it came from; the customer only has to be in the user's scope. Results that come late,
    for a release that is no longer shown, or after a colleague's refusal, are stored like others. A number that was
    merged away means the person: the result stands under the surviving number.

    Parameters
    ----------
    key : UUID
        Made by whoever reports, once a contact.
    source : str
        ``page``, ``upload`` or ``api``.
    corrects_refusal : bool
        The note of an earlier result was taken for a possible refusal and is none: the customer is back on the lists.
        Certain refusals stay.

    Returns
    -------
    Recorded

    Raises
    ------
    WorkError
        With the reason; nothing is stored. ``key`` if another result has the key.
    """
    check_values(contact)
    try:
        with transaction.atomic():
            hold_release()
            stored = Result.objects.filter(key=key).first()
            if stored is None:
                return Recorded(_store(user, contact, key, source, corrects_refusal), repeated=False)
    except IntegrityError:  # the same key, sent twice at once
        stored = Result.objects.get(key=key)
    if stored.user_id != user.pk or not _same(stored, contact):
        raise WorkError("key")
    return Recorded(stored, repeated=True)


def _store(user: User, contact: Contact, key: UUID, source: str, corrects_refusal: bool) -> Result:
    now, numbers = timezone.now(), numbers_of(contact.customer_id)
    customer = numbers[0]
    possible = OptOut.objects.filter(customer_id=customer, certain=False).first()
    answer, certain = _answer(contact, corrects=corrects_refusal and possible is not None)
    row = _row(user, contact, answer, numbers)
    day = contact.contacted_on or today()
    if isinstance(row, ListRow):
        listing = _listing(user, row, numbers)
        if day <= listing.first:
            raise WorkError("before")
        if listing.too_late(day):
            raise WorkError("late")
    result = Result.objects.create(
        key=key,
        user=user,
        at=now,
        contacted_on=day,
        release=row.release.release_id,
        list_name=contact.list_name,
        customer_id=customer,
        listed_as=row.customer_id if row.customer_id != customer else "",
        branch_id=row.branch_id,
        manager_id=row.manager_id,
        channel=contact.channel or getattr(row, "channel", "") or "call",
        answer=answer,
        certain=certain,
        call_back_on=_call_back_day(contact, answer, day),
        product_id=contact.product_id,
        amount=contact.amount,
        note=contact.note,
        source=source,
    )
    if answer == OPT_OUT:
        _refuse(result, numbers)
    else:
        if corrects_refusal and possible is not None:
            _take_back(possible, numbers)
        _call_back(result, contact.promised)
    Claim.objects.filter(user=user, customer_id=customer).delete()
    refresh_status(numbers)
    logged: Action = "opt_out" if answer == OPT_OUT else "result"
    record(user, logged, f"customer:{customer}", list=contact.list_name, answer=answer, source=source)
    return result


def _answer(contact: Contact, *, corrects: bool) -> tuple[str, bool]:
    """The answer that counts and whether it is certain: a refusal in the note overrules what was tapped."""
    refusal = refusal_in(contact.note)
    if contact.answer == OPT_OUT or refusal is None or (corrects and not refusal.certain):
        return contact.answer, contact.certain or contact.answer != OPT_OUT
    return OPT_OUT, refusal.certain


def _row(user: User, contact: Contact, answer: str, numbers: list[str]) -> ListRow | Customer:
    """The row that was worked, under the given number if there is one; for a refusal, any row of the person."""
    rows = worked(user).filter(customer_id__in=numbers, list_name=contact.list_name).select_related("release")
    given = models.Case(models.When(customer_id=contact.customer_id, then=0), default=1)
    row = rows.order_by(given, "-release_id").first()
    if row is None and answer == OPT_OUT:
        row = visible(user, Customer).filter(customer_id=numbers[0]).select_related("release").first()
    if row is None:
        raise WorkError("not_there")
    return row


def _listing(user: User, row: ListRow, numbers: list[str]) -> Listing:
    """When the row's person was listed for its campaign or service."""
    rows = worked(user).filter(customer_id__in=numbers, list_name=row.list_name)
    return Listing(**rows.aggregate(first=models.Min("release__as_of"), until=models.Max("valid_until")))


def _call_back_day(contact: Contact, answer: str, day: date) -> date | None:
    if answer == "later" and contact.call_back_on is None:
        return day + timedelta(days=load_queue_settings().sources.call_back.after_days)
    return contact.call_back_on if answer == contact.answer else None


def _refuse(result: Result, numbers: list[str]) -> None:
    """Take the customer off all lists, under all numbers, and end what was agreed with them."""
    said = OptOut(at=result.at, user=result.user, certain=result.certain)
    refusals = {number: refuse(number, said) for number in numbers}
    ended = refusals[result.customer_id].at
    CallBack.objects.filter(customer_id=result.customer_id, done_at=None).update(done_at=ended)


def _take_back(possible: OptOut, numbers: list[str]) -> None:
    """Put a customer back on the lists, with the call-backs that the possible refusal ended."""
    CallBack.objects.filter(customer_id=possible.customer_id, done_at=possible.at).update(done_at=None)
    OptOut.objects.filter(customer_id__in=numbers, certain=False).delete()


def _call_back(result: Result, promised: str) -> None:
    """End the call-backs of the row that were agreed before, and note the next one; who was not reached stays due.

    A result may come late, as in a file: what was agreed since its day stands, and nothing is agreed again with whom
    somebody reached since.
    """
    if result.answer == NOT_REACHED:
        return
    own = {"customer_id": result.customer_id, "list_name": result.list_name}
    before = CallBack.objects.filter(**own, done_at=None, result__contacted_on__lte=result.contacted_on)
    before.update(done_at=result.at)
    since = Result.objects.filter(**own, contacted_on__gt=result.contacted_on).exclude(answer=NOT_REACHED)
    refused = OptOut.objects.filter(customer_id=result.customer_id)
    if result.call_back_on is not None and not refused.exists() and not since.exists():
        CallBack.objects.create(
            **own,
            branch_id=result.branch_id,
            manager_id=result.manager_id,
            on_day=result.call_back_on,
            promised=promised,
            result=result,
        )


def _same(stored: Result, contact: Contact) -> bool:
    """Whether a stored result is the contact's: what the contact leaves open fits anything."""
    given = dataclasses.asdict(contact)
    fits = stored.customer_id == survivor(contact.customer_id)
    fits &= all(given[name] is None or given[name] == getattr(stored, name) for name in _COMPARED)
    refusal = refusal_in(contact.note)
    heard = stored.answer == OPT_OUT and refusal is not None and refusal.certain == stored.certain
    return fits and (stored.answer == contact.answer or heard)
