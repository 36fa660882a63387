"""Signing in through the bank's directory by OpenID Connect: of users whom an operator has made, and nobody else.

Needs the package ``mozilla-django-oidc``, which the portal does not install by itself (docs/portal.md).
"""

from typing import Any

from django.conf import settings
from mozilla_django_oidc.auth import OIDCAuthenticationBackend

from goldmine.portal.models import User


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


def _claim() -> str:
    return str(getattr(settings, "OIDC_NAME_CLAIM", "preferred_username"))
