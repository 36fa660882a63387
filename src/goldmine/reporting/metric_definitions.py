"""What ``pipelines/metrics.yaml`` says: every figure's name, formula, grain, unit and owner. No formula is code."""

from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from goldmine.core.errors import SettingsError
from goldmine.core.i18n import LocalizedText, _, join_texts, pgettext
from goldmine.core.settings import SettingsModel, read_yaml, typed
from goldmine.core.workspace import home
from goldmine.reporting.customer_mart import COLUMNS

Grain = Literal["head_office", "branch", "employee"]
Unit = Literal["customers", "yuan", "share", "products", "yuan per customer"]
Remedy = Literal["longtail", "dormancy", "wealth", "winback", "overdue", "near_next"]
_UNITS = {"count": ("customers",), "share": ("share",), "ratio": ("products", "yuan per customer", "share")}


class Where(SettingsModel):
    """One condition on a column; several must all hold.

    Parameters
    ----------
    column : str
        A column of the customers' table (`COLUMNS`).
    equals : str, bool or int, optional
        It is this.
    at_least, below : int, optional
        It is known, and at least or below this; money in yuan.
    """

    column: str
    equals: str | bool | int | None = None
    at_least: int | None = None
    below: int | None = None

    @model_validator(mode="after")
    def _fits_the_column(self) -> "Where":
        column = COLUMNS.get(self.column)
        if column is None:
            raise ValueError(_unknown(self.column, list(COLUMNS)))
        ranged = self.at_least is not None or self.below is not None
        if (self.equals is None) == (not ranged):
            raise ValueError(_("needs either equals, or at_least or below"))
        if ranged and column.kind not in ("whole", "fen"):
            raise ValueError(_("{column} is no number, so it cannot be at_least or below anything", column=self.column))
        wanted = {"text": str, "flag": bool, "whole": int}.get(column.kind)
        if not ranged and (wanted is None or type(self.equals) is not wanted):
            raise ValueError(
                _("{column} is {kind}, and equals gives something else", column=self.column, kind=column.kind)
            )
        return self


class Count(SettingsModel):
    """How many customers keep all the conditions."""

    kind: Literal["count"]
    where: list[Where] = Field(min_length=1)


class Sum(SettingsModel):
    """A number column, added up over the customers that keep all the conditions."""

    kind: Literal["sum"]
    of: str
    where: list[Where] = []

    @model_validator(mode="after")
    def _of_a_number(self) -> "Sum":
        if self.of not in COLUMNS:
            raise ValueError(_unknown(self.of, list(COLUMNS)))
        if COLUMNS[self.of].kind not in ("whole", "fen"):
            raise ValueError(_("{column} is no number, so it cannot be added up", column=self.of))
        return self


class Share(SettingsModel):
    """Of the customers who keep the conditions of `among`, the share who also keep those of `where`."""

    kind: Literal["share"]
    where: list[Where] = Field(min_length=1)
    among: list[Where] = Field(min_length=1)


class Ratio(SettingsModel):
    """One counted or added-up metric over another."""

    kind: Literal["ratio"]
    of: str
    to: str


Formula = Annotated[Count | Sum | Share | Ratio, Field(discriminator="kind")]


