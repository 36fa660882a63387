"""Who of a visit list is still to be visited when a week is planned from it, which may be weeks later."""

from datetime import date

import ibis
import pandas as pd

from goldmine.contactability import ContactTables, may_contact
from goldmine.contract.bank import Bank
from goldmine.core.engine import read_parquet
from goldmine.core.workspace import Workspace
from goldmine.grid.one_grid import require_grid


def still_to_visit(bank: Bank, work: Workspace, as_of: date, listed: pd.DataFrame) -> pd.DataFrame:
    """The rows of a visit list of whose household nobody was met since, and whom to ask for may be visited now.

    Visits that visitors brought back count before the next intake does. A member to ask for who has moved away is left
    out, and so is one whom the contact rules exclude by now.

    Parameters
    ----------
    listed : pandas.DataFrame
        customer_id (the member to ask for) and household_id.
    """
    tables = ContactTables.open(bank, work, as_of)
    visits = tables.table("visits").select("customer_id", "visited_on", "result")
    returned = work.returned_visits("visits")
    if returned.exists():
        visits = visits.union(tables.connection.read_parquet(str(returned)).select(*visits.columns))
    since = visits.filter(visits.visited_on > as_of)
    homes = read_parquet(tables.connection, [require_grid(work, as_of)], ["customer_id", "household_id"])
    met = homes.semi_join(tables.with_survivors(since.filter(since.result == "met")), "customer_id")
    rested = _values(met.household_id)
    moved = _values(tables.with_survivors(since.filter(since.result == "moved")).customer_id)
    allowed = may_contact(tables, set(listed["customer_id"]), "visit").allowed_customers
    customer, household = listed["customer_id"], listed["household_id"]
    return listed[customer.isin(allowed) & ~customer.isin(moved) & ~household.isin(rested)]


def _values(column: ibis.Column) -> set[str]:
    return set(column.to_pyarrow().to_pylist())
