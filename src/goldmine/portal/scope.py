"""The row scope: whose customers a user may see. Every query of the portal's rows goes through `visible`.

"Not yours" and "not there" are the same to whoever asks: rows out of scope do not exist for the query.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.db import models

from goldmine.portal.clock import today
from goldmine.portal.models import (
    Approval,
    CallBack,
    CurrentRelease,
    Customer,
    HandOver,
    ListRow,
    OptOut,
    Release,
    Result,
    User,
)
from goldmine.portal.policy import portal_policy
from goldmine.portal.roles import may

_ALL = "head_office"
_OF_RELEASE = (Customer, ListRow)
_known: ContextVar[dict[Any, Any] | None] = ContextVar("known", default=None)
"""What a request was told once: the release that is shown, and the staff numbers of its user."""
_CURRENT = (
    f"SELECT {', '.join(f'r.{field.column}' for field in Release._meta.concrete_fields if field.name != 'manifest')} "
    f"FROM {Release._meta.db_table} r JOIN {CurrentRelease._meta.db_table} c ON c.release_id = r.id WHERE c.id = 1"
)
"""As text, since every request asks it and a query set takes five times as long to become one."""


@contextmanager
def one_view() -> Iterator[None]:
    """Let what is asked meanwhile see one release and one set of hand-overs, each of them read once."""
    before = _known.set({})
    try:
        yield
    finally:
        _known.reset(before)


def visible(user: User, model: type[models.Model]) -> Any:
    """The rows of a table that a user may see.

    Head office sees the bank, a branch's users their branch, a manager their own customers, those whom a campaign or a
    service gave them a contact with, and those that were handed over to them for today; counter, operator, auditor and
    whoever has no branch or staff number see none. Rows of lists and customers are those of the current release,
    without customers who asked not to be contacted.

    Parameters
    ----------
    user : User
        Who asks; signed in and active.
    model : type
        `Customer`, `ListRow`, `Result` or `CallBack`: a table with ``branch_id`` and ``manager_id``.

    Returns
    -------
    django.db.models.QuerySet
        Of the model.

    Raises
    ------
    TypeError
        If the table has no scope.
    """
    if model not in (*_OF_RELEASE, Result, CallBack):
        raise TypeError(f"{model.__name__} has no row scope")
    rows = model._default_manager.filter(_own_customers(user) if model is Customer else _own(user))
    return _shown(user, rows) if model in _OF_RELEASE else rows


def looked_up(user: User, model: type[Customer] | type[ListRow], customer_id: str) -> Any:
    """The rows of one customer, for a look-up by number: at the counter of any customer of the bank.

    Parameters
    ----------
    user : User
        A counter's user looks up whoever comes in; everybody else whom they see anyway.
    model : type
        `Customer` or `ListRow`.

    Returns
    -------
    django.db.models.QuerySet
        Of the current release.
    """
    anyone = user.is_active and may(user.role, "counter")
    own = _own_customers(user) if model is Customer else _own(user)
    return _shown(user, model._default_manager.filter(models.Q() if anyone else own, customer_id=customer_id))


def _shown(user: User, rows: Any) -> Any:
    """Rows of the current release, of lists without customers who asked not to be contacted.

    Campaigns that wait for a second person's yes, or got a no, are head office's alone.
    """
    rows = rows.filter(release_id=current_release_id())
    if rows.model is ListRow:
        rows = rows.exclude(customer_id__in=OptOut.objects.values("customer_id"))
        if user.role != _ALL and (withheld := _withheld_campaigns()):
            rows = rows.exclude(kind="campaign", list_name__in=withheld)
    return rows


def _withheld_campaigns() -> list[str]:
    """Campaigns of the release that is shown whose last approval is not given; the next release's have their own."""
    release = current_release()
    if not portal_policy().approvals.campaigns or release is None:
        return []
    asked = Approval.objects.filter(subject="campaign", why=release.release_id)
    last = dict(asked.order_by("pk").values_list("subject_id", "approved"))
    return [name for name, approved in last.items() if not approved]


def worked(user: User) -> Any:
    """The rows of lists within a user's scope in all releases that are loaded, of customers who opted out too.

    For results, which may come late: after the next release is shown, or after a colleague heard a refusal.
    """
    return ListRow.objects.filter(_own(user))


def _own(user: User) -> models.Q:
    if not user.is_active:
        return models.Q(pk__in=())
    if user.role == _ALL:
        return models.Q()
    if user.role in ("branch", "system") and user.branch_id:
        return models.Q(branch_id=user.branch_id)
    if user.role == "manager" and user.staff_id:
        return models.Q(manager_id__in=staff_of(user))
    return models.Q(pk__in=())


def _own_customers(user: User) -> models.Q:
    """A manager's customers are also those whose owner left and whom they got a contact with."""
    own = _own(user)
    if not (user.is_active and user.role == "manager" and user.staff_id):
        return own
    one = {"release_id": models.OuterRef("release_id"), "customer_id": models.OuterRef("customer_id")}
    return own | models.Q(models.Exists(ListRow.objects.filter(own, **one)))


def scope_key(user: User) -> tuple[str, ...]:
    """What a user's scope depends on: users with the same key see the same rows of a release."""
    withheld = () if user.role == _ALL else sorted(_withheld_campaigns())
    return (user.role, user.branch_id, *(staff_of(user) if user.role == "manager" else ()), "-", *withheld)


def staff_of(user: User) -> list[str]:
    """The staff numbers whose customers a manager works today: their own, and those handed over in their branch."""
    known = _known.get()
    if known is not None and user.pk in known:
        return list(known[user.pk])
    day = today()
    within = HandOver.objects.filter(branch_id=user.branch_id, ended_at__isnull=True)
    taken = within.filter(to_staff_id=user.staff_id, first_day__lte=day, last_day__gte=day)
    staff = [user.staff_id, *taken.values_list("from_staff_id", flat=True)]
    if known is not None:
        known[user.pk] = staff
    return list(staff)


def current_release() -> Release | None:
    """The release whose rows are shown; None before the first was loaded. Its manifest is read when it is asked for."""
    known = _known.get()
    if known is not None and Release in known:
        seen: Release | None = known[Release]
        return seen
    release = next(iter(Release.objects.raw(_CURRENT)), None)
    if known is not None:
        known[Release] = release
    return release


def current_release_id() -> int | None:
    """Key of the release whose rows are shown; None before the first was loaded."""
    release = current_release()
    return release.pk if release else None
