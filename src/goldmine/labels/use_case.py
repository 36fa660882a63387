"""Use cases: who is eligible, what is predicted and when, and how the model is trained; a YAML file each."""

from contextlib import suppress
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, Union

from pydantic import Field, model_validator

from goldmine.core.errors import SettingsError, UseCaseError
from goldmine.core.i18n import LocalizedText, _, join_texts, pgettext
from goldmine.core.settings import SettingsModel, read_yaml, typed
from goldmine.core.workspace import Workspace, home
from goldmine.labels.outcome import Outcome, outcome_kinds
from goldmine.labels.reason_directions import ReasonDirections
from goldmine.labels.training_settings import Training

if TYPE_CHECKING:
    AnyOutcome = Outcome
else:
    AnyOutcome = Annotated[Union[outcome_kinds()], Field(discriminator="kind")]  # noqa: UP007 - found at run time


_LIST = pgettext("list of conditions", ", ")


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
    def _has_limit(self) -> "Condition":
        if self.below is None and self.at_least is None and self.equals is None:
            raise ValueError(_("needs one of below, at_least, equals"))
        return self


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


class Segment(SettingsModel):
    """A part of the eligible customers that is worked, counted and measured by itself.

    Parameters
    ----------
    name : str
        Its code name.
    title : LocalizedText
        Its name for people.
    when : list of Condition
        Conditions that must all hold; none for the last segment, which takes everybody else.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: LocalizedText
    when: list[Condition] = []


class ListOnly(SettingsModel):
    """Whom of the scored a list names; the model learns from and scores everybody eligible all the same.

    Parameters
    ----------
    when : list of Condition
        Conditions at the snapshot that must all hold.
    left_out : LocalizedText
        Who is left out by them, as the list's funnel says it.
    """

    when: list[Condition] = Field(min_length=1)
    left_out: LocalizedText


class UseCase(SettingsModel):
    """One prediction task on the bank's data.

    Parameters
    ----------
    name : str
        Its code name, which is the YAML file's.
    title : LocalizedText
        Its name for people.
    eligible : list of Condition
        Conditions on features at the cutoff that an eligible customer meets; all must hold.
    any_of : list of list of Condition
        Groups of conditions, of which at least one group must hold; empty means no further condition.
    segments : list of Segment
        Parts of the eligible that are worked apart, such as growth and win-back; a customer is in the first whose
        conditions hold. Empty for one undivided group.
    schedule : {"always", "quarterly"}
        Whether every run includes it, or only the quarterly and monthly schedules and runs that name it.
    outcome : Outcome
        What is predicted to happen in (cutoff + gap, cutoff + gap + horizon].
    gap_days, horizon_days : int
        Days skipped after the cutoff, then days in which the outcome is counted.
    train_cutoffs : int
        Month ends to train on before the calibration cutoff.
    train_every_months : int
        Months between training cutoffs. Outcomes of adjacent months are nearly the same, so cutoffs a quarter apart
        give as good a model at a third of the cost, and the next quarter reuses most feature tables.
    min_history_months : int
        Months of transactions that a training cutoff needs, its own included.
    include, exclude : list of str
        Feature name patterns (``*`` stands for anything) to learn from; none means all.
    training : Training
        LightGBM's settings.
    expected_rate : float, optional
        The share of the eligible to whom the outcome is expected to happen, for an outcome that the books cannot teach
        yet. With it no model is trained: all eligible have this probability, in the baseline's order.
    baseline : Baseline
        What the model must beat.
    reasons : ReasonDirections, optional
        Which reasons read as what is predicted; without it every behaviour that raises the probability may be one.
    list_only : ListOnly, optional
        Whom of the scored the published list names; everybody if not given. A campaign asks whom it chooses.
    list_size : int
        Maximum number of customers on a published list.
    valid_days : int
        Days after the snapshot for which a list is valid.
    wealth_product : bool
        Whether the list offers a wealth product, for which the law requires suitability.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: LocalizedText
    eligible: list[Condition]
    any_of: list[list[Condition]] = []
    segments: list[Segment] = []
    schedule: Literal["always", "quarterly"] = "always"
    outcome: AnyOutcome
    gap_days: int = Field(ge=0, le=92)
    horizon_days: int = Field(ge=28, le=366)
    train_cutoffs: int = Field(default=4, ge=1)
    train_every_months: int = Field(default=3, ge=1, le=12)
    min_history_months: int = Field(default=6, ge=1)
    include: list[str] = []
    exclude: list[str] = []
    training: Training = Training()
    expected_rate: float | None = Field(default=None, gt=0, lt=1)
    baseline: Baseline
    reasons: ReasonDirections | None = None
    list_only: ListOnly | None = None
    list_size: int = Field(ge=1)
    valid_days: int = Field(default=90, ge=1)
    wealth_product: bool = False

    @model_validator(mode="after")
    def _segments_cover_everybody(self) -> "UseCase":
        if any(not segment.when for segment in self.segments[:-1]) or (self.segments and self.segments[-1].when):
            raise ValueError(
                _("segments: the last one has no conditions and takes everybody else, the others have some")
            )
        return self

    @property
    def asked_features(self) -> tuple[str, ...]:
        """Features that eligibility or the baseline uses."""
        conditions = [*self.eligible, *(condition for group in self.any_of for condition in group)]
        return tuple(dict.fromkeys([*(condition.feature for condition in conditions), self.baseline.feature]))

    def conditions_text(self) -> LocalizedText:
        """The conditions of eligibility, by the features' names: those that must all hold, then the groups."""
        parts = [_conditions_text(self.eligible)] if self.eligible else []
        if self.any_of:
            groups = [_("({conditions})", conditions=_conditions_text(group)) for group in self.any_of]
            parts.append(_("at least one of {groups}", groups=join_texts(groups, _LIST)))
        return join_texts(parts, _LIST)

    @property
    def prevents(self) -> bool:
        """Whether a contact is to prevent the outcome."""
        return self.outcome.prevents

    @property
    def has_model(self) -> bool:
        """Whether a model gives the probabilities; else the file states one for everybody."""
        return self.expected_rate is None

    @property
    def needs(self) -> tuple[str, ...]:
        """Tables that the outcome is counted from."""
        return self.outcome.tables

    @property
    def has_external_label(self) -> bool:
        """Whether the label is in an external table."""
        return self.outcome.kind == "external_label"


