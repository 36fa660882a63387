"""Why a customer is on the list: the strongest of the row's own SHAP values, in words."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from goldmine.models.model import Model

_BATCH = 5_000
_DOTS = 800
_WINDOW = re.compile(r"_\d+d$")
NEVER_SAID = ("gender", "age_years")
"""Protected traits: a model may weigh them, but they are no reason to give for a call."""


@dataclass(frozen=True)
class Reason:
    """One feature that moved one row's probability.

    Parameters
    ----------
    feature : str
        Its name.
    value : float, str or None
        What the row holds; None where it is not known.
    effect : float
        Change of the calibrated log-odds, above zero where it pushes the probability up.
    """

    feature: str
    value: float | str | None
    effect: float


def explain(model: Model, rows: pa.Table, top: int = 3) -> list[list[Reason]]:
    """The strongest reasons of each row, best first.

    Features that push the probability up come first; only where there are fewer than `top` of them do
    others follow, the least contrary first. Several windows of one measure give one reason, the strongest;
    protected traits are never given.

    Parameters
    ----------
    model : Model
        The model that scored the rows.
    rows : pyarrow.Table
        Features as stored; meant for published rows, not for everyone.
    top : int
        Reasons a row; fewer only where the model has fewer measures.
    """
    names = model.encoding.features
    measures = np.array([_WINDOW.sub("", name) for name in names])
    reasons: list[list[Reason]] = []
    for start in range(0, rows.num_rows, _BATCH):
        batch = rows.slice(start, _BATCH)
        effects = model.effects(batch)
        chosen = [_strongest(row, measures, top) for row in effects]
        needed = sorted({place for places in chosen for place in places})
        values = {place: batch[names[place]].to_pylist() for place in needed}
        reasons += [
            [Reason(names[place], values[place][row], float(effects[row, place])) for place in places]
            for row, places in enumerate(chosen)
        ]
    return reasons


def typical_values(rows: pa.Table, names: Sequence[str]) -> dict[str, float]:
    """Median of each numeric feature over the rows that know it; text and unknown features are left out."""
    numeric = [name for name in names if pa.types.is_floating(rows.schema.field(name).type)]
    medians = {name: pc.quantile(rows[name], q=0.5)[0].as_py() for name in numeric}
    return {name: float(median) for name, median in medians.items() if median is not None}


def effects_by_feature(model: Model, rows: pa.Table, labels: Mapping[str, str], top: int = 15) -> pd.DataFrame:
    """SHAP values of the features that matter most, for a summary picture.

    Parameters
    ----------
    rows : pyarrow.Table
        Rows; of many, so many as a picture holds are taken, evenly spread.
    labels : mapping of str to str
        Feature names to names for people.

    Returns
    -------
    pandas.DataFrame
        A row a feature and customer: feature (its label; most important first), effect (log-odds),
        standing (the value's rank among the sample from 0 to 1; NaN for text and unknown values).
    """
    rows = rows.take(np.unique(np.linspace(0, rows.num_rows - 1, _DOTS).astype(np.int64)))
    effects = model.effects(rows)
    order = np.argsort(-np.abs(effects).mean(axis=0), kind="stable")[:top]
    parts = []
    for place in order:
        name = model.encoding.features[place]
        text = name in model.encoding.text
        values = pd.Series(np.nan, range(rows.num_rows)) if text else rows[name].to_pandas()
        parts.append(
            pd.DataFrame(
                {
                    "feature": labels.get(name, name),
                    "effect": effects[:, place],
                    "standing": values.rank(pct=True).to_numpy(dtype=np.float64),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def importance(model: Model, labels: Mapping[str, str]) -> pd.DataFrame:
    """Share of the trees' total gain that each feature brought.

    Returns
    -------
    pandas.DataFrame
        name, feature (its label), gain (share of 1); largest first, features without gain left out.
    """
    gain = model.booster.feature_importance("gain")
    frame = pd.DataFrame(
        {
            "name": model.encoding.features,
            "feature": [labels.get(name, name) for name in model.encoding.features],
            "gain": gain / (gain.sum() or 1.0),
        }
    )
    return frame[frame.gain > 0].sort_values(["gain", "name"], ascending=[False, True], ignore_index=True)


def _strongest(effects: np.ndarray, measures: np.ndarray, top: int) -> list[int]:
    """Places of the `top` strongest features, one a measure; pushing up first, no effect last."""
    order = np.lexsort((np.arange(len(effects)), -effects, effects == 0))
    places: list[int] = []
    for place in order:
        if measures[place] not in NEVER_SAID and measures[place] not in measures[places]:
            places.append(int(place))
        if len(places) == top:
            break
    return places
