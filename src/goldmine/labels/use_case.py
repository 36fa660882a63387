"""What a use case says: who is asked about, what is to happen, when, and how it is learnt."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from goldmine.core.settings import SettingsModel


class Condition(SettingsModel):
    """One condition on a feature; several conditions must all hold.

    Parameters
    ----------
    feature : str
        A name from docs/features.md.
    below, at_least : float, optional
        The value must be known, and below or at least this.
    equals : str, optional
        The category must be this.
    """

    feature: str
    below: float | None = None
    at_least: float | None = None
    equals: str | None = None

    @model_validator(mode="after")
    def _says_something(self) -> "Condition":
        if self.below is None and self.at_least is None and self.equals is None:
            raise ValueError("needs one of below, at_least, equals")
        return self


class AverageAumAtLeast(SettingsModel):
    """Average daily AUM of the horizon's last full month is at or above a level, in yuan."""

    kind: Literal["average_aum_at_least"]
    yuan: float = Field(gt=0)


class NoOwnTransaction(SettingsModel):
    """No transaction of the customer's own making (no interest, fee or batch entry) in the horizon."""

    kind: Literal["no_own_transaction"]


class ProductEvent(SettingsModel):
    """A product event of a kind, and of a product class where one is named, in the horizon."""

    kind: Literal["product_event"]
    event: Literal["bought", "redeemed", "loan_drawn", "loan_repaid"]
    product_class: Literal["demand", "time", "wealth", "loan", "other"] | None = None


class ExternalLabel(SettingsModel):
    """A label that stands in a table made elsewhere, and that nothing here can count again."""

    kind: Literal["external_label"]


class ComesBack(SettingsModel):
    """The customer comes back: with money, or for a loan.

    With money: an own transaction in the horizon, and an average daily AUM of its last full month that is at least so
    many yuan above that of the cutoff's month. For a loan: one is drawn in the horizon, where the bank keeps product
    events.
    """

    kind: Literal["comes_back"]
    yuan: float = Field(gt=0)


Outcome = Annotated[
    AverageAumAtLeast | NoOwnTransaction | ProductEvent | ComesBack | ExternalLabel,
    Field(discriminator="kind"),
]

OUTCOME_NEEDS: dict[str, tuple[str, ...]] = {
    "average_aum_at_least": ("balances",),
    "no_own_transaction": ("transactions",),
    "product_event": ("product_events",),
    "external_label": (),
    "comes_back": ("transactions", "balances"),
}


class Baseline(SettingsModel):
    """The baseline that a model must beat: customers in the order of one feature.

    Parameters
    ----------
    feature : str
        A name from docs/features.md.
    highest_first : bool
        Whether a high value means a likely outcome.
    """

    feature: str
    highest_first: bool


class Training(SettingsModel):
    """LightGBM's settings under LightGBM's names; the defaults suit a county bank's tables.

    Parameters
    ----------
    seed : int
        Same seed, same model.
    num_iterations, early_stopping_rounds : int
        At most so many trees; training ends after so many without gain on the calibration cutoff.
    max_rows : int
        At most so many training rows. Of more, rows with the outcome are kept, up to half of all, and the others are
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


class UseCase(SettingsModel):
    """One question put to the bank's data.

    Parameters
    ----------
    name, title_en, title_zh : str
        Its code name (the YAML file's) and its titles.
    eligible : list of Condition
        Who is asked about, by features at the cutoff; all must hold.
    any_of : list of list of Condition
        And of these groups at least one, whole; none means that there is no such demand.
    schedule : {"always", "quarterly"}
        Whether each run takes it in, or only the quarterly and monthly schedules and a run that asks for it by name.
    outcome : Outcome
        What is to happen in (cutoff + gap, cutoff + gap + horizon].
    gap_days, horizon_days : int
        Days skipped after the cutoff, then days in which the outcome is counted.
    train_cutoffs : int
        Month ends to train on before the calibration cutoff.
    train_every_months : int
        How far apart these lie. Outcomes of neighbouring months are nearly the same ones, so quarters teach as much as
        months do, at a third of the cost, and a later quarter finds most of its feature tables made.
    least_history_months : int
        Months of books that a training cutoff must see, its own included.
    include, exclude : list of str
        Feature name patterns (``*`` stands for anything) to learn from; none means all.
    training : Training
        LightGBM's settings.
    baseline : Baseline
        What the model must beat.
    list_size : int
        Most rows on a published list.
    valid_days : int
        Days after the snapshot for which a list may be worked.
    wealth_product : bool
        Whether the list offers a wealth product, which the law ties to suitability.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title_en: str
    title_zh: str
    eligible: list[Condition]
    any_of: list[list[Condition]] = []
    schedule: Literal["always", "quarterly"] = "always"
    outcome: Outcome
    gap_days: int = Field(ge=0, le=92)
    horizon_days: int = Field(ge=28, le=366)
    train_cutoffs: int = Field(default=4, ge=1)
    train_every_months: int = Field(default=3, ge=1, le=12)
    least_history_months: int = Field(default=6, ge=1)
    include: list[str] = []
    exclude: list[str] = []
    training: Training = Training()
    baseline: Baseline
    list_size: int = Field(ge=1)
    valid_days: int = Field(default=90, ge=1)
    wealth_product: bool = False

    @property
    def asked_features(self) -> tuple[str, ...]:
        """Features that eligibility or the baseline looks at."""
        conditions = [*self.eligible, *(condition for group in self.any_of for condition in group)]
        return tuple(dict.fromkeys([*(condition.feature for condition in conditions), self.baseline.feature]))

    @property
    def prevents(self) -> bool:
        """Whether a contact is to prevent the outcome: its aim is that it does not come."""
        return self.outcome.kind == "no_own_transaction"

    @property
    def needs(self) -> tuple[str, ...]:
        """Tables that the outcome is counted from."""
        return OUTCOME_NEEDS[self.outcome.kind]
