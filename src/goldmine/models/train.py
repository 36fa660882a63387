"""Fit one use case: on past cutoffs, or on the folds of an external table."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from goldmine.labels import selected_features
from goldmine.labels.training_settings import Training
from goldmine.labels.use_case import UseCase
from goldmine.models.blend import PRIOR_AFTER_EARLY_STOPPING, blend_weights
from goldmine.models.boosting import LabelledRows, StoppingRule, boost, boost_fixed
from goldmine.models.encoding import encode, fit_encoding, fit_target_encoding
from goldmine.models.external.ensemble import MIN_POSITIVES, Blended, fit_blend, refit_blend
from goldmine.models.lightgbm_settings import lightgbm_settings
from goldmine.models.lightgbm_text import merge_boosters, step_function_trees
from goldmine.models.model import Fitted, Model, fit_calibrator
from goldmine.models.rank_logistic import fit_best
from goldmine.models.training_set import TrainingSet, outcomes, sample_weights

REFIT_BELOW_POSITIVES = 20_000
"""With fewer positives, the calibration rows are worth growing the trees a second time."""


def fit(use_case: UseCase, rows: TrainingSet, seed: int, tuned: Sequence[Training] = ()) -> Fitted:
    """Fit the model to be evaluated; the test rows are not used.

    Parameters
    ----------
    use_case : UseCase
        Its training settings apply, unless tuning found others.
    rows : TrainingSet
        Of cutoffs, trees are stopped and calibrated on the later one; of an external table, on its folds.
    seed : int
        Same rows and seed, same model to the bit.
    tuned : sequence of Training
        From `goldmine.models.tuning`, best first.

    Raises
    ------
    UseCaseError
        If the rows hold one class only or too few positives.
    """
    if rows.calibrate is None:
        return fit_blend(use_case, rows.train, seed, tuned)
    chosen = use_case.model_copy(update={"training": tuned[0]}) if tuned else use_case
    return train(chosen, rows.train, rows.calibrate, seed)


def final_fit(use_case: UseCase, rows: TrainingSet, fitted: Fitted, seed: int) -> Fitted:
    """The model to keep once it has been evaluated.

    Of cutoffs it is the evaluated one. An external table may be small, so its blend is fitted once more, on the test
    rows too.
    """
    if not isinstance(fitted, Blended):
        return fitted
    held_out = np.concatenate([fitted.held_out, fitted.model.log_odds(rows.test)])
    return refit_blend(use_case, pa.concat_tables([rows.train, rows.test]), fitted, held_out, seed)


def train(use_case: UseCase, train_rows: pa.Table, calibrate_rows: pa.Table, seed: int) -> Fitted:
    """Train on past cutoffs; stop, blend and calibrate on a later one.

    Parameters
    ----------
    use_case : UseCase
        Its training settings apply.
    train_rows, calibrate_rows : pyarrow.Table
        Features as stored and ``outcome`` (0 or 1); the calibration rows are of a later cutoff.
    seed : int
        For the rows and columns that each tree sees; same rows and seed, same model to the bit.

    Raises
    ------
    UseCaseError
        If the rows hold one class only or fewer than 50 positives, or a setting names an unknown feature.
    """
    outcome = outcomes(train_rows, "training cutoffs", MIN_POSITIVES)
    later_outcome = outcomes(calibrate_rows, "calibration cutoff")
    training = use_case.training
    names = selected_features(use_case, train_rows.column_names)
    encoding, matrix = fit_target_encoding(fit_encoding(train_rows, names), train_rows, outcome, seed)
    settings = lightgbm_settings(training, encoding, len(outcome), seed)
    rows = LabelledRows(matrix, outcome, sample_weights(train_rows))
    validation = LabelledRows(encode(encoding, calibrate_rows), later_outcome, sample_weights(calibrate_rows))
    stop = StoppingRule(training.num_iterations, training.early_stopping_rounds)
    boosted = boost(encoding, settings, rows, stop, validation)
    # The final trees learn from the calibration rows too; calibration uses the trees that did not see them.
    refit = bool(outcome.sum() < REFIT_BELOW_POSITIVES)
    trees = boosted.trees
    if refit:
        trees = boost_fixed(encoding, settings, _stacked(rows, validation), boosted.best_iteration)
    log_odds = boosted.log_odds(validation.matrix)
    # Trees approximate linear effects in many small steps, which few positives cannot pay for. Downsampled training
    # sets with many positives gain nothing from a linear member, which would double the cost of every score
    # (docs/performance.md). Monotone constraints cannot hold for it, so a use case that has them uses trees alone.
    if not training.monotone_constraints and (refit or rows.weight is None):
        linear = fit_best(encoding, rows, validation, training.seed)
        members = np.column_stack([log_odds, linear.log_odds])
        weights = blend_weights(members, later_outcome, PRIOR_AFTER_EARLY_STOPPING)
        log_odds = members @ weights
        if weights[1]:
            trees = merge_boosters([trees, step_function_trees(trees, linear.steps)], weights.tolist())
    model = Model(encoding, trees, fit_calibrator(log_odds, later_outcome))
    return Fitted(model, boosted.best_iteration, settings, boosted.losses, log_odds, refit)


def _stacked(first: LabelledRows, second: LabelledRows) -> LabelledRows:
    parts = first, second
    weight = None
    if any(part.weight is not None for part in parts):
        weights = [np.ones(len(part.outcome), np.float32) if part.weight is None else part.weight for part in parts]
        weight = np.concatenate(weights)
    return LabelledRows(np.vstack([first.matrix, second.matrix]), np.append(first.outcome, second.outcome), weight)
