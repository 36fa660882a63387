"""The audit log, for auditors: the lines of a day, and whether the log is whole."""

from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from goldmine.core.audit.actions import ACTIONS, TITLES
from goldmine.core.audit.details import details_in_words
from goldmine.core.audit.log import AuditLine, Filter
from goldmine.core.dates import parse_day
from goldmine.core.errors import AuditError, GoldmineError
from goldmine.core.i18n import LocalizedText, _
from goldmine.governance.audit import check_audit
from goldmine.portal import journal as log
from goldmine.portal.access import page
from goldmine.portal.roles import ROLES
from goldmine.portal.templating import language

_PAGE = 100
_LONGEST = 120
_ROLES: dict[str, LocalizedText] = {str(name): title for name, title in ROLES.items()}


@dataclass(frozen=True)
class Shown:
    """A line as the page shows it."""

    number: int
    at: str
    who: str
    role: LocalizedText | str
    action: LocalizedText
    subject: str
    details: str


@never_cache
@page("journal")
@require_http_methods(["GET", "HEAD", "POST"])
def journal(request: HttpRequest) -> HttpResponse:
    """Show the lines of one day, the newest first; what is sent has the whole log checked. Nothing is changed."""
    given = {name: request.GET.get(name, "").replace("\x00", "").strip()[:_LONGEST] for name in _FIELDS}
    day, error = timezone.localdate(), None
    try:
        day = parse_day(given["day"], "day") if given["day"] else day
    except GoldmineError:
        error = _("The day is not one; give it as 2024-06-30.")
    wrong_day, wanted = error is not None, _filter(given, day)
    log.record(
        request, "view_list", "page:journal", filter={name: text for name, text in given.items() if text}, day=day
    )
    lines: list[AuditLine] = []
    try:
        lines.extend([] if error else islice(log.bank_log().newest_first(wanted), _PAGE + 1))
    except AuditError:
        error = _("A line below these is not as it was written. Check the whole log, and tell the operator.")
    context: dict[str, Any] = {
        "given": given | {"day": str(day)},
        "error": error,
        "rows": [_shown(line) for line in lines[:_PAGE]],
        "next": lines[_PAGE - 1].number if len(lines) > _PAGE else None,
        "actions": TITLES,
        "check": check_audit(log.bank_log().folder.name) if request.method == "POST" else None,
    }
    return render(request, "portal/journal.html.jinja", context, status=400 if wrong_day else 200)


_FIELDS = ("who", "action", "subject", "day", "below")


def _filter(given: dict[str, str], day: date) -> Filter:
    below = given["below"]
    return Filter(
        who=given["who"],
        action=given["action"] if given["action"] in ACTIONS else "",
        subject=given["subject"],
        day=day,
        below=int(below) if below.isascii() and below.isdigit() else None,
    )


def _shown(line: AuditLine) -> Shown:
    return Shown(
        number=line.number,
        at=line.at[:19].replace("T", " "),
        who=line.who or "–",
        role=_ROLES.get(line.role, "–"),
        action=TITLES[line.action],
        subject=line.subject or "–",
        details=details_in_words(line.details, language()),
    )
