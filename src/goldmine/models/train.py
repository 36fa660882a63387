"""Fit one use case: LightGBM on past cutoffs, stopped and calibrated on a later one."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from goldmine.core.errors import UseCaseError
from goldmine.core.progress import cores
from goldmine.labels import selected_features
from goldmine.models.boosting import lightgbm
from goldmine.models.calibrate import fit_calibrator
from goldmine.models.matrix import Encoding, encode, learn_encoding
from goldmine.models.model import Model
from goldmine.usecases import UseCase

LEAST_POSITIVES = 50
"""Fewer positives than this cannot train a model that anybody should act on."""


@dataclass(frozen=True)
class Fitted:
    """A trained model and how the training went.

    Parameters
    ----------
    model : Model
        Trees cut at the best round, with their calibration.
    rounds : int
        Trees kept.
    settings : dict
        What LightGBM was told.
    losses : dict of str to list of float
        Log loss after each round, on ``train`` and ``calibrate`` rows.
    """

    model: Model
    rounds: int
    settings: dict[str, Any]
    losses: dict[str, list[float]]


def train(use_case: UseCase, train_rows: pa.Table, calibrate_rows: pa.Table, seed: int) -> Fitted:
    """Train a use case; same rows and seed, same model to the bit.

    Parameters
    ----------
    use_case : UseCase
        Its training settings count.
    train_rows, calibrate_rows : pyarrow.Table
        Features as stored and ``outcome`` (0 or 1); the calibration rows are of a later cutoff.
    seed : int
        For the rows and columns that each tree sees.

    Raises
    ------
    UseCaseError
        If the rows hold one class only or fewer than 50 positives.
    """
    outcome = outcomes(train_rows, "training cutoffs", LEAST_POSITIVES)
    later = outcomes(calibrate_rows, "calibration cutoff")
    encoding = learn_encoding(train_rows, selected_features(use_case, train_rows.column_names))
    settings = lightgbm_settings(use_case, len(outcome), seed)
    matrix = encode(encoding, calibrate_rows)
    booster, losses = _boost(use_case, settings, _dataset(encoding, train_rows, outcome, settings), (matrix, later))
    trees = _text(booster)
    raw = np.asarray(lightgbm().Booster(model_str=trees).predict(matrix, raw_score=True, num_threads=cores()))
    model = Model(encoding, trees, fit_calibrator(raw, later))
    return Fitted(model, booster.best_iteration, settings, losses)


def outcomes(rows: pa.Table, where: str, least: int = 1) -> np.ndarray:
    """The outcome column as int8, checked: both classes, and at least `least` positives.

    Raises
    ------
    UseCaseError
        If the rows cannot train or judge.
    """
    outcome = rows["outcome"].to_numpy().astype(np.int8)
    positives = int(outcome.sum())
    if positives < least or positives == len(outcome):
        kind = "one class only" if positives in (0, len(outcome)) else f"fewer than {least} positives"
        raise UseCaseError(
            f"{where}: {len(outcome)} rows with {positives} positives: {kind}.",
            "Widen who is eligible, lengthen the horizon or give more months of books.",
        )
    return outcome


def lightgbm_settings(use_case: UseCase, rows: int, seed: int) -> dict[str, Any]:
    """What LightGBM is told for a use case and so many training rows."""
    asked = use_case.training
    return {
        "objective": "binary",
        "metric": "binary_logloss",
        "learning_rate": asked.learning_rate,
        "num_leaves": asked.leaves,
        # A leaf needs rows enough to hold a share, but not more than small data can give.
        "min_data_in_leaf": max(5, min(asked.least_rows_per_leaf, rows // 50)),
        "feature_fraction": asked.feature_share,
        "bagging_fraction": asked.row_share,
        "bagging_freq": 1,
        "lambda_l2": asked.l2,
        "max_bin": 127,
        "min_data_per_group": 100,
        "cat_smooth": 20.0,
        "cat_l2": 20.0,
        "seed": seed,
        "deterministic": True,
        # By column each histogram is one core's work; with a share of the features it is twice as fast as by row.
        "force_col_wise": True,
        "num_threads": cores(),
        "verbosity": -1,
    }


def _text(booster: Any) -> str:
    """The booster as text up to its best round; the machine's cores are no part of a model."""
    text = booster.model_to_string(num_iteration=booster.best_iteration)
    return text.replace(f"[num_threads: {cores()}]", "[num_threads: 0]")


def _dataset(encoding: Encoding, rows: pa.Table, outcome: np.ndarray, settings: dict[str, Any]) -> Any:
    return lightgbm().Dataset(
        encode(encoding, rows),
        outcome,
        weight=rows["weight"].to_numpy() if "weight" in rows.column_names else None,
        feature_name=list(encoding.features),
        categorical_feature=encoding.categorical,
        params=settings,
    )


def _boost(
    use_case: UseCase, settings: dict[str, Any], fit_on: Any, stop_on: tuple[np.ndarray, np.ndarray]
) -> tuple[Any, dict[str, list[float]]]:
    lgb = lightgbm()
    later = lgb.Dataset(stop_on[0], stop_on[1], reference=fit_on)
    history: dict[str, dict[str, list[float]]] = {}
    booster = lgb.train(
        settings,
        fit_on,
        num_boost_round=use_case.training.rounds,
        valid_sets=[fit_on, later],
        valid_names=["train", "calibrate"],
        callbacks=[
            lgb.early_stopping(use_case.training.patience, verbose=False),
            lgb.record_evaluation(history),
        ],
    )
    return booster, {name: measures["binary_logloss"] for name, measures in history.items()}
