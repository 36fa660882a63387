"""What the leakage gate measures of each feature by itself, whatever its limits."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from goldmine.core.workspace import Workspace
from goldmine.governance.outcome_in_values import encoding_p_values
from goldmine.governance.univariate import out_of_range, univariate_auc, varying
from goldmine.models.training_set import TrainingSet

ByFeature = Mapping[str, float]


@dataclass(frozen=True)
class RowFigures:
    """Figures of single features over the rows of a training.

    Parameters
    ----------
    aucs : mapping of str to mapping of str to float
        `univariate_auc` by part, of the first part and of ``test``, each over the cutoffs where customers differ in it.
    p_values : mapping of str to float
        `encoding_p_values` over all parts.
    out_of_range : mapping of str to mapping of str to float
        By later part: the share of rows out of the range of the parts before; constant features are left out.
    """

    aucs: Mapping[str, ByFeature] = field(default_factory=dict)
    p_values: ByFeature = field(default_factory=dict)
    out_of_range: Mapping[str, ByFeature] = field(default_factory=dict)

    def of(self, names: Sequence[str]) -> "RowFigures":
        """The figures of some features, in their order."""
        return RowFigures(
            {part: _chosen(found, names) for part, found in self.aucs.items()},
            _chosen(self.p_values, names),
            {part: _chosen(found, names) for part, found in self.out_of_range.items()},
        )

    def completed(self, parts: Mapping[str, pa.Table], names: Sequence[str]) -> "RowFigures":
        """The figures of some features, in their order; those that are not there are measured.

        Parameters
        ----------
        parts : mapping of str to pyarrow.Table
            The rows that these figures are of, as for `measured`.
        """
        new = measured(parts, [name for name in names if name not in self.p_values])
        both = RowFigures(
            {part: {**self.aucs.get(part, {}), **found} for part, found in new.aucs.items()},
            {**self.p_values, **new.p_values},
            {part: {**self.out_of_range.get(part, {}), **found} for part, found in new.out_of_range.items()},
        )
        return both.of(names)


@dataclass(frozen=True)
class Standing:
    """What the gate need not find again while families are tried.

    Parameters
    ----------
    work : Workspace
        The work folder whose features lack the families; see `check_point_in_time`.
    figures : RowFigures
        Of its features, over the same rows.
    """

    work: Workspace
    figures: RowFigures


def parts_of(rows: TrainingSet) -> dict[str, pa.Table]:
    """The parts that a training has, the earliest first."""
    parts = {name: getattr(rows, name) for name in ("train", "calibrate", "test")}
    return {name: table for name, table in parts.items() if table is not None}


def measured(parts: Mapping[str, pa.Table], names: Sequence[str]) -> RowFigures:
    """Measure some features over the rows of a training.

    Parameters
    ----------
    parts : mapping of str to pyarrow.Table
        The earliest first, ``test`` among them: features as stored, ``outcome`` and, where there is one,
        ``customer_id``.
    names : sequence of str
        The features.
    """
    first, *later = parts
    columns = varying(parts[first], [*names])
    return RowFigures(
        {part: _aucs(parts[part], [*names]) for part in (first, "test")},
        encoding_p_values(parts, [*names]) if names else {},
        {part: out_of_range(_before(parts, part, columns), parts[part], columns) if columns else {} for part in later},
    )


def _aucs(rows: pa.Table, names: list[str]) -> dict[str, float]:
    """Univariate AUC of each feature over the cutoffs at which customers differ in it.

    Where the books do not reach back far enough, a feature is the same for everybody, and such rows would hide what it
    says at later cutoffs.
    """
    if not names or "cutoff" not in rows.column_names:
        return univariate_auc(rows, names) if names else {}
    wanted = [(name, which) for name in names for which in ("min", "max", "count")]
    by_cutoff = rows.select(["cutoff", *names]).group_by("cutoff").aggregate([("cutoff", "count"), *wanted])
    cutoffs, size = by_cutoff["cutoff"].to_pylist(), by_cutoff["cutoff_count"].to_numpy()
    alike = defaultdict(list)
    for name in names:
        least, most, count = (by_cutoff[f"{name}_{which}"] for which in ("min", "max", "count"))
        partly = (count.to_numpy() > 0) & (count.to_numpy() < size)
        differ = partly | pc.fill_null(pc.not_equal(least, most), False).to_numpy()
        alike[tuple(differ | ~differ.any())].append(name)
    found: dict[str, float] = {}
    for there, some in alike.items():
        among = pa.array([cutoff for cutoff, differ in zip(cutoffs, there, strict=True) if differ], rows["cutoff"].type)
        kept = rows if all(there) else rows.filter(pc.is_in(rows["cutoff"], among))
        found |= univariate_auc(kept, some)
    return {name: found[name] for name in names}


def _before(parts: Mapping[str, pa.Table], name: str, columns: list[str]) -> pa.Table:
    """Some columns of all parts before a given part."""
    earlier = list(parts)[: list(parts).index(name)]
    return pa.concat_tables([parts[part].select(columns) for part in earlier], promote_options="default")


def _chosen(found: ByFeature, names: Sequence[str]) -> ByFeature:
    return {name: found[name] for name in names if name in found}
