"""Mergers that the bank decided on in the workbench join those of its own tables."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import duckdb

from goldmine.contract.schema import TableSpec
from goldmine.core.sql import literal, quoted


def join_mergers(
    connection: duckdb.DuckDBPyConnection, spec: TableSpec, own: Sequence[Path], mergers: Path, data_until: date
) -> list[str]:
    """Put the bank's customers with the decided mergers into one view, ``joined``.

    A merger of the bank's own tables counts before a decided one; a decided one is taken from the day on that the books
    reach it, and only into a number that the bank has and has not itself merged into the same customer: both numbers of
    such a circle would be merged away.

    Returns
    -------
    list of str
        The view's columns, in the contract's order.
    """
    files = f"[{', '.join(literal(path) for path in own)}]"
    connection.execute(f"CREATE VIEW bank AS FROM read_parquet({files})")
    held = {row[0] for row in connection.execute("DESCRIBE bank").fetchall()}
    connection.execute(
        f"CREATE VIEW decided AS SELECT * FROM read_parquet({literal(mergers)}) "
        f"WHERE merged_on <= DATE '{data_until}' AND merged_into IN (SELECT customer_id FROM bank)"
    )
    own_merger = "b.merged_into" if "merged_into" in held else "NULL"
    own_day = "b.merged_on" if "merged_on" in held else "NULL"
    connection.execute(
        f"""
        CREATE VIEW merged_back AS
        WITH RECURSIVE onward AS (
          SELECT customer_id, merged_into AS reached FROM decided
          UNION SELECT onward.customer_id, {own_merger} FROM onward JOIN bank AS b ON b.customer_id = onward.reached
          WHERE {own_merger} IS NOT NULL
        )
        SELECT DISTINCT customer_id FROM onward WHERE reached = customer_id
        """
    )
    others = ", ".join(f"b.{quoted(name)}" for name in held if name not in ("merged_into", "merged_on"))
    connection.execute(
        f"CREATE VIEW joined AS SELECT {others}, coalesce({own_merger}, d.merged_into) AS merged_into, "
        f"CASE WHEN {own_merger} IS NOT NULL THEN {own_day} ELSE d.merged_on END AS merged_on "
        "FROM bank AS b LEFT JOIN (FROM decided ANTI JOIN merged_back USING (customer_id)) AS d "
        "ON d.customer_id = b.customer_id"
    )
    there = held | {"merged_into", "merged_on"}
    return [column.name for column in spec.columns if column.name in there]
