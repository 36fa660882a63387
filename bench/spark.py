"""``python bench/spark.py``: what a transaction costs on Spark, in CPU seconds of all its processes.

The activity of one month (transactions and balances) is made of a sample bank taken many times over under other
numbers. CPU seconds, of Java and Python together, hold on a noisy machine where wall seconds do not; what a query costs
to plan and compile is in them, so that a row of many is cheaper. `docs/scale.md` reckons with the figure.
"""

import argparse
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import psutil
import pyarrow.parquet as pq

from goldmine.activity import build_activity
from goldmine.activity.build import partition
from goldmine.contract.bank import CanonicalTable
from goldmine.contract.intake import open_bank
from goldmine.core.dates import month_key
from goldmine.core.engine import Engine, connect
from goldmine.core.files import remove, sql_text, whole_folder
from goldmine.core.project import home
from goldmine.core.work import Work
from goldmine.sample import write_bank

CUTOFF = date(2024, 6, 30)
MONTHS = 15
NUMBERS = (
    "customer_id", "related_id", "merged_into", "account_id", "transaction_id", "event_id", "grid_id", "employer_id",
)  # fmt: skip
"""Columns that name what is there once; the others say what is the same for all."""


def main() -> None:
    """Make the bank where it is not there, run the month and print what a row costs."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--customers", type=int, default=10_000)
    asked.add_argument("--times", type=int, default=20)
    asked.add_argument("--spark-master", default="local[2]")
    given = asked.parse_args()
    once = home() / "data" / "bench" / f"spark_{given.customers}"
    many = once.with_name(f"{once.name}x{given.times}")
    if not (once / "bank").exists():
        write_bank(once / "bank", customers=given.customers, months=MONTHS, seed=1, end=CUTOFF)
    if not (many / "bank").exists():
        multiply(once / "bank", many / "bank", given.times)
    rows, seconds = run(many, Engine("spark", given.spark_master))
    print(f"activity: {rows:,} transactions, {seconds:.1f} CPU s, {rows / seconds:,.0f} transactions a core-second")


def multiply(bank: Path, target: Path, times: int) -> None:
    """Write a bank's tables many times over, each time under other numbers."""
    with whole_folder(target) as folder:
        for source in sorted(path for path in bank.rglob("*.parquet") if path.relative_to(bank).parts[0] != "truth"):
            place = folder / source.relative_to(bank)
            place.parent.mkdir(exist_ok=True)
            held = pq.read_schema(source).names
            numbers = ", ".join(f"{name} || '-' || round AS {name}" for name in NUMBERS if name in held)
            rows = f"SELECT t.* REPLACE ({numbers})" if numbers else "SELECT t.*"
            times_over = times if numbers else 1
            duckdb.sql(
                f"COPY ({rows} FROM read_parquet({sql_text(source)}) t, range({times_over}) AS r(round) ORDER BY ALL) "
                f"TO {sql_text(place)} (FORMAT parquet, COMPRESSION zstd)"
            )
        (folder / "bank.yaml").write_bytes((bank / "bank.yaml").read_bytes())


def run(place: Path, engine: Engine) -> tuple[int, float]:
    """Transactions of the newest month, and CPU seconds of its activity."""
    work = Work(place / "work")
    bank = open_bank(place / "bank", work)
    bank = replace(bank, tables={name: _newest(table) for name, table in bank.tables.items()})
    for table in ("transactions", "balances"):
        remove(partition(work, table, month_key(CUTOFF)))
    connect(engine)
    before = _spent()
    build_activity(bank, work, engine)
    return bank.tables["transactions"].rows, _spent() - before


def _newest(table: CanonicalTable) -> CanonicalTable:
    """A table without the months before the newest."""
    return replace(table, files=tuple(file for file in table.files if file.month in ("", month_key(CUTOFF))))


def _spent() -> float:
    """CPU seconds of this process and of all below it, the ended ones included."""
    me = psutil.Process()
    times = [one.cpu_times() for one in (me, *me.children(recursive=True))]
    return sum(t.user + t.system + t.children_user + t.children_system for t in times)


if __name__ == "__main__":
    main()
