"""The table of households at a month end, in the work folder: a row a customer, with the sums of the household."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd

from goldmine.contract.bank import Bank
from goldmine.core.dates import month_key
from goldmine.core.engine import connect, keep_rows, write_parquet
from goldmine.core.errors import HistoryError
from goldmine.core.i18n import _
from goldmine.core.workspace import Workspace
from goldmine.identity.households import households
from goldmine.identity.survivors import merged_numbers, under_survivors


@dataclass(frozen=True)
class BuiltHouseholds:
    """What was made.

    Parameters
    ----------
    path : Path
        The table.
    customers, households, several : int
        Customers, their households, and those among them with more than one member.
    too_large : int
        Groups that were taken apart.
    """

    path: Path
    customers: int
    households: int
    several: int
    too_large: int


def households_path(work: Workspace, as_of: date) -> Path:
    """The table of a month end."""
    return work.root / "households" / f"{as_of}.parquet"


def read_households(work: Workspace, as_of: date) -> pd.DataFrame:
    """The table of a month end, sums as floats.

    Raises
    ------
    HistoryError
        If it has not been made.
    """
    path = households_path(work, as_of)
    if not path.exists():
        raise HistoryError(
            _("households at {as_of}: they have not been made.", as_of=as_of), _("Run `goldmine households` first.")
        )
    table = pd.read_parquet(path)
    sums = [name for name in table if name.endswith(("_aum", "_loans"))]
    return table.astype(dict.fromkeys(sums, float))


def build_households(bank: Bank, work: Workspace, as_of: date) -> BuiltHouseholds:
    """Find the households of a month end, add up their balances, and store them.

    Columns: customer_id, household_id (the head's number), is_head, members, household_aum and household_loans in yuan
    at the month end, household_products (product classes that any member holds), customer_aum (the customer's own).
    Without balances of the month the sums are unknown.

    Raises
    ------
    HistoryError
        If there are balances, and none of that month.
    """
    bank.require_balances(as_of)
    connection = connect()
    found = households(connection, bank, as_of)
    keep_rows(connection, "household_members", found.rows)
    merged = merged_numbers(connection, bank.read(connection, "customers"), as_of)
    balances = bank.read(connection, "balances", [month_key(as_of)])
    held = under_survivors(balances.select("customer_id", "product_class", "balance"), merged)
    sums = (
        "SELECT household_id, sum(balance) FILTER (product_class <> 'loan') AS aum, "
        "sum(balance) FILTER (product_class = 'loan') AS loans, "
        f"count(DISTINCT product_class) FILTER (balance > 0) AS products FROM ({connection.compile(held)}) AS b "
        "JOIN household_members USING (customer_id) GROUP BY ALL"
    )
    own = (
        "SELECT customer_id, sum(balance) FILTER (product_class <> 'loan') AS aum "
        f"FROM ({connection.compile(held)}) AS h GROUP BY ALL"
    )
    zero = "0" if bank.has("balances") else "NULL"
    query = (
        f"SELECT m.*, coalesce(s.aum, {zero})::DECIMAL(18, 2) AS household_aum, "
        f"coalesce(s.loans, {zero})::DECIMAL(18, 2) AS household_loans, "
        f"coalesce(s.products, {zero})::INTEGER AS household_products, "
        f"coalesce(o.aum, {zero})::DECIMAL(18, 2) AS customer_aum FROM household_members AS m "
        f"LEFT JOIN ({sums}) AS s USING (household_id) LEFT JOIN ({own}) AS o USING (customer_id)"
    )
    path = households_path(work, as_of)
    write_parquet(connection, query, path, order=("household_id", "customer_id"))
    customers, number, several = connection.con.execute(
        "SELECT count(*), count(*) FILTER (is_head), count(*) FILTER (is_head AND members > 1) FROM household_members"
    ).fetchall()[0]
    return BuiltHouseholds(path, customers, number, several, found.too_large)
