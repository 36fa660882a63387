"""Build the monthly partitions whose source rows are new or have changed."""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory

import ibis
from ibis.backends.sql import SQLBackend

from goldmine.activity.measures import balances_month, deduplicated, repeats, transactions_month
from goldmine.contract.bank import Bank, schema_of
from goldmine.contract.customer_slices import slice_customers
from goldmine.core import fingerprint
from goldmine.core.code_fingerprint import code_fingerprint
from goldmine.core.engine import DUCKDB, Engine, cached_rows, parquet_rows, rows_in_order, write_parquet, write_rows
from goldmine.core.files import read_json, whole_file, write_json
from goldmine.core.seals import is_sealed, remove_sealed
from goldmine.core.sql import literal
from goldmine.core.tasks import run_tasks
from goldmine.core.workspace import Workspace

_KINDS = ("transactions", "balances")
_ORDER = {"transactions": ("customer_id", "known"), "balances": ("customer_id",)}
"""The key of each, which rows are sorted by: a fixed order gives the same bytes each time."""
SLICE_ROWS = 10_000_000
"""Rows of a month in a slice, at least: a minute and a half of a core. Slices and their joining cost a third more."""
_MOST_SLICES = 16
"""Each slice reads the month's transactions, which are not in the order of customers."""


@dataclass(frozen=True)
class ActivityReport:
    """Which partitions were built and which were up to date, as ``table/YYYY-MM``."""

    made: tuple[str, ...]
    kept: tuple[str, ...]


def partition(work: Workspace, table: str, month: str) -> Path:
    """Path of a month of a table's activity."""
    return work.activity / table / f"{month}.parquet"


def partition_fingerprints(work: Workspace) -> dict[str, str]:
    """Fingerprint of each partition's source rows and code, by ``table/YYYY-MM``."""
    index: dict[str, str] = read_json(work.activity / "index.json", {})
    return index


def index_of(month: str) -> int:
    """Months since the year 0 of a month ``YYYY-MM``."""
    return int(month[:4]) * 12 + int(month[5:]) - 1


def build_activity(bank: Bank, work: Workspace, engine: Engine = DUCKDB) -> ActivityReport:
    """Bring the activity up to date with the bank's tables.

    A month is built again only if its rows or this code have changed, so a late row of a past month is picked up, or if
    its partition is not as it was written.
    Months that the tables no longer hold are removed.

    Returns
    -------
    ActivityReport
        What was built and what was up to date.
    """
    fingerprints = _fingerprints(bank)
    index = partition_fingerprints(work)
    stale = [
        name
        for name, source in fingerprints.items()
        if index.get(name) != source or not is_sealed(partition(work, *name.split("/")))
    ]

    for name in _written(engine, bank, work, stale):
        bank.require_unchanged()
        index[name] = fingerprints[name]
        write_json(work.activity / "index.json", index)
    for name in set(index) - set(fingerprints):
        remove_sealed(partition(work, *name.split("/")))
    write_json(work.activity / "index.json", {name: index[name] for name in fingerprints})
    return ActivityReport(tuple(stale), tuple(name for name in fingerprints if name not in stale))


def _written(engine: Engine, bank: Bank, work: Workspace, stale: list[str]) -> Iterator[str]:
    """Write the partitions that are stale, and yield each that is there; of a very large bank on Spark in slices."""
    slices = _slices(bank) if stale and engine.name == "spark" else []
    if len(slices) > 1:
        yield from write_in_slices(engine, bank, work, stale, slices)
    else:
        build = partial(_build_partition, bank, work)
        yield from run_tasks(engine, stale, "activity by month", build, rows=_most_rows(bank))


