"""Operator: runs of the jobs, executed notebooks, the release shown, results still to return, and disk space."""

import re
import shutil
import tempfile
from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from goldmine.core.i18n import pgettext
from goldmine.core.workspace import Workspace
from goldmine.pipeline.failure import withhold
from goldmine.pipeline.notebook import export_html
from goldmine.pipeline.run_status import last_runs, notebook_runs
from goldmine.portal.access import page
from goldmine.portal.models import CurrentRelease, Release, Result
from goldmine.portal.tools import TOOLS, tool_address

_NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,150}")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_SANDBOX = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:"
"""A notebook's page runs no script, asks nobody, and belongs to no origin: what it shows comes from data."""
_GIGABYTE = 1_000_000_000
_STATUSES = {
    "QUEUED": pgettext("run", "queued"),
    "NOT_STARTED": pgettext("run", "queued"),
    "STARTING": pgettext("run", "running"),
    "STARTED": pgettext("run", "running"),
    "SUCCESS": pgettext("run", "succeeded"),
    "FAILURE": pgettext("run", "failed"),
    "CANCELING": pgettext("run", "stopped"),
    "CANCELED": pgettext("run", "stopped"),
}
"""Dagster's statuses of runs, in words."""


@require_GET
@page("operator")
@never_cache
def operator(request: HttpRequest) -> HttpResponse:
    """Show how things are."""
    work = Workspace(settings.GOLDMINE_WORK)
    disk = shutil.disk_usage(next(path for path in (work.root, *work.root.parents) if path.exists()))
    context = {
        "runs": last_runs(work),
        "statuses": _STATUSES,
        "notebooks": notebook_runs(work),
        "current": CurrentRelease.objects.select_related("release").first(),
        "waiting": Release.objects.filter(waits_for_approval=True).count(),
        "unreturned": Result.objects.filter(returned_at=None).count(),
        "disk": (disk.free / _GIGABYTE, disk.total / _GIGABYTE, disk.free / disk.total),
        "tools": {name: tool_address(name) is not None for name in TOOLS},
    }
    return render(request, "portal/operator.html.jinja", context)


@require_GET
@page("notebooks")
@never_cache
def notebook(request: HttpRequest, as_of: str, name: str) -> HttpResponse:
    """Show one executed notebook as a page without scripts."""
    if not (_DAY.fullmatch(as_of) and _NAME.fullmatch(name)):
        raise Http404
    folder = (settings.GOLDMINE_WORK / "notebooks" / as_of).resolve()
    made, executed = folder / f"{name}.html", folder / f"{name}.ipynb"
    if any(path.resolve().parent != folder for path in (made, executed)):
        raise Http404
    if made.is_file():
        html = made.read_text("utf-8")
    elif executed.is_file():
        html = _converted(executed)
    else:
        raise Http404
    return HttpResponse(html, headers={"Content-Security-Policy": _SANDBOX})


def _converted(executed: Path) -> str:
    """A notebook that failed has no page yet."""
    with tempfile.TemporaryDirectory(prefix="goldmine-notebook-") as folder:
        shown, page = Path(folder) / "shown.ipynb", Path(folder) / "page.html"
        withhold(executed, shown)
        export_html(shown, page)
        return page.read_text("utf-8")
