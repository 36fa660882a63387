"""Why a model ranks a customer high: the strongest of the row's own SHAP values."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from goldmine.features import Feature
from goldmine.features.definition import behaviour_of
from goldmine.features.reason_text import kind_of
from goldmine.models.model import Model

_BATCH = 5_000
_SUMMARY_ROWS = 800
MIN_EFFECT = 0.02
"""A behaviour that raises the log-odds by less than this is no reason."""


@dataclass(frozen=True)
class Reason:
    """One behaviour that raised one row's probability.

    Parameters
    ----------
    behaviour : str
        Its name; a model's features of one behaviour, such as five windows of the inflow, make one reason.
    feature : str
        The feature that is quoted.
    value : float, str or None
        The row's value of that feature; None where it is unknown.
    effect : float
        Sum of the SHAP values of the behaviour's features, in calibrated log-odds.
    """

    behaviour: str
    feature: str
    value: float | str | None
    effect: float


Quotable = Callable[[str, float | str | None, int], bool]
"""Whether a reason may quote a value of a feature, for a row by its number."""


def explain(
    model: Model,
    rows: pa.Table,
    features: Sequence[Feature] = (),
    top: int = 3,
    quotable: Quotable = lambda _feature, _value, _row: True,
) -> list[list[Reason]]:
    """The strongest reasons of each row, best first, one of a kind.

    A reason is a behaviour whose features together raised the row's probability; of the features that raised it and may
    be quoted, the one that raised it most is. A behaviour that lowered the probability or hardly changed it is no
    reason, nor is one of which nothing may be quoted, so a row may have fewer than `top` reasons, or none. Protected
    traits, their proxies and facts about other people are never given.

    Parameters
    ----------
    model : Model
        The model that scored the rows.
    rows : pyarrow.Table
        Features as stored; meant for the rows of a list, not for all customers.
    features : sequence of Feature
        What the columns mean; a column that is not among them is a behaviour of its own.
    top : int
        Maximum number of reasons a row.
    quotable : callable
        Whether a value of a feature may be quoted for a row; by default all may.
    """
    names = model.encoding.features
    by_name = {feature.name: feature for feature in features}
    behaviours, members = np.unique(
        [by_name[name].behaviour if name in by_name else behaviour_of(name) for name in names], return_inverse=True
    )
    own = [np.flatnonzero(members == behaviour) for behaviour in range(len(behaviours))]
    explainable = np.zeros(len(behaviours), bool)
    explainable[members[[by_name[name].explainable if name in by_name else True for name in names]]] = True
    reasons: list[list[Reason]] = []
    for start in range(0, rows.num_rows, _BATCH):
        batch = rows.slice(start, _BATCH)
        cells = _Cells(batch)
        effects = model.effects(batch)
        sums = effects @ np.eye(len(behaviours))[members]
        leading = np.where(explainable & (sums >= MIN_EFFECT), sums, -np.inf)
        for row, order in enumerate(np.argsort(-leading, axis=1, kind="stable")):
            by_kind: dict[str, Reason] = {}
            for behaviour in order[np.isfinite(leading[row, order])]:
                raising = own[behaviour][np.argsort(-effects[row, own[behaviour]], kind="stable")]
                quotes = [_quoted(by_name.get(names[n]), names[n], cells, row) for n in raising if effects[row, n] > 0]
                kinds = {quote: _kind(by_name.get(quote), str(behaviours[behaviour])) for quote in quotes}
                free = [quote for quote in quotes if kinds[quote] not in by_kind]
                name = next((quote for quote in free if quotable(quote, cells.value(quote, row), start + row)), None)
                if name is not None:
                    effect = float(sums[row, behaviour])
                    by_kind[kinds[name]] = Reason(str(behaviours[behaviour]), name, cells.value(name, row), effect)
                if len(by_kind) == top:
                    break
            reasons.append(list(by_kind.values()))
    return reasons


def quoted_features(names: Sequence[str], features: Iterable[Feature]) -> list[str]:
    """Some features and those that reasons quote in place of them."""
    by_name = {feature.name: feature for feature in features}
    texts = [by_name[name].reason_text for name in names if name in by_name]
    others = [other for text in texts if text for other in (text.instead, text.fallback) if other]
    return list(dict.fromkeys([*names, *others]))


def _kind(quoted: Feature | None, behaviour: str) -> str:
    """The kind of what is quoted, which may be another behaviour's feature."""
    return kind_of(quoted.behaviour if quoted else behaviour)


