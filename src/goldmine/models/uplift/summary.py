"""A study as figures for programs, its warnings, and the uplift of every row."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from goldmine.core.files import whole_file
from goldmine.core.i18n import _
from goldmine.models.uplift.effect import Estimate, NotMeasurable
from goldmine.models.uplift.ranking import predict_uplift
from goldmine.models.uplift.study import Study
from goldmine.models.uplift.table import TrialTable


@dataclass(frozen=True)
class DataWarning:
    """A warning about the data: its code and its text."""

    code: str
    text: str


def summary(table: TrialTable, result: Study, level: float) -> dict[str, Any]:
    """A study as one flat record; figures that are not measurable are None.

    Returns
    -------
    dict
        ``effect`` (yes, no or not measurable), ``estimate``, ``interval``, ``level``, ``detectable``, ``treated`` and
        ``control`` (rows), ``reason`` (where not measurable), ``ranks`` (yes or no: may uplift rank), ``method``,
        ``qini``, ``qini_interval``, ``randomised`` (within ``strata`` too), ``strata`` (columns by which the shares
        differ), ``assignment_auc``, ``adjusted`` (whether the effect allows for the columns).
    """
    effect = None if isinstance(result.effect, NotMeasurable) else result.effect
    ranking = result.ranking if effect else None
    assigned = result.assignment
    return {
        "effect": result.verdict,
        "estimate": effect.value if effect else None,
        "interval": _ends(effect) if effect else None,
        "level": level,
        "detectable": result.detectable,
        "treated": int(table.treated.sum()),
        "control": int((~table.treated).sum()),
        "reason": result.effect.why if isinstance(result.effect, NotMeasurable) else None,
        "ranks": "yes" if result.ranks else "no",
        "method": ranking.method if ranking else None,
        "qini": ranking.qini.value if ranking else None,
        "qini_interval": _ends(ranking.qini) if ranking else None,
        "randomised": assigned.random or bool(assigned.strata) if assigned else None,
        "strata": list(assigned.strata) if assigned else [],
        "adjusted": bool(table.known.names) if effect else None,
        "assignment_auc": assigned.auc if assigned else None,
    }


def warnings(table: TrialTable, result: Study) -> list[DataWarning]:
    """Warnings that limit how far the figures can be trusted."""
    messages = []
    assigned = result.assignment
    if assigned is not None and assigned.strata:
        messages.append(
            DataWarning(
                "shares_differ",
                _(
                    "Warning: treatment was given at random with shares that differ by {names}, from {low:.0%} to "
                    "{high:.0%} treated; the effect is adjusted for that.",
                    names=", ".join(assigned.strata),
                    low=assigned.share.min(),
                    high=assigned.share.max(),
                ),
            )
        )
    elif assigned is not None and not assigned.random:
        names = ", ".join(assigned.predictors)
        messages.append(
            DataWarning(
                "not_randomised",
                _(
                    "Warning: treatment was not assigned by chance: the columns predict it (AUC {auc:.2f}), {names} "
                    "most. Leave out with --drop what became known only after the treatment.",
                    auc=assigned.auc,
                    names=names,
                ),
            )
        )
    if table.repeated:
        messages.append(
            DataWarning(
                "ids_repeated",
                _(
                    "Warning: {n:,} rows repeat the id of an earlier row; they are counted as customers of their own, "
                    "so that the intervals are too narrow. Keep one row a customer.",
                    n=table.repeated,
                ),
            )
        )
    lost, remaining = np.array(table.lost), np.array([table.treated.sum(), (~table.treated).sum()])
    if _lost_unequally(lost, remaining):
        messages.append(
            DataWarning(
                "outcomes_lost_unequally",
                _(
                    "Warning: outcomes are missing for {treated} treated and {control} control rows, more in one arm "
                    "than chance can explain: the arms that are left may not be alike.",
                    treated=int(lost[0]),
                    control=int(lost[1]),
                ),
            )
        )
    return messages


def write_scores(path: Path, ids: pd.Series | None, table: TrialTable, result: Study) -> None:
    """Write the uplift of every row, predicted by models that did not see it.

    Parameters
    ----------
    path : Path
        Parquet; columns are the id's own name (``row``, counted from 0, where there is none) and ``uplift``.
    ids : Series or None
        The rows' ids.
    """
    if result.ranking is None or result.trial is None:
        return
    uplift = np.empty(len(table.used))
    uplift[table.used] = result.ranking.uplift
    if not table.used.all():
        uplift[~table.used] = predict_uplift(result.trial, result.ranking, table.known.matrix[~table.used])
    named = pd.Series(np.arange(len(uplift)), name="row") if ids is None else ids
    with whole_file(path) as temporary:
        pq.write_table(pa.table({str(named.name): id_column(named), "uplift": uplift}), temporary)


def id_column(named: pd.Series) -> pa.Array:
    """The rows' ids: whole numbers where the conversion is lossless, else unchanged."""
    column = pa.array(named, from_pandas=True)
    plain = pa.types.is_string(column.type) or pa.types.is_large_string(column.type)
    if plain and not column.null_count and pc.all(pc.match_substring_regex(column, "^(0|[1-9][0-9]{0,17})$")).as_py():
        return column.cast(pa.int64())
    return column


def _ends(estimate: Estimate) -> list[float]:
    return [estimate.low, estimate.high]


def _lost_unequally(lost: np.ndarray, remaining: np.ndarray) -> bool:
    """Whether the arms lost different shares of their outcomes, by more than chance explains."""
    size = lost + remaining
    if not lost.sum() or not size.all():
        return False
    share = lost.sum() / size.sum()
    error = np.sqrt(share * (1 - share) * (1 / size).sum())
    return bool(abs(lost[0] / size[0] - lost[1] / size[1]) > 3.3 * error)
