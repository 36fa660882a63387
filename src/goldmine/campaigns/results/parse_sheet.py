"""Read a file of results from marketing."""

from pathlib import Path

from goldmine.core.columns import columns
from goldmine.core.sheet import Sheet, Wanted, read_returned

RESULT_COLUMNS = ("campaign_id", "customer_id", "contacted_on", "channel", "answer", "note")
COMPULSORY = ("campaign_id", "customer_id", "contacted_on", "channel", "answer")


def read_sheet(path: Path) -> Sheet:
    """Read the results in a CSV file, or in all sheets of a workbook that have their columns.

    Raises
    ------
    ContractError
        If there is no such file, it cannot be read, or a column is missing or duplicated.
    """
    return read_returned(path, Wanted(columns(RESULT_COLUMNS), COMPULSORY))
