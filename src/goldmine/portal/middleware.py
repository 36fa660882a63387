"""What holds for every request: its session's age, its language, one release, and PostgreSQL's row security."""

import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils import translation

from goldmine.portal.policy import portal_policy
from goldmine.portal.row_security import act_for, request_scope, streamed
from goldmine.portal.scope import current_release_id, one_view

Handler = Callable[[HttpRequest], HttpResponse]
LANGUAGE_KEY = "language"
_SEEN = "seen"
_HEALTH = "/health"
DJANGO_NAMES = {"zh": "zh-hans", "en": "en"}


def health(get_response: Handler) -> Handler:
    """Answer ``/health`` before anything else: 204 if the database answers.

    A load balancer asks by address and without TLS, whatever names the portal is reached under.
    """

    def handle(request: HttpRequest) -> HttpResponse:
        if request.path_info != _HEALTH:
            return get_response(request)
        current_release_id()
        return HttpResponse(status=204)

    return handle


def session_age(get_response: Handler) -> Handler:
    """Let a session last from the last request on.

    It is stored once a minute, since each store waits for the disk, and not in the same second for all users.
    """

    def handle(request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            minute = int(time.time() + request.user.pk % 60) // 60
            if request.session.get(_SEEN) != minute:
                request.session[_SEEN] = minute
        return get_response(request)

    return handle


def language(get_response: Handler) -> Handler:
    """The user's language, else the session's, else the policy's."""

    def handle(request: HttpRequest) -> HttpResponse:
        chosen = getattr(request.user, "language", "") or request.session.get(LANGUAGE_KEY) or portal_policy().language
        with translation.override(DJANGO_NAMES[chosen]):
            return get_response(request)

    return handle


def same_view(get_response: Handler) -> Handler:
    """Let a request see one release from its beginning to its end, however many queries it takes."""

    def handle(request: HttpRequest) -> HttpResponse:
        with one_view():
            return get_response(request)

    return handle


def row_security(get_response: Handler) -> Handler:
    """Tell PostgreSQL who asks, for its own row security, a second wall behind `goldmine.portal.scope`."""

    def handle(request: HttpRequest) -> HttpResponse:
        with request_scope():
            if request.user.is_authenticated:
                act_for(request.user)
            answer = get_response(request)
            if isinstance(answer, StreamingHttpResponse) and not answer.is_async:
                answer.streaming_content = streamed(answer.streaming_content)
            return answer

    return handle
