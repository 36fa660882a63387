"""Lines of the audit log about signing in and out."""

import logging
from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver
from django.http import HttpRequest

from goldmine.core.errors import GoldmineError
from goldmine.portal.journal import record
from goldmine.portal.models import User


@receiver(user_logged_in)
def signed_in(request: HttpRequest, user: User, **_others: Any) -> None:
    """Log a sign-in; if that fails, nobody is signed in."""
    record(user, "sign_in", address=_address(request))


@receiver(user_login_failed)
def sign_in_failed(credentials: dict[str, Any], request: HttpRequest | None = None, **_others: Any) -> None:
    """Log a failed sign-in. A name that nobody has is left out: it may be a password in the wrong field."""
    user = User.objects.filter(username=str(credentials.get("username"))).first()
    subject = f"user:{user.username}" if user else "user:"
    record(request or user, "sign_in_failed", subject, address=_address(request))


@receiver(user_logged_out)
def signed_out(request: HttpRequest, user: User | None, **_others: Any) -> None:
    """Log a sign-out. It happens even if it cannot be logged: a session that stays open would be worse."""
    try:
        if user is not None:
            record(user, "sign_out", address=_address(request))
    except GoldmineError:
        logging.getLogger(__name__).exception("a sign-out was not logged")


def _address(request: HttpRequest | None) -> str:
    return str(request.META.get("REMOTE_ADDR", "")) if request is not None else ""
