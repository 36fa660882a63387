"""Backtest: train models at past snapshots, evaluate them on later outcomes, and measure how they age."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from goldmine.activity import build_activity
from goldmine.contract.bank import Bank
from goldmine.core.dates import month_end
from goldmine.core.errors import HistoryError
from goldmine.core.progress import track
from goldmine.core.workspace import Workspace
from goldmine.features import build_features
from goldmine.governance.bootstrap import Interval, intervals
from goldmine.labels import Cutoffs, feature_days, plan_cutoffs
from goldmine.labels.use_case import UseCase
from goldmine.models.evaluation import Evaluation, evaluate
from goldmine.models.model import Model
from goldmine.models.train import train
from goldmine.models.training_set import read_training_set

AGES = (1, 2, 3)
"""Ages, in quarters, at which an older model is evaluated again."""


@dataclass(frozen=True)
class Backtest:
    """Figures of models trained at past snapshots, each evaluated on later outcomes.

    Parameters
    ----------
    over_time : pandas.DataFrame
        A row per test cutoff and figure, oldest first: test_cutoff, trained_to (the last cutoff that the trees were
        trained on), rows, positives, figure, value, low, high (95% bootstrap interval), baseline (its figure; NaN
        where it has none).
    pairs : pandas.DataFrame
        A row per older model, test cutoff and figure: age (quarters), test_cutoff, figure, fresh, aged, difference
        (aged less fresh), low, high (of the difference, paired).
    asked : int
        Number of cutoffs requested; the bank's history may allow fewer.
    """

    over_time: pd.DataFrame
    pairs: pd.DataFrame
    asked: int

    @property
    def cutoffs(self) -> list[date]:
        """Test cutoffs, oldest first."""
        return sorted(set(self.over_time.test_cutoff))

    def decay(self) -> pd.DataFrame:
        """Loss by age: a row per age and figure, averaged over the cutoffs that could be compared.

        Returns
        -------
        pandas.DataFrame
            age, figure, cutoffs, fresh, aged, difference, low, high; the interval treats cutoffs as independent.
        """
        if self.pairs.empty:
            return pd.DataFrame(columns=["age", "figure", "cutoffs", "fresh", "aged", "difference", "low", "high"])
        spread = ((self.pairs.high - self.pairs.low) / 2) ** 2
        grouped = self.pairs.assign(spread=spread).groupby(["age", "figure"], sort=False)
        means = grouped[["fresh", "aged", "difference"]].mean().assign(cutoffs=grouped.size())
        half = np.sqrt(grouped.spread.sum()) / grouped.size()
        means = means.assign(low=means.difference - half, high=means.difference + half)
        return means.reset_index()[["age", "figure", "cutoffs", "fresh", "aged", "difference", "low", "high"]]


def backtest(bank: Bank, work: Workspace, use_case: UseCase, as_of: date, roll: tuple[int, int]) -> Backtest:
    """Train a use case at past snapshots; evaluate each model, and the older ones, on later outcomes.

    Each model is trained only on data that was complete at its test cutoff, so its figures are those of a model used
    at that time. Missing activity and features of the cutoffs are built.

    Parameters
    ----------
    as_of : date
        The latest snapshot, whose outcomes end the backtest.
    roll : tuple of int
        Number of test cutoffs, and months between two of them.

    Raises
    ------
    HistoryError
        If the history is too short for a single cutoff.
    """
    plans = _plans(bank, use_case, as_of, roll)
    build_activity(bank, work)
    build_features(bank, work, sorted({day for plan in plans.values() for day in feature_days(use_case, plan)}))
    models: dict[date, Model] = {}
    over_time, pairs = [], []
    for snapshot, plan in track(list(plans.items()), f"backtest of {use_case.name}"):
        rows = read_training_set(bank, work, use_case, snapshot, use_case.training.seed)
        fitted = train(use_case, rows.train, rows.calibrate, use_case.training.seed)
        model, learnt = fitted.model, plan.calibrate if fitted.saw_calibration else plan.train[-1]
        evaluation = evaluate(model, rows.test, use_case)
        over_time += list(_figures(evaluation, plan.test, learnt))
        for age, older in _aged(models, plan.test):
            pairs += list(_pairs(evaluation, older.predict(rows.test), (age, plan.test)))
        models[plan.test] = model
    return Backtest(pd.DataFrame(over_time), pd.DataFrame(pairs), roll[0])


def _plans(bank: Bank, use_case: UseCase, as_of: date, roll: tuple[int, int]) -> dict[date, Cutoffs]:
    """Cutoffs by snapshot, oldest first, for as many snapshots as the history allows."""
    count, every = roll
    plans: dict[date, Cutoffs] = {}
    for step in range(count):
        snapshot = month_end(as_of, -step * every)
        try:
            plans[snapshot] = plan_cutoffs(use_case, snapshot, bank)
        except HistoryError:
            if not plans:
                raise
            break
    return dict(reversed(plans.items()))


def _aged(models: dict[date, Model], now: date) -> Iterator[tuple[int, Model]]:
    for age in AGES:
        made_for = month_end(now, -3 * age)
        if made_for in models:
            yield age, models[made_for]


def _figures(evaluation: Evaluation, test_cutoff: date, trained_to: date) -> Iterator[dict[str, object]]:
    by_figure = intervals(evaluation.outcome, {"model": evaluation.probability}, evaluation.list_size)["model"]
    baseline = evaluation.baseline.flat()
    for figure, interval in by_figure.items():
        yield {
            "test_cutoff": test_cutoff,
            "trained_to": trained_to,
            "rows": len(evaluation.outcome),
            "positives": evaluation.positives,
            "figure": figure,
            **_ends(interval),
            "baseline": baseline.get(figure, float("nan")),
        }


def _pairs(evaluation: Evaluation, aged: np.ndarray, age_and_cutoff: tuple[int, date]) -> Iterator[dict[str, object]]:
    age, cutoff = age_and_cutoff
    scores = {"fresh": evaluation.probability, "aged": aged}
    by_score = intervals(evaluation.outcome, scores, evaluation.list_size)
    for figure, difference in by_score["difference"].items():
        values = {name: by_score[name][figure].value for name in scores}
        ends = _ends(difference)
        yield {"age": age, "test_cutoff": cutoff, "figure": figure, **values, "difference": ends.pop("value"), **ends}


def _ends(interval: Interval) -> dict[str, float]:
    return {"value": interval.value, "low": interval.low, "high": interval.high}
