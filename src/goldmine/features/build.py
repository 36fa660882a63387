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
from goldmine.core.files import read_json, write_json
from goldmine.core.progress import track_queries
from goldmine.core.seals import is_sealed, sealed_content, sealed_folder
from goldmine.core.sql import literal
from goldmine.core.workspace import Workspace
from goldmine.features.catalogue import Plan, carried, catalogue, plan, tried_folders
from goldmine.features.definition import Feature
from goldmine.features.point_in_time import known_fingerprint
from goldmine.features.sources import Source, create_views, follow_mergers, replace_view
from goldmine.features.windows import AGES

CUSTOMERS = 500_000
"""Maximum number of customers in a slice: its rows and the joins of its activity take some three gigabytes. A bank of
more than half as many is cut too, since features built in one piece stay in memory between the two queries."""


def slice_customers(connection: SQLBackend, bank: Bank) -> list[str]:
    """Cut a bank's customers into slices of about the same size, in order: SQL conditions on ``customer_id``.

    The activity is sorted by it, so that a slice reads little more than its own rows.
    """
    customers = bank.tables["customers"].rows
    if customers <= CUSTOMERS // 2:
        return ["true"]
    count = max(2, -(-customers // CUSTOMERS))
    rows = connection.compile(bank.read(connection, "customers"))
    first_ids = connection.raw_sql(
        f"SELECT min(customer_id) FROM (SELECT customer_id, ntile({count}) OVER (ORDER BY customer_id) AS slice "
        f"FROM ({rows})) GROUP BY slice ORDER BY slice"
    ).fetchall()
    starts = ["'" + first.replace("'", "''") + "'" for (first,) in first_ids]
    return [
        " AND ".join(
            ([f"customer_id >= {start}"] if position else [])
            + ([f"customer_id < {starts[position + 1]}"] if position + 1 < len(starts) else [])
        )
        for position, start in enumerate(starts)
    ]


def write_slices(source: Source, slices: list[str], feature_plan: Plan, query: str) -> None:
    """Write a cutoff's features as a folder of parts, a part a slice, each by customer_id.

    Parameters
    ----------
    source : Source
        The cutoff.
    slices : list of str
        From `slice_customers`.
    feature_plan : Plan
        The features.
    query : str
        SQL of the feature table, from the plan's ``peer_sums`` and ``part``.
    """
    connection, target = source.connection, source.work.features(source.cutoff)
    merged = follow_mergers(source)
    with sealed_folder(target) as folder, TemporaryDirectory(prefix=".base.", dir=folder) as scratch:
        parts = [Path(scratch) / f"{position:04}.parquet" for position in range(len(slices))]
        for within, part in zip(slices, parts, strict=True):
            create_views(source, merged, within)
            connection.raw_sql(f"COPY ({feature_plan.base}) TO {literal(part)} (FORMAT parquet, COMPRESSION lz4)")
        replace_view(connection, "base", f"FROM read_parquet({literal(Path(scratch) / '*.parquet')})")
        with ExitStack() as sums:
            for name, sum_query in feature_plan.peer_sums.items():  # over all customers, so once for all slices
                sums.enter_context(cached_rows(connection, name, sum_query))
            for part in parts:
                replace_view(connection, "part", f"FROM read_parquet({literal(part)})")
                write_parquet(connection, query, folder / part.name, order=("customer_id",))


@dataclass(frozen=True)
class FeatureReport:
    """Which cutoffs were built and which were up to date."""

    made: tuple[date, ...]
    kept: tuple[date, ...]


def build_features(bank: Bank, work: Workspace, cutoffs: list[date], engine: Engine = DUCKDB) -> FeatureReport:
    """Bring the feature tables of some cutoffs up to date; the activity must be there.

    A cutoff whose activity, small tables and code are unchanged is kept, if its table is as it was written.

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
    fingerprints = {cutoff: feature_fingerprint(bank, work, cutoff) for cutoff in cutoffs}
    stale = [cutoff for cutoff in cutoffs if _made_from(work, cutoff) != fingerprints[cutoff]]
    write_json(_dictionary(work), [feature.stored() for feature in catalogue() if carried(bank, feature)])

    def build(connection: SQLBackend, cutoff: date) -> None:
        write_features(connection, bank, work, cutoff)

    if stale:
        plan(engine.dialect)  # compiled here, or each thread would compile it
    rows = bank.tables["customers"].rows
    for cutoff in track_queries(stale, "features by cutoff", partial(connect, engine), build, rows=rows):
        write_json(_mark(work, cutoff), fingerprints[cutoff])
    return FeatureReport(tuple(stale), tuple(c for c in cutoffs if c not in stale))


def feature_fingerprint(bank: Bank, work: Workspace, cutoff: date) -> str:
    """Fingerprint of everything that a cutoff's features are built from: what was known by then, and the code."""
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


def feature_content(work: Workspace, cutoff: date) -> str:
    """Fingerprint of a feature table's content as it is stored, whatever it was built from.

    Raises
    ------
    HistoryError
        If the table has not been built.
    """
    table = work.features(cutoff)
    if not table.exists():
        raise HistoryError(f"features at {cutoff}: they have not been made.", "Run `goldmine features` first.")
    return sealed_content(table)


def require_current(bank: Bank, work: Workspace, cutoffs: Iterable[date]) -> None:
    """Raise if the feature table of a cutoff was built from other tables, or by other code, than the current ones.

    Raises
    ------
    HistoryError
        If a table is out of date; a missing table raises when it is read.
    """
    for cutoff in cutoffs:
        if work.features(cutoff).exists() and read_json(_mark(work, cutoff)) != feature_fingerprint(bank, work, cutoff):
            raise HistoryError(
                f"features at {cutoff}: they were made from other tables or by other code than there are now.",
                "Run `goldmine features` again, then go on.",
            )


def write_features(connection: SQLBackend, bank: Bank, work: Workspace, cutoff: date) -> None:
    """Write one cutoff's feature table: customer_id, cutoff, then the features, by customer_id."""
    source, feature_plan = Source(connection, bank, work, cutoff), plan(connection.name)
    names = ["customer_id", "cutoff", *(f.name for f in feature_plan.features if carried(bank, f))]
    columns = ", ".join(to_identifier(name, quoted=True).sql(connection.dialect) for name in names)
    query = f"SELECT {columns} FROM ({feature_plan.full})"
    slices = [] if on_spark(connection) else slice_customers(connection, bank)
    if len(slices) > 1:
        write_slices(source, slices, feature_plan, query)
        return
    create_views(source, follow_mergers(source))
    with cached_rows(connection, "base", feature_plan.base):
        replace_view(connection, "part", "SELECT * FROM base")
        for name, sums in feature_plan.peer_sums.items():
            replace_view(connection, name, sums)
        write_parquet(connection, query, work.features(cutoff), order=("customer_id",))


def feature_dictionary(work: Workspace) -> tuple[Feature, ...]:
    """The features of a work folder's feature tables, in the order of their columns; empty where there are none."""
    stored = read_json(_dictionary(work), [])
    return tuple(Feature.read(feature) for feature in stored)


def _dictionary(work: Workspace) -> Path:
    return work.root / "features" / "dictionary.json"


def _made_from(work: Workspace, cutoff: date) -> str | None:
    """What a cutoff's table was made from; None where there is none, or it is not as it was written."""
    mark: str | None = read_json(_mark(work, cutoff)) if is_sealed(work.features(cutoff)) else None
    return mark


def _mark(work: Workspace, cutoff: date) -> Path:
    return work.features(cutoff).with_suffix(".json")
