"""A reason as one phrase that a customer manager can say on the phone."""

import math
from collections.abc import Mapping, Sequence
from datetime import date

from goldmine.core.code_words import TRADES
from goldmine.core.dates import month_end
from goldmine.core.i18n import LocalizedText, _, in_language, ngettext, pgettext
from goldmine.features import Feature
from goldmine.features.definition import FeatureSign
from goldmine.features.reason_text import ReasonText
from goldmine.models.explain import Reason

NO_REASON = _("No single behaviour stands out")
"""Said of a row whose probability no single behaviour raised, where its use case lists no facts that hold."""
_BETWEEN = _("; ")
_WINDOWS = {
    30: _("the last month"),
    90: _("the last 3 months"),
    180: _("the last 6 months"),
    365: _("the last year"),
}
MONTHS = (
    _("January"),
    _("February"),
    _("March"),
    _("April"),
    _("May"),
    _("June"),
    _("July"),
    _("August"),
    _("September"),
    _("October"),
    _("November"),
    _("December"),
)
_CODES = {
    "person": pgettext("code", "person"),
    "sole_trader": pgettext("code", "sole trader"),
    "firm": pgettext("code", "firm"),
    "farmer": pgettext("code", "farmer"),
    "worker": pgettext("code", "worker"),
    "public_servant": pgettext("code", "public servant"),
    "merchant": pgettext("code", "merchant"),
    "student": pgettext("code", "student"),
    "retired": pgettext("code", "retired"),
    "migrant": pgettext("code", "migrant"),
    "other": pgettext("code", "other"),
    "new": pgettext("code", "new"),
    "asleep": pgettext("code", "asleep"),
    "waking": pgettext("code", "waking"),
    "cooling": pgettext("code", "cooling"),
    "steady": pgettext("code", "steady"),
    "counter": pgettext("code", "counter"),
    "atm": pgettext("code", "atm"),
    "pos": pgettext("code", "pos"),
    "mobile": pgettext("code", "mobile"),
    "online": pgettext("code", "online"),
    "third_party": pgettext("code", "third party"),
    "batch": pgettext("code", "batch"),
    **TRADES,
}
"""Categories of the contract's code lists; a bank's own categories are shown as they are."""
_QUARTERS = (_("the first quarter"), _("the second quarter"), _("the third quarter"), _("the fourth quarter"))
_MONTHS_COUNTED = "\u4e2a\u6708"
"""The one measure word of Chinese reasons that has two characters: so many months."""
_PER_YEAR = 12
_FEW = {"count": 2.0, "yuan": 10.0, "share": 0.01, "ratio": 0.01}
"""Values up to which a value of each unit is few: its number says less than the word."""
_MOSTLY, _TIMES = 0.8, 1.2
"""Values from which a share is nearly all, and from which a ratio is told in times."""
_MIN_TYPICAL = {"yuan": 100.0, "days": 1.0, "count": 1.0, "share": 0.01}
"""Typical values below these are as good as nothing, and say nothing."""
_MIN_TYPICAL_BESIDE_NOTHING = 500.0
"""Smallest typical amount, yuan, that is given beside a value of nothing or next to nothing."""
_FORMATS = {"share": ".0%", "grade": ".0f"} | dict.fromkeys(("yuan", "days", "months", "years", "count"), ",.0f")


def reason_phrase(
    reason: Reason, features: Mapping[str, Feature], typical: Mapping[str, float], language: str, as_of: date
) -> str:
    """A reason as one phrase, with the typical value of others where it adds information.

    Parameters
    ----------
    reason : Reason
        From `explain`.
    features : mapping of str to Feature
        Features by name; one that is not there is shown by its code name.
    typical : mapping of str to float
        Medians among the eligible, from `typical_values`.
    language : str
        A language of the catalogues, such as ``zh``.
    as_of : date
        The snapshot, from which months are counted back.

    Examples
    --------
    ``52,000 yuan came in over the last 3 months (typical: 3,100 yuan)``; ``Salary stopped arriving in January``.
    """
    feature, value = features.get(reason.feature), reason.value
    title = feature.title if feature else reason.feature
    text = _text(feature, value)
    if text and isinstance(value, float):
        value = abs(value)  # the text gives the direction
    unit = feature.unit if feature else "ratio"
    template: str = in_language(text or _("{title}: {value}", title=title, value="{value}"), language)
    shown = _shown(value, unit, template, language)
    window = in_language(_WINDOWS.get(feature.window or 0, ""), language) if feature else ""
    since = in_language(_since(value, as_of), language) if "{since}" in template else ""
    ahead = in_language(_ahead(value, as_of), language) if "{ahead}" in template else ""
    coming = in_language(_coming_a_year_ago(as_of), language) if "{coming}" in template else ""
    filled = {"since": since, "ahead": ahead, "coming": coming}
    phrase = template.format(value=shown, percent=shown, times=shown, window=window, **filled)
    if feature is None or reason.feature not in typical or not _comparable(feature, value, template):
        return phrase
    usual = _shown(typical[reason.feature], unit, template, language)
    least = _MIN_TYPICAL.get(unit, 0)
    if unit == "yuan" and "{value}" not in template:
        least = _MIN_TYPICAL_BESIDE_NOTHING
    if usual == shown or typical[reason.feature] < least:
        return phrase
    if unit == "count" and language == "zh":
        after = template.partition("{value}")[2]  # the measure word, which Chinese has after a number
        usual += _MONTHS_COUNTED if after.startswith(_MONTHS_COUNTED) else after[:1]
    return str(in_language(_("{reason} (typical: {value})", reason=phrase, value=usual), language))


