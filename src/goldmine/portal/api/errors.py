"""Errors of the API as JSON: a code for programs, and two lines for people; never what happened inside."""

import logging
from collections.abc import Callable
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError, connection
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import ResolverMatch
from django.utils.translation import get_language_from_request
from ninja import NinjaAPI, Schema
from ninja.errors import AuthenticationError, HttpError
from ninja.errors import ValidationError as NotValid
from pydantic import Field

from goldmine.core.errors import AuditError, DiskError
from goldmine.core.i18n import _, in_language
from goldmine.portal.channel_files import DownloadError
from goldmine.portal.filters import FilterError
from goldmine.portal.policy import portal_policy

_METHOD = 405
_LOG = logging.getLogger("goldmine.portal.api")


class FieldFault(Schema):
    """A field of the request that cannot be used."""

    field: str = Field(examples=["body.results.0.answer"])
    fault: str = Field(examples=["Input should be 'yes', 'bought' or 'no'"])


class ErrorBody(Schema):
    """What went wrong."""

    code: str = Field(description="Stays the same; for programs.", examples=["token"])
    message: str = Field(
        description="For people, in the language of Accept-Language.", examples=["The token is wrong."]
    )
    do: str = Field(description="What to do about it.", examples=["Ask the operator for a new one."])
    fields: list[FieldFault] = []


class ErrorAnswer(Schema):
    """Every answer with a status of 400 or more."""

    error: ErrorBody


class ApiError(Exception):
    """A refusal of the API.

    Parameters
    ----------
    status : int
        HTTP status.
    code : str
        For programs.
    what, do : str
        For people.
    """

    def __init__(self, status: int, code: str, what: str, do: str) -> None:
        super().__init__(code)
        self.status, self.code, self.what, self.do = status, code, what, do


def not_there() -> ApiError:
    """Not there, or not the user's: the two are the same."""
    return ApiError(
        404, "not_found", _("There is nothing here for this token."), _("Check the address and the number.")
    )


def error_response(request: HttpRequest, error: ApiError, fields: list[dict[str, str]] | None = None) -> HttpResponse:
    """An error as JSON, in the language that the client asks for."""
    what, do = (in_language(text, asked_language(request)) for text in (error.what, error.do))
    body = {"error": {"code": error.code, "message": what, "do": do, "fields": fields or []}}
    response = JsonResponse(body, status=error.status, json_dumps_params={"ensure_ascii": False})
    if error.status == 401:
        response["WWW-Authenticate"] = "Bearer"
    return response


def asked_language(request: HttpRequest) -> str:
    """``zh`` or ``en``: what the client's Accept-Language asks for."""
    return "zh" if get_language_from_request(request).startswith("zh") else "en"


def wrong_method(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Let the API refuse a method as it refuses all else: ninja answers it in plain text, beyond its error handlers."""

    def handle(request: HttpRequest) -> HttpResponse:
        answer = get_response(request)
        if answer.status_code != _METHOD or not isinstance(request.resolver_match, ResolverMatch):
            return answer
        if "api" not in request.resolver_match.app_names + request.resolver_match.namespaces:
            return answer
        allowed = answer["Allow"]
        what = _("This address does not answer {method}.", method=str(request.method)[:16])
        refused = _refuse(request, _METHOD, "method", what, _("Allowed: {names}.", names=allowed))
        refused["Allow"] = allowed
        return refused

    return handle


def answer_errors(api: NinjaAPI) -> None:
    """Answer every error of the API's views in the form of `ErrorAnswer`."""
    answers: dict[type[Exception], Callable[[HttpRequest, Any], HttpResponse]] = {
        ApiError: error_response,
        FilterError: lambda request, error: _refuse(request, error.status, "filter", error.what, error.do),
        DownloadError: lambda request, error: _refuse(request, 403, "allowance", error.what, error.do),
        Http404: lambda request, error: error_response(request, not_there()),
        AuthenticationError: lambda request, error: error_response(request, wrong_token()),
        HttpError: _unreadable,
        RequestDataTooBig: _too_large,
        NotValid: _not_valid,
        OperationalError: _database_away,
        InterfaceError: _database_away,
        AuditError: _not_logged,
        DiskError: _not_logged,
        Exception: _unexpected,
    }
    for kind, answer in answers.items():
        api.add_exception_handler(kind, answer)


def wrong_token() -> ApiError:
    """No token, or one that is unknown, over or revoked: the same answer."""
    return ApiError(401, "token", _("The token is missing, wrong or over."), _("Ask the operator for a new one."))


def _refuse(request: HttpRequest, status: int, code: str, what: str, do: str) -> HttpResponse:
    return error_response(request, ApiError(status, code, what, do))


def _unreadable(request: HttpRequest, error: HttpError) -> HttpResponse:
    what, do = _("The request cannot be read."), _("Send JSON as the document says.")
    return _refuse(request, error.status_code, "request", what, do)


def _too_large(request: HttpRequest, error: Exception) -> HttpResponse:
    what = _("More than {n} megabytes were sent.", n=portal_policy().uploads.megabytes)
    return _refuse(request, 413, "too_large", what, _("Send it in several parts."))


def _not_valid(request: HttpRequest, error: NotValid) -> HttpResponse:
    fields = [{"field": ".".join(str(part) for part in fault["loc"]), "fault": fault["msg"]} for fault in error.errors]
    refused = ApiError(422, "fields", _("Some fields cannot be used."), _("See fields, and the document of the API."))
    return error_response(request, refused, fields)


def _database_away(request: HttpRequest, error: Exception) -> HttpResponse:
    _LOG.error("%s of the database", type(error).__name__, exc_info=error)
    connection.close()
    what, do = _("The portal's database does not answer."), _("Send the same request again in a minute.")
    return _refuse(request, 503, "unavailable", what, do)


def _not_logged(request: HttpRequest, error: Exception) -> HttpResponse:
    _LOG.error("the audit log cannot be written", exc_info=error)
    what = _("The audit log cannot be written, so nothing was shown or stored. Tell the operator.")
    return _refuse(request, 503, "unavailable", what, _("Send the same request again in a minute."))


def _unexpected(request: HttpRequest, error: Exception) -> HttpResponse:
    _LOG.error("%s in a view of the API", type(error).__name__, exc_info=error)
    return _refuse(
        request, 500, "internal", _("The portal could not answer."), _("Tell the operator when this happened.")
    )
