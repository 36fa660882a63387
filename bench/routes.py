"""Routes against the best known solutions of public prize-collecting instances, at 60 seconds of processor time each.

    python bench/routes.py [seconds]

The folder ``routes`` of ``GOLDMINE_SHARED_DATA`` holds the instances (``*.vrp``) and their solutions (``*.sol``).
"""

import os
import sys
import time
from pathlib import Path

import pyvrp
from vrplib import read_solution


class ProcessorTime:
    """Stop after so many seconds of this process's own time, so that what else runs does not matter."""

    def __init__(self, seconds: float) -> None:
        self.end = time.process_time() + seconds

    def __call__(self, best_cost: int) -> bool:
        """Whether the time is over."""
        return time.process_time() >= self.end


def main() -> None:
    """Print the gap of each instance."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 60.0
    folder = Path(os.environ.get("GOLDMINE_SHARED_DATA", "../shared/data")) / "routes"
    for file in sorted(folder.glob("*.vrp")):
        data = pyvrp.read(file, round_func="dimacs")
        best_known = int(read_solution(str(file.with_suffix(".sol")))["cost"])
        started = time.perf_counter()
        result = pyvrp.solve(data, ProcessorTime(seconds), seed=1, collect_stats=False)
        gap = result.cost() / best_known - 1
        print(
            f"{file.stem}: {data.num_clients:,} stops, cost {result.cost():,}, best known {best_known:,}, "
            f"{gap:+.2%}, feasible: {result.is_feasible()}, {result.num_iterations:,} iterations, "
            f"{time.perf_counter() - started:.0f} s on the clock",
            flush=True,
        )


if __name__ == "__main__":
    main()
