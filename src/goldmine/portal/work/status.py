"""The status of rows, worked out from the results of their customers."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from goldmine.portal.models import CallBack, ListRow, OptOut, Release, Result
from goldmine.portal.row_security import system_task

TO_WORK = ("open", "call_back")
"""Statuses of rows that someone still has to work."""
NOT_REACHED = "not_reached"
WRONG_NUMBER = "wrong_number"
NOBODY_REACHED = (NOT_REACHED, WRONG_NUMBER)
"""Answers of a contact that reached nobody."""
OPT_OUT = "opt_out"
_AT_ONCE = 500
"""Rows that one statement changes: databases limit its parameters."""


@system_task()
def refresh_status(numbers: list[str]) -> None:
    """Set the status of a person's rows, in all releases that are loaded.

    Parameters
    ----------
    numbers : list of str
        From `goldmine.portal.persons.numbers_of`: results and call-backs stand under the first.
    """
    rows = ListRow.objects.filter(customer_id__in=numbers)
    results = Result.objects.filter(customer_id=numbers[0])
    _set_status(rows, results, OptOut.objects.all(), dict.fromkeys(numbers, numbers[0]))


@system_task()
def apply_results(release: Release) -> None:
    """Give the rows of a release the status that results since its snapshot give them; for whoever loads releases."""
    rows = ListRow.objects.filter(release=release)
    results = Result.objects.filter(contacted_on__gt=release.as_of)
    known = OptOut.objects.values("customer_id").union(results.values("customer_id"))
    called_again = CallBack.objects.filter(done_at=None).values("customer_id")
    numbers = {row["customer_id"] for row in known.union(called_again)}
    for customers in _batches(sorted(numbers)):
        _set_status(rows.filter(customer_id__in=customers), results, OptOut.objects.all(), {})


def _set_status(rows: Any, results: Any, opt_outs: Any, persons: Mapping[str, str]) -> None:
    """Set the status of rows; a result counts for rows of the snapshots before it.

    Parameters
    ----------
    persons : mapping of str to str
        Surviving number by the numbers of older releases.
    """
    listed = list(
        rows.select_related("release").only("customer_id", "list_name", "channel", "status", "release__as_of")
    )
    for row in listed:
        row.customer_id = persons.get(row.customer_id, row.customer_id)
    numbers = {row.customer_id for row in listed}
    refused = set(opt_outs.filter(customer_id__in=numbers).values_list("customer_id", flat=True))
    due = set(CallBack.objects.filter(customer_id__in=numbers, done_at=None).values_list("customer_id", "list_name"))
    by_customer = defaultdict(list)
    for result in results.filter(customer_id__in=numbers).exclude(answer__in=(NOT_REACHED, OPT_OUT)):
        by_customer[result.customer_id].append(result)
    changed = defaultdict(list)
    for row in listed:
        if row.customer_id in refused:
            status = "refused"
        elif (row.customer_id, row.list_name) in due:
            status = "call_back"
        else:
            status = "done" if any(_works_off(result, row) for result in by_customer[row.customer_id]) else "open"
        if row.status != status:
            changed[status].append(row.pk)
    for status, keys in changed.items():
        for some in _batches(keys):
            ListRow.objects.filter(pk__in=some).update(status=status)


def _works_off(result: Result, row: ListRow) -> bool:
    """Whether a result ends the work on a row: one of its list, or, for a call, that the number is wrong."""
    wrong = result.answer == WRONG_NUMBER and row.channel == "call"
    return (result.list_name == row.list_name or wrong) and result.contacted_on > row.release.as_of


def _batches(values: list[Any]) -> list[list[Any]]:
    return [values[start : start + _AT_ONCE] for start in range(0, len(values), _AT_ONCE)]
