"""Lists: the rows that a user may see, filtered, sorted and searched, a page at a time."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_POST

from goldmine.core.i18n import _, in_language
from goldmine.portal.access import page
from goldmine.portal.channel_files import gateways
from goldmine.portal.choices import choices
from goldmine.portal.filters import Counted, FilterError, RowFilter, count_shown, page_of, read_filter
from goldmine.portal.journal import record
from goldmine.portal.models import Release
from goldmine.portal.saved_filters import drop_filter, save_filter, saved_filters
from goldmine.portal.scope import current_release
from goldmine.portal.templating import language
from goldmine.portal.words import filter_parts, in_other_language, in_words

SORTS = {"rank": _("list and rank"), "customer": _("customer number"), "manager": _("customer manager")}
"""Orders of the rows, as people read them."""


@page("lists")
def lists(request: HttpRequest) -> HttpResponse:
    """The filter and its rows. What htmx asks for is the part that changes: the rows, or the rows that follow."""
    parameters = request.GET.copy()
    cursor = parameters.get("cursor", "")
    parameters.pop("cursor", None)
    release = current_release()
    wanted, error, shown = RowFilter(), None, {}
    try:
        wanted = read_filter(parameters)
        shown = _rows(request, wanted, cursor, release)
    except FilterError as refused:
        error = refused
    context: dict[str, Any] = {"wanted": wanted, "error": error, "release": release, "cursor": cursor, "sorts": SORTS}
    context |= shown | {"channel_files": gateways()}
    template = "portal/list_rows.html.jinja"
    htmx: Any = request.htmx
    if not htmx or htmx.history_restore_request or error:
        template = "portal/lists.html.jinja"
        context["choices"] = choices(_user(request), release, language()) if release else {}
        context["saved"] = saved_filters(_user(request))
    answer = render(request, template, context, status=error.status if error else 200)
    patch_vary_headers(answer, ["HX-Request"])
    return answer


@require_POST
@page("lists")
def keep(request: HttpRequest) -> HttpResponse:
    """Keep the filter under a name, and go on with it."""
    parameters = request.POST.copy()
    name = parameters.get("name", "")
    for field in ("csrfmiddlewaretoken", "name"):
        parameters.pop(field, None)
    try:
        saved = save_filter(_user(request), name, read_filter(parameters))
    except FilterError as refused:
        messages.error(request, f"{in_language(refused.what, language())} {in_language(refused.do, language())}")
        return redirect("lists")
    return redirect(reverse("lists", query=saved.filter))


@require_POST
@page("lists")
def drop(request: HttpRequest, number: int) -> HttpResponse:
    """Drop a filter that was kept."""
    drop_filter(_user(request), number)
    return redirect("lists")


def _rows(request: HttpRequest, wanted: RowFilter, cursor: str, release: Release | None) -> dict[str, Any]:
    if release is None:
        return {"rows": [], "next": "", "count": Counted(0, more=False), "parts": {}}
    user = _user(request)
    part = page_of(user, wanted, cursor)
    record(request, "view_list", "page:lists", filter=wanted.given(), rows=len(part.rows), first_page=not cursor)
    whole = not cursor and not part.cursor
    count = None
    if not cursor:
        count = Counted(len(part.rows), more=False) if whole else count_shown(user, wanted, part.of_filter)
    other = in_other_language(release, language()) and any(row.kind == "list" for row in part.rows)
    rows = in_words(part.rows, release, language())
    narrowed = {name: value for name, value in wanted.given().items() if name != "sort"}
    parts = filter_parts(narrowed, release, language()) if narrowed and not (cursor and request.htmx) else {}
    return {"rows": rows, "next": part.cursor, "count": count, "other_language": other, "parts": parts}


def _user(request: HttpRequest) -> Any:
    return request.user
