"""``python bench/spark.py features``: what a row costs on Spark, in CPU seconds of all its processes.

The stage (activity, features or scores) is run on a sample bank taken many times over under other numbers; what comes
before it is DuckDB's. CPU seconds, Java's and Python's together, hold on a noisy machine where wall seconds do not.
What a query costs to plan and compile is in them, so that a row of many is cheaper than these. `docs/scale.md` reckons
with them.
"""

import argparse
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import psutil
import pyarrow.compute as pc
import pyarrow.parquet as pq

from goldmine.activity import build_activity
from goldmine.activity.build import partition
from goldmine.contract.bank import Bank, CanonicalTable
from goldmine.contract.intake import open_bank
from goldmine.core.dates import month_key
from goldmine.core.engine import Engine, connect
from goldmine.core.files import remove, sql_text, whole_folder
from goldmine.core.parquet import parquet_files
from goldmine.core.project import home
from goldmine.core.work import Work
from goldmine.features import build_features
from goldmine.labels.rows import eligible_rows
from goldmine.models import score
from goldmine.models.registry import Champion
from goldmine.models.train import train
from goldmine.sample import write_bank
from goldmine.usecases import UseCase, load_use_case

CUTOFF = date(2024, 6, 30)
MONTHS = 15
NUMBERS = (
    "customer_id", "related_id", "merged_into", "account_id", "transaction_id", "event_id", "grid_id", "employer_id",
)  # fmt: skip
"""Columns that name what is there once; the others say what is the same for all."""


STAGES = ("activity", "features", "scores")


def main() -> None:
    """Run a stage and print what a row costs."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("stage", choices=STAGES)
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
    rows, seconds, size = run(given.stage, many, Engine("spark", given.spark_master))
    print(f"{given.stage}: {rows:,} rows, {seconds:.1f} CPU s, {rows / seconds:,.0f} rows a core-second,")
    print(f"{size / rows:.1f} bytes a row")


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


def run(stage: str, place: Path, engine: Engine) -> tuple[int, float, int]:
    """Rows, CPU seconds and bytes of one month's activity, one cutoff's features, or one use case's scores."""
    work = Work(place / f"work_{stage}")
    bank = open_bank(place / "bank", work)
    if stage == "activity":
        bank = replace(bank, tables={name: _newest(table) for name, table in bank.tables.items()})
    else:
        build_activity(bank, work)
    made = {
        "activity": partition(work, "transactions", month_key(CUTOFF)),
        "features": work.features(CUTOFF),
        "scores": work.scores(CUTOFF, "longtail"),
    }[stage]
    if stage == "scores":
        build_features(bank, work, [CUTOFF])
    remove(made)
    make = {
        "activity": lambda: build_activity(bank, work, engine),
        "features": lambda: build_features(bank, work, [CUTOFF], engine),
        "scores": _scoring(bank, work, engine) if stage == "scores" else None,
    }[stage]
    connect(engine)
    seconds = _cpu(make)
    moves = sum(file.rows for file in bank.tables["transactions"].files if file.month == month_key(CUTOFF))
    return moves if stage == "activity" else bank.tables["customers"].rows, seconds, _bytes(made)


def _newest(table: CanonicalTable) -> CanonicalTable:
    """A table without the months before the newest."""
    return replace(table, files=tuple(file for file in table.files if file.month in ("", month_key(CUTOFF))))


def _scoring(bank: Bank, work: Work, engine: Engine) -> Callable[[], object]:
    """Scoring with a model of the usual size, learnt here from a made-up outcome."""
    said = load_use_case("longtail").model_dump()
    case = UseCase.model_validate(
        said | {"eligible": [], "training": {"rounds": 100, "patience": 100, "most_rows": 20_000}}
    )
    rows = eligible_rows(work, case, CUTOFF)
    middle = pc.quantile(rows["inflow_sum_90d"], 0.5)[0]
    learnt = rows.append_column("outcome", pc.less(rows["inflow_sum_90d"], middle).cast("int8"))
    best = Champion("bench", "1", "", str(CUTOFF), train(case, learnt, learnt, seed=1).model)
    score.champion = lambda *_: best  # type: ignore[assignment]  # no registry is asked
    return lambda: score.score(bank, work, case, CUTOFF, engine)


def _cpu(make: Callable[[], object]) -> float:
    before = _spent()
    make()
    return _spent() - before


def _spent() -> float:
    """CPU seconds of this process and of all below it, the ended ones included."""
    me = psutil.Process()
    times = [one.cpu_times() for one in (me, *me.children(recursive=True))]
    return sum(t.user + t.system + t.children_user + t.children_system for t in times)


def _bytes(table: Path) -> int:
    return sum(file.stat().st_size for file in parquet_files(table))


if __name__ == "__main__":
    main()
