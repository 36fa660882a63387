"""Why a value of a settings file is refused: what pydantic says in English, and the same in the other languages."""

import re
from typing import Any

from pydantic_core import ErrorDetails

from goldmine.core.i18n import LANGUAGES, LocalizedText, _, in_language, join_texts, pgettext

_NUMBER, _WHOLE, _TRUTH = _("a number is expected"), _("a whole number is expected"), _("true or false is expected")
_DAY, _LIST = _("a day such as 2024-06-30 is expected"), _("a list is expected, [...] or one line each")
_KEYS = _("keys with values are expected, `key: value`")
_REFUSALS: dict[str, LocalizedText] = {
    "string_type": _("a text is expected"),
    **dict.fromkeys(("int_type", "int_parsing", "int_from_float"), _WHOLE),
    **dict.fromkeys(("float_type", "float_parsing", "decimal_type", "decimal_parsing"), _NUMBER),
    **dict.fromkeys(("bool_type", "bool_parsing"), _TRUTH),
    **dict.fromkeys(("date_type", "date_parsing", "date_from_datetime_parsing", "date_from_datetime_inexact"), _DAY),
    **dict.fromkeys(("list_type", "tuple_type", "set_type"), _LIST),
    **dict.fromkeys(("dict_type", "mapping_type", "model_type", "model_attributes_type"), _KEYS),
    "literal_error": _("only these are allowed: {expected}"),
    "greater_than": _("it has to be above {gt}"),
    "greater_than_equal": _("it has to be at least {ge}"),
    "less_than": _("it has to be below {lt}"),
    "less_than_equal": _("it may be {le} at most"),
    "too_short": _("at least {min_length} entries are expected, and {actual_length} are there"),
    "too_long": _("at most {max_length} entries are allowed, and {actual_length} are there"),
    "string_too_short": _("a text of at least {min_length} characters is expected"),
    "string_too_long": _("a text of at most {max_length} characters is expected"),
    "string_pattern_mismatch": _("it does not fit the pattern {pattern}"),
    "finite_number": _("a finite number is expected"),
    "none_required": _("it has to be empty"),
    "union_tag_invalid": _("{discriminator} is {tag}, and only these are allowed: {expected_tags}"),
    "union_tag_not_found": _("the key {discriminator} is missing"),
}
"""By pydantic's kind of error. In English pydantic's own words are used; these are there to be translated."""
_NAME = re.compile(r"'[^']*'|[^\s,]+")


def refusal_text(error: ErrorDetails) -> LocalizedText:
    """Why a value is refused, in all languages; a message of our own validators as it was raised.

    Examples
    --------
    >>> refusal_text({"type": "greater_than", "loc": (), "msg": "Input should be greater than 0", "ctx": {"gt": 0}})
    'Input should be greater than 0'
    """
    context = error.get("ctx") or {}
    raised = context.get("error")
    if isinstance(raised, Exception):
        said = raised.args[0] if raised.args else ""
        return said if isinstance(said, LocalizedText) else LocalizedText(str(said))
    template = _REFUSALS.get(error["type"])
    if template is None:
        return LocalizedText(error["msg"])
    values = {name: _shown(name, value) for name, value in context.items()}
    others = [language for language in LANGUAGES if language != "en"]
    translated = LocalizedText(str(template), values)
    return LocalizedText(
        error["msg"], translations={"en": error["msg"]} | {name: in_language(translated, name) for name in others}
    )


def _shown(name: str, value: Any) -> Any:
    """A value of pydantic's context: what is allowed, which it joins as English does, as a list; a limit in short."""
    if name.startswith("expected"):
        return join_texts((part for part in _NAME.findall(str(value)) if part != "or"), pgettext("names", ", "))
    return f"{value:g}" if isinstance(value, float) else value
