"""Uplift learnt from campaigns whose control was drawn by chance, once there are enough of them."""

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
from goldmine.models.uplift.crossfit import Array, folds, prognosis
from goldmine.models.uplift.effect import LEVEL, Estimate, NotMeasurable, detectable, difference
from goldmine.models.uplift.ranking import FIRST, Promise, Ranking, Trial, foresee, qini, rank, room_of


@dataclass(frozen=True)
class Round:
    """One campaign.

    Parameters
    ----------
    known : pyarrow.Table
        Features of its customers at its snapshot.
    likely : array (rows,)
        The probability that each was listed by.
    contact : array (rows,) of bool
        Who was drawn for contact.
    share : array (rows,)
        Each row's probability of that: the share of contact in its stratum.
    aim : array (rows,)
        0 or 1: whether what the campaign wanted came.
    prevents : bool
        Whether that is that the foretold outcome does not come.
    """

    known: pa.Table
    likely: Array
    contact: NDArray[np.bool_]
    share: Array
    aim: Array
    prevents: bool = False

    @property
    def promised(self) -> Array:
        """The probability of the aim if nobody is contacted."""
        return 1 - self.likely if self.prevents else self.likely


@dataclass(frozen=True)
class Learned:
    """What past campaigns teach of whom a contact moves.

    Parameters
    ----------
    rows : int
        Customers of the campaigns together.
    effect : Estimate or NotMeasurable
        The average effect of being drawn for contact.
    ranking : Ranking or None
        None where the history is too small to look.
    smallest : float or None
        The smallest Qini that so much history shows four times out of five.
    by_propensity : float
        The Qini of the order by probability, on the rows that the ranking was judged on.
    missed : int
        Complete campaigns that could not be learnt from, because what they need is not there.
    """

    rows: int
    effect: Estimate | NotMeasurable
    ranking: Ranking | None = None
    smallest: float | None = None
    by_propensity: float = 0.0
    missed: int = 0
    _trial: Trial | None = None
    _encoding: Encoding | None = None

    @property
    def may_rank(self) -> bool:
        """Whether uplift may rank a list: the Qini's interval excludes zero, and probability orders no better."""
        return self.ranking is not None and self.ranking.qini.low > 0 and self.ranking.qini.value > self.by_propensity

    @property
    def rows_needed(self) -> int | None:
        """Customers that would show it if the whole effect sat in one half of them; None where there is no effect."""
        if isinstance(self.effect, NotMeasurable) or self.smallest is None or self.effect.value <= 0:
            return None
        # The curve then rises to the whole effect at half depth: the area over chance is a quarter of the effect.
        return int(np.ceil(self.rows * (self.smallest / (self.effect.value / 4)) ** 2))

    @property
    def verdict(self) -> str:
        """``uplift ranks``, ``history too small``, or ``propensity ranks``: enough history, and no better order."""
        if self.may_rank:
            return "uplift ranks"
        shown = self.ranking is not None and self.ranking.qini.low > 0
        enough = self.rows_needed is not None and self.rows >= self.rows_needed
        return "propensity ranks" if shown or enough else "history too small"

    def uplift(self, known: pa.Table, likely: Array) -> Array:
        """The effect foreseen for customers who are to be ranked.

        Models learnt how a contact changes the odds; what that adds is least for those who are nearly certain either
        way, so the less likely, whom campaigns did not list, are not taken for as easily moved as the likely.

        Parameters
        ----------
        known : pyarrow.Table
            Their features, as the campaigns' customers had them.
        likely : array (rows,)
            Their probability.
        """
        if self.ranking is None or self._trial is None or self._encoding is None:
            return np.full(known.num_rows, np.nan)
        return foresee(self._trial, self.ranking, encode(self._encoding, known), room_of(likely))


def learn(rounds: Sequence[Round], names: Sequence[str], level: float = LEVEL) -> Learned:
    """Learn from past campaigns whom a contact moves.

    Each campaign is ranked by models that learnt from those before it; of a single campaign, folds take their place.

    Parameters
    ----------
    rounds : sequence of Round
        Campaigns, the oldest first.
    names : sequence of str
        Features to learn from.
    """
    if not rounds:
        return Learned(0, NotMeasurable(_("no campaign is complete yet")))
    known = pa.concat_tables([one.known.select(list(names)) for one in rounds])
    likely, promised, contact, share, aim = (
        np.concatenate([getattr(one, name) for one in rounds])
        for name in ("likely", "promised", "contact", "share", "aim")
    )
    place = np.repeat(np.arange(len(rounds)), [len(one.aim) for one in rounds])
    encoding = fit_encoding(known, list(names), max_categories=math.inf)
    covariates = Covariates(encode(encoding, known), encoding.features, tuple(encoding.categorical))
    if isinstance(difference(aim, contact), NotMeasurable):
        return Learned(len(aim), difference(aim, contact))
    fold = folds(contact, aim)
    foreseen = prognosis(covariates, aim, fold)
    effect = difference(aim, contact, foreseen, level)
    surprise = aim - LinearRegression().fit(foreseen, aim).predict(foreseen)
    trial = Trial(covariates, contact, share, surprise, Promise(aim - promised, room_of(promised)))
    held, first = (place, 1) if len(rounds) > 1 else (fold, FIRST)
    ranking = rank(trial, held, level, first=first)
    smallest = detectable(ranking.qini.error, level)
    ours = ranking.judged
    plain = qini(likely[ours], trial.signal[ours], held[ours])
    return Learned(len(aim), effect, ranking, smallest, plain.value, _trial=trial, _encoding=encoding)
