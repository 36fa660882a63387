"""Feature tables with families on trial: their features alone are computed, and joined to the tables that stand.

What comes out is what `goldmine.features.build.build_features` would make with these families in their folder.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import partial

from ibis.backends.sql import SQLBackend

from goldmine.contract.bank import Bank
from goldmine.core.engine import connect, parquet_rows, write_parquet
from goldmine.core.progress import track_queries
from goldmine.core.sql import quoted
from goldmine.core.workspace import Workspace
from goldmine.features.build import FeatureReport, bring_up_to_date, column_names
from goldmine.features.catalogue import plan_on_trial
from goldmine.features.sources import Source, create_views, follow_mergers, replace_view


def build_trial_features(bank: Bank, standing: Workspace, trial: Workspace, cutoffs: list[date]) -> FeatureReport:
    """Bring the feature tables of a trial up to date; those that stand must be.

    Parameters
    ----------
    standing : Workspace
        The work folder whose features lack the families on trial.
    trial : Workspace
        The folder of the trial; its activity is that of `standing`.

    Raises
    ------
    HistoryError
        If the books hold no transaction in the month of a cutoff.
    """
    return bring_up_to_date(bank, trial, cutoffs, partial(_written, bank, standing, trial))


def _written(bank: Bank, standing: Workspace, trial: Workspace, cutoffs: list[date]) -> Iterator[date]:
    if not cutoffs:
        return
    columns = ", ".join(map(quoted, column_names(bank)))
    own, _names = plan_on_trial()
    job = _TrialJob(bank, standing, trial, f"SELECT {columns} FROM standing JOIN ({own}) USING (customer_id)")
    rows = bank.tables["customers"].rows
    yield from track_queries(cutoffs, "features by cutoff", connect, partial(_write, job), rows=rows)


@dataclass(frozen=True)
class _TrialJob:
    """What is made of which tables; `table` is SQL over the view ``standing``."""

    bank: Bank
    standing: Workspace
    trial: Workspace
    table: str


def _write(job: _TrialJob, connection: SQLBackend, cutoff: date) -> None:
    source = Source(connection, job.bank, job.trial, cutoff)
    create_views(source, follow_mergers(source))
    replace_view(connection, "standing", f"FROM {parquet_rows([job.standing.features(cutoff)])}")
    write_parquet(connection, job.table, job.trial.features(cutoff), order=("customer_id",))
