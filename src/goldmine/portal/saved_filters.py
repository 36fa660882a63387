"""Filters of the lists that a user keeps: each is a name and a part of an address, and shows what the user may see."""

from django.db import transaction

from goldmine.core.i18n import _
from goldmine.portal.filters import FilterError, RowFilter
from goldmine.portal.models import SavedFilter, User

MOST = 12
"""Filters that one user keeps at most: they stand in one line above the rows."""
_LONGEST = 40
_NOT_VALID = 422


def saved_filters(user: User) -> list[SavedFilter]:
    """A user's own filters, by name."""
    return list(SavedFilter.objects.filter(user=user).order_by("name", "pk"))


def save_filter(user: User, name: str, wanted: RowFilter) -> SavedFilter:
    """Keep a filter; one of the same name is replaced. What was searched for is left out: it may name a customer.

    Raises
    ------
    FilterError
        If it has no name or too long a one, filters nothing, or the user keeps as many as they may.
    """
    name = " ".join(name.split())
    given = wanted.model_copy(update={"search": ""}).given()
    if not 0 < len(name) <= _LONGEST or not name.isprintable():
        do = _("Give it a name of one line, {n} characters at most.", n=_LONGEST)
        raise FilterError(_("The filter cannot be kept under this name."), do, _NOT_VALID)
    if not given:
        do = _("Set a filter first; what was searched for is not kept.")
        raise FilterError(_("There is nothing to keep."), do, _NOT_VALID)
    with transaction.atomic():
        own = SavedFilter.objects.filter(user=user)
        if own.exclude(name=name).count() >= MOST:
            raise FilterError(_("You keep {n} filters already.", n=MOST), _("Drop one of them first."), _NOT_VALID)
        own.filter(name=name).delete()
        return SavedFilter.objects.create(user=user, name=name, filter=given)


def drop_filter(user: User, number: int) -> None:
    """Drop a filter of the user's own; of others, and what is not there, nothing is dropped."""
    SavedFilter.objects.filter(user=user, pk=number).delete()
