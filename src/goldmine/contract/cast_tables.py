"""A table that has to be cast into the contract's types: read, counted, checked, written and reconciled."""

import shutil
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path

from duckdb import DuckDBPyConnection

from goldmine.contract.bank import TableFile, changed_while_read
from goldmine.contract.canonical_writer import StagedTable, Written, refuse_months, write_canonical
from goldmine.contract.cast_months import cast_months
from goldmine.contract.column_counts import ColumnCounts, summed
from goldmine.contract.mapping import Mapping
from goldmine.contract.reconciliation import TableIntake, reconciled
from goldmine.contract.schema import TableSpec
from goldmine.contract.shape import codes_held, source_columns
from goldmine.contract.source_totals import SourceTotals, source_totals
from goldmine.contract.sources import SparkSource
from goldmine.contract.spark_months import Kept, SparkMonths, codes_of
from goldmine.contract.spark_stage import has_months, stage_spark
from goldmine.contract.spark_tables import SparkRows, read_spark
from goldmine.contract.stage import MOST_THREADS, connect, left_out, stage
from goldmine.contract.tables import TABLES
from goldmine.core.engine import DUCKDB, Engine
from goldmine.core.errors import ContractError
from goldmine.core.parquet import count_rows


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

    def with_own_sources(self) -> "Cast":
        """The same without the bank's other sources, whose addresses may hold passwords."""
        own = {name: self.mapping.sources[name] for name in self.mapping.tables[self.table].source}
        return replace(self, mapping=replace(self.mapping, sources=own))


@dataclass(frozen=True)
class ReadRows:
    """What is known of rows that were read from a table's sources, or from pieces of one, before they are cast.

    Parameters
    ----------
    rows : int
        How many there are.
    totals : SourceTotals
        What the sources hold.
    left_out : list of str
        Columns of its source that the contract does not know.
    source_columns : dict of str to str
        Columns of its sources with their types.
    """

    rows: int
    totals: SourceTotals
    left_out: list[str]
    source_columns: dict[str, str]

    @classmethod
    def of(cls, connection: DuckDBPyConnection, spec: TableSpec, mapping: Mapping, folder: Path) -> "ReadRows":
        """What is known of the rows in a folder of staged files, whose sources the connection names."""
        rows = count_rows([*folder.rglob("*.parquet")])
        totals = source_totals(connection, spec, mapping, rows)
        return cls(rows, totals, left_out(connection, spec, mapping), source_columns(connection, spec, mapping, folder))


def cast_table(cast: Cast, engine: Engine = DUCKDB, most_threads: int = MOST_THREADS) -> Taken | ContractError:
    """Read and cast a table, or say what is wrong with it.

    Parameters
    ----------
    engine : Engine
        Where months of a table of Spark's are cast.
    most_threads : int
        How many threads a query may use.
    """
    # A task that is lost runs again, and a slow one twice: each has a folder of its own.
    scratch = Path(tempfile.mkdtemp(prefix=f"{cast.table}.", dir=cast.scratch))
    try:
        with connect(scratch, most_threads) as connection:
            return _written(connection, cast, scratch, engine)
    except ContractError as fault:
        return fault


def _written(connection: DuckDBPyConnection, cast: Cast, scratch: Path, engine: Engine) -> Taken:
    mapping, spec = cast.mapping, TABLES[cast.table]
    in_spark = isinstance(mapping.sources[mapping.tables[cast.table].source[0]], SparkSource)
    if in_spark and cast.made_by and spec.month_of:
        rows = read_spark(spec, mapping)
        if rows.by_row and has_months(connection, rows):
            return _new_months(connection, cast, rows, scratch, engine)
    folder = (stage_spark if in_spark else stage)(connection, spec, mapping, scratch)
    written, counts = write_canonical(connection, StagedTable(spec, mapping.tables[cast.table], folder))
    read = ReadRows.of(connection, spec, mapping, folder)
    shutil.rmtree(folder)
    columns = written[0].columns if written else ()
    return taken_of(cast, read, counts, written, codes_held(spec, [file.path for file in written], columns))


def taken_of(
    cast: Cast, read: ReadRows, counts: list[ColumnCounts], written: list[Written], codes: dict[str, list[str]]
) -> Taken:
    """A table whose rows are all written."""
    rows = read.rows, sum(file.rows for file in written)
    counted = reconciled(TABLES[cast.table], read.totals, counts, rows, read.left_out)
    counted = counted.model_copy(update={"source_columns": read.source_columns, "codes": codes})
    columns = written[0].columns if written else ()
    return Taken(columns, written=tuple(written), made_from=cast.made_from, intake=counted)


def _new_months(connection: DuckDBPyConnection, cast: Cast, rows: SparkRows, scratch: Path, engine: Engine) -> Taken:
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
    table = StagedTable(spec, mapping.tables[spec.name], staged)
    new = cast_months(engine, [table])[spec.name]
    here = standing | {month: found.counts for month, found in new.items()}
    written = [found.file for found in new.values()]
    read, counts = sum(month.rows for month in here.values()), summed([month.counts for month in here.values()])
    refuse_months(connection, table, (read, counts))
    sources = source_totals(connection, spec, mapping, read)
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
