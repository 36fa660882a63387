"""Features: what is known of each customer at a cutoff, one family a file."""

from goldmine.features.build import (
    FeatureReport,
    build_features,
    feature_content,
    feature_dictionary,
    feature_fingerprint,
    require_current,
)
from goldmine.features.catalogue import catalogue, switched_off
from goldmine.features.definition import Feature, feature_titles

__all__ = [
    "Feature",
    "FeatureReport",
    "build_features",
    "catalogue",
    "feature_content",
    "feature_dictionary",
    "feature_fingerprint",
    "feature_titles",
    "require_current",
    "switched_off",
]
