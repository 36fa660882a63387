"""A scorecard of points beside the trees: monotone bins and points that a manager can add up, by optbinning."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from goldmine.core.errors import SettingsError
from goldmine.core.i18n import _
from goldmine.credit.risk_features import RISK_FEATURES

POINTS = {"pdo": 20, "odds": 20, "scorecard_points": 600}
"""600 points are odds of 20 to 1 to pay back; 20 points more double them."""
TRENDS = {1: "descending", -1: "ascending"}


@dataclass(frozen=True)
class RiskScorecard:
    """A fitted scorecard.

    Parameters
    ----------
    card : optbinning.Scorecard
        Its bins and points.
    """

    card: Any

    def probability(self, features: pd.DataFrame) -> NDArray:
        """Probability of default of each row."""
        return np.asarray(self.card.predict_proba(features))[:, 1]

    def score(self, features: pd.DataFrame) -> NDArray:
        """Points of each row; more is safer."""
        return np.asarray(self.card.score(features))

    @property
    def points(self) -> pd.DataFrame:
        """A row a bin: feature, bin, share of the rows, rate of failure, points."""
        table = self.card.table(style="detailed")
        table = table.rename(columns={"Variable": "feature", "Bin": "bin", "Count (%)": "share", "Event rate": "rate"})
        rows = table.rename(columns={"Points": "points"})[["feature", "bin", "share", "rate", "points"]]
        return rows[rows["share"] > 0].reset_index(drop=True)

    def reasons(self, features: pd.DataFrame, count: int = 3) -> list[list[str]]:
        """By row, the features that cost the most points against their best bin; none that cost nothing."""
        table = self.card.table(style="detailed")
        best = table.groupby("Variable")["Points"].max()
        lost = pd.DataFrame({name: best[name] - self._points_of(features, name) for name in best.index})
        order = np.argsort(-lost.to_numpy(), axis=1)[:, :count]
        return [
            [lost.columns[place] for place in places if lost.iat[row, place] > 0] for row, places in enumerate(order)
        ]

    def _points_of(self, features: pd.DataFrame, name: str) -> NDArray:
        table = self.card.table(style="detailed")
        of_bin = table[table["Variable"] == name].set_index("Bin id")["Points"]
        bins = self.card.binning_process_.get_binned_variable(name)
        places = bins.transform(features[name].to_numpy(), metric="indices", metric_missing=-1).astype(int)
        missing = of_bin.index.max()
        return of_bin.reindex(np.where(places < 0, missing, places)).to_numpy(dtype=np.float64)


def fit_scorecard(features: pd.DataFrame, bad: NDArray, weight: NDArray) -> RiskScorecard:
    """Bins whose rate of failure only falls as a feature gets safer, and points by a logistic regression on them.

    Raises
    ------
    SettingsError
        If optbinning is not installed.
    """
    try:
        from optbinning import BinningProcess, Scorecard
    except ModuleNotFoundError as error:
        raise SettingsError(
            _("credit: optbinning is not installed here."), _("Run `make credit`, or install requirements-credit.lock.")
        ) from error
    trends = {name: {"monotonic_trend": TRENDS[RISK_FEATURES[name].safer]} for name in features.columns}
    bins = BinningProcess(list(features.columns), binning_fit_params=trends)
    card = Scorecard(
        binning_process=bins, estimator=LogisticRegression(max_iter=1000), scaling_method="pdo_odds",
        scaling_method_params=POINTS,
    )  # fmt: skip
    card.fit(features, bad, sample_weight=weight, metric_missing="empirical")
    return RiskScorecard(card)
