"""Numbers of one person: from the release that is shown on, rows of a number merged away stand under the survivor.

Somebody may still name the old number: a teller, an older file, a result that a device kept. It means the person.
"""

from collections.abc import Iterable

from django.db import connection
from django.db.models import QuerySet

from goldmine.portal.models import CurrentRelease, MergedNumber

_AT_ONCE = 500


def survivor(customer_id: str) -> str:
    """The number that a person's rows stand under in the release that is shown; the number itself if it was not merged.

    Which release is shown is read anew, not as the request's beginning saw it: what is stored has to stand under the
    survivor of the moment it is stored.
    """
    return survivors([customer_id]).get(customer_id, customer_id)


def survivors(numbers: Iterable[str]) -> dict[str, str]:
    """By number merged away, of those given, the number that survives."""
    wanted = sorted({number for number in numbers if "\x00" not in number})
    found: dict[str, str] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        merged = _shown().filter(merged_id__in=wanted[start : start + _AT_ONCE])
        found |= dict(merged.values_list("merged_id", "survivor_id"))
    return found


def numbers_of(customer_id: str) -> list[str]:
    """All numbers of a person: the surviving one, then those that were merged into it."""
    kept = survivor(customer_id)
    merged = _shown().filter(survivor_id=kept).order_by("merged_id")
    return [kept, *merged.values_list("merged_id", flat=True)]


def hold_release() -> None:
    """Let the release that is shown stay until the transaction ends: what it stores is under that release's survivors.

    SQLite has one writer at a time, so that nothing is to be done there.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT 1 FROM {CurrentRelease._meta.db_table} WHERE id = 1 FOR SHARE")


def _shown() -> QuerySet[MergedNumber]:
    return MergedNumber.objects.filter(release__currentrelease__id=1)
