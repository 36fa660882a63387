"""Texts for people in more than one language: English in the code, other languages in gettext catalogues.

A message is written once, in English, as ``_("{n} customers", n=12)``. Its translation stands in
``locale/<language>/LC_MESSAGES/goldmine.po``, which a banker can correct without touching code; ``notebooks.po`` beside
it holds the notebooks' texts. A further language is one more folder. ``make messages`` collects the messages into the
catalogues.
"""

import gettext as _gettext
import io
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = ("en", "zh")
LOCALE = Path(__file__).parents[1] / "locale"
ERROR_LANGUAGE = "GOLDMINE_LANGUAGE"
"""Environment variable of the language in which a kernel says errors."""


class LocalizedText(str):
    """An English text that can be given in another language.

    As a string it is the English text, so logs and errors need nothing more; `in_language` gives the others.

    Parameters
    ----------
    message : str
        The English message with named placeholders, as the catalogues know it.
    values : mapping, optional
        Values of the placeholders; a value may be a `LocalizedText` itself. Without values the placeholders stay.
    context : str, optional
        Distinguishes messages that are the same in English but not in another language.
    plural, count : str and int, optional
        The English plural, and the number that chooses the form.
    translations : mapping of str to str, optional
        Texts by language, for text that is not a message of the code: a rule file's, or a stored one.

    Examples
    --------
    >>> text = LocalizedText("no champion yet", translations={"zh": "\u5c1a\u65e0\u51a0\u519b\u6a21\u578b"})
    >>> text, in_language(text, "zh")
    ('no champion yet', '\u5c1a\u65e0\u51a0\u519b\u6a21\u578b')
    """

    _parts: tuple[str, dict[str, Any], str | None, str | None, int | None, dict[str, str] | None]

    def __new__(
        cls,
        message: str,
        values: Mapping[str, Any] | None = None,
        *,
        context: str | None = None,
        plural: str | None = None,
        count: int | None = None,
        translations: Mapping[str, str] | None = None,
    ) -> "LocalizedText":
        values = dict(values or {})
        english = message if count in (None, 1) or plural is None else plural
        text = super().__new__(cls, english.format(**values) if values else english)
        text._parts = (message, values, context, plural, count, dict(translations) if translations else None)
        return text

    def to(self, language: str) -> str:
        """The text in a language; English where the catalogues do not know it."""
        message, values, context, plural, count, translations = self._parts
        if language == "en":
            return str(self)
        if translations is not None:
            text = translations.get(language)
        elif count is not None and plural is not None:
            text = _plural(language, context, message, plural, count)
        else:
            text = _single(language, context, message)
        if not text:
            return str(self)
        return text.format(**{name: in_language(value, language) for name, value in values.items()}) if values else text

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, self._parts

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Read from a text or from a mapping such as ``{en: ..., zh: ...}``, and written as the mapping."""
        return core_schema.no_info_plain_validator_function(
            cls._validate, serialization=core_schema.plain_serializer_function_ser_schema(all_languages)
        )

    @classmethod
    def _validate(cls, value: Any) -> "LocalizedText":
        if isinstance(value, LocalizedText):
            return value
        if isinstance(value, str) and value.strip():
            return cls(value, translations=dict.fromkeys(LANGUAGES, value))
        if isinstance(value, Mapping) and value and set(value) <= set(LANGUAGES):
            texts = {language: text for language, text in value.items() if isinstance(text, str) and text.strip()}
            if len(texts) == len(value):
                return cls(texts.get("en") or next(iter(texts.values())), translations=texts)
        raise ValueError(_("give a text, or one a language as {en: ..., zh: ...}"))


def _(message: str, /, **values: Any) -> LocalizedText:
    """A message for people, with values for its named placeholders if it has any."""
    return LocalizedText(message, values)


def ngettext(message: str, plural: str, /, n: int, **values: Any) -> LocalizedText:
    """A message that counts: ``ngettext("{n} customer", "{n} customers", n=3)``; ``n`` is one of its values."""
    return LocalizedText(message, values | {"n": n}, plural=plural, count=n)


def pgettext(context: str, message: str, /, **values: Any) -> LocalizedText:
    """A message whose translation depends on its context, such as ``pgettext("limit", "branch")``."""
    return LocalizedText(message, values, context=context)


_NAMES = {
    "en": ("en", "english", "\u82f1\u6587", "\u82f1\u8bed"),
    "zh": ("zh", "zh-cn", "zh_cn", "chinese", "\u4e2d\u6587", "\u6c49\u8bed"),
}
"""What people call the languages: the words for English and Chinese in both."""


def known_language(text: str) -> Language | None:
    """The language that a text names, by its code or by its name in English or Chinese; None if it names none.

    Examples
    --------
    >>> known_language("\u4e2d\u6587"), known_language("EN"), known_language("fr")
    ('zh', 'en', None)
    """
    word = text.strip().lower()
    return next((language for language in LANGUAGES if word in _NAMES[language]), None)


def in_language(value: Any, language: str) -> Any:
    """A text in a language, if it is one that has several; anything else as it is."""
    return value.to(language) if isinstance(value, LocalizedText) else value


def all_languages(text: str) -> dict[str, str]:
    """A text by language, for storage; `stored_text` reads it back."""
    return {language: in_language(text, language) for language in LANGUAGES}


def stored_text(texts: Mapping[str, str]) -> LocalizedText:
    """The text that `all_languages` stored."""
    return LocalizedText(texts["en"], translations=texts)


def join_texts(texts: Iterable[str], separator: str) -> LocalizedText:
    """Several texts as one, in every language; the separator may be a message itself."""
    parts = list(texts)
    joined: dict[str, str] = {
        language: in_language(separator, language).join(in_language(part, language) for part in parts)
        for language in LANGUAGES
    }
    return LocalizedText(joined["en"], translations=joined)


def _rebuild(*parts: Any) -> LocalizedText:
    message, values, context, plural, count, translations = parts
    return LocalizedText(message, values, context=context, plural=plural, count=count, translations=translations)


def _single(language: str, context: str | None, message: str) -> str:
    catalogue = _catalogue(language)
    return catalogue.pgettext(context, message) if context else catalogue.gettext(message)


def _plural(language: str, context: str | None, message: str, plural: str, count: int) -> str:
    catalogue = _catalogue(language)
    if context:
        return catalogue.npgettext(context, message, plural, count)
    return catalogue.ngettext(message, plural, count)


@cache
def _catalogue(language: str) -> _gettext.NullTranslations:
    """A language's catalogues as one, compiled at first use; empty if there is none."""
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    catalogue = _gettext.NullTranslations()
    for path in sorted((LOCALE / language / "LC_MESSAGES").glob("*.po")):
        compiled = io.BytesIO()
        with path.open("rb") as stream:
            write_mo(compiled, read_po(stream, locale=language))
        compiled.seek(0)
        catalogue.add_fallback(_gettext.GNUTranslations(compiled))
    return catalogue
