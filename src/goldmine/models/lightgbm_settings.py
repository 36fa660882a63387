"""LightGBM's parameters, from a use case's training settings and the rows that there are."""

from fnmatch import fnmatchcase
from typing import Any

from goldmine.core.errors import UseCaseError
from goldmine.core.i18n import _
from goldmine.core.progress import cores
from goldmine.labels.training_settings import Training
from goldmine.models.encoding import Encoding

_SIGNS = {"increasing": 1, "decreasing": -1}


def lightgbm_settings(training: Training, encoding: Encoding, rows: int, seed: int) -> dict[str, Any]:
    """LightGBM's parameters for some training settings, columns and number of training rows.

    Raises
    ------
    UseCaseError
        If a monotone or interaction constraint names no feature, or a monotone constraint names text or contradicts
        another one.
    """
    return {
        "objective": "binary",
        "metric": "binary_logloss",
        "learning_rate": training.learning_rate,
        "num_leaves": training.num_leaves,
        # Small data cannot give a leaf as many rows as asked for.
        "min_data_in_leaf": max(5, min(training.min_data_in_leaf, rows // 50)),
        "feature_fraction": training.feature_fraction,
        "feature_fraction_bynode": training.feature_fraction_bynode,
        "bagging_fraction": training.bagging_fraction,
        "bagging_freq": 1,
        "lambda_l2": training.lambda_l2,
        "extra_trees": training.extra_trees,
        "max_bin": training.max_bin,
        "min_data_per_group": 100,
        "cat_smooth": training.cat_smooth,
        "cat_l2": training.cat_smooth,
        "seed": seed,
        "deterministic": True,
        # By column each histogram is one core's work; with a share of the features it is twice as fast as by row.
        "force_col_wise": True,
        "num_threads": cores(),
        "verbosity": -1,
        **_monotone_constraints(training, encoding),
        **_interaction_constraints(training, encoding),
    }


def _monotone_constraints(training: Training, encoding: Encoding) -> dict[str, Any]:
    if not training.monotone_constraints:
        return {}
    signs = [0] * len(encoding.features)
    for pattern, direction in training.monotone_constraints.items():
        for column in _columns(pattern, encoding, "monotone_constraints"):
            name = encoding.features[column]
            if column in encoding.categorical:
                raise UseCaseError(
                    _("training.monotone_constraints: {name} is text, which has no order.", name=name),
                    _("Name numbers only."),
                )
            if signs[column] == -_SIGNS[direction]:
                raise UseCaseError(
                    _(
                        "training.monotone_constraints: {name} is both increasing and decreasing, by several patterns.",
                        name=name,
                    ),
                    _("Let one pattern name it."),
                )
            signs[column] = _SIGNS[direction]
    return {"monotone_constraints": signs, "monotone_constraints_method": "intermediate"}


def _interaction_constraints(training: Training, encoding: Encoding) -> dict[str, Any]:
    """Groups by column number; LightGBM never uses a column in no group, so the rest form one more."""
    if not training.interaction_constraints:
        return {}
    groups = [
        sorted({column for pattern in patterns for column in _columns(pattern, encoding, "interaction_constraints")})
        for patterns in training.interaction_constraints
    ]
    rest = sorted(set(range(len(encoding.features))) - {column for group in groups for column in group})
    return {"interaction_constraints": [*groups, *([rest] if rest else [])]}


def _columns(pattern: str, encoding: Encoding, key: str) -> list[int]:
    columns = [column for column, name in enumerate(encoding.features) if fnmatchcase(name, pattern)]
    if not columns:
        raise UseCaseError(
            _(
                "training.{key}: {pattern} is none of the {n} features that are learnt from.",
                key=key,
                pattern=repr(pattern),
                n=len(encoding.features),
            ),
            _("Correct the name in the use case's file; docs/features.md lists them."),
        )
    return columns
