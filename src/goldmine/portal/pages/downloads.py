"""Downloads: a file of what the filter shows, at once or after a second person's yes."""

import tempfile
from pathlib import Path
from typing import Any

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from goldmine.portal import downloads
from goldmine.portal.access import page
from goldmine.portal.channel_files import DownloadError
from goldmine.portal.downloads import Download
from goldmine.portal.filters import FilterError, RowFilter, read_filter
from goldmine.portal.row_files import FORMATS, FileFormat
from goldmine.portal.scope import current_release
from goldmine.portal.templating import language, text
from goldmine.portal.words import filter_words

_ASIDE = ("csrfmiddlewaretoken", "format", "why")
_NOT_VALID = 422
_SHOWN = 50


@require_POST
@page("download")
@never_cache
def download(request: HttpRequest) -> HttpResponse:
    """The rows of the filter as a file; beyond the day's allowance, a form to ask for approval."""
    user: Any = request.user
    wanted, kind = RowFilter(), _kind(request)
    try:
        wanted = _wanted(request)
        return _file(downloads.reserve(user, wanted, kind))
    except (DownloadError, FilterError) as error:
        return _refused(request, wanted, error)


@require_POST
@page("download")
def ask(request: HttpRequest) -> HttpResponse:
    """Ask for the approval of a larger download."""
    user: Any = request.user
    wanted = RowFilter()
    try:
        wanted = _wanted(request)
        downloads.ask_for(user, wanted, _kind(request), request.POST.get("why", ""))
    except (DownloadError, FilterError) as error:
        return _refused(request, wanted, error)
    return redirect("downloads")


@require_GET
@page("download")
def own(request: HttpRequest) -> HttpResponse:
    """What the user took, and what waits for approval."""
    user: Any = request.user
    release = current_release()
    rows = list(downloads.of_user(user)[:_SHOWN])
    shown = [(row, filter_words(row.filter["rows_of"], release, language()) if release else "") for row in rows]
    context = {"downloads": shown, "left": downloads.allowance_left(user)}
    return render(request, "portal/downloads.html.jinja", context)


@require_POST
@page("download")
@never_cache
def take(request: HttpRequest, number: int) -> HttpResponse:
    """Take a download that was approved."""
    user: Any = request.user
    try:
        return _file(downloads.approved(user, number))
    except DownloadError as error:
        messages.error(request, f"{text(error.what)} {text(error.do)}")
        return redirect("downloads")


def _file(reserved: Download) -> HttpResponse:
    with tempfile.TemporaryDirectory(prefix="goldmine-download-") as folder:
        made = downloads.make_file(reserved, Path(folder), language())
        # The open file stays readable after its folder is gone.
        return FileResponse(made.path.open("rb"), as_attachment=True, filename=made.name)


def _refused(request: HttpRequest, wanted: RowFilter, error: DownloadError | FilterError) -> HttpResponse:
    release = current_release()
    context = {
        "error": error,
        "wanted": wanted,
        "kind": _kind(request),
        "rows": getattr(error, "needs_approval", 0),
        "words": filter_words(wanted.given(), release, language()) if release else "",
    }
    return render(request, "portal/download_refused.html.jinja", context, status=_NOT_VALID)


def _wanted(request: HttpRequest) -> RowFilter:
    values = request.POST.copy()
    for name in _ASIDE:
        values.pop(name, None)
    return read_filter(values)


def _kind(request: HttpRequest) -> FileFormat:
    return next((kind for kind in FORMATS if kind == request.POST.get("format")), FORMATS[0])
