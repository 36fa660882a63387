"""Evaluate a model on rows that nothing was fitted on, beside no skill and the use case's baseline."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score

from goldmine.core.errors import ModelError
from goldmine.core.i18n import _
from goldmine.labels.use_case import UseCase
from goldmine.models.encoding import Encoding, encode
from goldmine.models.external.table import listed_from
from goldmine.models.model import Model
from goldmine.models.training_set import outcomes, weighted_rows

SHARES = (0.01, 0.05, 0.10, 0.20)
"""Depths of the list, as shares of the test rows, at which lift and recall are reported."""


@dataclass(frozen=True)
class Scorecard:
    """Metrics of one way to order customers.

    Parameters
    ----------
    auc, average_precision : float
        Of the order; ties count half.
    brier, calibration_error : float or None
        Of the probabilities; None where there is an order only.
    lift, recall : dict of str to float
        At ``1pct``, ``5pct``, ``10pct``, ``20pct`` and ``list``: how many times the base rate, and
        which share of all positives.
    """

    auc: float
    average_precision: float
    brier: float | None
    calibration_error: float | None
    lift: dict[str, float]
    recall: dict[str, float]

    def flat(self) -> dict[str, float]:
        """The figures by name, without those that do not exist."""
        single = {
            "auc": self.auc,
            "average_precision": self.average_precision,
            "brier": self.brier,
            "calibration_error": self.calibration_error,
        }
        depths = {f"lift_{k}": v for k, v in self.lift.items()} | {f"recall_{k}": v for k, v in self.recall.items()}
        return {name: value for name, value in (single | depths).items() if value is not None}


@dataclass(frozen=True)
class Evaluation:
    """A model's figures on the test cutoff.

    Parameters
    ----------
    model, baseline, no_skill : Scorecard
        The model and what it has to beat.
    outcome, probability, baseline_score : numpy.ndarray
        Outcome, predicted probability and baseline score of each test row.
    list_size : int
        Rows of the list evaluated; a tenth of the test rows where the use case's list would hold all, the sampled share
        of it where rows were sampled, and of an external table the share that its list takes of the rows to score.
    model_fingerprint : str
        Fingerprint of the model that was evaluated; no other may be promoted on these figures.
    """

    model: Scorecard
    baseline: Scorecard
    no_skill: Scorecard
    outcome: np.ndarray
    probability: np.ndarray
    baseline_score: np.ndarray
    list_size: int
    model_fingerprint: str

    @property
    def positives(self) -> int:
        """Test rows with the outcome."""
        return int(self.outcome.sum())

    def frame(self) -> pd.DataFrame:
        """The figures side by side: a row a figure; columns model, baseline, no_skill."""
        cards = {"model": self.model, "baseline": self.baseline, "no_skill": self.no_skill}
        return pd.DataFrame(
            {name: pd.Series(card.flat()) for name, card in cards.items()}, index=list(self.model.flat())
        )

    def metrics(self) -> dict[str, float]:
        """The figures as MLflow metrics: the model's by their names, the others with a prefix."""
        return {
            "test_rows": float(len(self.outcome)),
            "test_positives": float(self.positives),
            "test_list_size": float(self.list_size),
            **self.model.flat(),
            **{f"baseline_{name}": value for name, value in self.baseline.flat().items()},
            **{f"no_skill_{name}": value for name, value in self.no_skill.flat().items()},
        }


def auc_standard_error(auc: float, positives: int, negatives: int) -> float:
    """Standard error of an AUC (Hanley and McNeil, 1982).

    Examples
    --------
    >>> round(auc_standard_error(0.8, 50, 500), 3)
    0.038
    """
    both, twice = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    spread = auc * (1 - auc) + (positives - 1) * (both - auc**2) + (negatives - 1) * (twice - auc**2)
    return float(np.sqrt(spread / (positives * negatives)))


def auc_lower_bound(auc: float, positives: int, negatives: int) -> float:
    """Lower end of an AUC's 95% interval.

    Examples
    --------
    >>> round(auc_lower_bound(0.635, 13, 400), 2), round(auc_lower_bound(0.635, 200, 6_000), 2)
    (0.47, 0.59)
    """
    return auc - 1.96 * auc_standard_error(auc, positives, negatives)


def evaluate(model: Model, rows: pa.Table, use_case: UseCase) -> Evaluation:
    """Evaluate a model on the rows of the test cutoff.

    Parameters
    ----------
    rows : pyarrow.Table
        Features as stored and ``outcome``; sampled rows with their ``weight``.

    Raises
    ------
    UseCaseError
        If the rows hold one class only.
    ModelError
        If the baseline's feature is not among the columns.
    """
    outcome = outcomes(rows, "test cutoff")
    size = _list_size(use_case.list_size, len(outcome), listed_from(rows) or weighted_rows(rows))
    probability = model.predict(rows)
    baseline_score = _baseline_score(rows, use_case)
    share = float(outcome.mean())
    return Evaluation(
        scorecard(outcome, probability, size, probabilities=True),
        scorecard(outcome, baseline_score, size),
        scorecard(outcome, np.full(len(outcome), share), size, probabilities=True),
        outcome,
        probability,
        baseline_score,
        size,
        model.fingerprint,
    )


