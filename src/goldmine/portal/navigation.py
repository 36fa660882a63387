"""Entries of the menu: the pages that a role may open."""

from collections.abc import Callable
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from goldmine.core.i18n import LocalizedText, pgettext
from goldmine.portal.roles import Action, may

ENTRIES: tuple[tuple[str, Action, LocalizedText], ...] = (
    ("my_day", "my_day", pgettext("menu", "My day")),
    ("hand_over", "hand_over", pgettext("menu", "Hand over")),
    ("head_office", "head_office", pgettext("menu", "Head office")),
    ("lists", "lists", pgettext("menu", "Lists")),
    ("upload", "upload", pgettext("menu", "Return results")),
    ("approvals", "approve", pgettext("menu", "Approval")),
    ("counter", "counter", pgettext("menu", "Look-up")),
    ("users", "users", pgettext("menu", "Users")),
    ("operator", "operator", pgettext("menu", "Operation")),
    ("journal", "journal", pgettext("menu", "Audit log")),
)
"""By the name of the page: what it lets a user do, and its title in the menu."""


@dataclass(frozen=True)
class Entry:
    """An entry of the menu."""

    address: str
    title: LocalizedText
    here: bool


def navigation(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Give each request its menu."""

    def handle(request: HttpRequest) -> HttpResponse:
        role = getattr(request.user, "role", "")
        request.navigation = [
            Entry(reverse(name), title, request.path.startswith(reverse(name)))
            for name, action, title in ENTRIES
            if may(role, action)
        ]
        return get_response(request)

    return handle
