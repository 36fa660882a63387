"""MLflow's and Dagster's pages for operators, through the portal; and an answer for a proxy that asks who is one."""

import json
from typing import Any

import urllib3
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt

from goldmine.core.audit.actions import Action
from goldmine.portal.access import page
from goldmine.portal.journal import record
from goldmine.portal.roles import may
from goldmine.portal.second_factor import needs_code
from goldmine.portal.tools import TOOLS, pass_on, tool_address

_SAFE = ("GET", "HEAD", "OPTIONS")
_AWAY, _REFUSED = 502, 403
_QUESTIONS = ("search", "get-metric-history-bulk-interval", "get-history-bulk-interval")
"""Last parts of MLflow's addresses that are asked by POST and change nothing."""


@csrf_exempt
@page("operator")
def tool(request: HttpRequest, name: str, path: str = "") -> HttpResponse:
    """Pass a request on to a tool. Its pages know no token of ours, so what changes something has to come from ours."""
    address = tool_address(name) if name in TOOLS else None
    if address is None:
        raise Http404
    changes = request.method not in _SAFE
    if changes and not _of_this_site(request):
        return HttpResponse(status=_REFUSED)
    if changes:
        _log(request, name, path)
    try:
        return pass_on(request, address)
    except urllib3.exceptions.HTTPError:
        return render(request, "portal/tool_away.html.jinja", {"name": name}, status=_AWAY)


def is_operator(request: HttpRequest) -> HttpResponse:
    """For nginx's ``auth_request``: 204 to a signed-in operator, with the name in a header; 401 to everybody else."""
    user = request.user
    if not user.is_authenticated or user.must_change_password or needs_code(user) or not may(user.role, "operator"):
        return HttpResponse(status=401)
    return HttpResponse(status=204, headers={"X-Goldmine-User": user.get_username()})


def _log(request: HttpRequest, name: str, path: str) -> None:
    """Log who changed or started something; a question that Dagster's pages send by POST is none of these."""
    operation = ""
    if path.endswith("graphql"):
        if b"mutation" not in request.body:
            return
        operation = str(_json(request.body).get("operationName") or "")
    elif path.rsplit("/", 1)[-1] in _QUESTIONS:
        return
    action: Action = "run_started" if operation.startswith("Launch") else "tool_change"
    record(request, action, f"tool:{name}", method=request.method, path=path, operation=operation)


def _json(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _of_this_site(request: HttpRequest) -> bool:
    """Whether a page of the portal sent the request, as the browser says in headers that pages cannot set."""
    origin = request.headers.get("Origin")
    own = f"{request.scheme}://{request.get_host()}"
    return origin == own if origin else request.headers.get("Sec-Fetch-Site") == "same-origin"
