"""The natural persons on the books with household, grid and branch: whom field work is about."""

from dataclasses import dataclass
from datetime import date

import pandas as pd
from ibis.backends.sql import SQLBackend

from goldmine.contract.bank import Bank
from goldmine.core.engine import connect, keep_rows
from goldmine.core.errors import ContractError
from goldmine.core.i18n import _
from goldmine.identity import merged_numbers, surviving_customers
from goldmine.identity.households import households

GRID_SOURCES = ("books", "household", "address", "branch")
"""Where a resident's grid comes from: the books; else the household's, that of most customers at the same address, the
smallest grid of the branch."""


@dataclass(frozen=True)
class Residents:
    """Everybody whom field work is about, at a snapshot.

    Parameters
    ----------
    connection : SQLBackend
        Holds the table ``residents``: customer_id, household_id, is_head, members, branch_id, grid_id (empty where the
        bank's grids do not have it), address, id_number_hash.
    bank, as_of : Bank, date
        The bank and the snapshot.
    """

    connection: SQLBackend
    bank: Bank
    as_of: date

    def frame(self, query: str) -> pd.DataFrame:
        """The rows of a query over the connection's tables."""
        return self.connection.con.execute(query).to_arrow_table().to_pandas()


def residents(bank: Bank, as_of: date) -> Residents:
    """Read them, under surviving numbers.

    Raises
    ------
    ContractError
        If the bank has no grids, or its customers have none.
    """
    for table, column in (("grids", "grid_id"), ("customers", "grid_id")):
        if not bank.has(table, column):
            raise ContractError(
                _("grid: this bank has no {table}.{column}.", table=table, column=column),
                _("Map what is missing in bank.yaml."),
            )
    connection = connect()
    found = households(connection, bank, as_of)
    keep_rows(connection, "household_members", found.rows)
    customers = bank.read(connection, "customers")
    people = surviving_customers(customers, merged_numbers(connection, customers, as_of))
    people = people.select("customer_id", "branch_id", "grid_id", "address", "id_number_hash")
    grids = bank.read(connection, "grids").select("grid_id", "branch_id")
    connection.raw_sql(
        "CREATE TEMP TABLE residents AS SELECT h.customer_id, h.household_id, h.is_head, h.members, "
        "coalesce(c.branch_id, g.branch_id) AS branch_id, g.grid_id, nullif(trim(c.address), '') AS address, "
        "c.id_number_hash FROM household_members AS h "
        f"JOIN (SELECT DISTINCT ON (customer_id) * FROM ({connection.compile(people)})) AS c USING (customer_id) "
        f"LEFT JOIN (SELECT grid_id, min(branch_id) AS branch_id FROM ({connection.compile(grids)}) GROUP BY ALL) AS g "
        "ON g.grid_id = c.grid_id"
    )
    return Residents(connection, bank, as_of)


def with_proposed_grids(found: Residents) -> None:
    """Make the table ``located``: residents with `grid_id`, proposed where the books have none, and `grid_source`."""
    found.connection.raw_sql("CREATE OR REPLACE TEMP TABLE located AS " + _LOCATED)


_LOCATED = """
WITH by_household AS (
  SELECT household_id, mode(grid_id ORDER BY grid_id) AS grid_id FROM residents WHERE grid_id IS NOT NULL GROUP BY ALL
),
by_address AS (
  SELECT address, mode(grid_id ORDER BY grid_id) AS grid_id FROM residents
  WHERE grid_id IS NOT NULL AND address IS NOT NULL GROUP BY ALL
),
sizes AS (SELECT branch_id, grid_id, count(*) AS customers FROM residents WHERE grid_id IS NOT NULL GROUP BY ALL),
by_branch AS (SELECT branch_id, arg_min(grid_id, (customers, grid_id)) AS grid_id FROM sizes GROUP BY ALL)
SELECT r.* EXCLUDE (grid_id, address, id_number_hash),
  coalesce(r.grid_id, h.grid_id, a.grid_id, b.grid_id) AS grid_id,
  CASE WHEN r.grid_id IS NOT NULL THEN 'books' WHEN h.grid_id IS NOT NULL THEN 'household'
       WHEN a.grid_id IS NOT NULL THEN 'address' WHEN b.grid_id IS NOT NULL THEN 'branch' END AS grid_source
FROM residents AS r LEFT JOIN by_household AS h USING (household_id) LEFT JOIN by_address AS a USING (address)
LEFT JOIN by_branch AS b ON b.branch_id = r.branch_id
"""
