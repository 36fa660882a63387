"""Near-threshold list: who may reach the next level or drop below their own by quarter end, and how likely."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from goldmine.core.dates import month_end
from goldmine.core.errors import HistoryError, UseCaseError
from goldmine.core.i18n import _
from goldmine.core.progress import cores
from goldmine.customers.ladder import LEVELS, level_of
from goldmine.customers.ranker_evaluation import by_nearness, evaluate_rankers, fit_nearest
from goldmine.customers.source_tables import SourceTables
from goldmine.customers.table import read_customers
from goldmine.customers.threshold_training import months_to_quarter_end, near_steps, with_outcome
from goldmine.models.boosting import lightgbm
from goldmine.models.model import Calibrator, fit_calibrator

BAND = 0.2
"""Near: from 80% of the next level, or up to 120% of where the own level begins and falling over the quarter."""
TRAINING_CUTOFFS = 4
"""Number of training cutoffs, before the calibration and test cutoffs."""
MIN_PER_SIDE = 30
"""Customers needed on each side of their steps."""
_KEYS = ["customer_id", "step", "aum", "outcome"]


@dataclass(frozen=True)
class Cutoffs:
    """Month ends of one training.

    Parameters
    ----------
    train : tuple of date
        Training cutoffs.
    calibrate, test : date
        Later cutoffs; nothing is fitted on the test cutoff.
    months : int
        Months from a cutoff to the outcome date.
    """

    train: tuple[date, ...]
    calibrate: date
    test: date
    months: int

    @property
    def all(self) -> tuple[date, ...]:
        """Every cutoff, oldest first."""
        return (*self.train, self.calibrate, self.test)


@dataclass(frozen=True)
class Near:
    """The near-threshold list of all active customers, and the evaluation of its probabilities.

    Parameters
    ----------
    rows : pandas.DataFrame
        customer_id, branch_id, manager_id, level, direction (up, down), step (yuan), aum_avg (yuan), to_step (yuan to
        the step, above zero), probability (of being on the other side of the step at `until`), ranked_by (``model``, or
        ``nearest`` where the model showed no skill in that direction); most probable first.
    until : date
        End of the quarter.
    evaluation : pandas.DataFrame
        Model and baseline on the test cutoff; see `goldmine.customers.ranker_evaluation.evaluate_rankers`.
    """

    rows: pd.DataFrame
    until: date
    evaluation: pd.DataFrame


def plan(sources: SourceTables, as_of: date) -> Cutoffs:
    """Cutoffs as far from the end of their horizon as `as_of` is from the end of its quarter.

    Raises
    ------
    HistoryError
        If the history is too short.
    """
    months = months_to_quarter_end(as_of)
    test = month_end(as_of, -months)
    calibrate = month_end(test, -months)
    train = tuple(
        day
        for day in (month_end(calibrate, -step) for step in range(TRAINING_CUTOFFS, 0, -1))
        if sources.has_month(day)
    )
    if not train:
        raise HistoryError(
            _(
                "near threshold at {as_of}: the balances do not reach back to {month_end}.",
                as_of=as_of,
                month_end=month_end(calibrate, -1),
            ),
            _("Choose a later snapshot, or bring in older month ends."),
        )
    return Cutoffs(train, calibrate, test, months)


def near_threshold(sources: SourceTables, as_of: date, seed: int = 20240331) -> Near:
    """Make the near-threshold list; the features of the plan's cutoffs and the customers table must exist.

    One LightGBM model covers all steps: amounts are shares of the nearby step, so the few customers near the high
    steps benefit from the many near the low ones. A direction without skill on the test cutoff is ranked by the
    baseline, nearest first; its probability is the share of customers as near who moved in earlier quarters.

    Raises
    ------
    UseCaseError
        If too few customers are near a step.
    """
    cutoffs = plan(sources, as_of)
    train = pd.concat([with_outcome(sources, day, cutoffs.months) for day in cutoffs.train], ignore_index=True)
    calibrate, test = (with_outcome(sources, day, cutoffs.months) for day in (cutoffs.calibrate, cutoffs.test))
    for rows in (train, calibrate, test):
        if min(rows.outcome.sum(), (1 - rows.outcome).sum()) < MIN_PER_SIDE:
            raise UseCaseError(
                _(
                    "near threshold at {as_of}: fewer than {min_per_side} customers on one side of their steps.",
                    as_of=as_of,
                    min_per_side=MIN_PER_SIDE,
                ),
                _("The bank is too small for this list; the ladder and the tags do not need it."),
            )
    names = [name for name in train.columns if name not in _KEYS]
    booster, calibrator = _fit(train, calibrate, names, seed)
    nearest = fit_nearest(pd.concat([train, calibrate], ignore_index=True), BAND)
    evaluation = evaluate_rankers(test, _predict(booster, calibrator, test[names]), nearest, BAND)
    current = near_steps(sources, as_of)
    chance = pd.Series(_predict(booster, calibrator, current[names]), index=current.customer_id)
    rows = _list(read_customers(sources.work, as_of), chance, nearest, evaluation)
    return Near(rows, month_end(as_of, cutoffs.months), evaluation)


def _fit(train: pd.DataFrame, later: pd.DataFrame, names: list[str], seed: int) -> tuple[object, Calibrator]:
    package = lightgbm()
    settings = {
        "objective": "binary",
        "learning_rate": 0.05,
        "num_leaves": 15,
        "min_data_in_leaf": max(20, len(train) // 200),
        "feature_fraction": 0.5,
        "bagging_fraction": 0.7,
        "bagging_freq": 1,
        "lambda_l2": 10.0,
        "monotone_constraints": [int(name == "aum_avg_30d_to_step") for name in names],
        "seed": seed,
        "deterministic": True,
        "force_col_wise": True,
        "num_threads": cores(),
        "verbosity": -1,
    }
    fitted = package.Dataset(train[names], train.outcome, params=settings)
    held_out = package.Dataset(later[names], later.outcome, reference=fitted, params=settings)
    stop = package.early_stopping(40, verbose=False)
    booster = package.train(settings, fitted, 500, valid_sets=[held_out], callbacks=[stop])
    raw = np.asarray(booster.predict(later[names], raw_score=True))
    return booster, fit_calibrator(raw, later.outcome.to_numpy())


def _predict(booster: object, calibrator: Calibrator, rows: pd.DataFrame) -> np.ndarray:
    if rows.empty:
        return np.array([])
    return calibrator.apply(booster.predict(rows, raw_score=True))  # type: ignore[attr-defined]


def near(aum: pd.Series, before: pd.Series) -> pd.DataFrame:
    """The customers near a step, and the direction.

    Parameters
    ----------
    aum, before : pandas.Series
        Average daily AUM now and a quarter ago, yuan.

    Returns
    -------
    pandas.DataFrame
        Of those near a step: direction (``up``: from 80% of the next level; ``down``: up to 120% of where their own
        begins and falling) and step (yuan); the index of `aum`. A customer who is both is ``up``.
    """
    level = level_of(aum)
    starts = np.array(LEVELS, dtype=float)
    own, following = starts[level], np.append(starts[1:], np.inf)[level]
    up = aum >= (1 - BAND) * following
    down = ~up & (level > 0) & (aum <= (1 + BAND) * own) & (aum < before)
    direction = np.select([up, down], ["up", "down"], default="")
    table = pd.DataFrame({"direction": direction, "step": np.where(up, following, own)}, index=aum.index)
    return table[table.direction != ""]


def _list(
    customers: pd.DataFrame, reached: pd.Series, nearest: Mapping[str, Calibrator], evaluation: pd.DataFrame
) -> pd.DataFrame:
    nearby = near(customers.aum_avg, customers.previous_aum_avg)
    rows = customers.loc[nearby.index, ["customer_id", "branch_id", "manager_id", "level", "aum_avg"]].join(nearby)
    chance = rows.customer_id.map(reached)
    by_model = np.where(rows.direction == "up", chance, 1 - chance)
    by_rule = by_nearness(rows.aum_avg / rows.step, rows.direction, nearest)
    ranked_by = rows.direction.map(evaluation.set_index("direction").ranked_by)
    rows = rows.assign(
        to_step=(rows.step - rows.aum_avg).abs(),
        probability=np.where(ranked_by == "model", by_model, by_rule),
        ranked_by=ranked_by,
    )
    rows = rows.sort_values(["probability", "customer_id"], ascending=[False, True], ignore_index=True)
    columns = ["direction", "step", "aum_avg", "to_step", "probability", "ranked_by"]
    return rows[["customer_id", "branch_id", "manager_id", "level", *columns]]
