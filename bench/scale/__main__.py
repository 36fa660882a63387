"""``python -m bench.scale --customers N``: a first refresh and the next quarter's, each stage beside its floor.

A floor is the same work in the plainest script. Both sides are run one after the other, so that the ratio holds on a
noisy machine where the seconds do not.
"""

import argparse
import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from bench.scale.measure import Measured, bytes_on_disk, measure
from goldmine.contract.intake import load_bank
from goldmine.core.workspace import Workspace, home
from goldmine.labels.use_case import load_use_case
from goldmine.pipeline.selection import selected_use_cases

GIB = 2**30
HEAD = (
    f"{'stage':<20}{'wall s':>8}{'CPU s':>8}{'peak GiB':>10}{'rows/s':>12}{'disk GiB':>10}"
    f"{'floor s':>9}{'ratio':>7}{'of CPU':>8}"
)


@dataclass
class Refresh:
    """Cost of the stages of one refresh, and their floors, by name."""

    ours: dict[str, Measured] = field(default_factory=dict)
    floors: dict[str, Measured] = field(default_factory=dict)

    def total(self) -> float:
        """Wall seconds of all stages."""
        return sum(took.wall for took in self.ours.values())

    def floor(self) -> float:
        """Wall seconds of all floors."""
        return sum(took.wall for took in self.floors.values())


def main() -> None:
    """Make the bank once, run two quarters and the peers, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=2_000_000)
    parser.add_argument("--months", type=int, default=30)
    parser.add_argument(
        "--double", action="store_true", help="also a first refresh of twice as many customers, without floors"
    )
    arguments = parser.parse_args()
    project = home()
    folder = _prepared_folder(project, arguments.customers, arguments.months)
    refresh = _first(folder)
    print(f"all: {refresh.total():.1f} s, {refresh.total() / refresh.floor():.2f} x the sum of the floors")
    print(f"peak memory of a stage: {max(took.peak for took in refresh.ours.values()) / GIB:.2f} GiB")
    _next(folder, refresh)
    _peers(folder)
    if arguments.double:
        twice = _first(_prepared_folder(project, 2 * arguments.customers, arguments.months), floors=False)
        print(f"twice the customers: {twice.total() / refresh.total():.2f} x the time")


def _prepared_folder(project: Path, customers: int, months: int) -> Path:
    """A folder with the bank, and without what an earlier run made of it, its models among them."""
    folder = project / "data" / "bench" / f"{customers}x{months}"
    print(HEAD, flush=True)
    if not (folder / "bank").exists():
        took = measure("ours", "bank", str(folder), str(customers), str(months))
        _print_line("sample bank", took, None, customers, folder / "bank")
    if not (folder / "first").exists():
        measure("ours", "first", str(folder))
    for name in ("work", "floor", "peers", "mlruns"):
        shutil.rmtree(folder / name, ignore_errors=True)
    (folder / "floor").mkdir()
    _make_home(folder, project)
    return folder


def _make_home(folder: Path, project: Path) -> None:
    """Have the stages keep models and journals below a folder, with the project's settings."""
    for name in ("expectations", "notebooks", "pipelines"):
        link = folder / name
        link.unlink(missing_ok=True)
        link.symlink_to(project / name, target_is_directory=True)
    (folder / "mlruns").mkdir()
    os.environ["GOLDMINE_HOME"] = str(folder)
    os.environ["MLFLOW_TRACKING_URI"] = f"sqlite:///{folder / 'mlruns' / 'mlflow.db'}"


def _first(folder: Path, *, floors: bool = True) -> Refresh:
    work, refresh = Workspace(folder / "work"), Refresh()

    def stage(name: str, *more: str, output: Path) -> None:
        title = " ".join([name, *more])
        took = refresh.ours[title] = measure("ours", name, str(folder), *more)
        if floors:
            refresh.floors[title] = measure("floor", name, str(folder), *more)
        _print_line(title, took, refresh.floors.get(title), _rows(work, name), output)

    stage("validate", "first", output=work.root / "validation")
    stage("activity", output=work.activity)
    stage("features", output=work.root / "features")
    for name in _with_model(work):
        if floors:
            measure("floor", "matrix", str(folder), name)
        stage("train", name, output=work.root / "none")
        stage("score", name, output=work.root / "scores")
    stage("release", output=work.releases)
    return refresh


def _with_model(work: Workspace) -> list[str]:
    """The use cases of a run that train a model."""
    bank = load_bank(work)
    return [name for name in selected_use_cases(bank, work, bank.data_until) if load_use_case(name).has_model]


def _next(folder: Path, first: Refresh) -> None:
    """Refresh the next quarter on top of the first."""
    work = Workspace(folder / "work")
    took = {"validate": measure("ours", "validate", str(folder), "bank")}
    _print_line("next: validate", took["validate"], None, _rows(work, "validate"), work.root / "validation")
    for name in ("activity", "features"):
        took[name] = measure("ours", name, str(folder))
        _print_line(f"next: {name}", took[name], None, _rows(work, name), work.root / name)
    now = took["activity"].wall + took["features"].wall
    before = first.ours["activity"].wall + first.ours["features"].wall
    print(f"next quarter's activity and features: {now / before:.2f} x the first's")


def _peers(folder: Path) -> None:
    """Measure recency-frequency-value windows in other tools."""
    costs = {name: measure("peer", name, str(folder)) for name in ("ours", "polars", "pandas")}
    work = Workspace(folder / "work")
    for name, took in costs.items():
        _print_line(f"windows: {name}", took, None, _rows(work, "features"), folder / "peers" / f"{name}.parquet")
    for name in ("polars", "pandas"):
        print(f"windows in {name}: {costs[name].wall / costs['ours'].wall:.1f} x ours")


def _rows(work: Workspace, stage: str) -> int:
    bank = load_bank(work)
    if stage in ("validate", "activity"):
        return sum(table.rows for table in bank.tables.values())
    return bank.tables["customers"].rows


def _print_line(name: str, took: Measured, floor: Measured | None, rows: int, output: Path) -> None:
    plain = f"{floor.wall:>9.1f}{took.wall / floor.wall:>7.2f}{took.cpu / floor.cpu:>8.2f}" if floor else ""
    figures = f"{took.wall:>8.1f}{took.cpu:>8.1f}{took.peak / GIB:>10.2f}{rows / took.wall:>12,.0f}"
    print(f"{name:<20}{figures}{bytes_on_disk(output) / GIB:>10.2f}{plain}", flush=True)


if __name__ == "__main__":
    main()
