"""The model of risk: monotone trees, calibrated, with reject inference."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import lightgbm as lgb
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

from goldmine.credit.risk_features import RISK_FEATURES

SETTINGS = {
    "objective": "binary",
    "learning_rate": 0.05,
    "num_leaves": 8,
    "min_sum_hessian_in_leaf": 1.0,
    "lambda_l2": 5.0,
    "feature_fraction": 0.7,
    # Reports show `advanced` violating its own constraints; `intermediate` does not.
    "monotone_constraints_method": "intermediate",
    "deterministic": True,
    "force_row_wise": True,
    "seed": 1,
    "verbose": -1,
}
ROUNDS = 150
FOLDS = 5
PAIRS = 10_000
_TINY = 1e-6
SAFER = {name: feature.safer for name, feature in RISK_FEATURES.items()}


@dataclass(frozen=True)
class RiskModel:
    """Trees and their calibration.

    Parameters
    ----------
    trees : lightgbm.Booster
        Monotone in every feature.
    slope, intercept : float
        Of the log odds, so that probabilities come true; the slope is positive, which keeps the order.
    """

    trees: lgb.Booster
    slope: float
    intercept: float

    @property
    def features(self) -> list[str]:
        """Its columns, in order."""
        return self.trees.feature_name()

    def probability(self, features: pd.DataFrame) -> NDArray:
        """Probability of default of each row."""
        raw = self.trees.predict(features[self.features].to_numpy(), raw_score=True)
        return expit(self.slope * np.asarray(raw) + self.intercept)

    def reasons(self, features: pd.DataFrame, count: int = 3) -> list[list[str]]:
        """By row, the features that spoke most against the customer, the heaviest first; none that spoke for them."""
        given = np.asarray(self.trees.predict(features[self.features].to_numpy(), pred_contrib=True))[:, :-1]
        order = np.argsort(-given, axis=1)[:, :count]
        return [
            [self.features[place] for place in places if row[place] > 0]
            for row, places in zip(given, order, strict=True)
        ]


def fit_trees(features: pd.DataFrame, bad: NDArray, weight: NDArray, safer: Mapping[str, int]) -> lgb.Booster:
    """Trees that never call a safer value riskier.

    Parameters
    ----------
    safer : mapping of str to int
        By column 1 if more is safer, -1 if more is riskier, 0 where either may be.
    """
    directions = [-safer[name] for name in features.columns]
    data = lgb.Dataset(
        features.to_numpy(), bad, weight=weight, feature_name=list(features.columns), params={"verbose": -1}
    )
    return lgb.train(SETTINGS | {"monotone_constraints": directions}, data, num_boost_round=ROUNDS)


def fit_risk(features: pd.DataFrame, bad: pd.Series, refused: pd.Series, reject_factor: float) -> RiskModel:
    """Learn from granted loans and refused applications; the parameters are those of `with_refused`."""
    return _calibrated(*with_refused(features, bad, refused, reject_factor))


def with_refused(
    features: pd.DataFrame, bad: pd.Series, refused: pd.Series, reject_factor: float
) -> tuple[pd.DataFrame, NDArray, NDArray]:
    """Granted loans with their outcome, and refused applications with what is assumed of them.

    Parameters
    ----------
    features : pandas.DataFrame
        A row an application.
    bad : pandas.Series
        1 where the loan failed, 0 where it did not, missing where there was none.
    refused : pandas.Series of bool
        Who was refused: each enters as a failure with the probability that the granted ones' model gives, its odds
        times `reject_factor`, and as no failure with the rest.
    reject_factor : float
        0 leaves the refused out.

    Returns
    -------
    tuple of pandas.DataFrame and two arrays
        Features, outcome and weight.
    """
    known = bad.notna().to_numpy()
    rows, target = features[known], bad[known].to_numpy(dtype=np.float64)
    if not refused.any() or not reject_factor:
        return rows, target, np.ones(len(rows))
    first = _calibrated(rows, target, np.ones(len(rows)))
    others = features[refused.to_numpy()]
    chance = expit(logit(np.clip(first.probability(others), _TINY, 1 - _TINY)) + np.log(reject_factor))
    together = pd.concat([rows, others, others], ignore_index=True)
    outcome = np.concatenate([target, np.ones(len(others)), np.zeros(len(others))])
    return together, outcome, np.concatenate([np.ones(len(rows)), chance, 1 - chance])


def _calibrated(features: pd.DataFrame, bad: NDArray, weight: NDArray) -> RiskModel:
    """Trees on all rows, calibrated on what trees said of rows that they had not seen."""
    unseen = np.zeros(len(features))
    for learn, rest in StratifiedKFold(FOLDS, shuffle=True, random_state=1).split(features, bad):
        trees = fit_trees(features.iloc[learn], bad[learn], weight[learn], SAFER)
        unseen[rest] = np.asarray(trees.predict(features.iloc[rest].to_numpy(), raw_score=True))
    line = LogisticRegression(C=1e6).fit(unseen[:, None], bad, sample_weight=weight)
    slope = float(np.clip(line.coef_[0, 0], 0.3, 3.0))
    return RiskModel(fit_trees(features, bad, weight, SAFER), slope, _level(unseen * slope, bad, weight))


def _level(log_odds: NDArray, bad: NDArray, weight: NDArray) -> float:
    """What is added to log odds so that as many fail as did."""
    low, high = -20.0, 20.0
    for _step in range(60):
        middle = (low + high) / 2
        too_many = (weight * expit(log_odds + middle)).sum() > (weight * bad).sum()
        low, high = (low, middle) if too_many else (middle, high)
    return (low + high) / 2


def monotone_violations(
    predict: Callable[[pd.DataFrame], NDArray],
    features: pd.DataFrame,
    safer: Mapping[str, int] = SAFER,
    *,
    pairs: int = PAIRS,
) -> dict[str, int]:
    """By feature, how many of so many pairs of rows that differ in it alone are ordered the wrong way."""
    random, found = np.random.default_rng(0), {}
    for name in (name for name in features.columns if safer[name]):
        values = features[name].dropna().to_numpy()
        base = features.iloc[random.integers(0, len(features), pairs)].reset_index(drop=True)
        two = np.sort(values[random.integers(0, len(values), (pairs, 2))], axis=1)
        less, more = (predict(base.assign(**{name: two[:, place]})) for place in (0, 1))
        wrong = (more > less + 1e-12) if safer[name] > 0 else (more < less - 1e-12)
        found[name] = int(np.sum(wrong))
    return found
