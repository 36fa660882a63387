"""What is shown when a request fails: the database or the audit log is away, or the code has an error."""

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import get_template
from django.utils import translation

from goldmine.core.errors import AuditError, DiskError
from goldmine.portal.middleware import DJANGO_NAMES

_AWAY, _FAILED = 503, 500


def failed(request: HttpRequest) -> HttpResponse:
    """Answer a request that raised: in words, and as JSON to a script; 503 if the database did not answer, or
    nothing may be shown because it cannot be logged.

    Nothing here may ask the database, not even for the session.
    """
    error = sys.exc_info()[1]
    away = isinstance(error, (OperationalError, InterfaceError))
    unlogged = isinstance(error, (AuditError, DiskError))
    status = _AWAY if away or unlogged else _FAILED
    headers = {"Retry-After": "30"} if away else {}
    if "application/json" in request.headers.get("Accept", ""):
        answer: dict[str, object] = {"saved": False, "reason": "unavailable" if status == _AWAY else "error"}
        return JsonResponse(answer, status=status, headers=headers)
    known = getattr(getattr(request, "_cached_user", None), "language", "")
    with translation.override(DJANGO_NAMES.get(known, translation.get_language())):
        page = get_template("portal/unavailable.html.jinja").render({"away": away, "unlogged": unlogged})
    return HttpResponse(page, status=status, headers=headers)
