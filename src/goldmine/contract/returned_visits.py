"""Visits and facts that visitors brought back join the bank's own."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import duckdb

from goldmine.contract.schema import TableSpec
from goldmine.core.sql import literal, quoted

DAYS = {"visits": "visited_on", "external_facts": "observed_on"}
"""By table: the day of a row; one is taken from that day on."""


def join_visits(
    connection: duckdb.DuckDBPyConnection, spec: TableSpec, own: Sequence[Path], returned: Path, data_until: date
) -> list[str]:
    """Put the bank's rows of a table and the returned ones into one view, ``joined``; of one key the bank's counts.

    Returns
    -------
    list of str
        The view's columns, in the contract's order.
    """
    key = ", ".join(quoted(name) for name in spec.key)
    files = f"[{', '.join(literal(path) for path in own)}]"
    bank = f"FROM read_parquet({files})" if own else f"FROM read_parquet({literal(returned)}) WHERE false"
    connection.execute(f"CREATE VIEW bank AS {bank}")
    connection.execute(
        f"CREATE VIEW joined AS (FROM bank) UNION ALL BY NAME (SELECT * FROM read_parquet({literal(returned)}) "
        f"WHERE {DAYS[spec.name]} <= DATE '{data_until}' AND ({key}) NOT IN (SELECT ({key}) FROM bank))"
    )
    there = {row[0] for row in connection.execute("DESCRIBE joined").fetchall()}
    return [column.name for column in spec.columns if column.name in there]
