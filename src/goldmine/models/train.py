"""Fit one use case: trees and a line on past cutoffs, stopped, blended and calibrated on a later one."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from goldmine.core.errors import UseCaseError
from goldmine.labels import selected_features
from goldmine.labels.use_case import UseCase
from goldmine.models.blend import STOPPED, blend_weights
from goldmine.models.boosting import LabelledRows, Stop, boost, grow
from goldmine.models.calibration import fit_calibrator
from goldmine.models.encoding import encode, fit_encoding
from goldmine.models.lightgbm_settings import lightgbm_settings
from goldmine.models.linear_as_trees import step_trees
from goldmine.models.merge_boosters import merge
from goldmine.models.model import Model
from goldmine.models.rank_logistic import best_line
from goldmine.models.target_encoding import fit_target_encoding
from goldmine.models.training_set import sample_weights

MIN_POSITIVES = 50
"""Fewer positives than this cannot train a model that anybody should act on."""
FEW = 20_000
"""Positives below which what the calibration cutoff adds is worth growing the trees a second time."""


@dataclass(frozen=True)
class Fitted:
    """A trained model and how the training went.

    Parameters
    ----------
    model : Model
        Trees with their calibration: cut at the best round, or of few outcomes grown to it once more, the calibration
        rows among what they learn from.
    rounds : int
        Rounds of boosting kept.
    settings : dict
        What LightGBM was told.
    losses : dict of str to list of float
        Log loss after each round, on ``train`` and ``calibrate`` rows.
    held_out : numpy.ndarray
        Log-odds, before calibration, of the calibration rows by trees that had not seen them; of a table's folds, of
        every training row.
    saw_calibration : bool
        Whether the trees that are kept learnt from the calibration rows too.
    """

    model: Model
    rounds: int
    settings: dict[str, Any]
    losses: dict[str, list[float]]
    held_out: np.ndarray
    saw_calibration: bool


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
        If the rows hold one class only or fewer than 50 positives, or a setting names a feature that is not there.
    """
    outcome = outcomes(train_rows, "training cutoffs", MIN_POSITIVES)
    later = outcomes(calibrate_rows, "calibration cutoff")
    asked = use_case.training
    encoding, matrix = fit_target_encoding(
        fit_encoding(train_rows, selected_features(use_case, train_rows.column_names)), train_rows, outcome, seed
    )
    settings = lightgbm_settings(asked, encoding, len(outcome), seed)
    rows = LabelledRows(matrix, outcome, sample_weights(train_rows))
    held = LabelledRows(encode(encoding, calibrate_rows), later, sample_weights(calibrate_rows))
    grown = boost(encoding, settings, rows, Stop(asked.num_iterations, asked.early_stopping_rounds), held)
    # Once it is known when to stop, the latest outcomes teach too; the calibration stands on trees that never saw them.
    few = bool(outcome.sum() < FEW)
    trees = grow(encoding, settings, _both(rows, held), grown.rounds) if few else grown.trees
    odds = grown.log_odds(held.matrix)
    # Trees approach what is straight in many small steps, which few outcomes cannot pay for. Where there are so many
    # that rows were drawn, a line adds nothing and would double what every score costs (docs/performance.md). A line
    # cannot be held to rise or fall, so a use case that asks for that has trees alone.
    if not asked.monotone_constraints and (few or rows.weight is None):
        line = best_line(encoding, rows, held, asked.seed)
        both = np.column_stack([odds, line.log_odds])
        shares = blend_weights(both, later, STOPPED)
        odds = both @ shares
        if shares[1]:
            trees = merge([trees, step_trees(trees, line.steps)], shares.tolist())
    model = Model(encoding, trees, fit_calibrator(odds, later))
    return Fitted(model, grown.rounds, settings, grown.losses, odds, few)


def _both(rows: LabelledRows, held: LabelledRows) -> LabelledRows:
    parts = rows, held
    weight = None
    if any(part.weight is not None for part in parts):
        counted = [np.ones(len(part.outcome), np.float32) if part.weight is None else part.weight for part in parts]
        weight = np.concatenate(counted)
    return LabelledRows(np.vstack([rows.matrix, held.matrix]), np.append(rows.outcome, held.outcome), weight)


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
