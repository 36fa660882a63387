"""Signing in and out, the first change of password, and the language."""

from typing import Any

from django.conf import settings
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.forms import PasswordChangeForm, SetPasswordForm
from django.contrib.auth.views import LoginView, LogoutView, redirect_to_login
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from goldmine.core.i18n import LANGUAGES
from goldmine.portal.journal import record
from goldmine.portal.middleware import LANGUAGE_KEY
from goldmine.portal.policy import portal_policy
from goldmine.portal.second_factor import needs_code

HOME = (
    ("my_day", "my_day"),
    ("counter", "counter"),
    ("head_office", "head_office"),
    ("operator", "operator"),
    ("journal", "journal"),
    ("lists", "lists"),
)
"""By what a role may do first, the page it begins on."""

sign_in = LoginView.as_view(
    template_name="portal/sign_in.html.jinja",
    redirect_authenticated_user=True,
    extra_context={"directory": "mozilla_django_oidc" in settings.INSTALLED_APPS},
)


class SignOut(LogoutView):
    """Sign out; the browser forgets what it kept of the day's page."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Sign out, and tell the browser to forget."""
        answer = super().dispatch(request, *args, **kwargs)
        answer["Clear-Site-Data"] = '"cache", "storage"'
        return answer


def change_password(request: HttpRequest) -> HttpResponse:
    """Let a user replace the one-time password, or, knowing it, an old one."""
    user: Any = request.user
    if not user.is_authenticated or not user.has_usable_password():
        return redirect_to_login(request.get_full_path())
    if not user.must_change_password and needs_code(user):
        return redirect("second_factor")
    form = (SetPasswordForm if user.must_change_password else PasswordChangeForm)(user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        user.must_change_password = False
        with transaction.atomic():
            form.save()
            record(request, "user_change", f"user:{user.username}", what="own password")
        update_session_auth_hash(request, user)
        return redirect("home")
    return render(request, "portal/change_password.html.jinja", {"form": form}, status=200 if not form.errors else 422)


@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """Change the language, for good if the user is signed in."""
    chosen = request.POST.get("language", "")
    user: Any = request.user
    if chosen in LANGUAGES:
        request.session[LANGUAGE_KEY] = chosen
        if user.is_authenticated:
            user.language = chosen
            user.save(update_fields=["language"])
    back = request.POST.get("back", "/")
    return redirect(back if url_has_allowed_host_and_scheme(back, None) else "/")


def locked(request: HttpRequest, credentials: Any = None, *args: Any, **kwargs: Any) -> HttpResponse:
    """Page for a name that is locked after failed attempts."""
    context = {"minutes": portal_policy().locked_minutes}
    return render(request, "portal/locked.html.jinja", context, status=429)
