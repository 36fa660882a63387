"""Who refuses that ties to others are used, or was not asked: under any number, and for the past too."""

import ibis
from ibis.backends.duckdb import Backend

from goldmine.contract.bank import Bank
from goldmine.identity.survivors import merged_numbers, same_persons


def refusing(connection: Backend, bank: Bank) -> ibis.Table:
    """All numbers of the persons of whom one number refuses, or leaves it unsaid: `customer_id`.

    A refusal counts for all numbers of a person, whenever they are merged. In a bank without the column everybody's is
    unsaid.
    """
    rows = bank.read(connection, "customers").select("customer_id", "link_consent", "merged_into", "merged_on",
                                                     "opened_on")  # fmt: skip
    refused = rows.filter(~rows.link_consent.fill_null(False)).select("customer_id")
    return same_persons(refused, merged_numbers(connection, rows)).distinct()
