"""Cost of the customer analyses: tags, ladder, moves, screening, lost, segments, owners, figures of the views.

Run by hand: ``python -m bench.knowing --customers 200000 --folder data/bench_knowing``. The bank, its activity and the
features of two quarter ends are made on the first run; each piece runs in a process of its own.
"""

import argparse
import multiprocessing
import sys
from collections.abc import Callable
from datetime import date
from multiprocessing.queues import SimpleQueue
from pathlib import Path
from time import perf_counter, process_time

from goldmine.activity import build_activity
from goldmine.contract.bank import Bank
from goldmine.contract.intake import load_bank, open_bank
from goldmine.core.dates import month_end
from goldmine.core.engine import connect
from goldmine.core.workspace import Workspace
from goldmine.coverage import load_coverage_rules, make_coverage
from goldmine.customers.concentration import concentration
from goldmine.customers.lost import lost
from goldmine.customers.moves import quarters
from goldmine.customers.screening import conversions, screen
from goldmine.customers.segments import find_segments
from goldmine.customers.source_tables import SourceTables
from goldmine.customers.table import build_customers, read_customers
from goldmine.features import build_features
from goldmine.reporting.prepare import prepare
from goldmine.sample import write_bank

AS_OF = date(2024, 6, 30)
BEFORE = month_end(AS_OF, -3)

Piece = Callable[[Bank, Workspace], object]
PIECES: dict[str, Piece] = {
    "customers, both quarters": lambda bank, work: build_customers(bank, work, [BEFORE, AS_OF]).made,
    "moves of four quarters": lambda bank, work: len(quarters(SourceTables(connect(), bank, work), AS_OF)),
    "concentration": lambda bank, work: concentration(read_customers(work, AS_OF).aum_avg).gini,
    "screening": lambda bank, work: len(screen(SourceTables(connect(), bank, work), AS_OF).groups),
    "conversions": lambda bank, work: conversions(SourceTables(connect(), bank, work), AS_OF, None).customers.max(),
    "lost deposits": lambda bank, work: len(lost(SourceTables(connect(), bank, work), AS_OF, "lost_deposit")),
    "segments": lambda bank, work: len(find_segments(work, AS_OF).table),
    "owners, first quarter": lambda bank, work: len(make_coverage(bank, work, BEFORE, load_coverage_rules()).rows),
    "owners, next quarter": lambda bank, work: dict(
        make_coverage(bank, work, AS_OF, load_coverage_rules()).moves_by_reason
    ),
    "figures, five quarters": lambda bank, work: len(prepare(bank, work, AS_OF).figures.rows),
}


def main() -> None:
    """Make missing inputs, then measure each piece."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--customers", type=int, default=200_000)
    parser.add_argument("--folder", type=Path, default=Path("data/bench_knowing"))
    arguments = parser.parse_args()
    folder = arguments.folder.absolute()
    if not (folder / "work" / "features" / f"{AS_OF}.parquet").exists():
        write_bank(folder / "bank", customers=arguments.customers, months=30, seed=1, end=AS_OF)
        work = Workspace(folder / "work")
        bank = open_bank(folder / "bank", work)
        build_activity(bank, work)
        build_features(bank, work, [BEFORE, AS_OF])
    for name in ("customers", "coverage", "reporting", "segments"):
        for path in (folder / "work" / name).rglob("*.*"):
            path.unlink()
    for name in PIECES:
        _measure(name, folder)


def _measure(name: str, folder: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    queue: SimpleQueue[tuple[float, float, float, str]] = spawn.SimpleQueue()
    child = spawn.Process(target=_run, args=(name, folder, queue))
    child.start()
    child.join()
    if child.exitcode:
        raise SystemExit(f"{name}: ended with {child.exitcode}")
    wall, cpu, peak, result = queue.get()
    sys.stdout.write(f"{name:<26}{wall:7.1f} s wall {cpu:7.1f} s CPU {peak:7.0f} MB peak   {result}\n")
    sys.stdout.flush()


def _run(name: str, folder: Path, queue: SimpleQueue[tuple[float, float, float, str]]) -> None:
    work = Workspace(folder / "work")
    bank = load_bank(work)
    wall, cpu = perf_counter(), process_time()
    result = PIECES[name](bank, work)
    queue.put((perf_counter() - wall, process_time() - cpu, _peak(), str(result)[:120]))


def _peak() -> float:
    """Peak memory of this process in megabytes; `getrusage` would count its parent's too."""
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


if __name__ == "__main__":
    main()
