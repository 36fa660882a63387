"""Templates of the portal's pages: Jinja2, with texts in the language of whoever asks."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

import jinja2
from django.contrib.messages import get_messages
from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language

from goldmine.core.i18n import LocalizedText, in_language
from goldmine.portal.navigation import customer_address, page_address
from goldmine.portal.roles import ROLES, may


def language() -> str:
    """``zh`` or ``en``: the language of the current request."""
    return "zh" if (get_language() or "").startswith("zh") else "en"


def text(value: Any) -> Any:
    """A text in the language of the current request; anything else as it is."""
    return in_language(value, language())


def environment(**options: Any) -> jinja2.Environment:
    """Jinja2's environment; Django's settings name it."""
    made = jinja2.Environment(**{**options, "autoescape": True, "undefined": jinja2.StrictUndefined})
    made.globals.update(
        _=_translate,
        ngettext=_translate_count,
        pgettext=_translate_context,
        static=static,
        url=_url,
        customer_address=customer_address,
        may=may,
        roles=ROLES,
        language=language,
        local=_local_time,
    )
    made.filters.update(text=text, yuan=yuan, whole=whole, moment=moment, dict_with=_with, dict_without=_without)
    return made


def shared_context(request: HttpRequest) -> dict[str, Any]:
    """What every page knows: the user, the messages, and the token of its forms."""
    return {
        "user": getattr(request, "user", None),
        "messages": list(get_messages(request)),
        "csrf_token": get_token(request),
        "request": request,
    }


def yuan(value: float | None) -> str:
    """An amount in whole yuan with separators; a dash where there is none."""
    return "–" if value is None else f"{value:,.0f}"


def whole(value: float | None) -> str:
    """A count with separators."""
    return "–" if value is None else f"{value:,}"


def moment(value: datetime | None) -> str:
    """Day and time in the bank's time zone; a dash where there is none."""
    return "–" if value is None else f"{timezone.localtime(value):%Y-%m-%d %H:%M}"


def _with(values: Mapping[str, Any], name: str, value: Any) -> dict[str, Any]:
    """A mapping with one more entry: for an address that keeps the filter."""
    return {**values, name: value}


def _without(values: Mapping[str, Any], name: str) -> dict[str, Any]:
    """A mapping without an entry: for an address that drops a part of the filter."""
    return {key: value for key, value in values.items() if key != name}


def _local_time(moment: datetime | None) -> str:
    """A moment in the bank's time zone, to the minute; a dash where there is none."""
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M}" if moment else "–"


def _translate(message: str, **values: Any) -> str:
    return LocalizedText(message, values).to(language()) if values else _translated(message, language())


@cache
def _translated(message: str, to: str) -> str:
    """A message without values, once a language: a page of lists has hundreds."""
    return LocalizedText(message).to(to)


def _translate_count(message: str, plural: str, n: int, **values: Any) -> str:
    return LocalizedText(message, values | {"n": n}, plural=plural, count=n).to(language())


def _translate_context(context: str, message: str, **values: Any) -> str:
    return LocalizedText(message, values, context=context).to(language())


def _url(name: str, *args: Any, **kwargs: Any) -> str:
    query: Mapping[str, Any] | None = kwargs.pop("query", None)
    if not (args or kwargs or query):
        return page_address(name)
    return (
        reverse(name, args=args, kwargs=kwargs) if not query else reverse(name, args=args, kwargs=kwargs, query=query)
    )
