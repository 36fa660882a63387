"""Writing feature tables: one Parquet file a cutoff, a row a customer on the books."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path

from goldmine.activity.build import partition_fingerprints
from goldmine.contract.bank import Bank
from goldmine.contract.customer_slices import slice_customers
from goldmine.core import fingerprint
from goldmine.core.code_fingerprint import code_fingerprint
from goldmine.core.dates import month_end, month_key, months_back
from goldmine.core.engine import DUCKDB, Engine
from goldmine.core.errors import HistoryError
from goldmine.core.files import read_json, write_json
from goldmine.core.i18n import _
from goldmine.core.seals import is_sealed, sealed_content
from goldmine.core.sql import quoted
from goldmine.core.tasks import run_tasks
from goldmine.core.workspace import Workspace
from goldmine.features.catalogue import carried, catalogue, plan, tried_folders
from goldmine.features.definition import Feature
from goldmine.features.point_in_time import known_fingerprint
from goldmine.features.slices import FeatureJob, write_slices, write_whole
from goldmine.features.windows import AGES


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
    return bring_up_to_date(bank, work, cutoffs, partial(_written, engine, bank, work))


def bring_up_to_date(
    bank: Bank, work: Workspace, cutoffs: list[date], write: Callable[[list[date]], Iterator[date]]
) -> FeatureReport:
    """Have the tables of those cutoffs written that are not up to date, and keep what each was made from.

    Parameters
    ----------
    write : callable
        Writes the tables of some cutoffs, and yields each that is there.

    Raises
    ------
    HistoryError
        If the books hold no transaction in the month of a cutoff.
    """
    stale = stale_cutoffs(bank, work, cutoffs)
    write_json(_dictionary(work), [feature.stored() for feature in catalogue() if carried(bank, feature)])
    for cutoff in write(list(stale)):
        bank.require_unchanged()
        write_json(_mark(work, cutoff), stale[cutoff])
    return FeatureReport(tuple(stale), tuple(cutoff for cutoff in cutoffs if cutoff not in stale))


def stale_cutoffs(bank: Bank, work: Workspace, cutoffs: list[date]) -> dict[date, str]:
    """The cutoffs whose tables have to be made, each with the fingerprint of what they are made from.

    Raises
    ------
    HistoryError
        If the books hold no transaction in the month of a cutoff.
    """
    months = bank.months("transactions")
    for cutoff in cutoffs:
        if month_key(cutoff) not in months:
            raise HistoryError(
                _("features at {cutoff}: the books hold no transactions of that month.", cutoff=cutoff),
                _(
                    "Use a month end from {first} to {last}.",
                    first=month_end(date.fromisoformat(months[0] + "-01")),
                    last=month_end(date.fromisoformat(months[-1] + "-01")),
                ),
            )
    fingerprints = {cutoff: feature_fingerprint(bank, work, cutoff) for cutoff in cutoffs}
    return {cutoff: found for cutoff, found in fingerprints.items() if _made_from(work, cutoff) != found}


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
        raise HistoryError(
            _("features at {cutoff}: they have not been made.", cutoff=cutoff), _("Run `goldmine features` first.")
        )
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
                _(
                    "features at {cutoff}: they were made from other tables or by other code than there are now.",
                    cutoff=cutoff,
                ),
                _("Run `goldmine features` again, then go on."),
            )


def _written(engine: Engine, bank: Bank, work: Workspace, cutoffs: list[date]) -> Iterator[date]:
    """Write the feature tables of some cutoffs, and yield each that is there.

    A table holds customer_id, cutoff, then the features, by customer_id.
    """
    if not cutoffs:
        return
    feature_plan = plan()
    table = f"SELECT {', '.join(map(quoted, column_names(bank)))} FROM ({feature_plan.full})"
    job = FeatureJob(bank, work, feature_plan.base, feature_plan.peer_sums, table)
    slices = slice_customers(bank, engine.slice_customers)
    if len(slices) == 1:
        rows = bank.tables["customers"].rows
        yield from run_tasks(engine, cutoffs, "features by cutoff", partial(write_whole, job), rows=rows)
        return
    for cutoff in cutoffs:
        write_slices(engine, job, cutoff, slices)
        yield cutoff


def column_names(bank: Bank) -> list[str]:
    """Columns of a bank's feature tables, in order."""
    return ["customer_id", "cutoff", *(feature.name for feature in catalogue() if carried(bank, feature))]


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
