"""Warnings of the leakage gate: what may be a leak or may be true, so that a person must sign for it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from goldmine.core.i18n import LocalizedText, _
from goldmine.governance.limits import Limits, Signature

_BEYOND_CHANCE = 3.0
"""Standard errors by which two AUCs differ beyond chance."""


@dataclass(frozen=True)
class LeakWarning:
    """A feature that a person must look into.

    Parameters
    ----------
    feature : str
        Its name.
    text : LocalizedText
        What was seen.
    """

    feature: str
    text: LocalizedText

    def signed_in(self, signatures: Iterable[Signature], use_case: str) -> bool:
        """Whether someone has signed for the feature in a use case."""
        return any(signed.feature == self.feature and signed.use_case == use_case for signed in signatures)

    def refusal(self, use_case: str) -> LocalizedText:
        """Why the model is not promoted, and how to sign."""
        return _(
            "{seen}; find out why, and let a person sign for it: an entry under `signed` in pipelines/governance.yaml "
            "with feature: {feature}, use_case: {use_case}, name, date and reason",
            seen=self.text,
            feature=self.feature,
            use_case=use_case,
        )


@dataclass(frozen=True)
class UnivariateAucs:
    """Univariate AUCs of some rows, and how far chance moves them.

    Parameters
    ----------
    by_feature : mapping of str to float
        From `univariate_auc`.
    error : float
        Standard error of an AUC of no skill.
    """

    by_feature: Mapping[str, float]
    error: float

    @classmethod
    def of(cls, by_feature: Mapping[str, float], outcome: np.ndarray) -> "UnivariateAucs":
        """With the standard error that the numbers of both outcomes give."""
        positives = max(int(outcome.sum()), 1)
        negatives = max(len(outcome) - positives, 1)
        return cls(by_feature, float(np.sqrt((positives + negatives + 1) / (12 * positives * negatives))))


def leak_warnings(past: UnivariateAucs, later: UnivariateAucs, limits: Limits) -> tuple[LeakWarning, ...]:
    """Features far above the second best, and those whose AUC is another at the test cutoff.

    Parameters
    ----------
    past, later : UnivariateAucs
        At the training cutoffs, and at the test cutoff.
    """
    ranked = sorted(past.by_feature, key=lambda name: -past.by_feature[name])
    warnings = []
    if len(ranked) > 1:
        best, second = ranked[:2]
        lead = past.by_feature[best] - past.by_feature[second]
        if lead > max(limits.univariate_lead, _BEYOND_CHANCE * past.error):
            text = _(
                "{feature} alone has an AUC of {auc:.3f}, {lead:.3f} above the second best, {second} "
                "(limit {limit:.2f})",
                feature=best,
                auc=past.by_feature[best],
                lead=lead,
                second=second,
                limit=limits.univariate_lead,
            )
            warnings.append(LeakWarning(best, text))
    error = float(np.hypot(past.error, later.error))
    for name in ranked:
        change = later.by_feature[name] - past.by_feature[name]
        if abs(change) > limits.univariate_change + _BEYOND_CHANCE * error:
            text = _(
                "{feature} alone has an AUC of {past:.3f} at the training cutoffs and {later:.3f} at the test cutoff "
                "(limit {limit:.2f} apart, beyond chance)",
                feature=name,
                past=past.by_feature[name],
                later=later.by_feature[name],
                limit=limits.univariate_change,
            )
            warnings.append(LeakWarning(name, text))
    return tuple(warnings)
