"""The surviving number of each customer number as of a day; every table with customer numbers is read through it.

A merger says that two numbers are one person. From the day of the merger on, all rows of the number merged away
(transactions, balances, accounts, product events, contacts, facts, relations, opt-outs) count under the surviving
number, whenever they happened. A merger or a customer without a day has been known from the beginning. Four
rules handle invalid mergers, so that no row is lost:

* merged into a number that the bank does not have by the day: the number survives;
* merged into itself: the same;
* a chain: the last number survives;
* a cycle: its smallest number survives.
"""

from collections.abc import Mapping, Sequence
from datetime import date

import ibis
import pyarrow as pa
from ibis.backends.sql import SQLBackend

from goldmine.core.engine import keep_rows

_MERGED = pa.schema([("merged_id", pa.string()), ("survivor_id", pa.string()), ("opened_on", pa.date32())])


def surviving_numbers(merged_into: Mapping[str, str]) -> dict[str, str]:
    """Follow every chain of mergers to the number that survives.

    Parameters
    ----------
    merged_into : mapping of str to str
        The number that each merged number was merged into.

    Returns
    -------
    dict of str to str
        The surviving number of each number that was merged away.

    Examples
    --------
    >>> surviving_numbers({"A": "B", "B": "C"})
    {'A': 'C', 'B': 'C'}
    >>> surviving_numbers({"F": "E", "E": "F", "G": "F", "H": "H"})
    {'F': 'E', 'G': 'E'}
    """
    survivors: dict[str, str] = {}
    for start in merged_into:
        number, path = start, dict[str, None]()
        while number in merged_into and number not in survivors and number not in path:
            path[number] = None
            number = merged_into[number]
        if number in path:
            numbers = list(path)
            survivor = min(numbers[numbers.index(number) :])
        else:
            survivor = survivors.get(number, number)
        survivors |= dict.fromkeys(path, survivor)
    return {number: survivor for number, survivor in survivors.items() if number != survivor}


def merged_numbers(connection: SQLBackend, customers: ibis.Table, day: date | None = None) -> ibis.Table:
    """The numbers that had been merged away by a day, and the numbers that they survive under.

    It is computed once for each connection and day, and stored there as a small table.

    Parameters
    ----------
    customers : ibis.Table
        The canonical customers, on this connection.
    day : date, optional
        Mergers and customers known by then count; without a day, all of them.

    Returns
    -------
    ibis.Table
        merged_id, survivor_id, and opened_on: the day on which the merged number was opened.
    """
    name = f"merged_numbers_{day:%Y_%m_%d}" if day else "merged_numbers"
    if name not in connection.list_tables():
        keep_rows(connection, name, _resolve_mergers(connection, customers, day))
    return connection.table(name)


def mergers(customers: ibis.Table) -> ibis.Table:
    """Every number in a merger of any day, surviving or merged away: one column, customer_id."""
    merged = customers.filter(customers.merged_into.notnull())
    return ibis.union(merged.select("customer_id"), merged.select(customer_id="merged_into"), distinct=True)


def under_survivors(rows: ibis.Table, merged: ibis.Table, columns: Sequence[str] = ("customer_id",)) -> ibis.Table:
    """Rows with every customer number replaced by its surviving number.

    Parameters
    ----------
    merged : ibis.Table
        From `merged_numbers`.
    columns : sequence of str
        The columns that hold customer numbers.
    """
    for column in columns:
        numbers = merged.select("merged_id", "survivor_id")
        joined = rows.left_join(numbers, rows[column] == numbers.merged_id)
        surviving = ibis.coalesce(joined.survivor_id, joined[column])
        rows = joined.mutate(**{column: surviving}).drop("merged_id", "survivor_id")
    return rows


def surviving_customers(customers: ibis.Table, merged: ibis.Table) -> ibis.Table:
    """The customers whose number survives, each since the earliest day on which one of their numbers was opened."""
    first = merged.group_by("survivor_id").agg(first_opened_on=merged.opened_on.min())
    rows = customers.anti_join(merged, customers.customer_id == merged.merged_id)
    joined = rows.left_join(first, rows.customer_id == first.survivor_id)
    earliest = ibis.least(joined.opened_on, joined.first_opened_on)
    return joined.mutate(opened_on=earliest).select(*customers.columns)


def same_persons(rows: ibis.Table, merged: ibis.Table) -> ibis.Table:
    """All numbers, surviving or merged away, of the persons whose numbers are in `customer_id` of some rows."""
    persons = under_survivors(rows.select("customer_id"), merged).distinct()
    merged_away = merged.semi_join(persons, merged.survivor_id == persons.customer_id)
    return persons.union(merged_away.select(customer_id="merged_id"))


def _resolve_mergers(connection: SQLBackend, customers: ibis.Table, day: date | None) -> pa.Table:
    rows = customers.select("customer_id", "merged_into", "merged_on", "opened_on")
    merged = rows.filter(rows.merged_into.notnull())
    if day:
        rows = rows.filter(rows.opened_on.isnull() | (rows.opened_on <= day))
        merged = rows.filter(rows.merged_into.notnull(), rows.merged_on.isnull() | (rows.merged_on <= day))
    merged = merged.semi_join(rows.select(known_id="customer_id"), [("merged_into", "known_id")])
    merged_once = merged.group_by("customer_id").agg(into=merged.merged_into.min(), opened_on=merged.opened_on.min())
    merged_rows = connection.to_pyarrow(merged_once.order_by("customer_id"))
    numbers, into, opened_on = (merged_rows[name].to_pylist() for name in ("customer_id", "into", "opened_on"))
    survivors = surviving_numbers(dict(zip(numbers, into, strict=True)))
    opened = dict(zip(numbers, opened_on, strict=True))
    return pa.table(
        [list(survivors), list(survivors.values()), [opened[number] for number in survivors]], schema=_MERGED
    )
