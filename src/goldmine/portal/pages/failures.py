"""What is shown when a request fails: the database is away, or the code has an error."""

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import get_template
from django.utils import translation

from goldmine.portal.middleware import DJANGO_NAMES

_AWAY, _FAILED = 503, 500


def failed(request: HttpRequest) -> HttpResponse:
    """Answer a request that raised: in words, and as JSON to a script; 503 if the database did not answer.

    Nothing here may ask the database, not even for the session.
    """
    away = isinstance(sys.exc_info()[1], (OperationalError, InterfaceError))
    status = _AWAY if away else _FAILED
    headers = {"Retry-After": "30"} if away else {}
    if "application/json" in request.headers.get("Accept", ""):
        answer: dict[str, object] = {"saved": False, "reason": "unavailable" if away else "error"}
        return JsonResponse(answer, status=status, headers=headers)
    known = getattr(getattr(request, "_cached_user", None), "language", "")
    with translation.override(DJANGO_NAMES.get(known, translation.get_language())):
        page = get_template("portal/unavailable.html.jinja").render({"away": away})
    return HttpResponse(page, status=status, headers=headers)
