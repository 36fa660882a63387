"""Personal details beside an offer: masked name and telephone."""

import pandas as pd

from goldmine.contactability.tables import ContactTables


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
