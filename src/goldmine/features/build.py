"""Writing feature tables: one Parquet file a cutoff, a row a customer on the books."""

from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from ibis.backends.duckdb import Backend

import goldmine.activity
from goldmine.activity.build import partition_fingerprints
from goldmine.contract.bank import Bank
from goldmine.core import fingerprint
from goldmine.core.dates import month_end, month_key, months_back
from goldmine.core.engine import connect
from goldmine.core.errors import HistoryError
from goldmine.core.files import read_json, sql_text, whole_file, write_json
from goldmine.core.progress import track_queries
from goldmine.core.work import Work
from goldmine.features.catalogue import carried, plan, tried_folders
from goldmine.features.define import Feature
from goldmine.features.sources import Source, lay_out
from goldmine.features.told import Told
from goldmine.features.windows import AGES

_SIDE_TABLES = ("customers", "accounts", "product_events", "contacts", "relations", "external_facts")


@dataclass(frozen=True)
class FeatureReport:
    """Which cutoffs were made and which stood already."""

    made: tuple[date, ...]
    kept: tuple[date, ...]


def build_features(bank: Bank, work: Work, cutoffs: list[date]) -> FeatureReport:
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
    carried_here = [feature for feature in plan().features if carried(bank, feature)]
    write_json(_dictionary(work), [asdict(feature) for feature in carried_here])

    def make(connection: Backend, cutoff: date) -> None:
        with whole_file(work.features(cutoff)) as temporary:
            write_features(connection, bank, work, cutoff, temporary)

    rows = bank.tables["customers"].rows
    for cutoff in track_queries(made, "features by cutoff", connect, make, rows=rows):
        write_json(_mark(work, cutoff), marks[cutoff])
    return FeatureReport(tuple(made), tuple(c for c in cutoffs if c not in made))


def feature_fingerprint(bank: Bank, work: Work, cutoff: date) -> str:
    """Fingerprint of everything that a cutoff's features are made from."""
    index = partition_fingerprints(work)
    months = [month_key(day) for day in months_back(cutoff, len(AGES))]
    rooms = Path(__file__).parent, Path(goldmine.activity.__file__).parent
    return fingerprint.of_value(
        [
            fingerprint.of_code(*rooms, *tried_folders()),
            [index.get(f"{table}/{month}") for table in ("transactions", "balances") for month in months],
            [[f.fingerprint for f in bank.tables[table].files] for table in _SIDE_TABLES if bank.has(table)],
        ]
    )


def write_features(connection: Backend, bank: Bank, work: Work, cutoff: date, path: Path) -> None:
    """Write one cutoff's feature table to `path`: customer_id, cutoff, then the features, by customer_id."""
    # Rows are put in order when they are written; to keep one before that costs a third of the time.
    connection.raw_sql("SET preserve_insertion_order = false")
    lay_out(Source(connection, bank, work, cutoff))
    names = ["customer_id", "cutoff", *(f.name for f in plan().features if carried(bank, f))]
    columns = ", ".join(f'"{name}"' for name in names)
    connection.raw_sql(f"CREATE OR REPLACE TEMP TABLE base AS {plan().base}")
    connection.raw_sql(
        f"COPY (SELECT {columns} FROM ({plan().full}) ORDER BY customer_id) TO {sql_text(path)} "
        "(FORMAT parquet, COMPRESSION zstd)"
    )


def feature_dictionary(work: Work) -> tuple[Feature, ...]:
    """What the columns of a work folder's feature tables mean, in their order; empty where none were made."""
    stored = read_json(_dictionary(work), [])
    return tuple(
        Feature(**{**e, "needs": tuple(e["needs"]), "told": Told.read(e["told"]) if e["told"] else None})
        for e in stored
    )


def _dictionary(work: Work) -> Path:
    return work.root / "features" / "dictionary.json"


def _mark(work: Work, cutoff: date) -> Path:
    return work.features(cutoff).with_suffix(".json")
