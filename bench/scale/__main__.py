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
from goldmine.labels.use_case import use_case_names

GIB = 2**30
HEAD = (
    f"{'stage':<20}{'wall s':>8}{'CPU s':>8}{'peak GiB':>10}{'rows/s':>12}{'disk GiB':>10}"
    f"{'floor s':>9}{'ratio':>7}{'of CPU':>8}"
)


@dataclass
class Refresh:
    """What the stages of one refresh took, and their floors, by name."""

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
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--customers", type=int, default=2_000_000)
    asked.add_argument("--months", type=int, default=30)
    asked.add_argument(
        "--double", action="store_true", help="also a first refresh of twice as many customers, without floors"
    )
    given = asked.parse_args()
    place = _place(given.customers, given.months)
    refresh = _first(place)
    print(f"all: {refresh.total():.1f} s, {refresh.total() / refresh.floor():.2f} x the sum of the floors")
    print(f"most memory of a stage: {max(took.peak for took in refresh.ours.values()) / GIB:.2f} GiB")
    _next(place, refresh)
    _peers(place)
    if given.double:
        twice = _first(_place(2 * given.customers, given.months), floors=False)
        print(f"twice the customers: {twice.total() / refresh.total():.2f} x the time")


def _place(customers: int, months: int) -> Path:
    place = home() / "data" / "bench" / f"{customers}x{months}"
    print(HEAD, flush=True)
    if not (place / "bank").exists():
        took = measure("ours", "bank", str(place), str(customers), str(months))
        _line("sample bank", took, None, customers, place / "bank")
    if not (place / "first").exists():
        measure("ours", "first", str(place))
    for folder in ("work", "floor", "peers"):
        shutil.rmtree(place / folder, ignore_errors=True)
    (place / "floor").mkdir()
    os.environ["MLFLOW_TRACKING_URI"] = f"sqlite:///{place / 'mlflow.db'}"
    (place / "mlflow.db").unlink(missing_ok=True)
    return place


def _first(place: Path, *, floors: bool = True) -> Refresh:
    work, refresh = Workspace(place / "work"), Refresh()

    def stage(name: str, *more: str, made: Path) -> None:
        title = " ".join([name, *more])
        took = refresh.ours[title] = measure("ours", name, str(place), *more)
        if floors:
            refresh.floors[title] = measure("floor", name, str(place), *more)
        _line(title, took, refresh.floors.get(title), _rows(work, name), made)

    stage("validate", "first", made=work.root / "validation")
    stage("activity", made=work.activity)
    stage("features", made=work.root / "features")
    for name in use_case_names():
        if floors:
            measure("floor", "matrix", str(place), name)
        stage("train", name, made=work.root / "none")
        stage("score", name, made=work.root / "scores")
    stage("release", made=work.releases)
    return refresh


def _next(place: Path, first: Refresh) -> None:
    """The quarter after, on top of the first."""
    work = Workspace(place / "work")
    took = {"validate": measure("ours", "validate", str(place), "bank")}
    _line("next: validate", took["validate"], None, _rows(work, "validate"), work.root / "validation")
    for name in ("activity", "features"):
        took[name] = measure("ours", name, str(place))
        _line(f"next: {name}", took[name], None, _rows(work, name), work.root / name)
    now = took["activity"].wall + took["features"].wall
    before = first.ours["activity"].wall + first.ours["features"].wall
    print(f"next quarter's activity and features: {now / before:.2f} x the first's")


def _peers(place: Path) -> None:
    """Recency-frequency-value windows in others' tools."""
    found = {name: measure("peer", name, str(place)) for name in ("ours", "polars", "pandas")}
    work = Workspace(place / "work")
    for name, took in found.items():
        _line(f"windows: {name}", took, None, _rows(work, "features"), place / "peers" / f"{name}.parquet")
    for name in ("polars", "pandas"):
        print(f"windows in {name}: {found[name].wall / found['ours'].wall:.1f} x ours")


def _rows(work: Workspace, stage: str) -> int:
    bank = load_bank(work)
    if stage in ("validate", "activity"):
        return sum(table.rows for table in bank.tables.values())
    return bank.tables["customers"].rows


def _line(name: str, took: Measured, floor: Measured | None, rows: int, made: Path) -> None:
    plain = f"{floor.wall:>9.1f}{took.wall / floor.wall:>7.2f}{took.cpu / floor.cpu:>8.2f}" if floor else ""
    figures = f"{took.wall:>8.1f}{took.cpu:>8.1f}{took.peak / GIB:>10.2f}{rows / took.wall:>12,.0f}"
    print(f"{name:<20}{figures}{bytes_on_disk(made) / GIB:>10.2f}{plain}", flush=True)


if __name__ == "__main__":
    main()