def relation_phrase(facts: Sequence[Reason], features: Mapping[str, Feature], language: str, as_of: date) -> str:
    """What a customer holds and since when, where there is no reason: plain facts, which explain no probability.

    Examples
    --------
    ``As things stand: 15,100 yuan of demand deposits on average over the last month; with the bank for 9 years``.
    """
    phrases = [reason_phrase(fact, features, {}, language, as_of) for fact in facts]
    told = in_language(_BETWEEN, language).join(phrase[:1].lower() + phrase[1:] for phrase in phrases)
    return str(in_language(_("As things stand: {facts}", facts=told), language))


def is_plain_fact(feature: Feature, value: float | str | None, min_yuan: float) -> bool:
    """Whether a value can be told as a fact of the relation: something that is there, and not next to nothing."""
    if sign_of(feature, value) != "positive" or reads_low(feature, value):
        return False
    return not (feature.unit == "yuan" and isinstance(value, float) and value < min_yuan)


def _comparable(feature: Feature, value: float | str | None, template: str) -> bool:
    """Whether to give the typical value: with a quoted value, and where the value is zero yuan or days."""
    if feature.unit == "flag" or (feature.reason_text is not None and not feature.reason_text.show_typical):
        return False
    quoted = any(name in template for name in ("{value}", "{percent}", "{times}"))
    return quoted or (value == 0 and feature.unit in ("yuan", "days"))


def _text(feature: Feature | None, value: float | str | None) -> str | None:
    """The feature's text for a value, by whether the value is known and by its sign."""
    texts = feature.reason_text if feature else None
    if texts is None:
        return None
    unit = feature.unit if feature else "ratio"
    special = _special_text(texts, value, unit) if isinstance(value, float) else None
    if special is not None:
        return special
    by_sign = {"unknown": texts.missing, "zero": texts.zero or texts.positive, "negative": texts.negative}
    return by_sign.get(sign_of(feature, value), texts.positive)


def _special_text(texts: ReasonText, value: float, unit: str) -> str | None:
    """The text of a value whose number says little: exactly one, a few, or nearly all."""
    if texts.one is not None and value == 1:
        return texts.one
    if texts.few is not None and 0 < value <= _FEW.get(unit, 0):
        return texts.few
    return texts.mostly if value >= _MOSTLY else None


def reads_low(feature: Feature, value: float | str | None) -> bool:
    """Whether a value is told as only a few."""
    few = feature.reason_text.few if feature.reason_text else None
    return few is not None and isinstance(value, float) and 0 < value <= _FEW.get(feature.unit, 0)


def sign_of(feature: Feature | None, value: float | str | None) -> FeatureSign:
    """Sign of a feature's value as people read it: less than half a yuan is nothing, and a category is positive."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "unknown"
    if isinstance(value, str):
        return "positive"
    if abs(value) < 0.5 if feature and feature.unit == "yuan" else value == 0:
        return "zero"
    return "positive" if value > 0 else "negative"


def has_own_direction(feature: Feature) -> bool:
    """Whether a value's sign is its direction, as of a change."""
    return feature.reason_text is not None and feature.reason_text.negative is not None


def says_something(feature: Feature, value: float | str | None) -> bool:
    """Whether a value is worth a reason: what did not change is none, nor what no text of the feature's own says."""
    texts, sign = feature.reason_text, sign_of(feature, value)
    if texts is None or sign not in ("zero", "unknown"):
        return True
    if sign == "unknown":
        return texts.missing is not None
    return texts.zero is not None and not has_own_direction(feature)


