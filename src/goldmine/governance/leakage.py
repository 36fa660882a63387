"""The leakage gate: checks of the rows before each training."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import combinations

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from goldmine.contract.bank import Bank
from goldmine.core.errors import LeakError
from goldmine.core.workspace import Workspace
from goldmine.governance.limits import Limits, read_limits
from goldmine.governance.point_in_time_check import PointInTimeCheck, check_point_in_time
from goldmine.governance.univariate import out_of_range, univariate_auc, varying
from goldmine.labels import outcome_end, selected_features
from goldmine.labels.use_case import UseCase
from goldmine.models.training_set import TrainingSet

ALONE = "a single feature predicts the outcome"
BEYOND = "a feature is out of its past range"
FUTURE = "features change without the later data"
SIDES = "a customer is on both sides of a split"
COMPLETE = "outcomes are not complete at the snapshot"


@dataclass(frozen=True)
class Check:
    """One check for a kind of leak.

    Parameters
    ----------
    what : str
        The kind of leak.
    looked_at : str
        What was checked, with counts.
    worst : str
        The value nearest to a leak.
    leaks : tuple of str
        The leaks found; empty if there are none.
    do : str
        The remedy.
    """

    what: str
    looked_at: str
    worst: str
    leaks: tuple[str, ...]
    do: str


def leak_gate(bank: Bank, work: Workspace, use_case: UseCase, rows: TrainingSet, as_of: date) -> pd.DataFrame:
    """Check the rows of a training for leaks, and stop the training if there is one.

    Parameters
    ----------
    rows : TrainingSet
        The rows to train, calibrate and test on.
    as_of : date
        The snapshot.

    Returns
    -------
    pandas.DataFrame
        A row per kind of leak: what was checked, and the value nearest to a leak.

    Raises
    ------
    LeakError
        If there is a leak of any kind.
    SettingsError
        If ``pipelines/governance.yaml`` cannot be read.
    """
    parts = {name: getattr(rows, name) for name in ("train", "calibrate", "test")}
    present = {name: table for name, table in parts.items() if table is not None}
    checks = row_checks(present, use_case, as_of, read_limits(bank.name))
    if rows.cutoffs is not None:
        checks.append(point_in_time_check(check_point_in_time(bank, work, rows.cutoffs.train[0])))
    require_none(use_case.name, checks)
    summary = [{"looked for": c.what, "among": c.looked_at, "nearest": c.worst, "found": "nothing"} for c in checks]
    return pd.DataFrame(summary)


def require_none(name: str, checks: list[Check]) -> None:
    """Raise if any check found a leak.

    Raises
    ------
    LeakError
        Names the first leak and counts the others.
    """
    leaks = [(check, leak) for check in checks for leak in check.leaks]
    if not leaks:
        return
    (first, leak_text), more = leaks[0], len(leaks) - 1
    others = f" ({more} more: {'; '.join(leak for _, leak in leaks[1:4])}{'; ...' if more > 3 else ''})" if more else ""
    raise LeakError(f"{name}: leakage gate: {leak_text}{others}.", first.do)


def row_checks(parts: dict[str, pa.Table], use_case: UseCase, as_of: date, limits: Limits) -> list[Check]:
    """The checks that need only the rows.

    Parameters
    ----------
    parts : dict of str to pyarrow.Table
        ``train`` first, then the later ones: features as stored, ``outcome``, ``customer_id`` and, where the split is
        by time, ``cutoff``.
    """
    first, *later = parts
    names = selected_features(use_case, parts[first].column_names)
    varying_names = varying(parts[first], names)
    return [
        _complete(parts, use_case, as_of),
        _sides(parts),
        _univariate(univariate_auc(parts[first], names), limits, parts[first].num_rows, use_case),
        _out_of_range(
            {name: out_of_range(_before(parts, name, varying_names), parts[name], varying_names) for name in later},
            limits.out_of_range_share if any("cutoff" in parts[name].column_names for name in later) else 1.0,
            use_case,
        ),
    ]


def point_in_time_check(result: PointInTimeCheck) -> Check:
    """The result of the point-in-time check as a check of the gate."""
    leaks = {
        name: f"{name} at {result.cutoff} is not made by any feature of the code"
        if count < 0
        else f"{name} at {result.cutoff} changes for {count:,} of {result.customers:,} customers without later rows"
        for name, count in result.changed.items()
    }
    among = f"{result.features} features of {result.customers:,} customers at {result.cutoff}, made again"
    do = "Let the feature see only rows dated and known by the cutoff, then run `goldmine features` again."
    return Check(FUTURE, among, f"{len(leaks)} changed", tuple(leaks.values()), do)


def _left_out(use_case: UseCase, feature: str) -> str:
    """How to leave a feature out; an external table has no use case file that could exclude it."""
    if use_case.has_external_label:
        return f"leave it out with --drop {feature}"
    return "exclude it in the use case's file"


def _complete(parts: dict[str, pa.Table], use_case: UseCase, as_of: date) -> Check:
    ends = {(name, cutoff): outcome_end(use_case, cutoff) for name, cutoff in _cutoffs(parts)}
    leaks = tuple(
        f"{name} rows of {cutoff} have outcomes that are complete on {end} only, after the snapshot {as_of}"
        for (name, cutoff), end in ends.items()
        if end > as_of
    )
    worst = f"complete on {max(ends.values())}" if ends else "no cutoffs"
    do = "Use an earlier cutoff or a later snapshot, so that every outcome has had its time."
    return Check(COMPLETE, f"{len(ends)} cutoffs, snapshot {as_of}", worst, leaks, do)


def _sides(parts: dict[str, pa.Table]) -> Check:
    """A customer may be on both sides of a split only at different cutoffs."""
    cutoffs: dict[str, set[date]] = {name: set() for name in parts}
    for name, cutoff in _cutoffs(parts):
        cutoffs[name].add(cutoff)
    leaks = []
    for left, right in combinations(parts, 2):
        if cutoffs[left] and cutoffs[right] and not cutoffs[left] & cutoffs[right]:
            continue
        shared = int(pc.sum(pc.is_in(pc.unique(parts[left]["customer_id"]), parts[right]["customer_id"])).as_py() or 0)
        if shared:
            leaks.append(f"{shared:,} customers are in {left} and in {right}, which are not apart in time")
    for name, table in parts.items():
        keys = [key for key in ("customer_id", "cutoff") if key in table.column_names]
        twice = table.num_rows - table.select(keys).group_by(keys).aggregate([]).num_rows
        if twice:
            leaks.append(f"{twice:,} rows of {name} are of a customer who is there already")
    counts = ", ".join(f"{name} {table.num_rows:,}" for name, table in parts.items())
    do = "Split by customer, or by time with each customer once at a cutoff."
    return Check(SIDES, counts, f"{len(leaks)} overlaps", tuple(leaks), do)


def _univariate(aucs: dict[str, float], limits: Limits, rows: int, use_case: UseCase) -> Check:
    worst = max(aucs, key=lambda name: aucs[name])
    leaks = tuple(
        f"{name} alone has an AUC of {auc:.3f} (limit {limits.single_feature_auc:.2f})"
        for name, auc in sorted(aucs.items(), key=lambda item: -item[1])
        if auc > limits.single_feature_auc
    )
    do = f"Find out how it knows; mend it, or {_left_out(use_case, worst)}."
    return Check(ALONE, f"{len(aucs)} features, {rows:,} rows", f"{worst}: AUC {aucs[worst]:.3f}", leaks, do)


def _before(parts: dict[str, pa.Table], name: str, columns: list[str]) -> pa.Table:
    """Some columns of all parts before a given part."""
    earlier = list(parts)[: list(parts).index(name)]
    return pa.concat_tables([parts[part].select(columns) for part in earlier], promote_options="default")


def _out_of_range(shares_by_part: dict[str, dict[str, float]], limit: float, use_case: UseCase) -> Check:
    """A feature out of its past range at a later cutoff; without cutoffs a shift is reported but is no leak."""
    shares = {(name, part): share for part, by_feature in shares_by_part.items() for name, share in by_feature.items()}
    worst = max(shares, key=lambda key: shares[key])
    leaks = tuple(
        f"{name} is out of its past range at {share:.0%} of the {part} rows (limit {limit:.0%})"
        for (name, part), share in sorted(shares.items(), key=lambda item: -item[1])
        if share > limit
    )
    left_out = _left_out(use_case, worst[0])
    do = f"A feature that only grows with time tells the date: make it relative to the cutoff, or {left_out}."
    return Check(BEYOND, f"{len(shares)} comparisons", f"{worst[0]}: {shares[worst]:.1%} of {worst[1]}", leaks, do)


def _cutoffs(parts: dict[str, pa.Table]) -> Iterator[tuple[str, date]]:
    for name, table in parts.items():
        if "cutoff" in table.column_names:
            yield from ((name, cutoff) for cutoff in sorted(pc.unique(table["cutoff"]).to_pylist()))
