"""Results as a file: what marketing filled in comes back, and bad rows go back with their reason."""

from typing import Any

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from goldmine.campaigns.results.result_check import REASONS
from goldmine.core import fingerprint
from goldmine.core.errors import ContractError
from goldmine.core.i18n import _
from goldmine.portal.access import page
from goldmine.portal.journal import record
from goldmine.portal.policy import portal_policy
from goldmine.portal.uploads import import_file, rejected_file

_NOT_VALID = 422


@page("upload")
def upload(request: HttpRequest) -> HttpResponse:
    """The field for a file, and what became of the last one's rows."""
    user: Any = request.user
    context: dict[str, Any] = {
        "megabytes": portal_policy().uploads.megabytes,
        "reasons": REASONS,
        "done": None,
        "error": None,
    }
    if request.method == "POST":
        try:
            sent = request.FILES.get("file")
            if sent is None:
                raise ContractError(_("No file was chosen."), _("Choose the file that came back."))
            context["done"] = import_file(user, sent)
        except ContractError as error:
            context["error"] = error
    status = _NOT_VALID if context["error"] else 200
    return render(request, "portal/upload.html.jinja", context, status=status)


@require_GET
@page("upload")
@never_cache
def rejected(request: HttpRequest, name: str) -> HttpResponse:
    """The file of rejected rows, for whoever sent them."""
    user: Any = request.user
    path = rejected_file(user, name)
    if path is None:
        raise Http404
    record(request, "download", "page:rejected", sha256=fingerprint.of_file(path))
    return FileResponse(path.open("rb"), as_attachment=True, filename=path.name.partition("-")[2])
