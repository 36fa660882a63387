"""Contacts that marketing returned join the bank's own."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import duckdb

from goldmine.contract.schema import TableSpec
from goldmine.core.sql import literal, quoted


def join_returned(
    connection: duckdb.DuckDBPyConnection, spec: TableSpec, own: Sequence[Path], returned: Path, data_until: date
) -> list[str]:
    """Put the bank's contacts and the returned ones into one view, ``joined``.

    Of a contact that both hold the bank's row counts, unless the customer asked in the other never to be contacted
    again; a returned one is taken from the day on that the books reach it.

    Parameters
    ----------
    own : sequence of Path
        The bank's canonical files; none where it has no such table.
    returned : Path
        Contacts in the contract's types.

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
        f"CREATE VIEW field AS FROM read_parquet({literal(returned)}) WHERE contacted_on <= DATE '{data_until}'"
    )
    refused = f"SELECT ({key}) FROM field WHERE answer = 'opt_out'"
    connection.execute(
        f"CREATE VIEW joined AS (FROM bank WHERE ({key}) NOT IN ({refused})) UNION ALL BY NAME "
        f"(FROM field WHERE answer = 'opt_out' OR ({key}) NOT IN (SELECT ({key}) FROM bank))"
    )
    there = {row[0] for row in connection.execute("DESCRIBE joined").fetchall()}
    return [column.name for column in spec.columns if column.name in there]
