"""A reason as one phrase that a customer manager can say on the phone, in English or Chinese."""

import math
from collections.abc import Mapping
from datetime import date

from goldmine.core.dates import month_end
from goldmine.features import Feature
from goldmine.features.reason_text import Pair
from goldmine.models.explain import Reason
from goldmine.models.feature_words import value_words

NO_REASON: Pair = ("No single behaviour stands out", "无单项突出行为")
"""What is said of a row that no behaviour of its own raised."""
_WINDOWS: dict[int, Pair] = {
    30: ("the last month", "近1个月"),
    90: ("the last 3 months", "近3个月"),
    180: ("the last 6 months", "近半年"),
    365: ("the last year", "近一年"),
}
_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_TYPICAL: Pair = ("{} (typical: {})", "{}（同类客户一般{}）")
_PER_YEAR = 12


def reason_words(
    reason: Reason, features: Mapping[str, Feature], typical: Mapping[str, float], language: str, as_of: date
) -> str:
    """A reason as one phrase, with what is typical of others where that says more.

    Parameters
    ----------
    reason : Reason
        From `explain`.
    features : mapping of str to Feature
        Features by name; one that is not there is called by its own name.
    typical : mapping of str to float
        Medians among the eligible, from `typical_values`.
    language : str
        ``en`` or ``zh``.
    as_of : date
        The snapshot, from which months are counted back.

    Examples
    --------
    ``52,000 yuan came in over the last 3 months (typical: 3,100 yuan)``, ``近3个月流入5.2万元（同类客户一般3,100元）``;
    ``Salary stopped arriving in January``, ``1月起工资未到账``.
    """
    zh = language == "zh"
    feature = features.get(reason.feature)
    pair, value = _pair(feature, reason.value), reason.value
    if pair is not None and isinstance(value, float):
        value = abs(value)  # the words say which way
    name = reason.feature if feature is None else feature.label_zh if zh else feature.label_en
    words = pair[zh] if pair else f"{name}：{{value}}" if zh else f"{name}: {{value}}"
    unit = feature.unit if feature else "ratio"
    shown = _shown(value, unit, words, language)
    window = _WINDOWS.get(feature.window or 0, ("", ""))[zh] if feature else ""
    since = _since(value, as_of, language) if "{since}" in words else ""
    phrase = words.format(value=shown, percent=shown, window=window, since=since)
    if feature is None or reason.feature not in typical or not _comparable(feature, value, words):
        return phrase
    usual = _shown(typical[reason.feature], unit, words, language)
    return phrase if usual == shown else _TYPICAL[zh].format(phrase, usual)


def _comparable(feature: Feature, value: float | str | None, words: str) -> bool:
    """Whether what is typical says more: beside a value that is named, or where there is no money or no day of it."""
    if feature.unit == "flag" or (feature.told is not None and not feature.told.usual):
        return False
    return "{value}" in words or "{percent}" in words or (value == 0 and feature.unit in ("yuan", "days"))


def _pair(feature: Feature | None, value: float | str | None) -> Pair | None:
    """The words for a value: by whether it is known, and its sign."""
    told = feature.told if feature else None
    if told is None:
        return None
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return told.unknown
    if isinstance(value, str):
        return told.up
    if told.once is not None and value == 1:
        return told.once
    nothing = abs(value) < 0.5 if feature and feature.unit == "yuan" else value == 0
    return told.none if nothing and told.none else told.up if value >= 0 else told.down


def _shown(value: float | str | None, unit: str, words: str, language: str) -> str:
    """A value as the words ask for it; Chinese closes up, and counts money from ten thousand on in 万."""
    if isinstance(value, float) and "{percent}" in words:
        unit = "share"
    if isinstance(value, float) and unit == "months" and value >= 2 * _PER_YEAR:
        value, unit = value / _PER_YEAR, "years"
    if language != "zh":
        return value_words(value, unit, language)
    if isinstance(value, float) and unit == "yuan" and abs(value) >= 10_000:
        return f"{value / 10_000:,.1f}".removesuffix(".0") + "万元"
    return value_words(value, unit, language).replace(" ", "")


def _since(value: float | str | None, as_of: date, language: str) -> str:
    """The first of the months without: so many back as the value says, the snapshot's own included."""
    if not isinstance(value, float) or math.isnan(value):
        return ""
    first = month_end(as_of, 1 - max(1, int(value)))
    if language == "zh":
        return f"{first.month}月" if first.year == as_of.year else f"{first.year}年{first.month}月"
    name = _MONTHS[first.month - 1]
    return name if first.year == as_of.year else f"{name} {first.year}"
