"""How a use case's model is trained: LightGBM's settings in its file."""

from typing import Annotated, Literal

from pydantic import Field

from goldmine.core.settings import SettingsModel


class Training(SettingsModel):
    """LightGBM's settings under LightGBM's names; the defaults suit a county bank's tables.

    Parameters
    ----------
    seed : int
        Same seed, same model.
    num_iterations, early_stopping_rounds : int
        Maximum number of trees; training stops after this many without improvement on the calibration cutoff.
    max_rows : int
        Maximum number of training rows. Above it, rows with the outcome are kept, up to half of all, and the others are
        downsampled and reweighted. Calibration takes at most half as many.
    learning_rate, num_leaves, min_data_in_leaf, feature_fraction, bagging_fraction, lambda_l2 : float
        As in LightGBM; small data lowers `min_data_in_leaf`.
    max_bin : int
        Bins of a numeric column.
    cat_smooth : float
        Smoothing of categorical columns (LightGBM's cat_smooth and cat_l2).
    feature_fraction_bynode : float
        Share of a tree's features that each split looks at.
    extra_trees : bool
        Whether each split tries one random threshold a feature instead of all.
    monotone_constraints : dict of str to str
        Feature name patterns (``*`` matches anything) that may only raise the probability (``increasing``) or only
        lower it (``decreasing``) as they grow.
    interaction_constraints : list of list of str
        Groups of feature name patterns: a feature interacts only with those of its own group; features in no group
        interact among themselves.
    """

    seed: int = 20240331
    num_iterations: int = Field(default=1000, ge=1)
    early_stopping_rounds: int = Field(default=50, ge=1)
    max_rows: int = Field(default=500_000, ge=1_000)
    learning_rate: float = Field(default=0.05, gt=0, le=1)
    num_leaves: int = Field(default=15, ge=2)
    min_data_in_leaf: int = Field(default=100, ge=1)
    feature_fraction: float = Field(default=0.5, gt=0, le=1)
    bagging_fraction: float = Field(default=0.5, gt=0, le=1)
    lambda_l2: float = Field(default=20.0, ge=0)
    max_bin: int = Field(default=127, ge=15, le=1023)
    cat_smooth: float = Field(default=20.0, ge=0)
    feature_fraction_bynode: float = Field(default=1.0, gt=0, le=1)
    extra_trees: bool = False
    monotone_constraints: dict[str, Literal["increasing", "decreasing"]] = {}
    interaction_constraints: list[Annotated[list[str], Field(min_length=1)]] = []
