"""Features of families on trial: they alone are made, and joined to rows of the tables that stand.

What comes out is what `goldmine.features.build.build_features` would make with these families in their folder.
"""

from collections.abc import Iterator
from datetime import date
from functools import partial

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from ibis.backends.sql import SQLBackend

from goldmine.contract.bank import Bank
from goldmine.core.engine import connect, write_parquet
from goldmine.core.fingerprint import of_value
from goldmine.core.kept import Kept
from goldmine.core.progress import track
from goldmine.core.sql import quoted
from goldmine.core.workspace import Workspace
from goldmine.features.build import FeatureReport, bring_up_to_date, column_names, feature_fingerprint
from goldmine.features.catalogue import plan_on_trial, without_trial
from goldmine.features.sources import Source, create_views, follow_mergers

_views = Kept[SQLBackend]()
"""Connections with the views of a cutoff, by work folder and cutoff."""


def build_trial_features(bank: Bank, standing: Workspace, trial: Workspace, cutoffs: list[date]) -> FeatureReport:
    """Bring the tables of a trial up to date: customer_id and the features on trial, for `joined`.

    Parameters
    ----------
    standing : Workspace
        The work folder whose features lack the families on trial.
    trial : Workspace
        The folder of the trial.

    Raises
    ------
    HistoryError
        If the books hold no transaction in the month of a cutoff.
    """
    return bring_up_to_date(bank, trial, cutoffs, partial(_written, bank, standing, trial))


def joined(rows: pa.Table, bank: Bank, trial: Workspace) -> pa.Table:
    """Some rows of the tables that stand with the features on trial, in the order of columns of a whole build.

    Parameters
    ----------
    rows : pyarrow.Table
        customer_id, cutoff, the features that stand, and any other columns; the rows of a cutoff follow one another.
    trial : Workspace
        Its tables are those that `build_trial_features` wrote at the rows' cutoffs.
    """
    chunks: dict[str, list[pa.Array]] = {}
    for cutoff in pc.unique(rows["cutoff"]).to_pylist():
        customers = rows["customer_id"].filter(pc.equal(rows["cutoff"], cutoff))
        own = pq.read_table(trial.features(cutoff))
        own = own.take(pc.index_in(customers, own["customer_id"].combine_chunks())).drop_columns(["customer_id"])
        for name in own.column_names:
            chunks.setdefault(name, []).extend(own[name].chunks)
    for name, values in chunks.items():
        rows = rows.append_column(name, pa.chunked_array(values))
    features = column_names(bank)
    return rows.select([*features, *(name for name in rows.column_names if name not in set(features))])


def _written(bank: Bank, standing: Workspace, trial: Workspace, cutoffs: list[date]) -> Iterator[date]:
    if not cutoffs:
        return
    own, tried = plan_on_trial()
    carried = [name for name in column_names(bank) if name in set(tried)]
    table = f"SELECT {', '.join(map(quoted, ['customer_id', *carried]))} FROM ({own})"
    for cutoff in track(cutoffs, "features by cutoff"):
        write_parquet(_views_at(bank, standing, cutoff), table, trial.features(cutoff), order=("customer_id",))
        yield cutoff


def _views_at(bank: Bank, work: Workspace, cutoff: date) -> SQLBackend:
    """A connection with the views of a cutoff, kept from one trial to the next while what they read stays the same."""
    return _views.get((work, cutoff), read_fingerprint(bank, work, cutoff), partial(_connected, bank, work, cutoff))


def read_fingerprint(bank: Bank, work: Workspace, cutoff: date) -> str:
    """Fingerprint of what the views of a cutoff read, and of the code of the features that stand."""
    with without_trial():
        features = feature_fingerprint(bank, work, cutoff)
    files = [[str(file.path), file.fingerprint] for table in bank.tables.values() for file in table.files]
    return of_value([features, files])


def _connected(bank: Bank, work: Workspace, cutoff: date) -> SQLBackend:
    source = Source(connect(), bank, work, cutoff)
    create_views(source, follow_mergers(source))
    return source.connection
