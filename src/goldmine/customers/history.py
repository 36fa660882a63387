"""Since when a tag stands, and what stood there before it."""

from pathlib import Path

import ibis
import pyarrow.parquet as pq
from ibis.backends.duckdb import Backend
from ibis.expr.types import Table, Value

from goldmine.core.files import sql_text
from goldmine.customers.tags import Catalogue


def lay_earlier(connection: Backend, catalogue: Catalogue, before: Path | None) -> Table:
    """The history that the customers table before carries, under one name and with the same columns each time.

    Parameters
    ----------
    before : Path, optional
        The customers table before; where there is none, or it has no such column, nothing is known.

    Returns
    -------
    ibis.Table
        customer_id, and of each tag column it, ``<column>_since`` and, of exclusive sets, ``<column>_from``.
    """
    have = set(pq.read_schema(before).names) if before else set()
    columns = [
        f'"{name}"' if name in have else f'NULL::{kind} AS "{name}"' for name, kind in _columns(catalogue).items()
    ]
    source = f"read_parquet({sql_text(before)})" if before else "(SELECT NULL::VARCHAR AS customer_id LIMIT 0)"
    connection.raw_sql(f"CREATE OR REPLACE TEMP VIEW earlier AS SELECT customer_id, {', '.join(columns)} FROM {source}")
    return connection.table("earlier")


def _columns(catalogue: Catalogue) -> dict[str, str]:
    """Columns of a tag's history, and their types in DuckDB."""
    found: dict[str, str] = {}
    for one in catalogue.sets:
        for column in one.columns:
            found |= {column: "VARCHAR" if one.exclusive else "BOOLEAN", f"{column}_since": "DATE"}
            found |= {f"{column}_from": "VARCHAR"} if one.exclusive else {}
    return found


def with_history(tagged: Table, earlier: Table, catalogue: Catalogue) -> Table:
    """Put the history of each tag column beside it.

    Parameters
    ----------
    tagged : ibis.Table
        Customers with their tags, and `as_of`, the day of the table.
    earlier : ibis.Table
        From `lay_earlier`.

    Returns
    -------
    ibis.Table
        For each tag column also ``<column>_since``, the month end at which it first stood so without a break in the
        tables there are; and for exclusive sets ``<column>_from``, the tag before it (empty: none, or not known).
    """
    columns = [column for one in catalogue.sets for column in one.columns]
    exclusive = {one.column() for one in catalogue.sets if one.exclusive}
    renamed = {f"before_{name}": earlier[name] for name in _columns(catalogue)}
    earlier = earlier.select(id_before="customer_id", **renamed)
    rows = tagged.left_join(earlier, tagged.customer_id == earlier.id_before)
    found: dict[str, Value] = {}
    for column in columns:
        since = rows[f"before_{column}_since"]
        same = since.notnull() & rows[column].identical_to(rows[f"before_{column}"])
        found[f"{column}_since"] = ibis.cases((same, since), else_=rows.as_of)
        if column in exclusive:
            kept, left = rows[f"before_{column}_from"], rows[f"before_{column}"]
            found[f"{column}_from"] = ibis.cases((same, kept), else_=left)
    return rows.select(*[rows[name] for name in tagged.columns if name != "as_of"], **found)
