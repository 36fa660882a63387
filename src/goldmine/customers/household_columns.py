"""The household that a customer lives in, as columns of the customers table: members and what they hold together.

Whose ties may not be used is in no household here, and no other member's household counts them.
"""

from datetime import date

from goldmine.contract.bank import Bank
from goldmine.core.engine import keep_rows
from goldmine.customers.graph.consent import has_link_consent, linkable
from goldmine.customers.source_tables import SourceTables
from goldmine.identity.households import households

HOUSEHOLD_COLUMNS = ("household_members", "household_aum")
"""Natural persons of the household, and their average daily AUM of the month in yuan; conditions may use them."""


def has_households(bank: Bank) -> bool:
    """Whether a bank says whose ties may be used, and what customers hold."""
    return has_link_consent(bank) and bank.has("balances")


def with_households(sources: SourceTables, day: date, rows: str) -> str:
    """SQL of some rows of customers with `HOUSEHOLD_COLUMNS`, empty for firms and those without consent.

    Parameters
    ----------
    rows : str
        SQL of all customers at the day: customer_id, and aum_fen, their average daily AUM in whole fen.
    """
    if not has_households(sources.bank):
        return f"SELECT r.* EXCLUDE (aum_fen) FROM ({rows}) AS r"
    found = households(sources.connection, sources.bank, day, among=linkable(sources, day))
    keep_rows(sources.connection, "household_of", found.rows.select(["customer_id", "household_id", "members"]))
    together = "sum(r.aum_fen) OVER (PARTITION BY h.household_id) / 100"
    return (
        "SELECT r.* EXCLUDE (aum_fen), h.members AS household_members, "
        f"CASE WHEN h.household_id IS NOT NULL THEN {together} END AS household_aum "
        f"FROM ({rows}) AS r LEFT JOIN household_of AS h USING (customer_id)"
    )
