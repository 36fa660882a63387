"""What is shown when a request cannot be answered: nothing is there, a form is too old, or the portal cannot work now.

Nothing here may ask the database, not even for the session.
"""

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import get_template
from django.utils import timezone, translation

from goldmine.core.errors import AuditError, DiskError
from goldmine.core.i18n import LocalizedText, _
from goldmine.portal.middleware import DJANGO_NAMES
from goldmine.portal.templating import moment

_UNREADABLE, _TOO_OLD, _NOT_THERE, _FAILED, _AWAY = 400, 403, 404, 500, 503
_TEXTS: dict[str, tuple[LocalizedText, LocalizedText]] = {
    "unreadable": (_("The request cannot be read"), _("Check the address, or begin at the first page.")),
    "too_old": (
        _("The form is too old"),
        _("Nothing was stored. Open the page again, sign in if asked, send it again."),
    ),
    "not_there": (
        _("There is no such page"),
        _("Or it is not among what you may see. Check the number or the address."),
    ),
    "away": (
        _("The portal is not available at the moment"),
        _("Its database does not answer. Nothing that was saved is lost; try again in a minute."),
    ),
    "unlogged": (
        _("The portal is not available at the moment"),
        _("The audit log cannot be written, so nothing was shown or stored. Tell the operator."),
    ),
    "failed": (
        _("Something went wrong"),
        _("Nothing was stored. Try again; if it happens again, tell the operator when it was."),
    ),
}
"""By what happened, its title, and what to do."""


def failed(request: HttpRequest) -> HttpResponse:
    """Answer a request that raised: 503 if the database did not answer, or nothing may be shown for want of the log."""
    error = sys.exc_info()[1]
    if isinstance(error, (OperationalError, InterfaceError)):
        return _answer(request, "away", _AWAY, {"Retry-After": "30"})
    unlogged = isinstance(error, (AuditError, DiskError))
    return _answer(request, "unlogged" if unlogged else "failed", _AWAY if unlogged else _FAILED)


def not_there(request: HttpRequest, exception: Exception) -> HttpResponse:
    """What is not there and what is not the user's: the same answer."""
    return _answer(request, "not_there", _NOT_THERE)


def unreadable(request: HttpRequest, exception: Exception) -> HttpResponse:
    """A request that makes no sense, or names the portal by a name that it has not."""
    return _answer(request, "unreadable", _UNREADABLE)


def too_old(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without the token of the session: of another page, or of a session that ended."""
    return _answer(request, "too_old", _TOO_OLD)


def _answer(request: HttpRequest, what: str, status: int, headers: dict[str, str] | None = None) -> HttpResponse:
    """The answer in words, or as JSON for a script.

    A fault of the portal's own tells the time, which the operator needs, and can be tried again where nothing was sent.
    """
    if "application/json" in request.headers.get("Accept", ""):
        told: dict[str, object] = {"saved": False, "reason": "unavailable" if status == _AWAY else "error"}
        return JsonResponse(told, status=status, headers=headers)
    known = getattr(getattr(request, "_cached_user", None), "language", "")
    title, do = _TEXTS[what]
    ours = status >= _FAILED
    context = {
        "title": title,
        "do": do,
        "status": status,
        "at": moment(timezone.now()) if ours else "",
        "again": ours and request.method == "GET",
    }
    with translation.override(DJANGO_NAMES.get(known, translation.get_language())):
        page = get_template("portal/failure.html.jinja").render(context)
    return HttpResponse(page, status=status, headers=headers)
