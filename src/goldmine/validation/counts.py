"""How many rows break each rule: DuckDB counts them here or in tasks of Spark, and the counts are added up."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from glob import glob
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from duckdb import DuckDBPyConnection
from ibis.backends.sql import SQLBackend

from goldmine.contract.bank import Bank, TableFile
from goldmine.core.dates import month_key, snapshot_date
from goldmine.core.parquet import parquet_files
from goldmine.core.tasks import task_results
from goldmine.validation.jobs import Case, Job, case_of, jobs_of, until
from goldmine.validation.keys import KeyCount, tally_by_ranges
from goldmine.validation.month_profiles import MEASURED, Unjudged, month_relation, part_relation, unjudged
from goldmine.validation.rules import Rule
from goldmine.validation.subject import Counting, Sizes, Subject
from goldmine.validation.tally import Parameters, Tally, count_breaking, set_parameters

_NAMED = ("month", "part")
"""Grains of which the rows that break a rule are named: months are no customer's values."""


@dataclass(frozen=True)
class Count:
    """How many rows (or months, columns, tables) a rule checked, and how many break it; which ones, of months."""

    checked: int
    failing: int
    months: tuple[str, ...] = ()


@dataclass(frozen=True)
class CountedSuite:
    """A suite with the counts of its rules.

    Parameters
    ----------
    suite : str
        Its name.
    rules : tuple of Rule
        The rules that apply.
    counts : dict of str to Count
        By the rule's name.
    skipped : dict of str to list of str
        Rules that do not apply, and the columns or parameters that are absent.
    unjudged : list of Unjudged
        Figures of the snapshot's month that no rule can judge.
    """

    suite: str
    rules: tuple[Rule, ...]
    counts: dict[str, Count]
    skipped: dict[str, list[str]]
    unjudged: list[Unjudged] = field(default_factory=list)


def count_tables(
    bank: Bank,
    tables: Iterable[str] | None = None,
    as_of: date | None = None,
    how: Counting = Counting(),  # noqa: B008 - frozen
) -> list[CountedSuite]:
    """Count rows that break the rules of a bank's tables: of all that it has, or of some.

    Rules tell the month of the snapshot, `as_of`, from the others; if not given, it is the last of the books.
    """
    snapshot = month_key(as_of or snapshot_date("", bank.data_until))
    names = bank.tables if tables is None else tables
    return _counted([case_of(Subject.of_bank(bank, name, snapshot), bank, until(bank)) for name in names], how)


def count_file(
    suite: str,
    path: Path,
    parameters: Parameters,
    bank: Bank | None,
    how: Counting = Counting(),  # noqa: B008 - frozen
) -> CountedSuite:
    """Count rows that break the rules of a file, folder of parts or pattern of files that Goldmine wrote."""
    found = [path] if path.exists() else [Path(name) for name in sorted(glob(str(path)))]  # noqa: PTH207 - absolute
    paths = [part for one in found or [path] for part in parquet_files(one)]
    files = tuple(TableFile(part, "", pq.read_metadata(part).num_rows) for part in paths)
    subject = Subject(suite, tuple(pq.read_schema(paths[0]).names), files)
    return _counted([case_of(subject, bank, parameters)], how)[0]


def month_tables(bank: Bank, table: str, snapshot: str) -> DuckDBPyConnection:
    """A connection with the relations ``month_figures`` and ``part_figures`` of a table with months."""
    case = case_of(Subject.of_bank(bank, table, snapshot), bank, until(bank))
    tally = _tally_all([replace(case, rules=())], Counting())[0]
    connection = duckdb.connect()
    _months(connection, case.subject, tally)
    _parts(connection, case.subject, tally)
    return connection


def _counted(cases: list[Case], how: Counting) -> list[CountedSuite]:
    tallies = _tally_all(cases, how)
    with duckdb.connect() as connection:
        return [_judged(connection, case, tally) for case, tally in zip(cases, tallies, strict=True)]