def _conditions_text(conditions: list[Condition]) -> LocalizedText:
    parts = []
    for condition in conditions:
        name = condition.feature
        parts += [f"{name} < {condition.below:,.10g}"] if condition.below is not None else []
        parts += [f"{name} ≥ {condition.at_least:,.10g}"] if condition.at_least is not None else []
        parts += [f"{name} = {condition.equals}"] if condition.equals is not None else []
    return join_texts(parts, _LIST)


def _folder() -> Path:
    return home() / "pipelines" / "use_cases"


def use_case_names(*, quarterly: bool = True) -> list[str]:
    """Names of all use cases, in alphabetical order.

    Parameters
    ----------
    quarterly : bool
        Whether to include those with the schedule ``quarterly``.
    """
    names = sorted(p.stem for p in _folder().glob("*.yaml"))
    return [name for name in names if quarterly or not _only_quarterly(name)]


def names_by_model(*, has_model: bool) -> list[str]:
    """Names of the use cases with a model, or of those whose file states the expected rate.

    One whose file cannot be read counts as one with a model, so that its steps say so.
    """
    return [name for name in use_case_names() if _has_model(name) == has_model]


def _has_model(name: str) -> bool:
    try:
        return load_use_case(name).has_model
    except SettingsError:
        return True


def _only_quarterly(name: str) -> bool:
    """Whether a use case waits for the quarter; one whose file cannot be read does not, so that its steps say so."""
    try:
        return load_use_case(name).schedule == "quarterly"
    except SettingsError:
        return False


def readable_use_cases(*, quarterly: bool = True) -> dict[str, UseCase]:
    """The use cases whose files can be read, by name; a broken file is reported by the steps of its own use case.

    Parameters
    ----------
    quarterly : bool
        Whether to include those with the schedule ``quarterly``.
    """
    found: dict[str, UseCase] = {}
    for name in use_case_names(quarterly=quarterly):
        with suppress(SettingsError):
            found[name] = load_use_case(name)
    return found


def own_use_case(work: Workspace, name: str) -> Path:
    """Where a work folder keeps the use case of an imported table."""
    return work.root / "use_cases" / f"{name}.yaml"


def load_use_case(name: str, work: Workspace | None = None) -> UseCase:
    """Read one use case.

    Parameters
    ----------
    name : str
        Its name.
    work : Workspace, optional
        Where an external table was imported; its use case takes precedence.

    Raises
    ------
    UseCaseError
        If there is none of that name.
    SettingsError
        If its file has an unknown key or a value of the wrong type.
    """
    if work is not None and own_use_case(work, name).exists():
        return read_use_case(own_use_case(work, name))
    names = use_case_names()
    if name not in names:
        near = get_close_matches(name, names, n=1)
        do = _("Known: {names}.", names=", ".join(names))
        if near:
            do = _("Did you mean {near}? Known: {names}.", near=repr(near[0]), names=", ".join(names))
        raise UseCaseError(_("use case {name}: there is no such use case.", name=repr(name)), do)
    return read_use_case(_folder() / f"{name}.yaml")


def read_use_case(path: Path) -> UseCase:
    """Read a use case from a file; see `load_use_case`."""
    use_case = typed(UseCase, read_yaml(path), path.name)
    if use_case.name != path.stem:
        raise SettingsError(
            _("{file}: its name is {name}.", file=path.name, name=repr(use_case.name)),
            _("Give the file and the use case the same name."),
        )
    return use_case