def _slices(bank: Bank) -> list[str]:
    """Slices of customers for the largest month."""
    count = min(_MOST_SLICES, _most_rows(bank) // SLICE_ROWS)
    return slice_customers(bank, -(-bank.tables["customers"].rows // count)) if count > 1 else []


def _most_rows(bank: Bank) -> int:
    return max(file.rows for table in _KINDS if bank.has(table) for file in bank.tables[table].files)


def write_in_slices(engine: Engine, bank: Bank, work: Workspace, names: list[str], slices: list[str]) -> Iterator[str]:
    """Write partitions from slices of customers, the same files as in one piece, and yield each that is there.

    Parameters
    ----------
    names : list of str
        The partitions, as ``table/YYYY-MM``.
    slices : list of str
        SQL conditions on ``customer_id``, in its order.
    """
    work.activity.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=".slices.", suffix=".part", dir=work.activity) as folder:
        cut = _SlicedMonths(bank, work, Path(folder), len(slices))
        rows = _most_rows(bank) // len(slices)
        ids = [(name, k) for name in names if name.startswith("transactions") for k in range(len(slices))]
        deque(run_tasks(engine, ids, "repeated transactions", partial(_write_repeated, cut), rows=rows), maxlen=0)
        parts = [(name, k, within) for name in names for k, within in enumerate(slices)]
        deque(run_tasks(engine, parts, "activity by slice", partial(_write_slice, cut), rows=rows), maxlen=0)
        yield from run_tasks(engine, names, "activity by month", partial(_join_slices, cut), rows=rows)


def _build_partition(bank: Bank, work: Workspace, connection: SQLBackend, name: str) -> None:
    table, month = name.split("/")
    connection.create_view("rows", bank.read(connection, table, [month]), overwrite=True)
    with _dated(connection, name) as dated:
        write_parquet(connection, dated, partition(work, table, month), order=_ORDER[table])


@contextmanager
def _dated(connection: SQLBackend, name: str, *, unique: bool = False) -> Iterator[str]:
    """SQL of a partition's rows from the view ``rows``, whose transactions may be known to be unique."""
    table, month = name.split("/")
    repeated, query = _queries(table)
    if unique and repeated:
        repeated = f"SELECT * FROM ({repeated}) WHERE false"
    with cached_rows(connection, "repeated", repeated) if repeated else nullcontext():
        yield f"SELECT *, CAST({index_of(month)} AS INTEGER) AS month FROM ({query})"


@dataclass(frozen=True)
class _SlicedMonths:
    """Months that are aggregated in slices of customers, and the folder of what their tasks write."""

    bank: Bank
    work: Workspace
    folder: Path
    slices: int

    def repeated(self, name: str, part: int) -> Path:
        """File of the rows that stand for several of one transaction_id, by the hash of which the month is cut."""
        return self.folder / "repeated" / name / f"{part:04}.parquet"

    def slice(self, name: str, part: int) -> Path:
        """File of a slice of a partition."""
        return self.folder / "slices" / name / f"{part:04}.parquet"


def _write_repeated(cut: _SlicedMonths, connection: SQLBackend, item: tuple[str, int]) -> None:
    """Write a row for those of each repeated transaction_id, whose customers may differ; no file where none is."""
    name, part = item
    table, month = name.split("/")
    connection.create_view("month_rows", cut.bank.read(connection, table, [month]), overwrite=True)
    own = f"SELECT * FROM month_rows WHERE hash(transaction_id) % {cut.slices} = {part}"
    connection.raw_sql(f"CREATE OR REPLACE TEMP VIEW rows AS {own}")
    repeated, _query = _queries(table)
    with cached_rows(connection, "repeated", repeated):
        if connection.raw_sql("SELECT count(*) FROM repeated").fetchall()[0][0]:
            with whole_file(cut.repeated(name, part)) as temporary:
                connection.raw_sql(f"COPY ({_survivors()}) TO {literal(temporary)} (FORMAT parquet)")


def _write_slice(cut: _SlicedMonths, connection: SQLBackend, item: tuple[str, int, str]) -> None:
    name, part, within = item
    table, month = name.split("/")
    connection.create_view("month_rows", cut.bank.read(connection, table, [month]), overwrite=True)
    rows = f"SELECT * FROM month_rows WHERE {within}"
    survivors = [path for k in range(cut.slices) if (path := cut.repeated(name, k)).exists()]
    if survivors:
        single = parquet_rows(survivors)
        rows = f"FROM ({rows}) ANTI JOIN {single} USING (transaction_id) UNION ALL FROM {single} WHERE {within}"
    connection.raw_sql(f"CREATE OR REPLACE TEMP VIEW rows AS {rows}")
    with _dated(connection, name, unique=True) as dated, whole_file(cut.slice(name, part)) as temporary:
        write_rows(connection, dated, temporary, order=_ORDER[table])


def _join_slices(cut: _SlicedMonths, connection: SQLBackend, name: str) -> None:
    """Write the slices one after the other as the file that one query would write."""
    slices = [cut.slice(name, part) for part in range(cut.slices)]
    connection.con.register("in_order", rows_in_order(slices))
    write_parquet(connection, "FROM in_order", partition(cut.work, *name.split("/")))


@cache
def _queries(table: str) -> tuple[str, str]:
    """SQL of the table ``repeated``, empty where none is needed, and of a table's aggregation over the view ``rows``.

    They are compiled once a process, since they do not depend on the month.
    """
    rows = ibis.table(schema_of(table), name="rows")

    def sql(expression: ibis.Table) -> str:
        return str(ibis.to_sql(expression, dialect="duckdb", pretty=False))

    if table == "balances":
        return "", sql(balances_month(rows))
    repeated = repeats(rows)
    return sql(repeated), sql(transactions_month(rows, ibis.table(repeated.schema(), name="repeated")))


@cache
def _survivors() -> str:
    """SQL of one row for each transaction_id of the table ``repeated``, from the view ``rows``."""
    rows = ibis.table(schema_of("transactions"), name="rows")
    kept = deduplicated(rows, ibis.table(repeats(rows).schema(), name="repeated"))
    return str(ibis.to_sql(kept, dialect="duckdb", pretty=False))


def _fingerprints(bank: Bank) -> dict[str, str]:
    """Fingerprint of the rows and code that each partition is made from, by ``table/YYYY-MM``."""
    code = code_fingerprint(__name__)
    return {
        f"{table}/{month}": fingerprint.of_value(
            [code, sorted(f.fingerprint for f in bank.tables[table].files if f.month == month)]
        )
        for table in _KINDS
        if bank.has(table)
        for month in bank.months(table)
    }
