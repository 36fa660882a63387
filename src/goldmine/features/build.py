"""Writing feature tables: one Parquet file a cutoff, a row a customer on the books."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path

from ibis.backends.sql import SQLBackend
from sqlglot.expressions import to_identifier

from goldmine.activity.build import partition_fingerprints
from goldmine.contract.bank import Bank
from goldmine.core import fingerprint
from goldmine.core.code_fingerprint import code_fingerprint
from goldmine.core.dates import month_end, month_key, months_back
from goldmine.core.engine import DUCKDB, Engine, connect, kept, on_spark, write_parquet
from goldmine.core.errors import HistoryError
from goldmine.core.files import read_json, write_json
from goldmine.core.progress import track_queries
from goldmine.core.workspace import Workspace
from goldmine.features.catalogue import carried, catalogue, plan, tried_folders
from goldmine.features.definition import Feature
from goldmine.features.point_in_time import known_fingerprint
from goldmine.features.slices import slice_customers, write_slices
from goldmine.features.sources import Source, lay_out, lay_view
from goldmine.features.windows import AGES


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
    lay_out(source)
    with kept(connection, "base", made.base):
        lay_view(connection, "part", "SELECT * FROM base")
        for name, sums in made.around.items():
            lay_view(connection, name, sums)
        write_parquet(connection, query, work.features(cutoff), order=("customer_id",))


def feature_dictionary(work: Workspace) -> tuple[Feature, ...]:
    """What the columns of a work folder's feature tables mean, in their order; empty where none were made."""
    stored = read_json(_dictionary(work), [])
    return tuple(Feature.read(feature) for feature in stored)


def _dictionary(work: Workspace) -> Path:
    return work.root / "features" / "dictionary.json"


def _mark(work: Workspace, cutoff: date) -> Path:
    return work.features(cutoff).with_suffix(".json")
