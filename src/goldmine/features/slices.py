"""A large bank's feature table, made a slice of customers at a time, so that memory does not grow with the bank."""

from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from ibis.backends.sql import SQLBackend

from goldmine.contract.bank import Bank
from goldmine.core.engine import kept, write_parquet
from goldmine.core.files import whole_folder
from goldmine.core.sql import literal
from goldmine.features.catalogue import Plan
from goldmine.features.sources import Source, lay_out, lay_view

CUSTOMERS = 500_000
"""In a slice, at most: its rows and the joins of its activity take some three gigabytes. A bank of more than half as
many is cut too, since what is made whole is kept in memory between its two queries."""


def slice_customers(connection: SQLBackend, bank: Bank) -> list[str]:
    """Cut a bank's customers into slices of about one size, in order: conditions on ``customer_id``.

    The activity lies in this order, so that a slice reads little more than its own rows.
    """
    customers = bank.tables["customers"].rows
    if customers <= CUSTOMERS // 2:
        return ["true"]
    count = max(2, -(-customers // CUSTOMERS))
    rows = connection.compile(bank.read(connection, "customers"))
    told = connection.raw_sql(
        f"SELECT min(customer_id) FROM (SELECT customer_id, ntile({count}) OVER (ORDER BY customer_id) AS slice "
        f"FROM ({rows})) GROUP BY slice ORDER BY slice"
    ).fetchall()
    starts = ["'" + first.replace("'", "''") + "'" for (first,) in told]
    return [
        " AND ".join(
            ([f"customer_id >= {start}"] if place else [])
            + ([f"customer_id < {starts[place + 1]}"] if place + 1 < len(starts) else [])
        )
        for place, start in enumerate(starts)
    ]


def write_slices(source: Source, slices: list[str], made: Plan, query: str) -> None:
    """Write a cutoff's features as a folder of parts, a part a slice, each by customer_id.

    Parameters
    ----------
    source : Source
        The cutoff.
    slices : list of str
        From `slice_customers`.
    made : Plan
        The features.
    query : str
        SQL of the feature table, from the plan's ``around`` and ``part``.
    """
    connection, target = source.connection, source.work.features(source.cutoff)
    with whole_folder(target) as folder, TemporaryDirectory(prefix=".base.", dir=folder) as scratch:
        parts = [Path(scratch) / f"{place:04}.parquet" for place in range(len(slices))]
        for within, part in zip(slices, parts, strict=True):
            lay_out(source, within)
            connection.raw_sql(f"COPY ({made.base}) TO {literal(part)} (FORMAT parquet, COMPRESSION lz4)")
        lay_out(source)
        lay_view(connection, "base", f"FROM read_parquet({literal(Path(scratch) / '*.parquet')})")
        with ExitStack() as sums:
            for name, around in made.around.items():  # of everyone, so once for all slices
                sums.enter_context(kept(connection, name, around))
            for part in parts:
                lay_view(connection, "part", f"FROM read_parquet({literal(part)})")
                write_parquet(connection, query, folder / part.name, order=("customer_id",))
