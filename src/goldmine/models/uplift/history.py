"""Uplift learnt from past campaigns with a randomised control group."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from sklearn.linear_model import LinearRegression

from goldmine.core.i18n import _
from goldmine.models.encoding import Encoding, encode, fit_encoding
from goldmine.models.uplift.covariates import Covariates
from goldmine.models.uplift.crossfit import Array, assign_folds, prognosis
from goldmine.models.uplift.effect import LEVEL, MIN_ARM_ROWS, Estimate, NotMeasurable, detectable, difference
from goldmine.models.uplift.ranking import (
    FIRST_EVALUATED_FOLD,
    BaselineRisk,
    Ranking,
    Trial,
    bernoulli_variance,
    predict_uplift,
    qini,
    rank,
)


@dataclass(frozen=True)
class PastCampaign:
    """A complete campaign to learn from.

    Parameters
    ----------
    known : pyarrow.Table
        Features of its customers at its snapshot.
    probability : array (rows,)
        The model's probability that each was listed by.
    contact : array (rows,) of bool
        Who was randomised to contact.
    share : array (rows,)
        Each row's probability of contact: the campaign's share of contact.
    success : array (rows,)
        0 or 1: whether the campaign succeeded with the customer.
    prevents : bool
        Whether success means that the predicted outcome does not happen.
    """

    known: pa.Table
    probability: Array
    contact: NDArray[np.bool_]
    share: Array
    success: Array
    prevents: bool = False

    @property
    def groups(self) -> tuple[int, int]:
        """Customers to contact, and control."""
        contact = int(self.contact.sum())
        return contact, len(self.contact) - contact

    @property
    def predicted(self) -> Array:
        """Predicted probability of success without a contact."""
        return 1 - self.probability if self.prevents else self.probability


@dataclass(frozen=True)
class LearnedUplift:
    """Uplift learnt from past campaigns.

    Parameters
    ----------
    rows : int
        Customers of the campaigns together.
    effect : Estimate or NotMeasurable
        The average effect of being randomised to contact.
    ranking : Ranking or None
        None where the history is too small.
    detectable_qini : float or None
        The smallest Qini that this history detects with 80% power.
    propensity_qini : float
        The Qini of ranking by probability, on the rows that the ranking was evaluated on.
    missed : int
        Complete campaigns left out because their inputs are missing.
    """

    rows: int
    effect: Estimate | NotMeasurable
    ranking: Ranking | None = None
    detectable_qini: float | None = None
    propensity_qini: float = 0.0
    missed: int = 0
    _trial: Trial | None = None
    _encoding: Encoding | None = None

    @property
    def may_rank(self) -> bool:
        """Whether uplift may rank a list: the Qini's interval excludes zero, and probability orders no better."""
        return self.ranking is not None and self.ranking.qini.low > 0 and self.ranking.qini.value > self.propensity_qini

    @property
    def rows_needed(self) -> int | None:
        """Customers needed to detect a ranking if half of them had the whole effect; None where there is no effect."""
        if isinstance(self.effect, NotMeasurable) or self.detectable_qini is None or self.effect.value <= 0:
            return None
        # The Qini curve then reaches the whole effect at half depth: its area over chance is a quarter of the effect.
        return int(np.ceil(self.rows * (self.detectable_qini / (self.effect.value / 4)) ** 2))

    @property
    def verdict(self) -> str:
        """``uplift ranks``, ``history too small``, or ``propensity ranks``: enough history, and no better order."""
        if self.may_rank:
            return "uplift ranks"
        shown = self.ranking is not None and self.ranking.qini.low > 0
        enough = self.rows_needed is not None and self.rows >= self.rows_needed
        return "propensity ranks" if shown or enough else "history too small"

    def uplift(self, known: pa.Table, probability: Array) -> Array:
        """Predicted uplift of customers to be ranked.

        Models learn how a contact changes the odds. Effects on a probability shrink near 0 and 1, so they are scaled by
        p(1-p): unlikely customers, who were not in past campaigns, get no more uplift than their odds allow.

        Parameters
        ----------
        known : pyarrow.Table
            Their features, as the campaigns' customers had them.
        probability : array (rows,)
            Their predicted probability.
        """
        if self.ranking is None or self._trial is None or self._encoding is None:
            return np.full(known.num_rows, np.nan)
        return predict_uplift(self._trial, self.ranking, encode(self._encoding, known), bernoulli_variance(probability))


def learn(past: Sequence[PastCampaign], names: Sequence[str], level: float = LEVEL) -> LearnedUplift:
    """Learn uplift from past campaigns.

    Each campaign is ranked by models of those before it, a small one together with the next; a single campaign is
    cross-fitted in folds. A campaign of one group, such as one that drew three customers, all to contact, is left out.

    Parameters
    ----------
    past : sequence of PastCampaign
        Campaigns, the oldest first.
    names : sequence of str
        Features to learn from.
    """
    past = [campaign for campaign in past if min(campaign.groups)]
    if not past:
        return LearnedUplift(0, NotMeasurable(_("no campaign with both groups is complete yet")))
    known = pa.concat_tables([campaign.known.select(list(names)) for campaign in past])
    probability, predicted, contact, share, success = (
        np.concatenate([getattr(campaign, name) for campaign in past])
        for name in ("probability", "predicted", "contact", "share", "success")
    )
    number = np.repeat(_evaluated_together(past), [len(campaign.success) for campaign in past])
    encoding = fit_encoding(known, list(names), max_categories=math.inf)
    covariates = Covariates(encode(encoding, known), encoding.features, tuple(encoding.categorical))
    if isinstance(difference(success, contact), NotMeasurable):
        return LearnedUplift(len(success), difference(success, contact))
    fold = assign_folds(contact, success)
    predictions = prognosis(covariates, success, fold)
    effect = difference(success, contact, predictions, level)
    residual = success - LinearRegression().fit(predictions, success).predict(predictions)
    trial = Trial(
        covariates, contact, share, residual, BaselineRisk(success - predicted, bernoulli_variance(predicted))
    )
    groups, first = (number, 1) if number.max() else (fold, FIRST_EVALUATED_FOLD)
    ranking = rank(trial, groups, level, first=first)
    detectable_qini = detectable(ranking.qini.error, level)
    evaluated = ranking.evaluated
    by_propensity = qini(probability[evaluated], trial.signal[evaluated], groups[evaluated])
    return LearnedUplift(
        len(success), effect, ranking, detectable_qini, by_propensity.value, _trial=trial, _encoding=encoding
    )


def _evaluated_together(past: Sequence[PastCampaign]) -> list[int]:
    """Number of the part that each campaign is evaluated in, from 0; of each group it has enough for an effect.

    A campaign of a few customers can neither be learnt from alone nor show whether an order gains anything.
    """
    parts: list[int] = []
    part, contact, control = 0, 0, 0
    for campaign in past:
        parts.append(part)
        contact, control = contact + campaign.groups[0], control + campaign.groups[1]
        if min(contact, control) >= MIN_ARM_ROWS:
            part, contact, control = part + 1, 0, 0
    return [min(number, max(part - 1, 0)) for number in parts]  # what is left over goes with the last part
