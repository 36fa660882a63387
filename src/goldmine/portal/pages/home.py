"""The first page after signing in: the one of the user's role."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch

from goldmine.portal.access import page
from goldmine.portal.pages.sign_in import HOME
from goldmine.portal.roles import may


@page()
def home(request: HttpRequest) -> HttpResponse:
    """Go to the page that the user's role begins on."""
    for action, name in HOME:
        if may(request.user.role, action):  # type: ignore[arg-type]
            try:
                return redirect(name)
            except NoReverseMatch:
                continue
    return render(request, "portal/home.html.jinja")
