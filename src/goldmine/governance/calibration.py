"""Calibration error over all rows and in each group, compared with the error that chance alone gives."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from goldmine.core.i18n import LocalizedText, _
from goldmine.governance.base_rate import rate_warning
from goldmine.governance.groups import GROUP_TITLES
from goldmine.governance.limits import Limits

MIN_ROWS = 200
"""Smaller groups are left out."""
_ROWS_A_BIN = 100
_SIMULATIONS = 200
_ONE_SIDED = 5
"""Groups from which it is worth saying that all of them lie on one side."""
_RUNS = 100
"""Runs of a bin's rows whose outcomes are drawn as one count."""
_SEED = 20240331


@dataclass(frozen=True)
class Calibration:
    """The calibration of one model on test rows.

    Parameters
    ----------
    table : pandas.DataFrame
        A row per group, all rows first: by, group, rows, predicted, observed (shares of 1), error (expected calibration
        error), floor (its mean if every probability were true), chance (its 99th percentile then), excess (error above
        the floor, never below 0) and verdict (``ok``, ``warning``, ``stop``).
    limits : Limits
        Limits that the verdicts use.
    """

    table: pd.DataFrame
    limits: Limits

    @property
    def warnings(self) -> tuple[LocalizedText, ...]:
        """Groups whose calibration error is above the limit of a warning, and a base rate other than predicted."""
        whole = self.table.iloc[0]
        rate = rate_warning(whole.predicted, whole.observed, int(whole.rows), self.limits)
        return (*self._messages("warning"), *([rate] if rate else []))

    @property
    def stops(self) -> tuple[LocalizedText, ...]:
        """Groups whose calibration error keeps the model from being promoted."""
        return self._messages("stop")

    @property
    def notes(self) -> tuple[LocalizedText, ...]:
        """What the table says: predicted against observed over all rows, on which side the groups lie, and verdicts."""
        whole, groups = self.table.iloc[0], self.table.iloc[1:]
        below, above = int((groups.observed < groups.predicted).sum()), int((groups.observed > groups.predicted).sum())
        notes = [_("everyone: {predicted:.1%} predicted, {observed:.1%} observed",
                   predicted=whole.predicted, observed=whole.observed)]  # fmt: skip
        if len(groups):
            notes.append(_("observed is below predicted in {below} of {n} groups, and above it in {above}",
                           below=below, n=len(groups), above=above))  # fmt: skip
        if len(groups) >= _ONE_SIDED and below == len(groups):
            notes.append(_("every group came in lower than predicted: the probabilities are too high throughout"))
        if len(groups) >= _ONE_SIDED and above == len(groups):
            notes.append(_("every group came in higher than predicted: the probabilities are too low throughout"))
        verdicts = (*self.warnings, *self.stops)
        within = _("no calibration error is above its limit of a warning ({warning:.2f} above the noise floor)",
                   warning=self.limits.calibration_warning)  # fmt: skip
        return (*notes, *(verdicts or (within,)))

    def metrics(self) -> dict[str, float]:
        """Figures for MLflow: of all rows, and of the worst group."""
        whole = self.table.iloc[0]
        return {
            "calibration_floor": float(whole.floor),
            "calibration_excess": float(whole.excess),
            "calibration_excess_worst_group": float(self.table.excess.max()),
        }

    def _messages(self, verdict: str) -> tuple[LocalizedText, ...]:
        return tuple(_message(row, self.limits) for row in self.table[self.table.verdict == verdict].itertuples())


def _message(row: Any, limits: Limits) -> LocalizedText:
    """A warning and a stop state both limits, so that nobody takes the one for the other."""
    values = {
        "by": GROUP_TITLES[row.by],
        "error": row.error,
        "excess": row.excess,
        "warning": limits.calibration_warning,
        "stop": limits.calibration_stop,
    }
    if not row.group:
        return _(
            "calibration error of {by} is {error:.3f}, {excess:.3f} above its noise floor "
            "(above {warning:.2f} a warning, above {stop:.2f} not promoted)",
            **values,
        )
    return _(
        "calibration error of {by} {group} is {error:.3f}, {excess:.3f} above its noise floor "
        "(above {warning:.2f} a warning, above {stop:.2f} not promoted)",
        group=row.group,
        **values,
    )


