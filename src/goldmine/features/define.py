"""How a feature is written down: its meaning beside its expression."""

from dataclasses import dataclass
from typing import Literal

import ibis
from ibis.expr.types import Value


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
    """

    name: str
    label_en: str
    label_zh: str
    unit: str
    window: int | None
    needs: tuple[str, ...]
    kind: Literal["number", "category"] = "number"


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


def ratio(part: Value, whole: Value) -> Value:
    """`part` over `whole`, empty where `whole` is not above zero."""
    return ibis.cases((whole > 0, part / whole), else_=ibis.null("float64"))


def yuan(fen: Value) -> Value:
    """Yuan from whole fen."""
    return fen / 100
