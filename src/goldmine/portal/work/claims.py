"""Claims: whom one person works at the moment, so that two people never call one customer."""

from datetime import timedelta

from django.db import models, transaction
from django.utils import timezone

from goldmine.portal.clock import today
from goldmine.portal.journal import record
from goldmine.portal.models import CallBack, Claim, ListRow, Result, User
from goldmine.portal.persons import hold_release, survivor
from goldmine.portal.policy import portal_policy
from goldmine.portal.row_security import system_task
from goldmine.portal.scope import visible
from goldmine.portal.work.errors import WorkError
from goldmine.portal.work.status import NOBODY_REACHED, TO_WORK


@system_task()
def claim(user: User, customer_id: str, list_name: str) -> Claim:
    """Keep a customer for one person for some minutes, on all lists; claiming again prolongs it.

    Of people who claim at once one gets the customer: the table's key on the customer decides. A number that was
    merged away is one with the number that survives.

    Parameters
    ----------
    list_name : str
        The campaign or service that the customer is called for.

    Raises
    ------
    WorkError
        ``not_there`` if the row is not visible to the user or not open, ``taken`` if a colleague holds the customer,
        ``contacted`` if a colleague reached the customer today.
    """
    now = timezone.now()
    wanted = {"user": user, "list_name": list_name, "until": now + timedelta(minutes=portal_policy().claim_minutes)}
    customer_id = survivor(customer_id)
    if "\x00" in customer_id + list_name or not _is_to_work(user, customer_id, list_name):
        raise WorkError("not_there")
    with transaction.atomic():
        hold_release()
        customer_id = survivor(customer_id)
        free = models.Q(user=user) | models.Q(until__lte=now)
        if not Claim.objects.filter(free, customer_id=customer_id).update(**wanted):
            Claim.objects.bulk_create([Claim(customer_id=customer_id, **wanted)], ignore_conflicts=True)
        held = Claim.objects.get(customer_id=customer_id)
        if held.user_id != user.pk:
            raise WorkError("taken")
        # After the claim is held, so that a colleague's result that came in between is seen.
        contacted = Result.objects.filter(customer_id=customer_id, contacted_on=today()).exclude(user=user)
        if contacted.exclude(answer__in=NOBODY_REACHED).exists():
            raise WorkError("contacted")
        if not _is_to_work(user, customer_id, list_name):
            raise WorkError("not_there")
        record(user, "claim", f"customer:{customer_id}", list=list_name)
    return held


def _is_to_work(user: User, customer_id: str, list_name: str) -> bool:
    """Whether the user sees an open row whose offer is valid, or a call-back that was agreed for today or before."""
    own = {"customer_id": customer_id, "list_name": list_name}
    rows = visible(user, ListRow).filter(models.Q(valid_until__gte=today()) | models.Q(valid_until=None))
    due = visible(user, CallBack).filter(done_at=None, on_day__lte=today())
    return rows.filter(status__in=TO_WORK, **own).exists() or due.filter(**own).exists()


def release_claim(user: User, customer_id: str) -> None:
    """Give a customer back; nothing happens if the user does not hold them."""
    Claim.objects.filter(user=user, customer_id=survivor(customer_id)).delete()


def claimed_by_others(user: User) -> "models.QuerySet[Claim, str]":
    """Numbers of the customers whom colleagues hold at the moment, as a subquery."""
    return Claim.objects.filter(until__gt=timezone.now()).exclude(user=user).values_list("customer_id", flat=True)
