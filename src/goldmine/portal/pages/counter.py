"""Counter and lobby: one customer's best offers, by number."""

import unicodedata
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from goldmine.portal.access import page
from goldmine.portal.look_up import LookUp, look_up
from goldmine.portal.scope import current_release_id

_LONGEST = 64


@page("counter")
def counter(request: HttpRequest) -> HttpResponse:
    """The field for a number; what is sent is answered on the same page, so that the next number can follow."""
    number = _typed(request.POST.get("number", ""))
    user: Any = request.user
    found: LookUp | None = None
    if request.method == "POST" and number:
        found = look_up(user, number, "counter")
    context = {"number": number, "found": found, "loaded": current_release_id() is not None}
    return render(request, "portal/counter.html.jinja", context)


def _typed(text: str) -> str:
    """A number as tables write it, from what was typed or scanned: full-width digits are digits, blanks are dropped."""
    return "".join(unicodedata.normalize("NFKC", text[:_LONGEST]).replace("\x00", "").split())
