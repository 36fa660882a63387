"""The base rate: whether as many outcomes come as were predicted."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from goldmine.core.i18n import LocalizedText, _
from goldmine.governance.limits import Limits, read_limits

_BEYOND_CHANCE = 3.0
"""Standard errors by which an observed rate differs from a predicted one beyond chance."""


def rate_warning(predicted: float, observed: float, rows: int, limits: Limits) -> LocalizedText | None:
    """The warning that an observed rate is not the predicted one; None where it is, or where chance explains it.

    Parameters
    ----------
    predicted, observed : float
        Shares of the rows with the outcome.
    rows : int
        Rows that they are counted over.

    Examples
    --------
    >>> print(rate_warning(0.272, 0.232, 4000, Limits()))
    base rate: 27.2% were predicted and 23.2% were observed, 15% fewer (limit 10%, beyond chance)
    >>> rate_warning(0.272, 0.262, 4000, Limits()) is None
    True
    """
    if not rate_moved(predicted, observed, rows, limits):
        return None
    values = {
        "predicted": predicted,
        "observed": observed,
        "change": abs(observed / predicted - 1),
        "limit": limits.rate_change,
    }
    if observed < predicted:
        return _(
            "base rate: {predicted:.1%} were predicted and {observed:.1%} were observed, {change:.0%} fewer "
            "(limit {limit:.0%}, beyond chance)",
            **values,
        )
    return _(
        "base rate: {predicted:.1%} were predicted and {observed:.1%} were observed, {change:.0%} more "
        "(limit {limit:.0%}, beyond chance)",
        **values,
    )


def rate_moved(predicted: float, observed: float, rows: int, limits: Limits) -> bool:
    """Whether an observed rate differs from the predicted one by more than the limit and beyond chance."""
    if not rows or not 0 < predicted < 1:
        return False
    error = float(np.sqrt(predicted * (1 - predicted) / rows))
    change = abs(observed - predicted)
    return change > limits.rate_change * predicted and change > _BEYOND_CHANCE * error


def scoring_warnings(
    estimated: float, tested: tuple[float, float], rows: int, limits: Limits
) -> tuple[LocalizedText, ...]:
    """Warnings on the rate that new scores predict, from what came of an earlier prediction.

    Parameters
    ----------
    estimated : float
        Mean probability of the rows scored now.
    tested : tuple of float
        At the test cutoff, the predicted and the observed rate.
    rows : int
        Rows of the test cutoff.
    """
    predicted, observed = tested
    warnings = []
    if rate_moved(predicted, observed, rows, limits):
        text = _(
            "base rate: these scores predict {estimated:.1%}; at the test cutoff {predicted:.1%} were predicted and "
            "{observed:.1%} were observed, and at that ratio {expected:.1%} are expected",
            estimated=estimated,
            observed=observed,
            predicted=predicted,
            expected=min(1.0, estimated * observed / predicted),
        )
        warnings.append(text)
    if observed > 0 and rate_moved(observed, estimated, rows, limits):
        text = _(
            "base rate: these scores predict {estimated:.1%}, and {observed:.1%} were observed at the test cutoff; "
            "find out what has changed",
            estimated=estimated,
            observed=observed,
        )
        warnings.append(text)
    return tuple(warnings)


def past_rate_warnings(figures: pd.DataFrame, bank: str = "") -> Iterator[LocalizedText]:
    """Warnings on earlier scores whose outcomes are complete: the rate is another than was estimated, beyond chance.

    Parameters
    ----------
    figures : pandas.DataFrame
        From `estimated_and_realised`.
    bank : str
        Whose limits apply.
    """
    rates = figures[(figures.figure == "rate") & figures.low.notna()]
    beyond_chance = (rates.realised < rates.low) | (rates.realised > rates.high)
    beyond_limit = (rates.realised - rates.estimated).abs() > read_limits(bank).rate_change * rates.estimated
    outside = rates[beyond_chance & beyond_limit]
    for row in outside.itertuples():
        yield _(
            "base rate: the scores of {day} predicted {predicted:.1%} ({low:.1%} to {high:.1%}), and "
            "{observed:.1%} were observed",
            day=row.scored_at,
            predicted=row.estimated,
            low=row.low,
            high=row.high,
            observed=row.realised,
        )
