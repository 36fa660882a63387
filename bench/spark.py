"""Cost of a row on Spark beside DuckDB alone, in CPU seconds of all processes: ``python -m bench.spark``.

A sample bank is copied many times over under other ids; then both engines validate its tables, make the activity of one
month (transactions and balances), the features of one cutoff and the scores of one use case, by a model trained on the
bank itself.
CPU seconds of Java and Python together are stable on a noisy machine, unlike wall seconds. `docs/scale.md` uses them.
"""

import argparse
import os
import re
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date
from itertools import islice
from pathlib import Path
from threading import Event, Thread
from typing import Self

import psutil
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from ibis.backends.sql import SQLBackend

from goldmine.activity import build_activity
from goldmine.activity.build import partition
from goldmine.contract.intake import open_bank
from goldmine.core.dates import month_end, month_key
from goldmine.core.engine import Engine
from goldmine.core.files import remove, whole_folder
from goldmine.core.spark import start
from goldmine.core.tasks import run_tasks
from goldmine.core.workspace import Workspace, home
from goldmine.features import build_features
from goldmine.labels.use_case import load_use_case
from goldmine.models.registry import champion
from goldmine.models.score import score
from goldmine.pipeline import lab
from goldmine.pipeline.selection import required_cutoffs
from goldmine.sample import write_bank
from goldmine.validation.counts import count_tables
from goldmine.validation.subject import Counting

CUTOFF = date(2024, 6, 30)
MONTHS = 30
USE_CASE = "dormancy"
NUMBERS = (
    "customer_id", "related_id", "merged_into", "account_id", "transaction_id", "event_id", "grid_id", "employer_id",
    "application_id", "association_id", "counterparty_customer_id", "holding_id", "loan_id", "visit_id",
)  # fmt: skip
"""Id columns, which differ between the copies."""
ONCE = ("branches", "products", "staff")
"""Tables that are written once."""
_ROW_GROUP = 122_880


