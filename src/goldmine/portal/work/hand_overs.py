"""Hand-overs: one person's customers are worked by a colleague while the first is away."""

from datetime import date, timedelta

from django.db import models, transaction
from django.utils import timezone

from goldmine.portal.clock import today
from goldmine.portal.journal import record
from goldmine.portal.models import HandOver, User
from goldmine.portal.roles import may
from goldmine.portal.work.errors import WorkError

_LONGEST = timedelta(days=366)


def hand_over(user: User, from_staff_id: str, to_staff_id: str, first_day: date, last_day: date) -> HandOver:
    """Let a colleague work one person's customers from a day to another, both included.

    A manager hands over their own customers, a branch's user those of the branch's managers; both only within the
    branch. Customers that were handed over to the first person stay with them.

    Raises
    ------
    WorkError
        ``not_there`` if one of the two is not theirs to name, ``hand_over_days`` or ``hand_over_twice``.
    """
    staff = {colleague.staff_id for colleague in colleagues(user)}
    own = from_staff_id == user.staff_id or (user.role == "branch" and from_staff_id in staff)
    if not from_staff_id or not own or to_staff_id not in staff or from_staff_id == to_staff_id:
        raise WorkError("not_there")
    if not today() <= first_day <= last_day <= first_day + _LONGEST or first_day > today() + _LONGEST:
        raise WorkError("hand_over_days")
    with transaction.atomic():
        others = HandOver.objects.filter(from_staff_id=from_staff_id, ended_at=None)
        if others.filter(first_day__lte=last_day, last_day__gte=first_day).exists():
            raise WorkError("hand_over_twice")
        record(user, "hand_over", f"staff:{from_staff_id}", to=to_staff_id, first_day=first_day, last_day=last_day)
        return HandOver.objects.create(
            from_staff_id=from_staff_id,
            to_staff_id=to_staff_id,
            branch_id=user.branch_id,
            first_day=first_day,
            last_day=last_day,
            made_by=user,
        )


def end_hand_over(user: User, number: int) -> None:
    """End a hand-over early: from now on the colleague no longer sees the customers.

    Raises
    ------
    WorkError
        ``not_there`` if the user sees no such hand-over.
    """
    with transaction.atomic():
        ended = hand_overs(user).filter(pk=number).first()
        if ended is None:
            raise WorkError("not_there")
        _end(ended, user)


def end_hand_overs_of(person: User, by: User | None) -> None:
    """End what a person gave and took, as before they leave their branch: hand-overs hold within one.

    Parameters
    ----------
    by : User or None
        The operator; None: whoever runs the command.
    """
    sides = models.Q(from_staff_id=person.staff_id) | models.Q(to_staff_id=person.staff_id)
    with transaction.atomic():
        for lasting in _lasting(person.branch_id).filter(sides):
            _end(lasting, by)


def _end(lasting: HandOver, by: User | None) -> None:
    lasting.ended_at = timezone.now()
    lasting.save(update_fields=["ended_at"])
    record(by, "hand_over", f"staff:{lasting.from_staff_id}", to=lasting.to_staff_id, ended=True)


def _lasting(branch_id: str) -> "models.QuerySet[HandOver]":
    return HandOver.objects.filter(branch_id=branch_id, last_day__gte=today(), ended_at=None)


def hand_overs(user: User) -> "models.QuerySet[HandOver]":
    """Hand-overs that last or are to come: a branch's, or those that a manager gave or took."""
    rows = _lasting(user.branch_id)
    if not may(user.role, "hand_over") or not user.branch_id:
        return rows.none()
    if user.role != "branch":
        rows = rows.filter(models.Q(from_staff_id=user.staff_id) | models.Q(to_staff_id=user.staff_id))
    return rows.order_by("first_day", "pk")


def colleagues(user: User) -> "models.QuerySet[User]":
    """The active customer managers of a user's branch."""
    rows = User.objects.filter(role="manager", is_active=True, branch_id=user.branch_id).exclude(staff_id="")
    return (rows if user.branch_id else rows.none()).order_by("staff_id")
