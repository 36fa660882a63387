"""Tables that have to be cast into the contract's types: here one by one, or each in a task of Spark."""

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq
from duckdb import DuckDBPyConnection
from ibis.backends.sql import SQLBackend

from goldmine.contract.bank import TableFile
from goldmine.contract.canonical_writer import Written, write_canonical
from goldmine.contract.mapping import Mapping
from goldmine.contract.reconciliation import TableIntake, amounts_read, reconciled
from goldmine.contract.shape import codes_held, source_columns
from goldmine.contract.source_totals import source_totals
from goldmine.contract.stage import MOST_THREADS, connect, left_out, stage
from goldmine.contract.tables import TABLES
from goldmine.core.engine import Engine
from goldmine.core.errors import ContractError
from goldmine.core.tasks import task_results


@dataclass(frozen=True)
class Taken:
    """A table that is ready: files used in place, or files written to the scratch folder."""

    columns: tuple[str, ...]
    standing: tuple[TableFile, ...] = ()
    written: tuple[Written, ...] = ()
    made_from: str = ""
    intake: TableIntake | None = None


@dataclass(frozen=True)
class Cast:
    """A table that has to be cast, with the fingerprint of what it is made from, and the folder to do it in."""

    mapping: Mapping
    table: str
    made_from: str
    scratch: Path

    @property
    def by_task(self) -> bool:
        """Whether a task may read its rows: a server's address, password or session stays in this process."""
        return not any(self.mapping.sources[name].served for name in self.mapping.tables[self.table].source)


def cast_all(engine: Engine, casts: list[Cast]) -> dict[str, Taken | ContractError]:
    """Cast some tables, or say what is wrong with each."""
    spread = [cast for cast in casts if engine.name == "spark" and cast.by_task]
    done = {cast.table: found for cast, found in task_results(engine, spread, "casting tables", _in_task, rows=0)}
    return {cast.table: done[cast.table] if cast.table in done else _cast(cast) for cast in casts}


def _in_task(_connection: SQLBackend, cast: Cast) -> Taken | ContractError:
    return _cast(cast, most_threads=1)


def _cast(cast: Cast, most_threads: int = MOST_THREADS) -> Taken | ContractError:
    # A task that is lost runs again, and a slow one twice: each has a folder of its own.
    scratch = Path(tempfile.mkdtemp(prefix=f"{cast.table}.", dir=cast.scratch))
    try:
        with connect(scratch, most_threads) as connection:
            return _written(connection, cast, scratch)
    except ContractError as fault:
        return fault


def _written(connection: DuckDBPyConnection, cast: Cast, scratch: Path) -> Taken:
    mapping, spec = cast.mapping, TABLES[cast.table]
    staged = stage(connection, spec, mapping, scratch)
    written, counts = write_canonical(connection, spec, mapping.tables[cast.table], staged, scratch)
    read = sum(pq.read_metadata(part).num_rows for part in staged.rglob("*.parquet"))
    sources = source_totals(connection, spec, mapping, (read, amounts_read(spec, counts)))
    unknown = left_out(connection, spec, mapping)
    described = source_columns(connection, spec, mapping, staged)
    shutil.rmtree(staged)
    counted = reconciled(spec, sources, counts, (read, sum(file.rows for file in written)), unknown)
    columns = written[0].columns if written else ()
    codes = codes_held(spec, [file.path for file in written], columns)
    counted = counted.model_copy(update={"source_columns": described, "codes": codes})
    return Taken(columns, written=tuple(written), made_from=cast.made_from, intake=counted)
