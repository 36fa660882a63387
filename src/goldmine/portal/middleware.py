"""What holds for every request: its language, PostgreSQL's row security, and errors in words."""

from collections.abc import Callable

from django.db import InterfaceError, OperationalError, connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation

from goldmine.portal.policy import portal_policy

Handler = Callable[[HttpRequest], HttpResponse]
LANGUAGE_KEY = "language"
_DJANGO_NAMES = {"zh": "zh-hans", "en": "en"}


def language(get_response: Handler) -> Handler:
    """The user's language, else the session's, else the policy's."""

    def handle(request: HttpRequest) -> HttpResponse:
        chosen = getattr(request.user, "language", "") or request.session.get(LANGUAGE_KEY) or portal_policy().language
        with translation.override(_DJANGO_NAMES[chosen]):
            return get_response(request)

    return handle


def row_security(get_response: Handler) -> Handler:
    """Tell PostgreSQL who asks, for its own row security, a second wall behind `goldmine.portal.scope`."""

    def handle(request: HttpRequest) -> HttpResponse:
        return get_response(request)

    return handle


def errors(get_response: Handler) -> Handler:
    """A page in words where the database does not answer."""

    def handle(request: HttpRequest) -> HttpResponse:
        try:
            return get_response(request)
        except (OperationalError, InterfaceError):
            connection.close()
            return render(request, "portal/unavailable.html.jinja", status=503)

    return handle
