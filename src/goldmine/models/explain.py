"""Why a customer is on the list: the strongest of the row's own SHAP values, in words."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from goldmine.features import Feature
from goldmine.models.model import Model

_BATCH = 5_000
_DOTS = 800
_WINDOW = re.compile(r"_\d+d$")
LEAST_EFFECT = 0.02
"""A behaviour that moves the odds by less than a fiftieth is no reason."""


@dataclass(frozen=True)
class Reason:
    """One behaviour that raised one row's probability.

    Parameters
    ----------
    behaviour : str
        Its name; a model's features of one behaviour, such as five windows of the inflow, are one reason.
    feature : str
        The feature that tells it.
    value : float, str or None
        What the row holds of that; None where it is not known.
    effect : float
        Sum of the behaviour's SHAP values: how far it raised the calibrated log-odds.
    """

    behaviour: str
    feature: str
    value: float | str | None
    effect: float


def explain(model: Model, rows: pa.Table, features: Sequence[Feature] = (), top: int = 3) -> list[list[Reason]]:
    """The strongest reasons of each row, best first.

    A reason is a behaviour whose features together raised the row's probability, told by the one of them that
    raised it most. What lowered the probability, or hardly moved it, is no reason: a row may have fewer than `top`,
    or none. Protected traits, what stands for them and what is known of other people are never given.

    Parameters
    ----------
    model : Model
        The model that scored the rows.
    rows : pyarrow.Table
        Features as stored; meant for published rows, not for everyone.
    features : sequence of Feature
        What the columns mean; one that is not among them is a behaviour of its own.
    top : int
        Most reasons a row.
    """
    names = model.encoding.features
    known = {feature.name: feature for feature in features}
    behaviours, members = np.unique(
        [known[name].behaviour if name in known else _WINDOW.sub("", name) for name in names], return_inverse=True
    )
    said = np.zeros(len(behaviours), bool)
    said[members[[known[name].said if name in known else True for name in names]]] = True
    reasons: list[list[Reason]] = []
    for start in range(0, rows.num_rows, _BATCH):
        batch = rows.slice(start, _BATCH)
        cells = _Cells(batch)
        effects = model.effects(batch)
        sums = effects @ np.eye(len(behaviours))[members]
        leading = np.where(said & (sums >= LEAST_EFFECT), sums, -np.inf)
        for row, order in enumerate(np.argsort(-leading, axis=1, kind="stable")[:, :top]):
            found = []
            for place in order[np.isfinite(leading[row, order])]:
                teller = int(np.argmax(np.where(members == place, effects[row], -np.inf)))
                name = _better(known.get(names[teller]), cells, row) or names[teller]
                found.append(Reason(str(behaviours[place]), name, cells.at(name, row), float(sums[row, place])))
            reasons.append(found)
    return reasons


class _Cells:
    """Values of a table by column and row; a column is taken out once."""

    def __init__(self, rows: pa.Table) -> None:
        self.rows = rows
        self.taken: dict[str, list[float | str | None]] = {}

    def at(self, name: str, row: int) -> float | str | None:
        if name not in self.taken:
            self.taken[name] = self.rows[name].to_pylist()
        return self.taken[name][row]


def _better(feature: Feature | None, cells: _Cells, row: int) -> str | None:
    """The feature that tells the same better than this one, where there is one and it has something to tell."""
    other = feature.told.instead if feature and feature.told else ""
    if feature is None or not other or other not in cells.rows.column_names:
        return None
    mine, theirs = cells.at(feature.name, row), cells.at(other, row)
    return other if not _above(mine) and _above(theirs) else None


def _above(value: float | str | None) -> bool:
    return isinstance(value, float) and value > 0


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
