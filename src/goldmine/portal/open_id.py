"""Signing in through the bank's directory by OpenID Connect: of users whom an operator has made, and nobody else.

Needs the package ``mozilla-django-oidc``, which the portal does not install by itself (docs/portal.md).
"""

import logging
from typing import Any

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from mozilla_django_oidc.auth import OIDCAuthenticationBackend
from mozilla_django_oidc.views import OIDCAuthenticationCallbackView
from requests import RequestException

from goldmine.portal.models import User

_NOT_LET_IN = 403


class DirectoryUsers(OIDCAuthenticationBackend):
    """Users by the claim that ``OIDC_NAME_CLAIM`` names, ``preferred_username`` if not set."""

    def verify_claims(self, claims: dict[str, Any]) -> bool:
        """Whether the provider said who it is."""
        return isinstance(claims.get(_claim()), str) and bool(claims[_claim()])

    def filter_users_by_claims(self, claims: dict[str, Any]) -> Any:
        """The active user of that name, if an operator has made one."""
        return User.objects.filter(username__iexact=claims[_claim()], is_active=True)

    def create_user(self, claims: dict[str, Any]) -> None:
        """Nobody becomes a user by signing in."""

    def update_user(self, user: User, claims: dict[str, Any]) -> User:
        """The user as the operator made it: role and branch are not the provider's to say."""
        return user


class SignedIn(OIDCAuthenticationCallbackView):
    """Where the provider sends people back to; whoever is not let in is told so, not sent to sign in again."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Sign in by the provider's answer; one that is not its own, or is not answered, lets nobody in."""
        try:
            return super().get(request)
        except (SuspiciousOperation, RequestException):
            logging.getLogger(__name__).exception("the provider's answer let nobody in")
            return self.login_failure()

    def login_failure(self) -> HttpResponse:
        """Say that the account of the bank is no user's."""
        return render(self.request, "portal/not_let_in.html.jinja", status=_NOT_LET_IN)


def _claim() -> str:
    return str(getattr(settings, "OIDC_NAME_CLAIM", "preferred_username"))