def scorecard(outcome: np.ndarray, score: np.ndarray, list_size: int, *, probabilities: bool = False) -> Scorecard:
    """Metrics of one score; a higher score means a likelier outcome.

    Parameters
    ----------
    outcome : numpy.ndarray
        0 or 1.
    score : numpy.ndarray
        Probabilities where `probabilities`, else anything that can be ordered.
    list_size : int
        Rows of the list.
    """
    rows = len(outcome)
    depths = {f"{share:.0%}".replace("%", "pct"): share * rows for share in SHARES} | {"list": float(list_size)}
    recall = dict(zip(depths, recall_at(outcome, score, np.array(list(depths.values()))).tolist(), strict=True))
    return Scorecard(
        float(roc_auc_score(outcome, score)),
        float(average_precision_score(outcome, score)),
        float(brier_score_loss(outcome, score)) if probabilities else None,
        calibration_error(outcome, score) if probabilities else None,
        {name: recall[name] * rows / depths[name] for name in depths},
        recall,
    )


def recall_at(outcome: np.ndarray, score: np.ndarray, depth: float | np.ndarray) -> np.ndarray:
    """Share of all positives among the `depth` highest scores; a tie at the edge counts by its share.

    Examples
    --------
    >>> float(recall_at(np.array([1, 0, 1, 0]), np.array([0.9, 0.5, 0.5, 0.1]), 2))
    0.75
    """
    values, group = np.unique(-score, return_inverse=True)
    size = np.bincount(group, minlength=len(values))
    hits = np.bincount(group, weights=outcome, minlength=len(values))
    return np.interp(depth, np.cumsum([0, *size]), np.cumsum([0.0, *hits]) / outcome.sum())


def reliability(outcome: np.ndarray, probability: np.ndarray, bins: int = 10) -> pd.DataFrame:
    """Predicted and observed shares in bins of equally many rows; equal probabilities share a bin.

    Returns
    -------
    pandas.DataFrame
        A row a bin, lowest first: rows, predicted, observed (shares of 1).
    """
    middle = (pd.Series(probability).rank(method="average") - 0.5) / len(probability)
    frame = pd.DataFrame({"bin": (middle * bins).astype(int), "predicted": probability, "observed": outcome})
    grouped = frame.groupby("bin")
    return grouped.mean().assign(rows=grouped.size())[["rows", "predicted", "observed"]].reset_index(drop=True)


def calibration_error(outcome: np.ndarray, probability: np.ndarray, bins: int = 10) -> float:
    """Expected calibration error: mean gap between predicted and observed over bins of equally many rows."""
    table = reliability(outcome, probability, bins)
    return float(((table.predicted - table.observed).abs() * table.rows).sum() / table.rows.sum())


def gain_curve(evaluation: Evaluation, points: int = 100) -> pd.DataFrame:
    """Gain and lift over the depth of the list, for model, baseline and no skill.

    Returns
    -------
    pandas.DataFrame
        who (model, baseline, no_skill), depth and recall (shares of 1), lift.
    """
    rows = len(evaluation.outcome)
    depths = np.unique(np.clip(np.linspace(0, 1, points + 1)[1:], 1 / rows, 1))
    scores = {"model": evaluation.probability, "baseline": evaluation.baseline_score, "no_skill": np.zeros(rows)}
    curves = [
        pd.DataFrame({"who": who, "depth": depths, "recall": recall_at(evaluation.outcome, score, depths * rows)})
        for who, score in scores.items()
    ]
    return pd.concat(curves, ignore_index=True).assign(lift=lambda frame: frame.recall / frame.depth)


def _list_size(asked: int, rows: int, customers: int) -> int:
    return max(1, round(asked * rows / customers) if asked < customers else rows // 10)


def _baseline_score(rows: pa.Table, use_case: UseCase) -> np.ndarray:
    """The baseline's feature, highest first; rows without a value come last."""
    baseline = use_case.baseline
    if baseline.feature not in rows.column_names:
        raise ModelError(
            _(
                "{use_case}: the baseline orders by {feature!r}, which the feature table does not have.",
                use_case=use_case.name,
                feature=baseline.feature,
            ),
            _("Name another feature as the baseline in the use case's file."),
        )
    values = encode(Encoding((baseline.feature,), {}), rows)[:, 0].astype(np.float64)
    turned = values if baseline.highest_first else -values
    known = turned[np.isfinite(turned)]
    lowest = float(known.min()) - 1 if len(known) else 0.0
    return np.where(np.isfinite(turned), turned, lowest)
