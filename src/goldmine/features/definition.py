"""How a feature is written down: its meaning beside its expression."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Literal

import ibis
from ibis.expr.types import Value

from goldmine.features.reason_text import Told

_WINDOW = re.compile(r"_\d+d$")


@dataclass(frozen=True)
class Feature:
    """What a feature means, without its data.

    Parameters
    ----------
    name : str
        Entity, measure, window: ``outflow_cash_sum_90d``.
    label_en, label_zh : str
        Its name for people, in English and Chinese.
    unit : str
        yuan, days, months, years, count, share, grade, ratio, or category.
    window : int or None
        Days that it looks back over, counted in whole months of 30; None where it has no window.
    needs : tuple of str
        ``table`` or ``table.column`` without which there is no such feature.
    kind : {"number", "category"}
        Stored as float32 (empty where unknown) or as text.
    told : Told, optional
        Which behaviour it shows and how a customer manager says it.
    """

    name: str
    label_en: str
    label_zh: str
    unit: str
    window: int | None
    needs: tuple[str, ...]
    kind: Literal["number", "category"] = "number"
    told: Told | None = None

    @property
    def behaviour(self) -> str:
        """The behaviour that it shows; its own name without the window where nothing else was said."""
        return self.told.behaviour if self.told else _WINDOW.sub("", self.name)

    @property
    def said(self) -> bool:
        """Whether it may be given as a reason."""
        return self.told is None or self.told.said


@dataclass(frozen=True)
class Defined:
    """A feature and the expression that makes it."""

    feature: Feature
    value: Value


def number(  # noqa: PLR0913 - the names are the point: a definition reads as one line of a table
    name: str,
    value: Value,
    *,
    en: str,
    zh: str,
    unit: str,
    needs: tuple[str, ...],
    window: int | None = None,
) -> Defined:
    """Define a numeric feature."""
    return Defined(Feature(name, en, zh, unit, window, needs), value.cast("float32"))


def category(name: str, value: Value, *, en: str, zh: str, needs: tuple[str, ...]) -> Defined:
    """Define a categorical feature."""
    return Defined(Feature(name, en, zh, "category", None, needs, "category"), value.cast("string"))


def real(value: float) -> Value:
    """A constant as a floating-point number; left to itself, Spark takes 365.25 for a decimal and rounds otherwise."""
    return ibis.literal(str(value)).cast("float64")


def ratio(part: Value, whole: Value) -> Value:
    """`part` over `whole`, empty where `whole` is not above zero."""
    return ibis.cases((whole > 0, part / whole), else_=ibis.null("float64"))


def yuan(fen: Value) -> Value:
    """Yuan from whole fen."""
    return fen / 100


def tell(defined: Iterable[Defined], words: Mapping[str, Told]) -> list[Defined]:
    """Put each feature's words beside it.

    Parameters
    ----------
    words : mapping of str to Told
        By name, or pattern with ``*``; the first that fits counts. A feature that none fits stays a behaviour of its
        own, told by its name.
    """
    found = []
    for one in defined:
        told = next((told for pattern, told in words.items() if fnmatchcase(one.feature.name, pattern)), None)
        found.append(replace(one, feature=replace(one.feature, told=told)) if told else one)
    return found
