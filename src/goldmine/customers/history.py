"""Since when a tag stands, and what stood there before it."""

from datetime import date
from pathlib import Path

import ibis
import pyarrow.parquet as pq
from ibis.backends.duckdb import Backend
from ibis.expr.types import Value

from goldmine.core.files import sql_text
from goldmine.customers.tags import Catalogue


def with_history(
    connection: Backend, tagged: ibis.Table, catalogue: Catalogue, day: date, before: Path | None
) -> ibis.Table:
    """Put the history of each tag column beside it.

    Parameters
    ----------
    tagged : ibis.Table
        Customers with their tags at `day`.
    before : Path, optional
        The customers table before it; where there is none history begins at `day`.

    Returns
    -------
    ibis.Table
        For each tag column also ``<column>_since``, the month end at which it first stood so without a break in the
        tables there are; and for exclusive sets ``<column>_from``, the tag before it (empty: none, or not known).
    """
    columns = [column for one in catalogue.sets for column in one.columns if column in tagged.columns]
    exclusive = {one.column() for one in catalogue.sets if one.exclusive}
    now = ibis.literal(day)
    if before is None:
        first: dict[str, Value] = {}
        for column in columns:
            first[f"{column}_since"] = now
            if column in exclusive:
                first[f"{column}_from"] = ibis.null("string")
        return tagged.mutate(**first)
    earlier = connection.sql(f"SELECT * FROM read_parquet({sql_text(before)})")
    known = [column for column in columns if column in pq.read_schema(before).names]
    earlier = earlier.select(
        id_before="customer_id",
        **{f"before_{column}{part}": earlier[f"{column}{part}"] for column in known
           for part in ("", "_since", *(["_from"] if column in exclusive else []))},
    )  # fmt: skip
    rows = tagged.left_join(earlier, tagged.customer_id == earlier.id_before)
    found: dict[str, Value] = {}
    for column in columns:
        if column not in known:
            found[f"{column}_since"] = now
            if column in exclusive:
                found[f"{column}_from"] = ibis.null("string")
            continue
        same = rows.id_before.notnull() & rows[column].identical_to(rows[f"before_{column}"])
        found[f"{column}_since"] = ibis.cases((same, rows[f"before_{column}_since"]), else_=now)
        if column in exclusive:
            kept, left = rows[f"before_{column}_from"], rows[f"before_{column}"]
            found[f"{column}_from"] = ibis.cases((same, kept), else_=left)
    return rows.select(*[rows[name] for name in tagged.columns], **found)
