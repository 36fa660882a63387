"""The leakage gate: checks of the rows before each training."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import combinations

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from goldmine.contract.bank import Bank
from goldmine.core.i18n import LocalizedText, _, join_texts, pgettext
from goldmine.core.workspace import Workspace
from goldmine.features.families.profile import AGEING
from goldmine.governance.leak_check import Check, require_none
from goldmine.governance.leak_warnings import LeakWarning, UnivariateAucs, leak_warnings
from goldmine.governance.limits import Limits, read_limits, read_signatures
from goldmine.governance.outcome_in_values import MAX_P
from goldmine.governance.point_in_time_check import PointInTimeCheck, check_point_in_time
from goldmine.governance.row_figures import ByFeature, RowFigures, Standing, measured, parts_of
from goldmine.labels import outcome_end, selected_features
from goldmine.labels.use_case import UseCase
from goldmine.models.training_set import TrainingSet

ALONE = _("a single feature predicts the outcome")
ENCODED = _("a feature is made of the rows' own outcomes")
BEYOND = _("a feature is out of its past range")
FUTURE = _("features change without the later data")
SIDES = _("a customer is on both sides of a split")
_PARTS = {
    "train": pgettext("part", "train"),
    "calibrate": pgettext("part", "calibrate"),
    "test": pgettext("part", "test"),
}
COMPLETE = _("outcomes are not complete at the snapshot")


@dataclass(frozen=True)
class GateResult:
    """What the gate says of a training without a leak.

    Parameters
    ----------
    summary : pandas.DataFrame
        A row per kind of leak: what was checked, and the value nearest to a leak.
    use_case : UseCase
        The use case to train: without the features that were set aside.
    set_aside : dict of str to str
        Features of the project that age with the customers and lie out of their past range, and why.
    warnings : tuple of LeakWarning
        What a person must sign for.
    unsigned : tuple of LocalizedText
        Of those, what nobody has signed for: the model is not promoted.
    """

    summary: pd.DataFrame
    use_case: UseCase
    set_aside: Mapping[str, str]
    warnings: tuple[LeakWarning, ...]
    unsigned: tuple[LocalizedText, ...]

    @property
    def notes(self) -> LocalizedText:
        """What was set aside and why, and the warnings; a line each."""
        aside = [_("set aside: {why}", why=why) for why in self.set_aside.values()]
        signed = [w.text for w in self.warnings if w.refusal(self.use_case.name) not in self.unsigned]
        warnings = [_("warning: {what}", what=what) for what in (*signed, *self.unsigned)]
        return join_texts([*aside, *warnings] or [_("no warnings")], "\n")


def leak_gate(
    bank: Bank, work: Workspace, use_case: UseCase, rows: TrainingSet, as_of: date, *, standing: Standing | None = None
) -> GateResult:
    """Check the rows of a training for leaks, and stop the training if there is one.

    Parameters
    ----------
    rows : TrainingSet
        The rows to train, calibrate and test on.
    as_of : date
        The snapshot.
    standing : Standing, optional
        Where families are tried: what is known without them.

    Raises
    ------
    LeakError
        If there is a leak of any kind.
    SettingsError
        If ``pipelines/governance.yaml`` cannot be read.
    """
    parts, limits = parts_of(rows), read_limits(bank.name)
    names = selected_features(use_case, rows.train.column_names)
    figures = (standing.figures if standing else RowFigures()).completed(parts, names)
    aside = ageing_out_of_range(parts, use_case, limits, figures)
    if aside:
        use_case = use_case.model_copy(update={"exclude": [*use_case.exclude, *aside]})
    checks = row_checks(parts, use_case, as_of, limits, figures)
    if rows.cutoffs is not None:
        stands = standing.work if standing else None
        found = check_point_in_time(bank, work, rows.cutoffs.train[0], standing=stands)
        checks.append(point_in_time_check(found))
    require_none(use_case.name, checks)
    summary = [{"looked for": c.what, "among": c.looked_at, "nearest": c.worst, "found": "nothing"} for c in checks]
    warnings = row_warnings(parts, use_case, limits, figures)
    return GateResult(pd.DataFrame(summary, dtype=object), use_case, aside, warnings, _unsigned(warnings, use_case))


def _unsigned(warnings: tuple[LeakWarning, ...], use_case: UseCase) -> tuple[LocalizedText, ...]:
    """Refusals for the warnings that nobody signed for.

    An external table may hold what one column tells; its owner reads the warning beside the figures and may drop it.
    """
    if use_case.has_external_label:
        return ()
    signatures = read_signatures()
    return tuple(w.refusal(use_case.name) for w in warnings if not w.signed_in(signatures, use_case.name))


def row_checks(
    parts: dict[str, pa.Table], use_case: UseCase, as_of: date, limits: Limits, figures: RowFigures | None = None
) -> list[Check]:
    """The checks that need only the rows.

    Parameters
    ----------
    parts : dict of str to pyarrow.Table
        ``train`` first, then the later ones: features as stored, ``outcome``, ``customer_id`` and, where the split is
        by time, ``cutoff``.
    figures : RowFigures, optional
        Of the features over these rows; measured here if not given.
    """
    first = next(iter(parts))
    names = selected_features(use_case, parts[first].column_names)
    figures = figures.of(names) if figures else measured(parts, names)
    return [
        _complete(parts, use_case, as_of),
        _sides(parts),
        _univariate(figures.aucs[first], limits, parts[first].num_rows, use_case),
        _encoded(figures.p_values, use_case),
        _out_of_range(figures.out_of_range, _range_limit(parts, limits), use_case),
    ]


def ageing_out_of_range(
    parts: dict[str, pa.Table], use_case: UseCase, limits: Limits, figures: RowFigures | None = None
) -> dict[str, str]:
    """The project's own features that age with the customers and lie out of their past range, with the reason.

    Where all customers joined in one quarter, or a migration stamped one day on all, such a feature tells the date. It
    is no mistake of the bank's, so these are left out of the training and nothing is refused. A bank's own feature of
    that kind is refused by `row_checks`.

    Parameters
    ----------
    parts, figures : dict of str to pyarrow.Table, RowFigures
        As for `row_checks`.
    """
    if use_case.has_external_label:
        return {}
    names = [name for name in selected_features(use_case, next(iter(parts.values())).column_names) if name in AGEING]
    if not names:
        return {}
    limit = _range_limit(parts, limits)
    reasons = {}
    figures = figures.of(names) if figures else measured(parts, names)
    for part, shares in figures.out_of_range.items():
        for name, share in shares.items():
            if share > limit:
                reasons[name] = (
                    f"{name}, which grows with time by itself, is out of its past range at {share:.0%} of the {part} "
                    f"rows (limit {limit:.0%})"
                )
    return reasons


def row_warnings(
    parts: dict[str, pa.Table], use_case: UseCase, limits: Limits, figures: RowFigures | None = None
) -> tuple[LeakWarning, ...]:
    """The features of the rows that a person must sign for; parameters are those of `row_checks`."""
    names = selected_features(use_case, parts["train"].column_names)
    aucs = (figures.of(names) if figures else measured(parts, names)).aucs
    learnt, later = (UnivariateAucs.of(aucs[part], parts[part]["outcome"].to_numpy()) for part in ("train", "test"))
    return leak_warnings(learnt, later, limits)


def point_in_time_check(result: PointInTimeCheck) -> Check:
    """The result of the point-in-time check as a check of the gate."""
    leaks = {
        name: f"{name} at {result.cutoff} is not made by any feature of the code"
        if count < 0
        else f"{name} at {result.cutoff} changes for {count:,} of {result.customers:,} customers without later rows"
        for name, count in result.changed.items()
    }
    among = _("{n} features of {customers:,} customers at {day}, made again",
              n=result.features, customers=result.customers, day=result.cutoff)  # fmt: skip
    do = "Let the feature see only rows dated and known by the cutoff, then run `goldmine features` again."
    return Check(FUTURE, among, _("{n} changed", n=len(leaks)), tuple(leaks.values()), do)


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
    worst = _("complete on {day}", day=max(ends.values())) if ends else _("no cutoffs")
    do = "Use an earlier cutoff or a later snapshot, so that every outcome has had its time."
    return Check(COMPLETE, _("{n} cutoffs, snapshot {day}", n=len(ends), day=as_of), worst, leaks, do)


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
    counts = [_("{part} {n:,}", part=_PARTS[name], n=table.num_rows) for name, table in parts.items()]
    do = "Split by customer, or by time with each customer once at a cutoff."
    return Check(SIDES, join_texts(counts, _(", ")), _("{n} overlaps", n=len(leaks)), tuple(leaks), do)


def _univariate(aucs: ByFeature, limits: Limits, rows: int, use_case: UseCase) -> Check:
    worst = max(aucs, key=lambda name: aucs[name])
    leaks = tuple(
        f"{name} alone has an AUC of {auc:.3f} (limit {limits.single_feature_auc:.2f})"
        for name, auc in sorted(aucs.items(), key=lambda item: -item[1])
        if auc > limits.single_feature_auc
    )
    do = f"Find out how it knows; correct it, or {_left_out(use_case, worst)}."
    return Check(
        ALONE, _("{n} features, {rows:,} rows", n=len(aucs), rows=rows), f"{worst}: AUC {aucs[worst]:.3f}", leaks, do
    )


def _encoded(p_values: ByFeature, use_case: UseCase) -> Check:
    closest = min(p_values, key=lambda name: p_values[name])
    leaks = tuple(
        f"{name} is computed from the outcomes of these very rows: rows of one value have the outcome as often as the "
        "value says, without chance"
        for name, p_value in sorted(p_values.items(), key=lambda item: item[1])
        if p_value < MAX_P
    )
    do = f"Give the group as a text, whose rates are learnt inside the folds, or {_left_out(use_case, closest)}."
    return Check(ENCODED, _("{n} features", n=len(p_values)), f"{closest}: p {p_values[closest]:.1g}", leaks, do)


def _range_limit(parts: dict[str, pa.Table], limits: Limits) -> float:
    """The limit of that share; without cutoffs a shift is reported but is no leak."""
    return limits.out_of_range_share if "cutoff" in parts["test"].column_names else 1.0


def _out_of_range(shares_by_part: Mapping[str, ByFeature], limit: float, use_case: UseCase) -> Check:
    """A feature out of its past range at a later cutoff."""
    shares = {(name, part): share for part, by_feature in shares_by_part.items() for name, share in by_feature.items()}
    worst = max(shares, key=lambda key: shares[key])
    leaks = tuple(
        f"{name} is out of its past range at {share:.0%} of the {part} rows (limit {limit:.0%})"
        for (name, part), share in sorted(shares.items(), key=lambda item: -item[1])
        if share > limit
    )
    left_out = _left_out(use_case, worst[0])
    do = f"A feature that only grows with time tells the date: make it relative to the cutoff, or {left_out}."
    return Check(
        BEYOND,
        _("{n} comparisons", n=len(shares)),
        _("{feature}: {share:.1%} of {part}", feature=worst[0], share=shares[worst], part=_PARTS[worst[1]]),
        leaks,
        do,
    )


def _cutoffs(parts: dict[str, pa.Table]) -> Iterator[tuple[str, date]]:
    for name, table in parts.items():
        if "cutoff" in table.column_names:
            yield from ((name, cutoff) for cutoff in sorted(pc.unique(table["cutoff"]).to_pylist()))
