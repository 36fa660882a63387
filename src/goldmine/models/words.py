"""A reason in words that a customer manager can say, in English or Chinese."""

from collections.abc import Mapping, Sequence

from goldmine.features import Feature
from goldmine.models.explain import Reason

_UNITS = {
    "yuan": ("{:,.0f} yuan", "{:,.0f} 元"),
    "days": ("{:,.0f} days", "{:,.0f} 天"),
    "months": ("{:,.0f} months", "{:,.0f} 个月"),
    "years": ("{:,.0f} years", "{:,.0f} 年"),
    "count": ("{:,.0f}", "{:,.0f}"),
    "share": ("{:.0%}", "{:.0%}"),
    "grade": ("grade {:.0f}", "{:.0f} 级"),
    "ratio": ("{:.2f}", "{:.2f}"),
}
_ONE = {"days": "1 day", "months": "1 month", "years": "1 year"}


def reason_words(reason: Reason, features: Sequence[Feature], typical: Mapping[str, float], language: str) -> str:
    """A reason as one phrase: the feature's name, the row's value, and what is typical.

    Parameters
    ----------
    reason : Reason
        From `explain`.
    features : sequence of Feature
        The catalogue; a feature that is not in it is called by its own name.
    typical : mapping of str to float
        Medians among the eligible, from `typical_values`.
    language : str
        ``en`` or ``zh``.

    Examples
    --------
    ``Inflow over 90 days 52,000 yuan (typical 3,100 yuan)`` and
    ``近90天流入 52,000 元（同类客户中位数 3,100 元）``.
    """
    feature = next((f for f in features if f.name == reason.feature), None)
    chinese = language == "zh"
    label = feature_label(reason.feature, features, language)
    unit = feature.unit if feature else "ratio"
    value = value_words(reason.value, unit, language)
    middle = typical.get(reason.feature)
    if middle is None:
        return f"{label} {value}"
    usual = value_words(middle, unit, language)
    return f"{label} {value}（同类客户中位数 {usual}）" if chinese else f"{label} {value} (typical {usual})"


def feature_label(name: str, features: Sequence[Feature], language: str) -> str:
    """A feature's name for people; its own name where the catalogue does not know it."""
    found = next((f for f in features if f.name == name), None)
    if found is None:
        return name
    return found.label_zh if language == "zh" else found.label_en


def feature_labels(features: Sequence[Feature], language: str) -> dict[str, str]:
    """All features' names for people, by their own names."""
    return {f.name: f.label_zh if language == "zh" else f.label_en for f in features}


def value_words(value: float | str | None, unit: str, language: str) -> str:
    """A value with its unit; text stays as it is, an unknown value says so."""
    chinese = language == "zh"
    if value is None or value != value:
        return "未知" if chinese else "not known"
    if isinstance(value, str):
        return value
    english, zh = _UNITS.get(unit, _UNITS["ratio"])
    words = (zh if chinese else english).format(value + 0.0)
    if not chinese and unit in _ONE and words.startswith("1 "):
        return _ONE[unit]
    return words.removeprefix("-") if float(f"{value:.2f}") == 0 else words
