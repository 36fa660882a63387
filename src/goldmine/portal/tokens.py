"""Tokens of other systems: shown once, stored as a digest, with scopes and a last day."""

import secrets
from datetime import timedelta
from hashlib import sha256
from typing import Literal

from django.db import transaction
from django.utils import timezone

from goldmine.core.errors import PortalError
from goldmine.portal.journal import record
from goldmine.portal.models import ApiToken
from goldmine.portal.roles import may
from goldmine.portal.users import find_user

Scope = Literal["lists", "customers", "results", "releases"]
SCOPES: dict[Scope, str] = {
    "lists": "lists and their rows",
    "customers": "offers of one customer",
    "results": "give results back",
    "releases": "which releases there are",
}
"""What a token may be allowed to do."""

DAYS_AT_MOST = 366
_PREFIX = "gm_"


def digest(token: str) -> str:
    """What is stored of a token: 256 random bits need no slow hash."""
    return sha256(token.encode()).hexdigest()


def make_token(user_name: str, scopes: list[str], days: int, name: str = "") -> str:
    """Make a token for a user, and return it: it can be shown only now.

    Parameters
    ----------
    scopes : list of str
        Some of `SCOPES`.
    days : int
        How long it is good for.
    name : str
        What it is for, as the list of tokens shows it.

    Raises
    ------
    PortalError
        If the user is unknown or its role may not use the API, a scope is unknown, or the days are none or too many.
    """
    user = find_user(user_name)
    if not may(user.role, "api"):
        raise PortalError(f"{user_name}: the role {user.role} may not use the API.", "Choose another user.")
    unknown = [scope for scope in scopes if scope not in SCOPES]
    if unknown or not scopes:
        raise PortalError(f"scope: {', '.join(unknown) or 'none given'}.", f"Give some of {', '.join(SCOPES)}.")
    if not 1 <= days <= DAYS_AT_MOST:
        raise PortalError(f"days: {days}.", f"Give 1 to {DAYS_AT_MOST}.")
    token = _PREFIX + secrets.token_urlsafe(32)
    made = ApiToken(
        user=user,
        name=name or ", ".join(scopes),
        digest=digest(token),
        scopes=list(dict.fromkeys(scopes)),
        expires_at=timezone.now() + timedelta(days=days),
    )
    with transaction.atomic():
        made.save()
        record(None, "token_made", f"token:{made.pk}", user=user_name, scopes=made.scopes, days=days)
    return token


def revoke_token(token_id: int) -> ApiToken:
    """Stop a token at once.

    Raises
    ------
    PortalError
        If there is none with this number.
    """
    token = ApiToken.objects.filter(id=token_id).first()
    if token is None:
        raise PortalError(f"token {token_id}: there is none.", "`goldmine users list` shows their numbers.")
    token.revoked_at = token.revoked_at or timezone.now()
    with transaction.atomic():
        token.save(update_fields=["revoked_at"])
        record(None, "token_revoked", f"token:{token.pk}", user=token.user.username)
    return token


def token_of(text: str) -> ApiToken | None:
    """The token that was sent, with its user; None if it is unknown, over, revoked, or the user is locked."""
    token = ApiToken.objects.select_related("user").filter(digest=digest(text)).first()
    if token is None or token.revoked_at or token.expires_at <= timezone.now() or not token.user.is_active:
        return None
    return token if may(token.user.role, "api") else None
