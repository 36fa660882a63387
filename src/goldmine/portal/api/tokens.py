"""Signing in by token: its scope, its end, and a limit on wrong ones from one address."""

from datetime import timedelta
from typing import Any

from axes.handlers.proxy import AxesProxyHandler
from django.contrib.auth.signals import user_login_failed
from django.http import HttpRequest
from django.utils import timezone
from ninja.security import HttpBearer

from goldmine.core.i18n import _
from goldmine.portal.api.errors import ApiError, wrong_token
from goldmine.portal.models import ApiToken
from goldmine.portal.policy import portal_policy
from goldmine.portal.row_security import act_for
from goldmine.portal.tokens import Scope, token_of

_WRONG = {"username": "(token)"}
"""What failed attempts by token are counted under, by address."""
_USED_EVERY = timedelta(minutes=1)


class Bearer(HttpBearer):
    """A token with a scope, as ``Authorization: Bearer gm_...``.

    A right token is always taken: guessing one of 256 bits is hopeless, and an address may be shared. Wrong ones of one
    address are counted as failed sign-ins are, and answered with 429 after as many.
    """

    def __init__(self, scope: Scope) -> None:
        super().__init__()
        self.scope = scope

    def authenticate(self, request: HttpRequest, token: str) -> ApiToken:
        """The token that was sent; its user becomes the request's."""
        found = token_of(token)
        if found is None:
            raise _refused(request)
        if self.scope not in found.scopes:
            raise ApiError(
                403,
                "scope",
                _("The token has no scope {scope}.", scope=self.scope),
                _("Ask the operator for one that has."),
            )
        now = timezone.now()
        if found.last_used_at is None or found.last_used_at < now - _USED_EVERY:
            ApiToken.objects.filter(id=found.id).update(last_used_at=now)
        request.user = found.user
        act_for(found.user)
        return found


def _refused(request: Any) -> ApiError:
    if not AxesProxyHandler.is_allowed(request, _WRONG):
        return ApiError(
            429,
            "wait",
            _("Too many wrong tokens from this address."),
            _("Try again in {minutes} minutes.", minutes=portal_policy().locked_minutes),
        )
    user_login_failed.send(sender=Bearer, credentials=_WRONG, request=request)
    request.axes_locked_out = False  # else the page for people takes the place of the API's own answer
    return wrong_token()
