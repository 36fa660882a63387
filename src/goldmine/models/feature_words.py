"""Features and their values in words, in English or Chinese."""

import math
from collections.abc import Sequence

from goldmine.features import Feature

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
_CODES_ZH = {
    "person": "个人",
    "sole_trader": "个体工商户",
    "firm": "企业",
    "farmer": "农户",
    "worker": "务工人员",
    "public_servant": "公职人员",
    "merchant": "商户",
    "student": "学生",
    "retired": "退休人员",
    "migrant": "外出务工",
    "other": "其他",
    "new": "新客户",
    "asleep": "沉睡",
    "waking": "回暖",
    "cooling": "降温",
    "steady": "平稳",
    "counter": "柜面",
    "atm": "自助机具",
    "pos": "POS",
    "mobile": "手机银行",
    "online": "网上银行",
    "third_party": "第三方支付",
    "batch": "批量代收代付",
}
"""Chinese for the categories of the contract's code lists; a bank's own categories stay as they are."""


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
    """A value with its unit, a flag as yes or no; an unknown value says so."""
    chinese = language == "zh"
    if isinstance(value, str):
        return _CODES_ZH.get(value, value) if chinese else value.replace("_", " ")
    if value is None or math.isnan(value):
        return "未知" if chinese else "not known"
    if unit == "flag":
        return ("是" if value else "否") if chinese else ("yes" if value else "no")
    words = _UNITS.get(unit, _UNITS["ratio"])[chinese].format(value)
    words = words.removeprefix("-") if not any(digit in words for digit in "123456789") else words
    return _ONE.get(unit, words) if words.startswith("1 ") and not chinese else words
