"""How good a model of risk is on later applications: order, calibration, and what lending by it would have earned."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score, roc_curve

from goldmine.credit.rules import RiskRules
from goldmine.models.evaluation import auc_standard_error


@dataclass(frozen=True)
class RiskEvaluation:
    """Figures of granted loans that the model had not seen.

    Parameters
    ----------
    loans, bad : int
        Loans, and those that failed.
    auc, auc_low, ks : float
        Area under the curve, its lower bound (95%, one-sided), and the Kolmogorov-Smirnov distance.
    deciles : pandas.DataFrame
        By tenth of the predicted probability: loans, predicted and observed rate.
    approved : float
        Share of loans at or below the cut-off.
    approved_bad : float
        Share of these that failed.
    profit, profit_all : float
        Yuan a year that these loans, and all loans, earned.
    psi : float
        Population stability of the predicted probability from the training to the test rows.
    """

    loans: int
    bad: int
    auc: float
    auc_low: float
    ks: float
    deciles: pd.DataFrame
    approved: float
    approved_bad: float
    profit: float
    profit_all: float
    psi: float


def evaluate(chance: NDArray, known: pd.DataFrame, rules: RiskRules, learnt: NDArray) -> RiskEvaluation:
    """Evaluate predicted probabilities of loans by what became of them.

    Parameters
    ----------
    chance : array (loans,)
        Predicted probability.
    known : pandas.DataFrame
        Of the same loans: bad, amount, rate_bp.
    learnt : array
        Predicted probabilities of the rows that the model learnt from.
    """
    bad = known["bad"].to_numpy(dtype=np.float64)
    auc = float(roc_auc_score(bad, chance))
    false, true, _threshold = roc_curve(bad, chance)
    earned = yearly_profit(known, rules)
    chosen = chance <= rules.max_probability
    return RiskEvaluation(
        loans=len(bad),
        bad=int(bad.sum()),
        auc=auc,
        auc_low=auc - 1.645 * auc_standard_error(auc, int(bad.sum()), int((1 - bad).sum())),
        ks=float(np.max(true - false)),
        deciles=by_decile(chance, bad),
        approved=float(chosen.mean()),
        approved_bad=float(bad[chosen].mean()) if chosen.any() else 0.0,
        profit=float(earned[chosen].sum()),
        profit_all=float(earned.sum()),
        psi=stability(learnt, chance),
    )


def by_decile(chance: NDArray, bad: NDArray) -> pd.DataFrame:
    """Loans, predicted and observed rate by tenth of the predicted probability."""
    tenth = np.minimum(np.argsort(np.argsort(chance, kind="stable")) * 10 // max(len(chance), 1), 9)
    rows = pd.DataFrame({"decile": tenth + 1, "predicted": chance, "observed": bad})
    groups = rows.groupby("decile")
    means = groups[["predicted", "observed"]].mean()
    return means.assign(loans=groups.size())[["loans", "predicted", "observed"]].reset_index()


def yearly_profit(known: pd.DataFrame, rules: RiskRules) -> NDArray:
    """Yuan that each loan earned in its year: interest over funding less costs, or the loss where it failed."""
    owed = known["amount"].to_numpy(dtype=np.float64) * rules.utilisation
    margin = owed * (known["rate_bp"].fillna(known["rate_bp"].median()).to_numpy() - rules.funding_bp) / 10_000
    return np.where(known["bad"].to_numpy() > 0, -owed * rules.loss_given_default, margin) - rules.yearly_cost


def stability(before: NDArray, now: NDArray) -> float:
    """Population stability index over tenths of the earlier values.

    Examples
    --------
    >>> round(stability(np.arange(100.0), np.arange(100.0)), 6)
    0.0
    """
    edges = np.quantile(before, np.linspace(0.1, 0.9, 9))
    counts = [np.bincount(np.searchsorted(edges, part), minlength=10) + 0.5 for part in (before, now)]
    old, new = (count / count.sum() for count in counts)
    return float(((new - old) * np.log(new / old)).sum())
