"""What LightGBM is told: a use case's training settings, fitted to the rows that there are."""

from fnmatch import fnmatchcase
from typing import Any

from goldmine.core.errors import UseCaseError
from goldmine.core.progress import cores
from goldmine.labels.use_case import Training
from goldmine.models.encoding import Encoding

_SIGNS = {"rising": 1, "falling": -1}


def lightgbm_settings(asked: Training, encoding: Encoding, rows: int, seed: int) -> dict[str, Any]:
    """What LightGBM is told for some training settings, columns and so many training rows.

    Raises
    ------
    UseCaseError
        If a monotone constraint or an interaction group names no feature, or a constraint names text or the other
        constraint's feature.
    """
    return {
        "objective": "binary",
        "metric": "binary_logloss",
        "learning_rate": asked.learning_rate,
        "num_leaves": asked.leaves,
        # A leaf needs rows enough to hold a share, but not more than small data can give.
        "min_data_in_leaf": max(5, min(asked.least_rows_per_leaf, rows // 50)),
        "feature_fraction": asked.feature_share,
        "feature_fraction_bynode": asked.split_share,
        "bagging_fraction": asked.row_share,
        "bagging_freq": 1,
        "lambda_l2": asked.l2,
        "extra_trees": asked.drawn_splits,
        "max_bin": asked.bins,
        "min_data_per_group": 100,
        "cat_smooth": asked.category_smoothing,
        "cat_l2": asked.category_smoothing,
        "seed": seed,
        "deterministic": True,
        # By column each histogram is one core's work; with a share of the features it is twice as fast as by row.
        "force_col_wise": True,
        "num_threads": cores(),
        "verbosity": -1,
        **_monotone(asked, encoding),
        **_together(asked, encoding),
    }


def _monotone(asked: Training, encoding: Encoding) -> dict[str, Any]:
    if not asked.monotone:
        return {}
    signs = [0] * len(encoding.features)
    for pattern, direction in asked.monotone.items():
        for place in _places(pattern, encoding, "monotone"):
            if place in encoding.categorical:
                raise UseCaseError(
                    f"training.monotone: {encoding.features[place]} is text, which neither rises nor falls.",
                    "Name numbers only.",
                )
            if signs[place] == -_SIGNS[direction]:
                raise UseCaseError(
                    f"training.monotone: {encoding.features[place]} is to rise and to fall: several patterns name it.",
                    "Let one of them name it.",
                )
            signs[place] = _SIGNS[direction]
    return {"monotone_constraints": signs, "monotone_constraints_method": "intermediate"}


def _together(asked: Training, encoding: Encoding) -> dict[str, Any]:
    """Interaction groups by place; LightGBM would never use what is in no group, so the rest are one more."""
    if not asked.together:
        return {}
    groups = [
        sorted({place for name in names for place in _places(name, encoding, "together")}) for names in asked.together
    ]
    rest = sorted(set(range(len(encoding.features))) - {place for group in groups for place in group})
    return {"interaction_constraints": [*groups, *([rest] if rest else [])]}


def _places(pattern: str, encoding: Encoding, key: str) -> list[int]:
    found = [place for place, name in enumerate(encoding.features) if fnmatchcase(name, pattern)]
    if not found:
        raise UseCaseError(
            f"training.{key}: {pattern!r} is none of the {len(encoding.features)} features that are learnt from.",
            "Mend the name in the use case's file; docs/features.md lists them.",
        )
    return found
