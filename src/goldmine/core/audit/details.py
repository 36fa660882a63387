"""Details of the audit log's lines in the words of whoever reads them; what has no words is shown as it is stored."""

from collections.abc import Mapping
from typing import Any

from goldmine.core import code_words
from goldmine.core.audit import actions
from goldmine.core.columns import column, is_column
from goldmine.core.i18n import LocalizedText, _, in_language, pgettext

TITLES: dict[str, LocalizedText] = {
    "action": pgettext("audit detail", "action"),
    "address": pgettext("audit detail", "network address"),
    "answer": pgettext("audit detail", "result"),
    "as_of": pgettext("audit detail", "as of"),
    "asked_by": pgettext("audit detail", "asked for by"),
    "below": pgettext("audit detail", "lines before number"),
    "branch": pgettext("audit detail", "branch"),
    "champion": pgettext("audit detail", "champion's version"),
    "code": pgettext("audit detail", "one-time code"),
    "credit": pgettext("audit detail", "credit answers shown"),
    "day": pgettext("audit detail", "day"),
    "days": pgettext("audit detail", "valid for days"),
    "different": pgettext("audit detail", "different people"),
    "ended": pgettext("audit detail", "ended early"),
    "facts": pgettext("audit detail", "facts"),
    "filter": pgettext("audit detail", "filter"),
    "first_day": pgettext("audit detail", "from"),
    "first_page": pgettext("audit detail", "first page"),
    "format": pgettext("audit detail", "file format"),
    "granted": pgettext("audit detail", "granted"),
    "journal_line": pgettext("audit detail", "line of the model's journal"),
    "journal_seal": pgettext("audit detail", "its seal"),
    "known": pgettext("audit detail", "customer found"),
    "last_day": pgettext("audit detail", "to"),
    "list": pgettext("audit detail", "list"),
    "list_name": pgettext("audit detail", "list"),
    "manifests_before": pgettext("audit detail", "releases changed"),
    "merged": pgettext("audit detail", "numbers merged"),
    "method": pgettext("audit detail", "HTTP method"),
    "models": pgettext("audit detail", "models' journals"),
    "months": pgettext("audit detail", "months"),
    "numbers": pgettext("audit detail", "customer numbers"),
    "offers": pgettext("audit detail", "offers shown"),
    "operation": pgettext("audit detail", "operation"),
    "path": pgettext("audit detail", "path"),
    "people": pgettext("audit detail", "people"),
    "place": pgettext("audit detail", "where"),
    "product": pgettext("audit detail", "product"),
    "rejected": pgettext("audit detail", "rows rejected"),
    "rows": pgettext("audit detail", "rows"),
    "same": pgettext("audit detail", "one person"),
    "scopes": pgettext("audit detail", "scopes"),
    "search": pgettext("audit detail", "search"),
    "sha256": pgettext("audit detail", "SHA-256 of the file"),
    "shown": pgettext("audit detail", "shown"),
    "sort": pgettext("audit detail", "sorted by"),
    "source": pgettext("audit detail", "entered by"),
    "staff": pgettext("audit detail", "staff number"),
    "starts": pgettext("audit detail", "where later months start"),
    "subject": pgettext("audit detail", "subject"),
    "to": pgettext("audit detail", "to staff number"),
    "to_role": pgettext("audit detail", "role"),
    "user": pgettext("audit detail", "user"),
    "version": pgettext("audit detail", "version"),
    "visits": pgettext("audit detail", "visits"),
    "what": pgettext("audit detail", "what"),
    "who": pgettext("audit detail", "user"),
    "why": pgettext("audit detail", "why"),
    "yuan": pgettext("audit detail", "yuan"),
}
_WORDS: dict[str, Mapping[str, LocalizedText]] = {
    "action": {str(name): title for name, title in actions.TITLES.items()},
    "answer": code_words.ANSWERS,
    "granted": code_words.YES_NO,
    "place": {"counter": code_words.CHANNELS["counter"], "api": pgettext("audit detail", "interface")},
    "shown": {"tags": pgettext("audit detail", "tags"), "credit": pgettext("audit detail", "credit limits")},
    "source": {
        "page": pgettext("audit detail", "page"),
        "upload": pgettext("audit detail", "uploaded file"),
        "api": pgettext("audit detail", "interface"),
    },
    "to_role": code_words.PORTAL_ROLES,
    "what": {
        "added": pgettext("audit detail", "added"),
        "app enrolled": pgettext("audit detail", "app enrolled"),
        "codes forgotten": pgettext("audit detail", "app and codes forgotten"),
        "locked": pgettext("audit detail", "locked"),
        "moved": pgettext("audit detail", "moved"),
        "own password": pgettext("audit detail", "own password set"),
        "password reset": pgettext("audit detail", "password reset"),
        "unlocked": pgettext("audit detail", "unlocked"),
    },
}
_COLON = pgettext("between a heading and its value", ": ")


def details_in_words(details: Mapping[str, Any], language: str) -> str:
    """The details of a line: headings and codes in words, what is empty left out.

    Examples
    --------
    >>> details_in_words({"place": "counter", "known": True, "offers": [], "filter": {"status": "open"}}, "en")
    'where: counter, customer found: yes, filter (Status: to contact)'
    """
    comma, colon = in_language(_(", "), language), in_language(_COLON, language)
    parts = []
    for name, value in details.items():
        shown = _value(name, value, language)
        if shown and isinstance(value, Mapping):
            shown_within = pgettext(
                "audit detail", "{heading} ({inner})", heading=_heading(name, language), inner=shown
            )
            parts.append(in_language(shown_within, language))
        elif shown:
            parts.append(f"{_heading(name, language)}{colon}{shown}")
    return comma.join(parts)


def _heading(name: str, language: str) -> str:
    if name in TITLES:
        return in_language(TITLES[name], language)
    return str(column(name).heading(language)) if is_column(name) else name


def _value(name: str, value: Any, language: str) -> str:
    if isinstance(value, Mapping):
        return details_in_words(value, language)
    if isinstance(value, list):
        return in_language(_(", "), language).join(str(part) for part in value)
    if isinstance(value, bool):
        return in_language(code_words.YES_NO["yes" if value else "no"], language)
    text = "" if value is None else str(value)
    if name in _WORDS:
        return in_language(_WORDS[name].get(text, text), language)
    return str(column(name).in_words([text], language)[0]) if is_column(name) and name not in TITLES else text
