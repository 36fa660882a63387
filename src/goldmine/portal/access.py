"""Who may open a page: signed in, past the first change of password and the second factor, with a role that may."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect

from goldmine.portal.journal import record
from goldmine.portal.roles import Action, may
from goldmine.portal.second_factor import needs_code

View = Callable[..., HttpResponse]


def page(action: Action | None = None) -> Callable[[View], View]:
    """Open a page to signed-in users whose role may do something; others are told that there is no such page.

    Parameters
    ----------
    action : str, optional
        What the page lets a user do; None: every signed-in user.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def handle(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            user: Any = request.user
            if user.is_authenticated and not user.is_active:
                logout(request)  # a directory's own backend hands out users whom an operator has locked meanwhile
            if not request.user.is_authenticated:
                return _to(request, redirect_to_login(request.get_full_path()).url)
            if user.must_change_password:
                return _to(request, reverse("change_password"))
            if needs_code(user):
                return _to(request, reverse("second_factor", query={"next": request.get_full_path()}))
            if action is not None and not may(user.role, action):
                record(request, "access_refused", f"page:{action}")
                raise Http404
            return view(request, *args, **kwargs)

        return handle

    return decorate


def _to(request: HttpRequest, address: str) -> HttpResponse:
    """Send the browser to another page: the whole one, also where a part of it was asked for."""
    asked_for_part = bool(getattr(request, "htmx", False))
    return HttpResponseClientRedirect(address) if asked_for_part else HttpResponseRedirect(address)