class Metric(SettingsModel):
    """One figure.

    Parameters
    ----------
    name : str
        Code name.
    title : LocalizedText
        Its name for people.
    short : LocalizedText, optional
        Its name where the heading of a figure says the rest of it.
    formula : Formula
        How it is worked out.
    grain : list of str
        For whom it is shown: head office, branch, employee.
    unit, owner : str
        Its unit, and which of the `owners` answers for its meaning.
    better : str, optional
        Whether more or less of it is better; branches are ranked by shares that say so.
    remedy_list : str, optional
        The list that remedies it where a branch is weak: a use case, overdue contacts, customers near the next level.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: LocalizedText
    short: LocalizedText | None = None
    formula: Formula
    grain: list[Grain] = Field(min_length=1)
    unit: Unit
    owner: str
    better: Literal["more", "less"] | None = None
    remedy_list: Remedy | None = None

    @model_validator(mode="after")
    def _agrees(self) -> "Metric":
        formula = self.formula
        money = isinstance(formula, Sum) and COLUMNS[formula.of].kind == "fen"
        units = ("yuan",) if money else _UNITS.get(formula.kind, ("customers", "products"))
        if self.unit not in units:
            named = {"kind": formula.kind, "units": join_texts(units, _(" or ")), "unit": self.unit}
            raise ValueError(_("a {kind} of this kind is in {units}, not in {unit}", **named))
        if self.remedy_list and not (isinstance(formula, Share) and self.better):
            raise ValueError(_("remedy_list goes with a share that says what is better"))
        return self

    @property
    def ranked(self) -> bool:
        """Whether branches are compared by it."""
        return isinstance(self.formula, Share) and self.better is not None

    @property
    def short_title(self) -> LocalizedText:
        """Its short name, or its name where it has none."""
        return self.short or self.title


class Target(SettingsModel):
    """What a metric is to come to by the end of the quarter.

    Parameters
    ----------
    metric : str
        A share that says what is better, or a counted or added-up metric.
    branch : str
        Of one branch; empty: of every branch and of the head office.
    share : float, optional
        For a share: at least this where more is better, at most where less is.
    growth : float, optional
        For a count or sum: growth against a quarter earlier, 0.02 for 2%.
    """

    metric: str
    branch: str = ""
    share: float | None = Field(default=None, ge=0, le=1)
    growth: float | None = Field(default=None, gt=-1)

    @model_validator(mode="after")
    def _says_one_thing(self) -> "Target":
        if (self.share is None) == (self.growth is None):
            raise ValueError(_("needs either share or growth"))
        return self


class Metrics(SettingsModel):
    """The table of definitions.

    Parameters
    ----------
    moved_in_quarter : str
        For which branch a customer counts who changed it during the quarter: ``new_branch`` or ``old_branch``. Once,
        in any case, and with all figures.
    owners : dict of str to LocalizedText
        The departments that own metrics.
    metrics : list of Metric
        In the order in which they are shown.
    targets : list of Target
        Of the quarter; a branch's own goes before the one for all.
    """

    moved_in_quarter: Literal["new_branch", "old_branch"]
    owners: dict[str, LocalizedText]
    metrics: list[Metric] = Field(min_length=1)
    targets: list[Target] = []

    @model_validator(mode="after")
    def _names_are_known(self) -> "Metrics":
        names = [metric.name for metric in self.metrics]
        if twice := [name for name in names if names.count(name) > 1]:
            raise ValueError(_("the metric {name} stands twice", name=twice[0]))
        simple = [metric.name for metric in self.metrics if metric.formula.kind in ("count", "sum")]
        counted = _("counted or added-up metric")
        for metric in self.metrics:
            if metric.owner not in self.owners:
                raise ValueError(
                    _("{where}: {why}", where=metric.name, why=_unknown(metric.owner, list(self.owners), _("owner")))
                )
            if isinstance(metric.formula, Ratio):
                for part in (metric.formula.of, metric.formula.to):
                    if part not in simple:
                        raise ValueError(_("{where}: {why}", where=metric.name, why=_unknown(part, simple, counted)))
        ranked = [metric.name for metric in self.metrics if metric.ranked]
        for target in self.targets:
            known, what = (ranked, _("share to be compared")) if target.growth is None else (simple, counted)
            if target.metric not in known:
                raise ValueError(_("{where}: {why}", where="targets", why=_unknown(target.metric, known, what)))
        return self

    @cached_property
    def by_name(self) -> dict[str, Metric]:
        """The metrics by name."""
        return {metric.name: metric for metric in self.metrics}


def _unknown(name: str, known: list[str], what: LocalizedText | None = None) -> LocalizedText:
    near = get_close_matches(name, known, n=1)
    what = what or pgettext("of a table", "column")
    if near:
        return _("{name} is no {what}; did you mean {near}?", name=name, what=what, near=near[0])
    return _("{name} is no {what}; known: {names}", name=name, what=what, names=", ".join(known))


def load_metrics(file: Path | None = None) -> Metrics:
    """Read ``pipelines/metrics.yaml``, or another file of that form.

    Raises
    ------
    SettingsError
        If it is missing, has an unknown key, column or metric, or a formula that does not fit its unit.
    """
    path = file or home() / "pipelines" / "metrics.yaml"
    if not path.exists():
        raise SettingsError(
            _("{name}: there is no such file in pipelines.", name=path.name), _("Write which figures are computed.")
        )
    return typed(Metrics, read_yaml(path), path.name)
