"""The biggest recent move of a customer's money, whatever its sign, for the row that staff work from."""

from collections.abc import Sequence
from datetime import date

import pyarrow as pa
from ibis.backends.duckdb import Backend

from goldmine.campaigns.conditions import customer_columns
from goldmine.core.workspace import Workspace

_MONTHS = {"aum_change_30d": 1, "aum_change_90d": 3, "aum_change_180d": 6}
"""Changes of average daily AUM, and over how many months."""


def biggest_moves(connection: Backend, work: Workspace, as_of: date, customers: Sequence[str]) -> pa.Table:
    """The largest change of each customer's AUM over the last one, three or six months; of equal ones the shortest.

    Returns
    -------
    pyarrow.Table
        In the order of the customers: `biggest_move` (whole yuan, negative where money left) and `biggest_move_months`
        (1, 3 or 6); both empty where the bank has no balances or less than a yuan moved.
    """
    rows = customer_columns(connection, work, as_of, customers, list(_MONTHS)).to_pyarrow().to_pylist()
    by_customer = {row["customer_id"]: row for row in rows}
    moves = [_biggest(by_customer.get(customer, {})) for customer in customers]
    amounts = pa.array([amount for amount, _months in moves], pa.float64())
    months = pa.array([months for _amount, months in moves], pa.int32())
    return pa.table({"biggest_move": amounts, "biggest_move_months": months})


def _biggest(row: dict[str, float | None]) -> tuple[float | None, int | None]:
    moves = [(float(round(row.get(name) or 0.0)), months) for name, months in _MONTHS.items()]
    biggest = max(moves, key=lambda move: abs(move[0]))
    return biggest if biggest[0] else (None, None)
