"""Slices of a bank's customers, which tasks work on side by side and which bound what one holds in memory."""

from goldmine.contract.bank import Bank
from goldmine.core.engine import connect
from goldmine.core.sql import literal


def slice_customers(bank: Bank, most: int) -> list[str]:
    """Cut a bank's customers into slices of about the same size, in order: SQL conditions on ``customer_id``.

    Activity and features are sorted by it, so that a slice of them reads little more than its own rows.

    Parameters
    ----------
    most : int
        Maximum number of customers in a slice; a bank of up to half as many is one.
    """
    customers = bank.tables["customers"].rows
    if customers <= most // 2:
        return ["true"]
    count = max(2, -(-customers // most))
    connection = connect()
    rows = connection.compile(bank.read(connection, "customers"))
    first_ids = connection.raw_sql(
        f"SELECT min(customer_id) FROM (SELECT customer_id, ntile({count}) OVER (ORDER BY customer_id) AS slice "
        f"FROM ({rows})) GROUP BY slice ORDER BY slice"
    ).fetchall()
    starts = [literal(first) for (first,) in first_ids]
    return [
        " AND ".join(
            ([f"customer_id >= {start}"] if position else [])
            + ([f"customer_id < {starts[position + 1]}"] if position + 1 < len(starts) else [])
        )
        for position, start in enumerate(starts)
    ]
