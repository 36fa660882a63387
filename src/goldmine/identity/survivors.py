"""Which number a customer survives under, known by a day; every table with customer numbers is read through it.

A merger says that two numbers are one person. From the day of the merger on, all rows of the number merged away
(transactions, balances, accounts, product events, contacts, facts, relations, refusals) count under the number that
survives, whenever they happened. A merger without a day has been known from the beginning, like a customer without the
day on which they came. Four rules answer what no merger should be, so that no row is lost:

* merged into a number that the bank does not have (or not yet, by the day): the number survives itself;
* merged into itself: the same;
* a chain: the last number survives;
* a circle: its smallest number survives.
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
        The surviving number of each number that does not survive itself.

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

    It is worked out once a connection and day, and kept there as a small table.

    Parameters
    ----------
    customers : ibis.Table
        The canonical customers, on this connection.
    day : date, optional
        Mergers and customers known by then count; without a day all that the books hold.

    Returns
    -------
    ibis.Table
        merged_id, survivor_id, and opened_on: the day on which the merged number came onto the books.
    """
    name = f"merged_numbers_{day:%Y_%m_%d}" if day else "merged_numbers"
    if name not in connection.list_tables():
        keep_rows(connection, name, _resolved(connection, customers, day))
    return connection.table(name)


def mergers(customers: ibis.Table) -> ibis.Table:
    """Every number that takes part in a merger of any day, merged away or not: one column, customer_id."""
    merged = customers.filter(customers.merged_into.notnull())
    return ibis.union(merged.select("customer_id"), merged.select(customer_id="merged_into"), distinct=True)


def under_survivors(rows: ibis.Table, merged: ibis.Table, columns: Sequence[str] = ("customer_id",)) -> ibis.Table:
    """The same rows with the numbers that survive.

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
    away = merged.semi_join(persons, merged.survivor_id == persons.customer_id)
    return persons.union(away.select(customer_id="merged_id"))


def _resolved(connection: SQLBackend, customers: ibis.Table, day: date | None) -> pa.Table:
    rows = customers.select("customer_id", "merged_into", "merged_on", "opened_on")
    merged = rows.filter(rows.merged_into.notnull())
    if day:
        rows = rows.filter(rows.opened_on.isnull() | (rows.opened_on <= day))
        merged = rows.filter(rows.merged_into.notnull(), rows.merged_on.isnull() | (rows.merged_on <= day))
    merged = merged.semi_join(rows.select(known_id="customer_id"), [("merged_into", "known_id")])
    once = merged.group_by("customer_id").agg(into=merged.merged_into.min(), opened_on=merged.opened_on.min())
    found = connection.to_pyarrow(once.order_by("customer_id"))
    numbers, into, opened_on = (found[name].to_pylist() for name in ("customer_id", "into", "opened_on"))
    survivors = surviving_numbers(dict(zip(numbers, into, strict=True)))
    opened = dict(zip(numbers, opened_on, strict=True))
    away = list(survivors)
    return pa.table([away, list(survivors.values()), [opened[number] for number in away]], schema=_MERGED)