class _Cells:
    """Values of a table by column and row; each column is converted once."""

    def __init__(self, rows: pa.Table) -> None:
        self.rows = rows
        self.names = frozenset(rows.column_names)
        self.columns: dict[str, list[float | str | None]] = {}

    def value(self, name: str, row: int) -> float | str | None:
        if name not in self.columns:
            self.columns[name] = self.rows[name].to_pylist()
        return self.columns[name][row]


def _quoted(feature: Feature | None, name: str, cells: _Cells, row: int) -> str:
    """The feature that a reason quotes for this one: itself, its plain figure, or its fallback where that says more."""
    text = feature.reason_text if feature else None
    if text is None:
        return name
    if text.instead in cells.names:
        return text.instead
    if text.fallback not in cells.names or _above_zero(cells.value(name, row)):
        return name
    return text.fallback if _above_zero(cells.value(text.fallback, row)) else name


def _above_zero(value: float | str | None) -> bool:
    return isinstance(value, float) and value > 0


def typical_values(rows: pa.Table, names: Sequence[str]) -> dict[str, float]:
    """Median of each numeric feature over the rows where it is known; text and all-empty features are left out."""
    numeric = [name for name in names if pa.types.is_floating(rows.schema.field(name).type)]
    medians = {name: pc.quantile(rows[name], q=0.5)[0].as_py() for name in numeric}
    return {name: float(median) for name, median in medians.items() if median is not None}


def effects_by_feature(model: Model, rows: pa.Table, titles: Mapping[str, str], top: int = 15) -> pd.DataFrame:
    """SHAP values of the most important features, for a summary plot.

    Parameters
    ----------
    rows : pyarrow.Table
        Rows; where there are more than a plot can show, an evenly spaced sample of them is used.
    titles : mapping of str to str
        Feature titles by name.

    Returns
    -------
    pandas.DataFrame
        A row a feature and customer: feature (its title; most important first), effect (log-odds),
        standing (the value's rank within the sample, from 0 to 1; NaN for text and unknown values).
    """
    rows = rows.take(np.unique(np.linspace(0, rows.num_rows - 1, _SUMMARY_ROWS).astype(np.int64)))
    effects = model.effects(rows)
    order = np.argsort(-np.abs(effects).mean(axis=0), kind="stable")[:top]
    parts = []
    for column in order:
        name = model.encoding.features[column]
        is_text = name in model.encoding.text
        values = pd.Series(np.nan, range(rows.num_rows)) if is_text else rows[name].to_pandas()
        parts.append(
            pd.DataFrame(
                {
                    "feature": titles.get(name, name),
                    "effect": effects[:, column],
                    "standing": values.rank(pct=True).to_numpy(dtype=np.float64),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def importance(model: Model, titles: Mapping[str, str]) -> pd.DataFrame:
    """Each feature's share of the trees' total gain.

    Returns
    -------
    pandas.DataFrame
        name, feature (its title), gain (share of 1); largest first, features without gain left out.
    """
    gain = model.booster.feature_importance("gain")
    frame = pd.DataFrame(
        {
            "name": model.encoding.features,
            "feature": [titles.get(name, name) for name in model.encoding.features],
            "gain": gain / (gain.sum() or 1.0),
        }
    )
    return frame[frame.gain > 0].sort_values(["gain", "name"], ascending=[False, True], ignore_index=True)