def _shown(value: float | str | None, unit: str, template: str, language: str) -> str:
    """A value in the template's format; Chinese gives amounts from ten thousand yuan in ten thousands."""
    if isinstance(value, float):
        if "{times}" in template and value >= _TIMES:
            number = f"{value:,.0f}" if value >= 10 else f"{value:.1f}".removesuffix(".0")
            return str(in_language(pgettext("unit", "{number} times", number=number), language))
        if "{percent}" in template or "{times}" in template:
            unit = "share"
        if unit == "yuan":
            value = _round_yuan(value)
        if unit == "months":
            value, unit = _elapsed(value)
            if value < 1:
                return str(in_language(pgettext("unit", "less than a month"), language))
        if language == "zh" and unit == "yuan" and abs(value) >= 10_000:
            amount = f"{value / 10_000:,.1f}".removesuffix(".0")
            return str(in_language(pgettext("unit", "{amount} ten thousand yuan", amount=amount), language))
    return str(in_language(value_text(value, unit), language))


def _elapsed(months: float) -> tuple[float, str]:
    """A time that has passed, as people count it: whole months, from two years on whole years.

    Whole years are up to 0.03 months short of their months' average length, since leap years differ.
    """
    whole = math.floor(months + 0.03)
    return (whole // _PER_YEAR, "years") if whole >= 2 * _PER_YEAR else (whole, "months")


def _round_yuan(value: float) -> float:
    """An amount as people say it: two figures below 10,000 yuan and never up to it, three from there."""
    size = abs(value)
    if size < 100:
        return round(value)
    if size < 10_000:
        unit = 10 if size < 1_000 else 100
        return math.copysign(min(round(size / unit) * unit, 9_900), value)
    unit = 10 ** (int(math.log10(size)) - 2)
    return math.copysign(round(size / unit) * unit, value)


def value_text(value: float | str | None, unit: str) -> str:
    """A value with its unit, a flag as yes or no.

    Examples
    --------
    >>> value_text(1_234.4, "yuan"), value_text(1.0, "days"), value_text(None, "days")
    ('1,234 yuan', '1 day', 'not known')
    """
    if isinstance(value, str):
        return _CODES.get(value, value.replace("_", " "))
    if value is None or math.isnan(value):
        return pgettext("value", "not known")
    if unit == "flag":
        return pgettext("value", "yes") if value else pgettext("value", "no")
    return _with_unit(value, unit)


def _with_unit(value: float, unit: str) -> str:
    number = format(value, _FORMATS.get(unit, ".2f"))
    if not any(digit in number for digit in "123456789"):
        number = number.removeprefix("-")  # rounded to zero
    match unit:
        case "yuan":
            return pgettext("unit", "{number} yuan", number=number)
        case "days":
            return ngettext("{number} day", "{number} days", n=round(value), number=number)
        case "months":
            return ngettext("{number} month", "{number} months", n=round(value), number=number)
        case "years":
            return ngettext("{number} year", "{number} years", n=round(value), number=number)
        case "grade":
            return pgettext("unit", "grade {grade}", grade=number)
        case _:
            return number


def _coming_a_year_ago(as_of: date) -> LocalizedText:
    """The three months after the snapshot, a year ago: a quarter of a year where they are one."""
    first, last = month_end(as_of, -11), month_end(as_of, -9)
    if first.month % 3 == 1:
        return _("{quarter} of {year}", quarter=_QUARTERS[first.month // 3], year=first.year)
    start, end = MONTHS[first.month - 1], MONTHS[last.month - 1]
    if first.year == last.year:
        return _("{start} to {end} {year}", start=start, end=end, year=last.year)
    return _("{start} {first_year} to {end} {year}", start=start, first_year=first.year, end=end, year=last.year)


def _since(value: float | str | None, as_of: date) -> str:
    """The month that lies the value's number of months back, the snapshot's own included."""
    if not isinstance(value, float) or math.isnan(value):
        return ""
    return _month(month_end(as_of, 1 - max(1, int(value))), as_of)


def _ahead(value: float | str | None, as_of: date) -> str:
    """The month that lies the value's number of months after the snapshot's."""
    return _month(month_end(as_of, int(value)), as_of) if isinstance(value, float) and not math.isnan(value) else ""


def _month(day: date, as_of: date) -> str:
    """The month of a day, with the year where it is not the snapshot's."""
    month: LocalizedText = MONTHS[day.month - 1]
    return month if day.year == as_of.year else _("{month} {year}", month=month, year=day.year)
