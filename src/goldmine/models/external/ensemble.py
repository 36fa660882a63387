"""Learn from one table without cutoffs: recipes checked on folds, blended, and grown again on all rows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pyarrow as pa

from goldmine.labels import selected_features
from goldmine.labels.use_case import Training, UseCase
from goldmine.models.blend import Checked, Member, check, check_line, weigh
from goldmine.models.boosting import ALONE, LabelledRows, grow, side_by_side
from goldmine.models.calibration import Calibrator, fit_calibrator
from goldmine.models.encoding import Encoding, fit_encoding
from goldmine.models.folds import Places, even_folds, forward_folds, parts_of
from goldmine.models.lightgbm_settings import lightgbm_settings
from goldmine.models.linear_as_trees import step_trees
from goldmine.models.merge_boosters import merge
from goldmine.models.model import Model
from goldmine.models.presets import presets
from goldmine.models.rank_logistic import Line, line_of
from goldmine.models.target_encoding import fit_target_encoding
from goldmine.models.train import MIN_POSITIVES, Fitted, outcomes
from goldmine.models.training_set import sample_weights

_FOLDS = 5
_FEW_ROWS = 10_000
_MANY_ROWS = 100_000


@dataclass(frozen=True)
class Blended(Fitted):
    """A model blended from several recipes.

    Parameters
    ----------
    members : tuple of Member
        The recipes, and how much each counts.
    """

    members: tuple[Member, ...]


def folds_of(rows: pa.Table, outcome: np.ndarray, seed: int) -> list[Places]:
    """Folds of a table: in the order of time where it has ``moment``, else drawn; more of them where rows are few."""
    if "moment" in rows.column_names:
        return forward_folds(rows["moment"].to_numpy(), _FOLDS)
    return even_folds(outcome, _FOLDS, 2 if rows.num_rows < _FEW_ROWS else 1, seed)


def blend(use_case: UseCase, rows: pa.Table, seed: int, tuned: Sequence[Training] = ()) -> Blended:
    """Train a blend of recipes on a table; same rows and seed, same model to the bit.

    Parameters
    ----------
    rows : pyarrow.Table
        Features, ``outcome``, and ``moment`` where the rows have an order in time.
    seed : int
        For the folds, and for the rows and columns that each tree sees.
    tuned : sequence of Training
        Recipes found by tuning, next to those that the table's size suggests.

    Raises
    ------
    UseCaseError
        If the rows hold one class only or fewer than 50 of either.
    """
    outcome = outcomes(rows, "labelled rows to learn from", MIN_POSITIVES)
    names = selected_features(use_case, rows.column_names)
    rarer = int(min(outcome.sum(), len(outcome) - outcome.sum()))
    parts = parts_of(rows, names, outcome, folds_of(rows, outcome, seed), seed)
    tried = [*presets(rows.num_rows, rarer, len(names), use_case.training), *tuned]
    checked = [check(recipe, parts, rows.num_rows, seed + 1000 * place) for place, recipe in enumerate(tried)]
    if not use_case.training.monotone_constraints:  # a line cannot be held to rise or fall
        checked.append(check_line(parts, rows.num_rows))
    members = weigh(checked, outcome)
    held_out = _blended(members, checked)
    known = ~np.isnan(held_out)
    grown = _grown(use_case, rows, outcome, members, seed)
    model = replace(grown, calibrator=fit_calibrator(held_out[known], outcome[known]))
    held_out[~known] = _unchecked(use_case, rows, ~known, members, seed)
    best = min(checked[: len(tried)], key=lambda one: one.loss)
    settings = {**lightgbm_settings(tried[checked.index(best)], model.encoding, len(outcome), seed)}
    settings["blend"] = _said(members)
    return Blended(model, best.rounds, settings, {"folds": best.losses}, held_out, True, members)


def again(use_case: UseCase, rows: pa.Table, fitted: Blended, held_out: np.ndarray, seed: int) -> Blended:
    """The same blend, grown on more rows.

    Parameters
    ----------
    rows : pyarrow.Table
        All rows to learn from.
    held_out : numpy.ndarray
        Log-odds of each of them by trees that had not seen it, to calibrate by.
    """
    outcome = outcomes(rows, "labelled rows", MIN_POSITIVES)
    grown = _grown(use_case, rows, outcome, fitted.members, seed)
    model = replace(grown, calibrator=fit_calibrator(held_out, outcome))
    return replace(fitted, model=model, held_out=held_out)


def _grown(use_case: UseCase, rows: pa.Table, outcome: np.ndarray, members: Sequence[Member], seed: int) -> Model:
    """The members' trees on some rows, each grown from several seeds, as one uncalibrated model."""
    names = selected_features(use_case, rows.column_names)
    encoding, matrix = fit_target_encoding(fit_encoding(rows, names), rows, outcome, seed)
    data = LabelledRows(matrix, outcome, sample_weights(rows))
    seeds = 3 if len(outcome) < _MANY_ROWS else 1
    jobs: list[Callable[[], str]] = []
    shares: list[float] = []
    for member in members:
        if isinstance(member.recipe, Line):
            jobs.append(partial(_line_trees, use_case, encoding, data, member.recipe))
            shares.append(member.weight)
            continue
        for step in range(seeds):
            settings = lightgbm_settings(member.recipe, encoding, len(outcome), seed + step) | ALONE
            jobs.append(partial(grow, encoding, settings, data, member.rounds))
            shares.append(member.weight / seeds)
    return Model(encoding, merge(list(side_by_side(jobs)), shares), Calibrator())


def _line_trees(use_case: UseCase, encoding: Encoding, rows: LabelledRows, line: Line) -> str:
    settings = lightgbm_settings(use_case.training, encoding, len(rows.outcome), 0) | ALONE
    return step_trees(grow(encoding, settings, rows, 1), line_of(encoding, rows, line))


def _blended(members: Sequence[Member], checked: Sequence[Checked]) -> np.ndarray:
    odds = {id(one.recipe): one.log_odds for one in checked}
    return np.sum([member.weight * odds[id(member.recipe)] for member in members], axis=0)


def _unchecked(
    use_case: UseCase, rows: pa.Table, which: np.ndarray, members: Sequence[Member], seed: int
) -> np.ndarray:
    """Log-odds of the rows that no fold checked, the oldest ones, by trees that learnt from all others."""
    if not which.any():
        return np.empty(0)
    others = rows.filter(pa.array(~which))
    grown = _grown(use_case, others, others["outcome"].to_numpy(), members, seed)
    return grown.log_odds(rows.filter(pa.array(which)))


def _said(members: Sequence[Member]) -> str:
    return "; ".join(f"{member.weight:.2f} x {_named(member)}" for member in members)


def _named(member: Member) -> str:
    recipe = member.recipe
    if isinstance(recipe, Line):
        return f"line through ranks at {recipe.strength:g}"
    drawn = ", drawn splits" if recipe.extra_trees else ""
    return f"{member.rounds} rounds of {recipe.num_leaves} leaves at {recipe.learning_rate:g}{drawn}"
