"""Labels: the cutoffs of a training, who is eligible at them, and the outcomes of the eligible."""

from goldmine.labels.cutoffs import Cutoffs, cutoffs_within, feature_days, outcome_end, plan_cutoffs
from goldmine.labels.eligibility import eligible_rows, labelled, selected_features, training_rows, with_features

__all__ = [
    "Cutoffs",
    "cutoffs_within",
    "eligible_rows",
    "feature_days",
    "labelled",
    "outcome_end",
    "plan_cutoffs",
    "selected_features",
    "training_rows",
    "with_features",
]
