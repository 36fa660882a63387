"""A study as figures for programs, what to be warned of, and scores of every row."""

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
    """Something that a reader must know: its code and its text."""

    code: str
    text: str


def summary(table: TrialTable, found: Study, level: float) -> dict[str, Any]:
    """A study as one flat record; what was not measured is None.

    Returns
    -------
    dict
        ``effect`` (yes, no or not measurable), ``estimate``, ``interval``, ``level``, ``detectable``, ``treated`` and
        ``control`` (rows), ``reason`` (where not measurable), ``ranks`` (yes or no: may uplift rank), ``method``,
        ``qini``, ``qini_interval``, ``randomised``, ``assignment_auc``.
    """
    missing = isinstance(found.effect, NotMeasurable)
    ranking = found.ranking if not missing else None
    assigned = found.assignment
    return {
        "effect": found.verdict,
        "estimate": None if isinstance(found.effect, NotMeasurable) else found.effect.value,
        "interval": None if isinstance(found.effect, NotMeasurable) else _ends(found.effect),
        "level": level,
        "detectable": found.detectable,
        "treated": int(table.treated.sum()),
        "control": int((~table.treated).sum()),
        "reason": found.effect.why if isinstance(found.effect, NotMeasurable) else None,
        "ranks": "yes" if found.ranks else "no",
        "method": ranking.method if ranking else None,
        "qini": ranking.qini.value if ranking else None,
        "qini_interval": _ends(ranking.qini) if ranking else None,
        "randomised": assigned.random if assigned else None,
        "assignment_auc": assigned.auc if assigned else None,
    }


def warnings(table: TrialTable, found: Study) -> list[DataWarning]:
    """What must be known before the figures are believed."""
    noted = []
    assigned = found.assignment
    if assigned is not None and not assigned.random:
        names = ", ".join(assigned.predictors)
        noted.append(
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
    lost, kept = np.array(table.lost), np.array([table.treated.sum(), (~table.treated).sum()])
    if _lost_unequally(lost, kept):
        noted.append(
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
    return noted


def write_scores(path: Path, ids: pd.Series | None, table: TrialTable, found: Study) -> None:
    """Write the uplift of every row; each is foreseen by models that did not see the row.

    Parameters
    ----------
    path : Path
        Parquet; columns are the id's own name (``row``, counted from 0, where there is none) and ``uplift``.
    ids : Series or None
        The rows' number.
    """
    if found.ranking is None or found.trial is None:
        return
    uplift = np.empty(len(table.used))
    uplift[table.used] = found.ranking.uplift
    if not table.used.all():
        uplift[~table.used] = predict_uplift(found.trial, found.ranking, table.known.matrix[~table.used])
    named = pd.Series(np.arange(len(uplift)), name="row") if ids is None else ids
    with whole_file(path) as temporary:
        pq.write_table(pa.table({str(named.name): id_column(named), "uplift": uplift}), temporary)


def id_column(named: pd.Series) -> pa.Array:
    """The rows' numbers: whole numbers where writing them so changes none, else text as it stood."""
    column = pa.array(named, from_pandas=True)
    plain = pa.types.is_string(column.type) or pa.types.is_large_string(column.type)
    if plain and not column.null_count and pc.all(pc.match_substring_regex(column, "^(0|[1-9][0-9]{0,17})$")).as_py():
        return column.cast(pa.int64())
    return column


def _ends(found: Estimate) -> list[float]:
    return [found.low, found.high]


def _lost_unequally(lost: np.ndarray, kept: np.ndarray) -> bool:
    """Whether the arms lost different shares of their outcomes, by more than chance explains."""
    size = lost + kept
    if not lost.sum() or not size.all():
        return False
    share = lost.sum() / size.sum()
    error = np.sqrt(share * (1 - share) * (1 / size).sum())
    return bool(abs(lost[0] / size[0] - lost[1] / size[1]) > 3.3 * error)
