"""Personal details beside an offer: masked name and telephone, and the best time of day."""

from datetime import date

import pandas as pd

from goldmine.contactability.tables import ContactTables
from goldmine.contract.tables import NOT_OWN_KINDS
from goldmine.core.dates import month_key

_MONTHS = 3
_MIN_TRANSACTIONS = 3
BANDS = {"morning": range(7, 12), "noon": range(12, 14), "afternoon": range(14, 18), "evening": range(18, 22)}
"""Hours of each band."""


def masked_name(name: str | None) -> str:
    """A name with only its first character shown.

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
    """Masked names and telephones, one row per customer: `name`, `phone`; empty if the bank has none."""
    selected = tables.customers(customers)
    people = tables.table("customers").semi_join(selected, "customer_id").select("customer_id", "name", "phone")
    details = people.to_pyarrow().to_pandas().drop_duplicates("customer_id").set_index("customer_id").reindex(customers)
    texts = details.astype("object").where(details.notna(), None)
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
    selected = tables.customers(customers)
    transactions = tables.bank.read(tables.connection, "transactions", months)
    is_own = ~transactions.kind.isin(NOT_OWN_KINDS).fill_null(False) & (transactions.channel != "batch").fill_null(True)
    timed = transactions.filter(is_own & (transactions.time != transactions.time.truncate("D")))
    timed = tables.under_survivors(timed.select("customer_id", hour=timed.time.hour()))
    hours = timed.semi_join(selected, "customer_id")
    counts = hours.group_by(["customer_id", "hour"]).agg(times=hours.count()).to_pyarrow().to_pandas()
    if counts.empty:
        return {}
    table = counts.pivot_table("times", "customer_id", "hour", "sum", fill_value=0)
    bands = pd.DataFrame({name: table.reindex(columns=list(h), fill_value=0).sum(axis=1) for name, h in BANDS.items()})
    enough = bands[bands.sum(axis=1) >= _MIN_TRANSACTIONS]
    return dict((enough / [len(hours) for hours in BANDS.values()]).idxmax(axis=1))