def calibration(outcome: np.ndarray, probability: np.ndarray, groups: pd.DataFrame, limits: Limits) -> Calibration:
    """Compare predicted and observed shares, over all rows and in each group.

    The error is the mean gap between predicted and observed over bins of equal size. Even true probabilities have an
    error, larger in smaller groups; outcomes drawn from the probabilities give its floor. A verdict requires both an
    error that exceeds the floor by the limit and an error above 99 of 100 such draws.

    Parameters
    ----------
    outcome : numpy.ndarray
        0 or 1.
    probability : numpy.ndarray
        Predicted probabilities of the same rows.
    groups : pandas.DataFrame
        Groups of the rows, a column per kind; groups of fewer than `MIN_ROWS` rows are left out.
    """
    random = np.random.default_rng(_SEED)
    rows = []
    for by, group, positions in _parts(groups, len(outcome)):
        measured = _measured(outcome[positions], probability[positions], random)
        rows.append({"by": by, "group": group, **measured, "verdict": _verdict(measured, limits)})
    return Calibration(pd.DataFrame(rows), limits)


def _parts(groups: pd.DataFrame, rows: int) -> Iterator[tuple[str, str, np.ndarray]]:
    yield "all", "", np.arange(rows)
    for by in groups.columns:
        for group, positions in sorted(groups.groupby(by, observed=True).indices.items()):
            if len(positions) >= MIN_ROWS:
                yield by, str(group), positions


def _measured(outcome: np.ndarray, probability: np.ndarray, random: np.random.Generator) -> dict[str, float]:
    order = np.argsort(probability, kind="stable")
    predicted, observed = probability[order], outcome[order]
    bins = int(np.clip(len(order) // _ROWS_A_BIN, 1, 10))
    starts = np.unique(np.searchsorted(predicted, predicted[np.arange(bins) * len(order) // bins]))
    sums = np.add.reduceat(predicted, starts)
    error = float(np.abs(sums - np.add.reduceat(observed.astype(float), starts)).sum() / len(order))
    simulated = _simulated(predicted, starts, random)
    floor, highest = float(simulated.mean()), float(np.quantile(simulated, 0.99))
    figures = {"rows": len(order), "predicted": float(predicted.mean()), "observed": float(observed.mean())}
    return figures | {"error": error, "floor": floor, "chance": highest, "excess": max(0.0, error - floor)}


def _verdict(measured: dict[str, float], limits: Limits) -> str:
    if measured["error"] <= measured["chance"] or measured["excess"] <= limits.calibration_warning:
        return "ok"
    return "stop" if measured["excess"] > limits.calibration_stop else "warning"


def _simulated(predicted: np.ndarray, starts: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Calibration errors of outcomes that are drawn from the probabilities themselves.

    A bin's rows are in order, so runs of them have nearly one probability: drawn are counts of runs, and not rows.
    """
    ends = np.append(starts[1:], len(predicted))
    runs = [
        np.linspace(start, end, min(_RUNS, end - start), endpoint=False)
        for start, end in zip(starts, ends, strict=True)
    ]
    edges = np.concatenate(runs).astype(int)
    rows = np.diff(edges, append=len(predicted))
    mean = np.add.reduceat(predicted, edges) / rows
    observed = random.binomial(rows, np.clip(mean, 0, 1), (_SIMULATIONS, len(edges)))
    of_bins = np.add.reduceat(observed, np.searchsorted(edges, starts), axis=1)
    return np.abs(np.add.reduceat(predicted, starts) - of_bins).sum(axis=1) / len(predicted)
