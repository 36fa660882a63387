"""Fit an external table without cutoffs: learners are cross-validated, blended, and refitted on all rows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pyarrow as pa

from goldmine.core.parallel import in_parallel
from goldmine.labels import selected_features
from goldmine.labels.training_settings import Training
from goldmine.labels.use_case import UseCase
from goldmine.models.blend import (
    BlendMember,
    CrossValidated,
    blend_members,
    cross_validate,
    cross_validate_rank_logistic,
)
from goldmine.models.boosting import SINGLE_THREAD, LabelledRows, boost_fixed
from goldmine.models.encoding import Encoding, fit_encoding, fit_target_encoding
from goldmine.models.folds import prepare_folds, table_splits
from goldmine.models.lightgbm_settings import lightgbm_settings
from goldmine.models.lightgbm_text import merge_boosters, step_function_trees
from goldmine.models.model import Calibrator, Fitted, Model, fit_calibrator
from goldmine.models.presets import presets
from goldmine.models.rank_logistic import RankLogistic, fit_step_functions
from goldmine.models.training_set import outcomes, sample_weights

MIN_POSITIVES = 50
"""With fewer positives no model is trained, as nobody should act on it."""
_MANY_ROWS = 100_000
"""Below this, each member is averaged over three seeds."""


@dataclass(frozen=True)
class Blended(Fitted):
    """A model blended from several learners.

    Parameters
    ----------
    members : tuple of BlendMember
        The learners and their weights.
    refit_of : str
        Fingerprint of the evaluated model that this one is a refit of, on more rows; empty if it is none.
    """

    members: tuple[BlendMember, ...]
    refit_of: str = ""


def fit_blend(use_case: UseCase, rows: pa.Table, seed: int, tuned: Sequence[Training] = ()) -> Blended:
    """Train a blend on a table; same rows and seed, same model to the bit.

    Parameters
    ----------
    rows : pyarrow.Table
        Features, ``outcome``, and ``moment`` where the rows have an order in time.
    seed : int
        For the folds, and for the rows and columns that each tree sees.
    tuned : sequence of Training
        Settings found by tuning, tried beside the presets.

    Raises
    ------
    UseCaseError
        If the rows hold one class only or fewer than 50 of either.
    """
    outcome = outcomes(rows, "labelled rows to learn from", MIN_POSITIVES)
    names = selected_features(use_case, rows.column_names)
    rarer = int(min(outcome.sum(), len(outcome) - outcome.sum()))
    folds = prepare_folds(rows, names, outcome, table_splits(rows, outcome, seed), seed)
    tried = [*presets(rows.num_rows, rarer, len(names), use_case.training), *tuned]
    results = [
        cross_validate(training, folds, rows.num_rows, seed + 1000 * number) for number, training in enumerate(tried)
    ]
    if not use_case.training.monotone_constraints:  # they cannot hold for the rank-logistic model
        results.append(cross_validate_rank_logistic(folds, rows.num_rows))
    members = blend_members(results, outcome)
    held_out = _blended_log_odds(members, results)
    validated = ~np.isnan(held_out)
    uncalibrated = _fit_members(use_case, rows, outcome, members, seed)
    model = replace(uncalibrated, calibrator=fit_calibrator(held_out[validated], outcome[validated]))
    held_out[~validated] = _oldest_log_odds(use_case, rows, ~validated, members, seed)
    best = min(results[: len(tried)], key=lambda result: result.loss)
    settings = {**lightgbm_settings(tried[results.index(best)], model.encoding, len(outcome), seed)}
    settings["blend"] = "; ".join(f"{member.weight:.2f} x {_description(member)}" for member in members)
    return Blended(model, best.best_iteration, settings, {"folds": best.losses}, held_out, True, members)


def refit_blend(use_case: UseCase, rows: pa.Table, fitted: Blended, held_out: np.ndarray, seed: int) -> Blended:
    """The same blend, fitted on more rows.

    Parameters
    ----------
    rows : pyarrow.Table
        All rows to learn from.
    held_out : numpy.ndarray
        Out-of-fold log-odds of each of them, to calibrate on.
    """
    outcome = outcomes(rows, "labelled rows", MIN_POSITIVES)
    uncalibrated = _fit_members(use_case, rows, outcome, fitted.members, seed)
    model = replace(uncalibrated, calibrator=fit_calibrator(held_out, outcome))
    return replace(fitted, model=model, held_out=held_out, refit_of=fitted.model.fingerprint)


def _fit_members(
    use_case: UseCase, rows: pa.Table, outcome: np.ndarray, members: Sequence[BlendMember], seed: int
) -> Model:
    """The members fitted on some rows, trees from several seeds, as one uncalibrated model."""
    names = selected_features(use_case, rows.column_names)
    encoding, matrix = fit_target_encoding(fit_encoding(rows, names), rows, outcome, seed)
    data = LabelledRows(matrix, outcome, sample_weights(rows))
    seeds = 3 if len(outcome) < _MANY_ROWS else 1
    jobs: list[Callable[[], str]] = []
    weights: list[float] = []
    for member in members:
        if isinstance(member.learner, RankLogistic):
            jobs.append(partial(_rank_logistic_trees, use_case, encoding, data, member.learner))
            weights.append(member.weight)
            continue
        for step in range(seeds):
            settings = lightgbm_settings(member.learner, encoding, len(outcome), seed + step) | SINGLE_THREAD
            jobs.append(partial(boost_fixed, encoding, settings, data, member.best_iteration))
            weights.append(member.weight / seeds)
    return Model(encoding, merge_boosters(list(in_parallel(jobs)), weights), Calibrator())


def _rank_logistic_trees(use_case: UseCase, encoding: Encoding, rows: LabelledRows, learner: RankLogistic) -> str:
    settings = lightgbm_settings(use_case.training, encoding, len(rows.outcome), 0) | SINGLE_THREAD
    template = boost_fixed(encoding, settings, rows, 1)
    return step_function_trees(template, fit_step_functions(encoding, rows, learner))


def _blended_log_odds(members: Sequence[BlendMember], results: Sequence[CrossValidated]) -> np.ndarray:
    log_odds = {id(result.learner): result.log_odds for result in results}
    return np.sum([member.weight * log_odds[id(member.learner)] for member in members], axis=0)


def _oldest_log_odds(
    use_case: UseCase, rows: pa.Table, oldest: np.ndarray, members: Sequence[BlendMember], seed: int
) -> np.ndarray:
    """Log-odds of the rows that no fold validates on, the oldest ones, by a model of all others."""
    if not oldest.any():
        return np.empty(0)
    others = rows.filter(pa.array(~oldest))
    model = _fit_members(use_case, others, others["outcome"].to_numpy(), members, seed)
    return model.log_odds(rows.filter(pa.array(oldest)))


def _description(member: BlendMember) -> str:
    learner = member.learner
    if isinstance(learner, RankLogistic):
        return f"rank logistic at {learner.inverse_penalty:g}"
    randomised = ", extra trees" if learner.extra_trees else ""
    return f"{member.best_iteration} trees of {learner.num_leaves} leaves at {learner.learning_rate:g}{randomised}"
