"""What a row says of the person beside the offer: a masked name and telephone, and the best time of day."""

from datetime import date

import pandas as pd

from goldmine.contactability.tables import ContactTables
from goldmine.contract.tables import NOT_OWN_KINDS
from goldmine.core.dates import month_key

_MONTHS = 3
_LEAST = 3
BANDS = {"morning": range(7, 12), "noon": range(12, 14), "afternoon": range(14, 18), "evening": range(18, 22)}
"""Hours of each band."""


def masked_name(name: str | None) -> str:
    """A name of which only the first character is left.

    Examples
    --------
    >>> masked_name("Ouyang Nana")
    'O***'
    """
    return "" if not name else name[0] + "*" * max(1, min(len(name) - 1, 3))


def masked_phone(phone: str | None) -> str:
    """A telephone number without its middle.

    Examples
    --------
    >>> masked_phone("12043057256")
    '120****7256'
    """
    if not phone:
        return ""
    return f"{phone[:3]}****{phone[-4:]}" if len(phone) >= 11 else "****"


def masked(tables: ContactTables, customers: list[str]) -> pd.DataFrame:
    """Masked names and telephones, a row a customer: `name`, `phone`; empty where the bank has none."""
    wanted = tables.customers(customers)
    people = tables.table("customers").semi_join(wanted, "customer_id").select("customer_id", "name", "phone")
    found = people.to_pyarrow().to_pandas().drop_duplicates("customer_id").set_index("customer_id").reindex(customers)
    texts = found.astype("object").where(found.notna(), None)
    return pd.DataFrame(
        {"name": texts["name"].map(masked_name), "phone": texts["phone"].map(masked_phone)}, index=customers
    )


def time_bands(tables: ContactTables, customers: list[str], as_of: date) -> dict[str, str]:
    """The part of the day in which each customer is most active, by own transactions of the last three months.

    Returns
    -------
    dict of str to str
        By customer number; those with fewer than three transactions with a time of day are not in it.
    """
    months = [month for month in tables.bank.months("transactions") if month <= month_key(as_of)][-_MONTHS:]
    wanted = tables.customers(customers)
    moves = tables.bank.read(tables.connection, "transactions", months)
    own = ~moves.kind.isin(NOT_OWN_KINDS).fill_null(False) & (moves.channel != "batch").fill_null(True)
    timed = moves.filter(own & (moves.time != moves.time.truncate("D")))
    timed = tables.under_survivors(timed.select("customer_id", hour=timed.time.hour()))
    hours = timed.semi_join(wanted, "customer_id")
    counts = hours.group_by(["customer_id", "hour"]).agg(times=hours.count()).to_pyarrow().to_pandas()
    if counts.empty:
        return {}
    table = counts.pivot_table("times", "customer_id", "hour", "sum", fill_value=0)
    bands = pd.DataFrame({name: table.reindex(columns=list(h), fill_value=0).sum(axis=1) for name, h in BANDS.items()})
    enough = bands[bands.sum(axis=1) >= _LEAST]
    return dict((enough / [len(hours) for hours in BANDS.values()]).idxmax(axis=1))
