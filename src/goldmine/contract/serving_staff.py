"""Who of the staff is at work on a day; somebody who has left is named nowhere as the one in charge of a customer."""

from datetime import date

import ibis
from ibis.backends.sql import SQLBackend

from goldmine.contract.bank import Bank


def serving(staff: ibis.Table, day: date) -> ibis.Table:
    """The rows of the staff who had not left by a day. Who leaves on the day itself has left.

    Parameters
    ----------
    staff : ibis.Table
        The canonical table of staff.

    Examples
    --------
    >>> staff = ibis.memtable({"staff_id": ["S1", "S2", "S3"],
    ...     "left_on": [None, date(2024, 6, 30), date(2024, 7, 1)]}, schema={"staff_id": "string", "left_on": "date"})
    >>> sorted(serving(staff, date(2024, 6, 30)).to_pyarrow()["staff_id"].to_pylist())
    ['S1', 'S3']
    """
    return staff.filter(staff.left_on.isnull() | (staff.left_on > day))


def leavers(connection: SQLBackend, bank: Bank, day: date) -> ibis.Table:
    """The numbers of the staff who had left by a day: one column, `staff_id`.

    Of a number that stands twice, one row at work is enough to be at work. Without a column ``left_on`` nobody left.
    """
    staff = bank.read(connection, "staff").select("staff_id", "left_on")
    return staff.anti_join(serving(staff, day), "staff_id").select("staff_id").distinct()


def without_leavers(connection: SQLBackend, bank: Bank, customers: ibis.Table, day: date) -> ibis.Table:
    """The customers, with no `manager_id` where the customer manager had left by a day.

    Their customers are the branch's until the bank names somebody else. A number that the table of staff does not
    hold stays, since nothing says that the person has left.

    Parameters
    ----------
    connection : SQLBackend
        The connection that the customers are read through.
    customers : ibis.Table
        Rows with `manager_id`.
    """
    if not bank.has("staff", "left_on"):
        return customers
    left = leavers(connection, bank, day).rename(leaver="staff_id")
    rows = customers.left_join(left, customers.manager_id == left.leaver)
    manager = ibis.cases((rows.leaver.isnull(), rows.manager_id))
    return rows.mutate(manager_id=manager).select(*customers.columns)
