"""The fault matrix: ``python -m tests.faults [--only PART] [--customers 700] [--kills 20] [--folder DIR]``.

With a folder that is kept the parts may be run one after another; the table holds what was seen in all of them.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from functools import partial
from pathlib import Path

from tests.faults import kernels, kills, stores, tiny_job
from tests.faults.matrix import Row, markdown
from tests.faults.project import Project

SIZES_KIB = (0, 40, 400, 4_000)
_SECONDS = "seconds.json"
FIRST = ("undisturbed", "steps")
"""Parts that leave the states which the others begin with."""


def main() -> None:
    """Run the parts that are asked for, print each row as it is seen and the table at the end."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--only", action="append", default=[], help="a part; may be repeated")
    parser.add_argument("--customers", type=int, default=700, help="of the bank")
    parser.add_argument("--kills", type=int, default=20, help="kills at random moments")
    parser.add_argument("--folder", type=Path, help="where to; it is kept")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        # Another user comes as far as the bank; what they may not read is the work folder.
        Path(folder).chmod(0o755)
        rows = run(asked.folder or Path(folder), asked.only, asked.customers, asked.kills)
        took = _seconds(asked.folder or Path(folder))
    parts = ", ".join(f"{name} {seconds:,}" for name, seconds in took.items())
    sys.stdout.write(f"\n{markdown(rows)}\n{sum(took.values()):,} seconds: {parts}\n")
    sys.exit(any(row.wrong for row in rows))


def run(folder: Path, only: list[str], customers: int, kills_at_random: int) -> list[Row]:
    """Run parts, those that the others need first; all rows that were seen in the folder so far."""
    project, seen = Project(folder / "matrix"), folder / "seen.json"
    parts = _parts(project, folder, kills_at_random)
    rows: dict[str, list[dict[str, object]]] = json.loads(seen.read_text("utf-8")) if seen.exists() else {}
    if not project.folder.exists():
        project.make(customers)
    asked = [name for name in FIRST if name not in rows] + [name for name in parts if not only or name in only]
    for name in dict.fromkeys(asked):
        rows[name], began = [], time.monotonic()
        for row in parts[name]():
            sys.stderr.write(
                f"{time.strftime('%X')} {name} | {row.fault} | {row.step} | {row.happened} | {row.wrong}\n"
            )
            rows[name].append(asdict(row))
            seen.write_text(json.dumps(rows), "utf-8")
        took = _seconds(folder) | {name: round(time.monotonic() - began)}
        (folder / _SECONDS).write_text(json.dumps(took), "utf-8")
    return [Row(**entry) for name in parts for entry in rows.get(name, ())]  # type: ignore[arg-type]


def _seconds(folder: Path) -> dict[str, int]:
    """How long each part took that was run in the folder."""
    path = folder / _SECONDS
    return dict(json.loads(path.read_text("utf-8"))) if path.exists() else {}


def _parts(project: Project, folder: Path, kills_at_random: int) -> dict[str, Callable[[], Iterator[Row]]]:
    """The parts by name, in the order of the table."""
    return {
        "undisturbed": partial(kills.undisturbed, project),
        "steps": partial(kills.run_in_each_step, project),
        "kernel": partial(kills.kernel_in_each_step, project),
        "random": partial(kills.at_random_moments, project, kills_at_random),
        "daemon": partial(kills.under_a_live_daemon, project),
        "together": partial(stores.two_at_once, project),
        "full": partial(stores.full_disk, project, sizes_kib=SIZES_KIB),
        "permission": partial(stores.not_permitted, project),
        "memory": partial(kernels.memory, project),
        **{name: partial(kernels.bad_cell, project, name) for name in kernels.CELLS},
        "mlflow": partial(stores.mlflow_store, project),
        "dagster": partial(stores.dagster_store, project),
        "source": partial(stores.source_replaced, project),
        "disk": partial(tiny_job.sampled, folder / "tiny", moments=6),  # last: it leaves threads
    }


if __name__ == "__main__":
    main()
