"""Writing feature tables: one Parquet file a cutoff, a row a customer on the books."""

from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from ibis.backends.sql import SQLBackend
from sqlglot.expressions import to_identifier

from goldmine.activity.build import partition_fingerprints
from goldmine.contract.bank import Bank
from goldmine.core import fingerprint
from goldmine.core.code_fingerprint import code_fingerprint
from goldmine.core.dates import month_end, month_key, months_back
from goldmine.core.engine import DUCKDB, Engine, cached_rows, connect, on_spark, write_parquet
from goldmine.core.errors import HistoryError
from goldmine.core.files import read_json, whole_folder, write_json
from goldmine.core.progress import track_queries
from goldmine.core.sql import literal
from goldmine.core.workspace import Workspace
from goldmine.features.catalogue import Plan, carried, catalogue, plan, tried_folders
from goldmine.features.definition import Feature
from goldmine.features.point_in_time import known_fingerprint
from goldmine.features.sources import Source, create_views, replace_view
from goldmine.features.windows import AGES

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
        SQL of the feature table, from the plan's ``peer_sums`` and ``part``.
    """
    connection, target = source.connection, source.work.features(source.cutoff)
    with whole_folder(target) as folder, TemporaryDirectory(prefix=".base.", dir=folder) as scratch:
        parts = [Path(scratch) / f"{place:04}.parquet" for place in range(len(slices))]
        for within, part in zip(slices, parts, strict=True):
            create_views(source, within)
            connection.raw_sql(f"COPY ({made.base}) TO {literal(part)} (FORMAT parquet, COMPRESSION lz4)")
        create_views(source)
        replace_view(connection, "base", f"FROM read_parquet({literal(Path(scratch) / '*.parquet')})")
        with ExitStack() as sums:
            for name, sum_query in made.peer_sums.items():  # of everyone, so once for all slices
                sums.enter_context(cached_rows(connection, name, sum_query))
            for part in parts:
                replace_view(connection, "part", f"FROM read_parquet({literal(part)})")
                write_parquet(connection, query, folder / part.name, order=("customer_id",))


@dataclass(frozen=True)
class FeatureReport:
    """Which cutoffs were made and which stood already."""

    made: tuple[date, ...]
    kept: tuple[date, ...]


def build_features(bank: Bank, work: Workspace, cutoffs: list[date], engine: Engine = DUCKDB) -> FeatureReport:
    """Bring the feature tables of some cutoffs up to date; the activity must be there.

    A cutoff whose activity, side tables and code are unchanged is kept.

    Raises
    ------
    HistoryError
        If the books hold no transaction in the month of a cutoff.
    """
    months = bank.months("transactions")
    for cutoff in cutoffs:
        if month_key(cutoff) not in months:
            raise HistoryError(
                f"features at {cutoff}: the books hold no transactions of that month.",
                f"Use a month end from {month_end(date.fromisoformat(months[0] + '-01'))} "
                f"to {month_end(date.fromisoformat(months[-1] + '-01'))}.",
            )
    marks = {cutoff: feature_fingerprint(bank, work, cutoff) for cutoff in cutoffs}
    made = [c for c in cutoffs if read_json(_mark(work, c)) != marks[c] or not work.features(c).exists()]
    carried_here = [feature for feature in catalogue() if carried(bank, feature)]
    write_json(_dictionary(work), [feature.stored() for feature in carried_here])

    def make(connection: SQLBackend, cutoff: date) -> None:
        write_features(connection, bank, work, cutoff)

    if made:
        plan(engine.dialect)  # or each thread would compile it
    rows = bank.tables["customers"].rows
    for cutoff in track_queries(made, "features by cutoff", partial(connect, engine), make, rows=rows):
        write_json(_mark(work, cutoff), marks[cutoff])
    return FeatureReport(tuple(made), tuple(c for c in cutoffs if c not in made))


def feature_fingerprint(bank: Bank, work: Workspace, cutoff: date) -> str:
    """Fingerprint of everything that a cutoff's features are made from, which is what had been known by then."""
    index = partition_fingerprints(work)
    months = [month_key(day) for day in months_back(cutoff, len(AGES))]
    return fingerprint.of_value(
        [
            code_fingerprint(__name__),
            fingerprint.of_code(*tried_folders()),
            [index.get(f"{table}/{month}") for table in ("transactions", "balances") for month in months],
            known_fingerprint(bank, work, cutoff),
        ]
    )


def require_current(bank: Bank, work: Workspace, cutoffs: Iterable[date]) -> None:
    """Raise where the feature table of a cutoff was made from other tables, or by other code, than there are now.

    Raises
    ------
    HistoryError
        It names the first such cutoff; one that has no table at all is told where it is read.
    """
    for cutoff in cutoffs:
        if work.features(cutoff).exists() and read_json(_mark(work, cutoff)) != feature_fingerprint(bank, work, cutoff):
            raise HistoryError(
                f"features at {cutoff}: they were made from other tables or by other code than there are now.",
                "Run `goldmine features` again, then go on.",
            )


def write_features(connection: SQLBackend, bank: Bank, work: Workspace, cutoff: date) -> None:
    """Write one cutoff's feature table: customer_id, cutoff, then the features, by customer_id."""
    source, made = Source(connection, bank, work, cutoff), plan(connection.name)
    names = ["customer_id", "cutoff", *(f.name for f in made.features if carried(bank, f))]
    columns = ", ".join(to_identifier(name, quoted=True).sql(connection.dialect) for name in names)
    query = f"SELECT {columns} FROM ({made.full})"
    slices = [] if on_spark(connection) else slice_customers(connection, bank)
    if len(slices) > 1:
        write_slices(source, slices, made, query)
        return
    create_views(source)
    with cached_rows(connection, "base", made.base):
        replace_view(connection, "part", "SELECT * FROM base")
        for name, sums in made.peer_sums.items():
            replace_view(connection, name, sums)
        write_parquet(connection, query, work.features(cutoff), order=("customer_id",))


def feature_dictionary(work: Workspace) -> tuple[Feature, ...]:
    """What the columns of a work folder's feature tables mean, in their order; empty where none were made."""
    stored = read_json(_dictionary(work), [])
    return tuple(Feature.read(feature) for feature in stored)


def _dictionary(work: Workspace) -> Path:
    return work.root / "features" / "dictionary.json"


def _mark(work: Workspace, cutoff: date) -> Path:
    return work.features(cutoff).with_suffix(".json")