def _tally_all(cases: list[Case], how: Counting) -> list[Tally]:
    sizes, tallies = how.task_sizes, [Tally() for _ in cases]
    jobs = [(number, job) for number, case in enumerate(cases) for job in jobs_of(case, sizes)]
    by_ranges = [(number, job) for number, job in jobs if isinstance(job, KeyCount) and job.parts > 1]
    tasks = list(_tasks([numbered for numbered in jobs if numbered not in by_ranges], sizes))
    rows = max((sum(job.size for _, job in task) for task in tasks), default=0)
    count = partial(_count_in_task, [case.parameters for case in cases])
    for task, counted in task_results(how.engine, tasks, "checking tables", count, rows=rows):
        for (number, _), tally in zip(task, counted, strict=True):
            tallies[number] += tally
    for number, keys in by_ranges:
        tallies[number] += tally_by_ranges(how.engine, keys, how.folder)
    return tallies


_Task = tuple[tuple[int, Job], ...]
"""Jobs with the numbers of their cases."""


def _tasks(jobs: list[tuple[int, Job]], sizes: Sizes) -> Iterator[_Task]:
    """Jobs in order, neighbours in one task as long as they read no more rows than that."""
    held: _Task = ()
    for numbered in jobs:
        if held and sum(job.size for _, job in held) + numbered[1].size > sizes.task:
            yield held
            held = ()
        held += (numbered,)
    if held:
        yield held


def _count_in_task(parameters: Sequence[Parameters], connection: SQLBackend, task: _Task) -> list[Tally]:
    tallies = []
    for number, job in task:
        set_parameters(connection.con, parameters[number])
        tallies.append(job.tally(connection.con))
    return tallies


def _judged(connection: DuckDBPyConnection, case: Case, tally: Tally) -> CountedSuite:
    """The suite with its counts; rules on months, columns and the table are held against what was counted of them."""
    subject = case.subject
    set_parameters(connection, case.parameters)
    counts = {rule.name: Count(subject.rows, tally.failing[rule.name]) for rule in (*case.of("row"), *case.of("key"))}
    relations = {"month": _months, "part": _parts, "column": _columns, "table": _whole}
    for grain, relation in relations.items():
        about = case.of(grain)
        if about:
            counted_on = relation(connection, subject, tally)
            checked, failing = count_breaking(connection, counted_on, about)
            counts |= {name: Count(checked, broken) for name, broken in failing.items()}
            for rule in (r for r in about if grain in _NAMED and failing[r.name]):
                counts[rule.name] = replace(counts[rule.name], months=_which(connection, counted_on, rule))
    small = unjudged(connection, subject.snapshot) if subject.table in MEASURED else []
    return CountedSuite(subject.table, case.rules, counts, case.skipped, small)


def _which(connection: DuckDBPyConnection, relation: str, rule: Rule) -> tuple[str, ...]:
    figure = f" || printf(' ({rule.shown} %.2f)', {rule.shown})" if rule.shown else ""
    query = f"SELECT month{figure} FROM {relation} WHERE {rule.breaks} ORDER BY month DESC"
    return tuple(month for (month,) in connection.execute(query).fetchall())


def _months(connection: DuckDBPyConnection, subject: Subject, tally: Tally) -> str:
    return month_relation(connection, tally.months, subject.month_rows, subject.snapshot, subject.limits)


def _parts(connection: DuckDBPyConnection, subject: Subject, tally: Tally) -> str:
    return part_relation(connection, tally.parts, subject.snapshot, subject.limits)


def _columns(connection: DuckDBPyConnection, subject: Subject, tally: Tally) -> str:
    counted = {
        "name": list(tally.columns),
        "rows": [subject.rows] * len(tally.columns),
        "empty": [subject.rows - filled for filled, _ in tally.columns.values()],
        "infinite": [infinite for _, infinite in tally.columns.values()],
    }
    connection.register("column_counts", pa.table(counted))
    return "column_counts"


def _whole(connection: DuckDBPyConnection, subject: Subject, tally: Tally) -> str:
    columns = pa.table({"rows": [subject.rows], "columns": pa.array([list(subject.columns)], pa.list_(pa.string()))})
    connection.register("held_columns", columns)
    return "held_columns"
