"""Approval: what waits for the user's yes, and what was decided lately."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from goldmine.core.i18n import LocalizedText, _
from goldmine.portal.access import page
from goldmine.portal.approvals import ApprovalError, deciding, waiting
from goldmine.portal.approvals import decide as decide_on
from goldmine.portal.models import Approval, Download, Release
from goldmine.portal.scope import current_release
from goldmine.portal.templating import language, text
from goldmine.portal.words import filter_words, list_titles, names_of

_TITLES = {"release": _("Show a release"), "campaign": _("Show a campaign"), "download": _("Download rows")}
_LATELY = 20
_LONGEST_NOTE = 500


@dataclass(frozen=True)
class Entry:
    """Something to decide on, in words."""

    approval: Approval
    title: LocalizedText
    what: str
    branch: str


@require_GET
@page("approve")
def approvals(request: HttpRequest) -> HttpResponse:
    """What waits, and the latest decisions."""
    user: Any = request.user
    lately = deciding(user).exclude(decided_at=None).order_by("-decided_at")[:_LATELY]
    context = {"waiting": _entries(waiting(user)), "decided": _entries(lately)}
    return render(request, "portal/approvals.html.jinja", context)


@require_POST
@page("approve")
def decide(request: HttpRequest, number: int) -> HttpResponse:
    """Approve or refuse."""
    user: Any = request.user
    answer, note = request.POST.get("answer"), request.POST.get("note", "").replace("\x00", "").strip()[:_LONGEST_NOTE]
    try:
        if answer not in ("yes", "no"):
            raise ApprovalError(_("There is no such answer."), _("Approve or refuse."))
        decide_on(user, number, note, approved=answer == "yes")
    except ApprovalError as error:
        messages.error(request, f"{text(error.what)} {text(error.do)}")
    return redirect("approvals")


def _entries(rows: Any) -> list[Entry]:
    release = current_release()
    names = names_of(release.release_id if release else "")
    rows = list(rows)
    numbers = [row.subject_id for row in rows if row.subject == "download"]
    downloads = {str(download.pk): download for download in Download.objects.filter(pk__in=numbers)}
    return [
        Entry(
            approval=row,
            title=_TITLES[row.subject],
            what=_what(row, downloads.get(row.subject_id), release),
            branch=names.beside("branch_id", [row.branch_id], language())[0],
        )
        for row in rows
    ]


def _what(row: Approval, download: Download | None, release: Release | None) -> str:
    if download is not None and release is not None:
        words = filter_words(download.filter["rows_of"], release, language())
        return str(text(_("{rows} rows as {kind}: {words}", rows=download.rows, kind=download.format, words=words)))
    titles = list_titles(release, language()) if release and row.subject == "campaign" else {}
    return titles.get(row.subject_id, row.subject_id)
