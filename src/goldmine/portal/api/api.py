"""The API and its document."""

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI, Router

from goldmine.portal.access import page
from goldmine.portal.api import customers, lists, results
from goldmine.portal.api.errors import answer_errors, error_response, not_there

_ABOUT = """Lists of the current release for other systems, offers of one customer, and results given back.

Sign in with a token of `goldmine users token`, as `Authorization: Bearer gm_...`. A token sees the rows of its user;
what is out of its scope does not exist for it. Errors are `{"error": {"code", "message", "do", "fields"}}`."""

api = NinjaAPI(title="Goldmine", version="1", description=_ABOUT, urls_namespace="api", docs_decorator=page("api"))
answer_errors(api)
_others = Router()


@_others.api_operation(["GET", "POST", "PUT", "PATCH", "DELETE"], "/{path:anything}", include_in_schema=False)
def nothing_here(request: HttpRequest, anything: str) -> HttpResponse:
    """Addresses that are none, answered as all errors are."""
    return error_response(request, not_there())


for _router in (lists.router, customers.router, results.router, _others):
    api.add_router("", _router)