def main() -> None:
    """Make the bank and its model if they are missing, run each stage and print the cost of a row."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=10_000)
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--months", type=int, default=MONTHS, help="newest months of the bank that are taken")
    parser.add_argument(
        "--spark-alone", action="store_true", help="leave out DuckDB alone, for a bank past one machine"
    )
    parser.add_argument("--spark-master", default="local[2]")
    parser.add_argument("--slice-customers", type=int, default=100_000)
    parser.add_argument("--stage", action="append", help="a stage's first word, to run it alone; may be repeated")
    arguments = parser.parse_args()
    once = home() / "data" / "bench" / f"spark_{arguments.customers}"
    many = once.with_name(f"{once.name}x{arguments.times}_{arguments.months}")
    os.environ["MLFLOW_TRACKING_URI"] = f"sqlite:///{once / 'mlflow.db'}"
    if not (once / "bank").exists():
        write_bank(once / "bank", customers=arguments.customers, months=MONTHS, seed=1, end=CUTOFF)
        learn(once)
    if not (many / "bank").exists():
        multiply(once / "bank", many / "bank", arguments.times, month_key(month_end(CUTOFF, 1 - arguments.months)))
    run(
        many,
        Engine("spark", arguments.spark_master, arguments.slice_customers),
        arguments.stage or (),
        alone=arguments.spark_alone,
    )


def learn(folder: Path) -> None:
    """Train the use case on the bank as it is and make it champion."""
    work = Workspace(folder / "work")
    bank = open_bank(folder / "bank", work)
    build_activity(bank, work)
    build_features(bank, work, required_cutoffs(bank, [USE_CASE], CUTOFF))
    session = lab.open_session(str(work.root))
    trained = lab.train(session, USE_CASE)
    registered = lab.propose(session, trained, lab.compare(session, trained))
    if not registered.champion:
        raise SystemExit(f"{USE_CASE}: {'; '.join(registered.refusals)}")


def multiply(bank: Path, target: Path, times: int, since: str) -> None:
    """Write a bank's tables many times over, each time under other ids; of tables by month those from a month on."""
    with whole_folder(target) as folder:
        for source in sorted(path for path in bank.rglob("*.parquet") if path.relative_to(bank).parts[0] != "truth"):
            if re.fullmatch(r"\d{4}-\d{2}", source.stem) and source.stem < since:
                continue
            path = folder / source.relative_to(bank)
            path.parent.mkdir(exist_ok=True)
            rows = pq.read_table(source)
            own = [name for name in NUMBERS if name in rows.column_names]
            times_over = times if own and source.stem not in ONCE else 1
            copies = (_copy(rows, own, f"{number:05}-") for number in range(times_over))
            with pq.ParquetWriter(path, rows.schema, compression="zstd") as writer:
                while some := list(islice(copies, max(1, _ROW_GROUP // rows.num_rows))):
                    writer.write_table(pa.concat_tables(some).combine_chunks())
        (folder / "bank.yaml").write_bytes((bank / "bank.yaml").read_bytes())


def _copy(rows: pa.Table, numbers: list[str], prefix: str) -> pa.Table:
    """The rows under other ids, which keep their order."""
    for name in numbers:
        column = pc.binary_join_element_wise(prefix, rows[name], "")
        rows = rows.set_column(rows.column_names.index(name), rows.schema.field(name), column)
    return rows


def run(folder: Path, spark: Engine, asked: Sequence[str] = (), *, alone: bool) -> None:
    """Validate, and make the newest month's activity, the cutoff's features and a use case's scores with either engine.

    Parameters
    ----------
    asked : sequence of str
        First words of the stages to run; none means all.
    alone : bool
        With Spark alone, and the activity of all months.
    """
    work = Workspace(folder / "work")
    bank = open_bank(folder / "bank", work)
    if not alone and set(asked) != {"validation"}:
        build_activity(bank, work)
    months = [file for file in bank.tables["transactions"].files if alone or file.month == month_key(CUTOFF)]
    customers, case = bank.tables["customers"].rows, load_use_case(USE_CASE)
    best = champion(bank.name, USE_CASE)
    stages: dict[str, tuple[int, Callable[[Engine], object]]] = {
        "validation of all tables, without Great Expectations": (
            sum(table.rows for table in bank.tables.values()),
            lambda engine: count_tables(bank, as_of=CUTOFF, how=Counting(engine, work.root)),
        ),
        f"activity of {len(months)} months": (
            sum(file.rows for file in months),
            lambda engine: build_activity(bank, work, engine),
        ),
        "features of a cutoff": (customers, lambda engine: build_features(bank, work, [CUTOFF], engine)),
        "scores of a use case": (customers, lambda engine: score(bank, work, case, CUTOFF, best, engine=engine)),
    }
    with Watch() as watch:
        cores = start(spark.spark_master).defaultParallelism
        deque(run_tasks(spark, range(cores), "workers", _wait, rows=0), maxlen=0)
    print(f"start of the application and of its workers: {watch}", flush=True)
    for stage, (count, make) in stages.items():
        if asked and stage.split()[0] not in asked:
            continue
        watches = {}
        for engine in (spark,) if alone else (replace(spark, name="duckdb"), spark):
            _forget(work, stage)
            with Watch() as watches[engine.name]:
                make(engine)
        print(f"{stage}, {count:,} rows", flush=True)
        for name, watch in watches.items():
            print(f"    {name}: {watch}", flush=True)
        if not alone:
            print(f"    {watches['spark'].spent / watches['duckdb'].spent:.2f} times", flush=True)
    sizes = {path.name: sum(file.stat().st_size for file in path.rglob("*")) for path in work.root.iterdir()}
    print("GB on disk:", ", ".join(f"{name} {size / 1e9:.2f}" for name, size in sizes.items() if size > 1e7))


def _wait(_connection: SQLBackend, _worker: int) -> None:
    """Keep a worker busy until all have been asked for."""
    time.sleep(1)


def _forget(work: Workspace, stage: str) -> None:
    """Remove what a stage makes."""
    if stage.startswith("activity"):
        for table in ("transactions", "balances"):
            remove(partition(work, table, month_key(CUTOFF)))
    elif stage.startswith("features"):
        remove(work.features(CUTOFF))
    elif stage.startswith("scores"):
        remove(work.scores(CUTOFF, USE_CASE))


class Watch(Thread):
    """What a block of work takes of this process and its descendants: CPU and wall seconds, and the most memory.

    Memory is looked at each half second: of all together, where pages that processes share count once, and of the
    largest process that is no Java, which is a task or this process. The looking itself, which costs more the more
    processes there are, is left out of the CPU seconds.
    """

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.spent, self.seconds, self.most, self.largest, self._done = 0.0, 0.0, 0, 0, Event()

    def __enter__(self) -> Self:
        self.spent, self.seconds = -_spent(), -time.monotonic()
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._done.set()
        self.join()
        self.spent += _spent()
        self.seconds += time.monotonic()

    def run(self) -> None:
        while not self._done.wait(0.5):
            shares = {}
            for process in _family():
                with suppress(psutil.Error):
                    shares[process.pid] = process.memory_full_info().pss, process.name() != "java"
            self.most = max(self.most, sum(share for share, _ in shares.values()))
            self.largest = max([self.largest, *(share for share, no_java in shares.values() if no_java)])
        self.spent -= time.thread_time()

    def __str__(self) -> str:
        memory = f"{self.most / 1e9:.1f} GB in all, {self.largest / 1e9:.1f} GB the largest process"
        return f"{self.spent:.1f} CPU s in {self.seconds:.1f} s, {memory}"


def _spent() -> float:
    """CPU seconds of this process and its descendants, including those that have ended."""
    times = [process.cpu_times() for process in _family()]
    return sum(t.user + t.system + t.children_user + t.children_system for t in times)


def _family() -> list[psutil.Process]:
    current = psutil.Process()
    return [current, *current.children(recursive=True)]


if __name__ == "__main__":
    main()
