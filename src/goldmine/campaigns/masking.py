"""Masked names and telephones, as they stand beside an offer."""

import pandas as pd
import pyarrow as pa

from goldmine.contactability.tables import ContactTables
from goldmine.core.masked import masked_names, masked_phones


def masked(tables: ContactTables, customers: list[str]) -> pd.DataFrame:
    """Masked names and telephones, one row per customer: `name`, `phone`; empty if the bank has none."""
    selected = tables.customers(customers)
    people = tables.table("customers").semi_join(selected, "customer_id").select("customer_id", "name", "phone")
    details = people.to_pyarrow().to_pandas().drop_duplicates("customer_id").set_index("customer_id").reindex(customers)
    return pd.DataFrame(
        {
            "name": masked_names(pa.array(details["name"], pa.string(), from_pandas=True)).to_pylist(),
            "phone": masked_phones(pa.array(details["phone"], pa.string(), from_pandas=True)).to_pylist(),
        },
        index=customers,
        dtype="object",
    )
