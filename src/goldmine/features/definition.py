"""How a feature is defined: its meaning and its expression."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import reduce
from operator import add
from typing import Any, Literal

import ibis
from ibis.expr.types import NumericValue, Value

from goldmine.core.i18n import all_languages, in_language, stored_text
from goldmine.features.reason_text import ReasonText

NumberRow = tuple[str, Value, str, str, int | None]
"""A numeric feature: name, expression, title, unit and window."""
FeatureSign = Literal["positive", "negative", "zero", "unknown"]
"""Sign of a feature's value; a category is positive."""
_WINDOW = re.compile(r"_\d+d$")


@dataclass(frozen=True)
class Feature:
    """What a feature means, without its data.

    Parameters
    ----------
    name : str
        Entity, measure, window: ``outflow_cash_sum_90d``.
    title : str
        Its name for people: a `LocalizedText`, or a plain string that is shown in every language.
    unit : str
        yuan, days, months, years, count, share, grade, ratio, flag, or category.
    window : int or None
        Days that it looks back over, in whole months (30, 90, 180 and 365 are 1, 3, 6 and 12); None where it has
        no window.
    needs : tuple of str
        ``table`` or ``table.column`` that it is computed from; a bank without them does not have the feature.
    kind : {"number", "category"}
        Stored as float32 (empty where unknown) or as text.
    reason_text : ReasonText, optional
        The behaviour that it shows and how a customer manager words it.
    """

    name: str
    title: str
    unit: str
    window: int | None
    needs: tuple[str, ...]
    kind: Literal["number", "category"] = "number"
    reason_text: ReasonText | None = None

    @property
    def behaviour(self) -> str:
        """The behaviour that it shows; without a reason text, its own name less the window."""
        return self.reason_text.behaviour if self.reason_text else behaviour_of(self.name)

    @property
    def explainable(self) -> bool:
        """Whether it may be given as a reason."""
        return self.reason_text is None or self.reason_text.explainable

    def stored(self) -> dict[str, Any]:
        """The form that JSON keeps, with the texts in every language."""
        texts = self.reason_text.stored() if self.reason_text else None
        return vars(self) | {"title": all_languages(self.title), "reason_text": texts}

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> "Feature":
        """From the form that JSON keeps."""
        texts = ReasonText.read(stored["reason_text"]) if stored["reason_text"] else None
        title, needs = stored_text(stored["title"]), tuple(stored["needs"])
        return cls(**{**stored, "title": title, "needs": needs, "reason_text": texts})


@dataclass(frozen=True)
class FeatureDefinition:
    """A feature and the expression that computes it."""

    feature: Feature
    value: Value


def behaviour_of(name: str) -> str:
    """The behaviour of a feature that has no reason text: its name without the window.

    Examples
    --------
    >>> behaviour_of("inflow_sum_90d")
    'inflow_sum'
    """
    return _WINDOW.sub("", name)


def feature_titles(features: Iterable[Feature], language: str) -> dict[str, str]:
    """Titles of features in a language, by the features' names."""
    return {feature.name: in_language(feature.title, language) for feature in features}


def number(
    name: str, value: Value, *, title: str, unit: str, needs: tuple[str, ...], window: int | None = None
) -> FeatureDefinition:
    """Define a numeric feature."""
    return FeatureDefinition(Feature(name, title, unit, window, needs), value.cast("float32"))


def numbers(needs: tuple[str, ...], *rows: NumberRow) -> list[FeatureDefinition]:
    """Define numeric features that need the same tables.

    Parameters
    ----------
    needs : tuple of str
        What each of them is computed from.
    *rows : NumberRow
        A row a feature.
    """
    return [
        number(name, value, title=title, unit=unit, needs=needs, window=window)
        for name, value, title, unit, window in rows
    ]


def category(name: str, value: Value, *, title: str, needs: tuple[str, ...]) -> FeatureDefinition:
    """Define a categorical feature."""
    return FeatureDefinition(Feature(name, title, "category", None, needs, "category"), value.cast("string"))


def real(value: float) -> Value:
    """A constant as a floating-point number; by default Spark reads 365.25 as a decimal and rounds differently."""
    return ibis.literal(str(value)).cast("float64")


def ratio(part: Value, whole: Value) -> Value:
    """`part` over `whole`, empty where `whole` is not above zero."""
    return ibis.cases((whole > 0, part / whole), else_=ibis.null("float64"))


def sum_of(values: Sequence[NumericValue]) -> NumericValue:
    """The sum of several columns, added in their order."""
    return reduce(add, values)


def variation(values: Sequence[NumericValue]) -> Value:
    """The coefficient of variation of several columns, empty where their mean is not above zero."""
    mean = sum_of(values) / len(values)
    spread = (sum_of([(value - mean) * (value - mean) for value in values]) / len(values)).sqrt()
    return ratio(spread, mean)


def yuan(fen: Value) -> Value:
    """Yuan from whole fen."""
    return fen / 100


def with_reason_texts(
    definitions: Iterable[FeatureDefinition], texts: Mapping[str, ReasonText]
) -> list[FeatureDefinition]:
    """Give each feature its reason text.

    Parameters
    ----------
    texts : mapping of str to ReasonText
        By name, or pattern with ``*``; the first that matches counts. A feature that none matches stays a behaviour of
        its own, and its reason gives its title and value.
    """
    return [_with_reason_text(definition, texts) for definition in definitions]


def _with_reason_text(definition: FeatureDefinition, texts: Mapping[str, ReasonText]) -> FeatureDefinition:
    feature = definition.feature
    text = next((text for pattern, text in texts.items() if fnmatchcase(feature.name, pattern)), None)
    return replace(definition, feature=replace(feature, reason_text=text)) if text else definition
