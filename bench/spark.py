"""``python bench/spark.py --customers 4000 20000``: what a row costs on Spark, in CPU seconds of all its processes.

Each stage is run on sample banks of two sizes; the difference between the two leaves out what a start costs, and CPU
seconds (Java's and Python's together) hold on a noisy machine where wall seconds do not. `docs/scale.md` reckons with
these figures.
"""

import argparse
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import psutil
import pyarrow.compute as pc
import pyarrow.parquet as pq

from goldmine.activity import build_activity
from goldmine.activity.build import partition
from goldmine.contract.bank import Bank
from goldmine.contract.intake import open_bank
from goldmine.core.engine import Engine, connect
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


@dataclass(frozen=True)
class Took:
    """Rows that a stage went through, its CPU seconds, and bytes that it made."""

    rows: int
    cpu: float
    size: int


def main() -> None:
    """Run the stages at both sizes and print what a row costs."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--customers", type=int, nargs=2, default=[4_000, 20_000])
    asked.add_argument("--spark-master", default="local[2]")
    given = asked.parse_args()
    engine = Engine("spark", given.spark_master)
    connect(engine)
    stages(given.customers[0], engine)  # once for Java to warm up
    small, large = (stages(customers, engine) for customers in given.customers)
    print(f"{'stage':<12}{'rows':>12}{'CPU s':>9}{'bytes/row':>11}{'rows per core-second':>22}")
    for name, took in large.items():
        more, seconds = took.rows - small[name].rows, took.cpu - small[name].cpu
        print(f"{name:<12}{took.rows:>12,}{took.cpu:>9.1f}{took.size / took.rows:>11.1f}{more / seconds:>22,.0f}")


def stages(customers: int, engine: Engine) -> dict[str, Took]:
    """Activity of all months, features of one cutoff, scores of one use case."""
    place = home() / "data" / "bench" / f"spark_{customers}x{MONTHS}"
    if not (place / "bank").exists():
        write_bank(place / "bank", customers=customers, months=MONTHS, seed=1, end=CUTOFF)
    work = Work(place / "work")
    for made in (work.activity, work.features(CUTOFF).parent, work.scores(CUTOFF, "longtail").parent):
        shutil.rmtree(made, ignore_errors=True)
    bank = open_bank(place / "bank", work)
    months = bank.months("transactions")
    files = [part for month in months for part in parquet_files(partition(work, "transactions", month))]
    moves, people = bank.tables["transactions"].rows, bank.tables["customers"].rows
    found = {"activity": Took(moves, _cpu(lambda: build_activity(bank, work, engine)), 0)}
    files = [part for month in months for part in parquet_files(partition(work, "transactions", month))]
    found["activity"] = Took(moves, found["activity"].cpu, _bytes(files))
    seconds = _cpu(lambda: build_features(bank, work, [CUTOFF], engine))
    found["features"] = Took(people, seconds, _bytes(parquet_files(work.features(CUTOFF))))
    seconds = _cpu(_scoring(bank, work, engine))
    path = work.scores(CUTOFF, "longtail")
    found["scores"] = Took(pq.read_metadata(path).num_rows, seconds, _bytes([path]))
    return found


def _scoring(bank: Bank, work: Work, engine: Engine) -> Callable[[], object]:
    """Scoring with a model of the usual size, learnt here from a made-up outcome."""
    said = load_use_case("longtail").model_dump()
    case = UseCase.model_validate(said | {"eligible": [], "training": {"rounds": 300, "patience": 300}})
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


def _bytes(files: list[Path]) -> int:
    return sum(file.stat().st_size for file in files)


if __name__ == "__main__":
    main()
