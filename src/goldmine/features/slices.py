"""One cutoff's feature table: in one piece, or as parts, one a slice of customers, that tasks write side by side."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from ibis.backends.sql import SQLBackend

from goldmine.contract.bank import Bank
from goldmine.core.engine import Engine, cached_rows, parquet_rows, write_parquet
from goldmine.core.files import whole_file
from goldmine.core.seals import sealed_folder
from goldmine.core.sql import literal
from goldmine.core.tasks import run_tasks
from goldmine.core.workspace import Workspace
from goldmine.features.sources import Source, create_views, follow_mergers, replace_view

_ORDER = ("customer_id",)


@dataclass(frozen=True)
class FeatureJob:
    """Whose features are made, and the compiled queries.

    Parameters
    ----------
    bank, work : Bank, Workspace
        The bank and its work folder, where the activity is.
    base : str
        SQL of the features of customers' own rows, over the views of a cutoff.
    peer_sums : dict of str to str
        SQL of the sums over peers, from those rows as the table ``base``, by name.
    table : str
        SQL of the feature table, from the sums under their names and the rows of ``base`` in ``part``.
    """

    bank: Bank
    work: Workspace
    base: str
    peer_sums: dict[str, str]
    table: str


def write_whole(job: FeatureJob, connection: SQLBackend, cutoff: date) -> None:
    """Write a cutoff's features as one file, by customer_id."""
    source = Source(connection, job.bank, job.work, cutoff)
    create_views(source, follow_mergers(source))
    with cached_rows(connection, "base", job.base):
        replace_view(connection, "part", "SELECT * FROM base")
        for name, sums in job.peer_sums.items():
            replace_view(connection, name, sums)
        write_parquet(connection, job.table, job.work.features(cutoff), order=_ORDER)


def write_slices(engine: Engine, job: FeatureJob, cutoff: date, slices: list[str]) -> None:
    """Write a cutoff's features as a folder of parts, a part a slice, each by customer_id.

    The sums over all customers' peers are made once, between the customers' own rows and the parts.
    """
    rows = job.bank.tables["customers"].rows // len(slices)
    with (
        sealed_folder(job.work.features(cutoff)) as folder,
        TemporaryDirectory(prefix=".base.", dir=folder) as base,
        TemporaryDirectory(prefix=".sums.", dir=folder) as sums,
    ):
        cut = _SlicedCutoff(job, cutoff, folder, Path(base), Path(sums))
        parts = [(f"{position:04}.parquet", within) for position, within in enumerate(slices)]
        names = [name for name, _ in parts]
        what = f"features at {cutoff}"
        _all(run_tasks(engine, parts, f"{what}: own rows", partial(_write_base, cut), rows=rows))
        _all(run_tasks(engine, list(job.peer_sums), f"{what}: sums", partial(_write_sum, cut), rows=rows))
        _all(run_tasks(engine, names, f"{what}: parts", partial(_write_part, cut), rows=rows))


@dataclass(frozen=True)
class _SlicedCutoff:
    """A cutoff that is made in slices, and the folders of its parts, of their own rows and of the sums."""

    job: FeatureJob
    cutoff: date
    folder: Path
    base: Path
    sums: Path


def _write_base(cut: _SlicedCutoff, connection: SQLBackend, part: tuple[str, str]) -> None:
    name, within = part
    source = Source(connection, cut.job.bank, cut.job.work, cut.cutoff)
    create_views(source, follow_mergers(source), within)
    with whole_file(cut.base / name) as temporary:
        connection.raw_sql(f"COPY ({cut.job.base}) TO {literal(temporary)} (FORMAT parquet, COMPRESSION lz4)")


def _write_sum(cut: _SlicedCutoff, connection: SQLBackend, name: str) -> None:
    source = Source(connection, cut.job.bank, cut.job.work, cut.cutoff)
    create_views(source, follow_mergers(source))
    replace_view(connection, "base", f"FROM {parquet_rows([cut.base])}")
    with whole_file(cut.sums / f"{name}.parquet") as temporary:
        connection.raw_sql(f"COPY ({cut.job.peer_sums[name]}) TO {literal(temporary)} (FORMAT parquet)")


def _write_part(cut: _SlicedCutoff, connection: SQLBackend, name: str) -> None:
    replace_view(connection, "part", f"FROM {parquet_rows([cut.base / name])}")
    for sum_name in cut.job.peer_sums:
        replace_view(connection, sum_name, f"FROM {parquet_rows([cut.sums / f'{sum_name}.parquet'])}")
    write_parquet(connection, cut.job.table, cut.folder / name, order=_ORDER)


def _all(done: Iterator[object]) -> None:
    """Wait for every task."""
    deque(done, maxlen=0)
