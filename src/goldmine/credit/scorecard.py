"""A scorecard of points beside the trees: monotone bins and points that a manager can add up, by optbinning."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from goldmine.core.errors import SettingsError, UseCaseError
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
    left_out : tuple of str
        Features whose points ran against their direction, in the order in which they were left out.
    """

    card: Any
    left_out: tuple[str, ...] = ()

    def probability(self, features: pd.DataFrame) -> NDArray:
        """Probability of default of each row."""
        return np.asarray(self.card.predict_proba(features))[:, 1]

    def score(self, features: pd.DataFrame) -> NDArray:
        """Points of each row; more is safer."""
        return np.asarray(self.card.score(features))

    @property
    def features(self) -> list[str]:
        """Its columns."""
        return list(self.card.binning_process_.variable_names)

    @property
    def points(self) -> pd.DataFrame:
        """A row a bin: feature, bin, share of the rows, rate of failure, points."""
        table = self.card.table(style="detailed")
        table["Bin"] = table["Bin"].astype(str)
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

    Where columns say much the same, the regression may turn the points of one around. That feature is left out and
    the rest fitted again, the most wrong first, until the points of every feature run its own way.

    Raises
    ------
    SettingsError
        If optbinning is not installed.
    UseCaseError
        If the points of every feature run the wrong way.
    """
    used = list(features.columns)
    left_out: list[str] = []
    while used:
        found = RiskScorecard(_fitted(features[used], bad, weight), tuple(left_out))
        wrong = wrong_points(found.points)
        if not wrong:
            return found
        left_out.append(max(wrong, key=lambda name: wrong[name]))
        used.remove(left_out[-1])
    raise UseCaseError(
        _("credit: the scorecard is refused: the points of every feature run the wrong way."),
        _("Give more months of loans, or a table of bureau scores or facts."),
    )


def wrong_points(points: pd.DataFrame) -> dict[str, float]:
    """By feature, the points that it takes away where it gets safer; only features that do.

    Examples
    --------
    >>> table = {"feature": ["owed"] * 3, "bin": ["(-inf, 5.00)", "[5.00, inf)", "Missing"], "points": [40, 52, 10]}
    >>> wrong_points(pd.DataFrame(table))
    {'owed': 12.0}
    """
    rows = points[points["bin"].str.startswith(("(", "["))]
    steps = {
        str(name): rows["points"].astype("float64").diff().dropna() * RISK_FEATURES[str(name)].safer
        for name, rows in rows.groupby("feature", sort=False)
    }
    # What is safer and has fewer points; whole points may be equal.
    taken = {name: float(-np.minimum(step, 0).sum()) for name, step in steps.items()}
    return {name: points for name, points in taken.items() if points > 0}


def _fitted(features: pd.DataFrame, bad: NDArray, weight: NDArray) -> Any:
    """optbinning's scorecard of some features, in whole points."""
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
        scaling_method_params=POINTS, rounding=True,
    )  # fmt: skip
    card.fit(features, bad, sample_weight=weight, metric_missing="empirical")
    return card
