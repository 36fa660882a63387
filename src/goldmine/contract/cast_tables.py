"""Tables that have to be cast into the contract's types: here one by one, or each in a task of Spark."""

import shutil
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path

import pyarrow.parquet as pq
from duckdb import DuckDBPyConnection
from ibis.backends.sql import SQLBackend

from goldmine.contract.bank import TableFile, changed_while_read
from goldmine.contract.canonical_writer import ColumnCounts, Written, summed, write_canonical, write_months
from goldmine.contract.mapping import Mapping
from goldmine.contract.reconciliation import TableIntake, amounts_read, reconciled
from goldmine.contract.schema import TableSpec
from goldmine.contract.shape import codes_held, source_columns
from goldmine.contract.source_totals import source_totals
from goldmine.contract.sources import SparkSource
from goldmine.contract.spark_months import Kept, MonthCounts, SparkMonths, codes_of
from goldmine.contract.spark_stage import has_months, stage_spark
from goldmine.contract.spark_tables import SparkRows, read_spark
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
    months: SparkMonths | None = None


@dataclass(frozen=True)
class Cast:
    """A table that has to be cast, with the fingerprint of what it is made from, and the folder to do it in.

    Of a table of Spark's `made_by` is the fingerprint without the files, `states` the files, and `kept` what stands of
    the last intake.
    """

    mapping: Mapping
    table: str
    made_from: str
    scratch: Path
    made_by: str = ""
    states: dict[str, tuple[int, int]] = field(default_factory=dict)
    kept: Kept | None = None

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
    in_spark = isinstance(mapping.sources[mapping.tables[cast.table].source[0]], SparkSource)
    if in_spark and cast.made_by and spec.month_of:
        rows = read_spark(spec, mapping)
        if rows.by_row and has_months(connection, rows):
            return _new_months(connection, cast, rows, scratch)
    staged = (stage_spark if in_spark else stage)(connection, spec, mapping, scratch)
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


def _new_months(connection: DuckDBPyConnection, cast: Cast, rows: SparkRows, scratch: Path) -> Taken:
    """The months of a table of Spark's whose files changed, beside those that stand."""
    mapping, spec, staged = cast.mapping, rows.spec, scratch / "staged"
    states, months = cast.states, None
    held = {name: set(found) for name, (*_state, found) in cast.kept.before.files.items()} if cast.kept else {}
    needed = set(states)
    if cast.kept:
        changed, months = cast.kept.changed(states)
        held |= {name: set() for name in changed}
        if changed:
            held |= read_spark(spec, mapping, states.keys() - changed).months_by_file()
        months = months.union(*(held[name] for name in changed))
        needed = changed | cast.kept.with_rows_of(months, states)
        rows = read_spark(spec, mapping, states.keys() - needed)
    if needed:
        found = rows.write(staged, by_month=True, months=months)
        held |= {name: held.get(name, set()) | here for name, here in found.items()}
    moved = states.items() ^ read_spark(spec, mapping).files().items()
    if moved:
        raise changed_while_read(spec.name, {Path(name) for name, _state in moved})
    standing = cast.kept.standing(months or set()) if cast.kept else {}
    written, counted = write_months(
        connection, spec, mapping.tables[spec.name], staged, [(one.rows, one.counts) for one in standing.values()]
    )
    new = {file.month: file for file in written}
    here = standing | {month: _month_counts(spec, *found, new[month]) for month, found in counted.items()}
    read, counts = sum(month.rows for month in here.values()), summed([month.counts for month in here.values()])
    sources = source_totals(connection, spec, mapping, (read, amounts_read(spec, counts)))
    unknown = left_out(connection, spec, mapping)
    intake = reconciled(spec, sources, counts, (read, read), unknown).model_copy(
        update={"source_columns": source_columns(connection, spec, mapping, staged), "codes": codes_of(here.values())}
    )
    files = {name: (*state, sorted(held.get(name, ()))) for name, state in states.items()}
    return Taken(
        written[0].columns if written else cast.kept.columns if cast.kept else (),
        tuple(file for file in cast.kept.files if file.month in standing) if cast.kept else (),
        tuple(written),
        cast.made_from,
        intake.without(cast.kept.forgotten(standing)) if cast.kept else intake,
        SparkMonths(made_by=cast.made_by, files=files, months=here),
    )


def _month_counts(spec: TableSpec, rows: int, counts: list[ColumnCounts], file: Written) -> MonthCounts:
    codes = codes_held(spec, [file.path], file.columns)
    return MonthCounts.model_validate({"rows": rows, "counts": [asdict(one) for one in counts], "codes": codes})
