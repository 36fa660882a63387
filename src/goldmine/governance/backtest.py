"""Backtest: models of past snapshots evaluated on later outcomes, and how they age."""

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
from goldmine.labels import Cutoffs, plan_cutoffs
from goldmine.labels.use_case import UseCase
from goldmine.models.evaluation import Evaluation, evaluate
from goldmine.models.model import Model
from goldmine.models.train import train
from goldmine.models.training_set import read_training_set

AGES = (1, 2, 3)
"""Quarters for which a model is looked at after the one that it was made for."""


@dataclass(frozen=True)
class Backtest:
    """Figures of models of past snapshots, each judged on customers and outcomes that came later.

    Parameters
    ----------
    over_time : pandas.DataFrame
        A row a test cutoff and figure, oldest first: judged_at, trained_to (the last cutoff that trees learnt
        from), rows, positives, figure, value, low, high (95% bootstrap interval), rule (the baseline's figure;
        NaN where it has none).
    pairs : pandas.DataFrame
        A row an aged model, test cutoff and figure: age (quarters), judged_at, figure, fresh, aged, difference (aged
        less fresh), low, high (of the difference, paired).
    asked : int
        Cutoffs that were asked for; the books may hold fewer.
    """

    over_time: pd.DataFrame
    pairs: pd.DataFrame
    asked: int

    @property
    def cutoffs(self) -> list[date]:
        """Test cutoffs, oldest first."""
        return sorted(set(self.over_time.judged_at))

    def decay(self) -> pd.DataFrame:
        """How much is lost by age: a row an age and figure, the means over the cutoffs that could be compared.

        Returns
        -------
        pandas.DataFrame
            age, figure, cutoffs, fresh, aged, difference, low, high; the interval takes the cutoffs as independent.
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
    """Train a use case as at past snapshots and judge each model, and those before it, on what came after.

    Each model sees what was complete at its test cutoff and no more, so that its figures are those of a model that
    had been in use then. Activity and features of cutoffs that are not there are made.

    Parameters
    ----------
    as_of : date
        The latest snapshot, whose outcomes end the backtest.
    roll : tuple of int
        How many test cutoffs, and how many months lie between two.

    Raises
    ------
    HistoryError
        If the books are too short for a single one.
    """
    plans = _plans(bank, use_case, as_of, roll)
    build_activity(bank, work)
    build_features(bank, work, sorted({cutoff for plan in plans.values() for cutoff in plan.all}))
    models: dict[date, Model] = {}
    told, paired = [], []
    for snapshot, plan in track(list(plans.items()), f"backtest of {use_case.name}"):
        rows = read_training_set(bank, work, use_case, snapshot, use_case.training.seed)
        fitted = train(use_case, rows.train, rows.calibrate, use_case.training.seed)
        model, learnt = fitted.model, plan.calibrate if fitted.saw_calibration else plan.train[-1]
        judged = evaluate(model, rows.test, use_case)
        told += list(_figures(judged, plan.test, learnt))
        for age, older in _aged(models, plan.test):
            paired += list(_pairs(judged, older.predict(rows.test), (age, plan.test)))
        models[plan.test] = model
    return Backtest(pd.DataFrame(told), pd.DataFrame(paired), roll[0])


def _plans(bank: Bank, use_case: UseCase, as_of: date, roll: tuple[int, int]) -> dict[date, Cutoffs]:
    """Cutoffs by snapshot, oldest first, for as many snapshots as the books allow."""
    count, every = roll
    found: dict[date, Cutoffs] = {}
    for back in range(count):
        snapshot = month_end(as_of, -back * every)
        try:
            found[snapshot] = plan_cutoffs(use_case, snapshot, bank.months("transactions"))
        except HistoryError:
            if not found:
                raise
            break
    return dict(reversed(found.items()))


def _aged(models: dict[date, Model], now: date) -> Iterator[tuple[int, Model]]:
    for age in AGES:
        made_for = month_end(now, -3 * age)
        if made_for in models:
            yield age, models[made_for]


def _figures(judged: Evaluation, judged_at: date, trained_to: date) -> Iterator[dict[str, object]]:
    found = intervals(judged.outcome, {"model": judged.probability}, judged.list_size)["model"]
    rule = judged.baseline.flat()
    for figure, one in found.items():
        yield {
            "judged_at": judged_at,
            "trained_to": trained_to,
            "rows": len(judged.outcome),
            "positives": judged.positives,
            "figure": figure,
            **_ends(one),
            "rule": rule.get(figure, float("nan")),
        }


def _pairs(judged: Evaluation, aged: np.ndarray, of: tuple[int, date]) -> Iterator[dict[str, object]]:
    scores = {"fresh": judged.probability, "aged": aged}
    found = intervals(judged.outcome, scores, judged.list_size)
    for figure, difference in found["difference"].items():
        values = {who: found[who][figure].value for who in scores}
        ends = _ends(difference)
        yield {"age": of[0], "judged_at": of[1], "figure": figure, **values, "difference": ends.pop("value"), **ends}


def _ends(one: Interval) -> dict[str, float]:
    return {"value": one.value, "low": one.low, "high": one.high}
