"""Entries of the menu: the pages that a role may open; and addresses that pages name again and again."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse
from django.urls import get_script_prefix, reverse

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
_UNQUOTED = "!$&'()*+,;=/~:@"
"""Signs that stand in an address as they are."""


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
            Entry(page_address(name), title, request.path.startswith(page_address(name)))
            for name, action, title in ENTRIES
            if may(role, action)
        ]
        return get_response(request)

    return handle


def page_address(name: str) -> str:
    """The address of a page that needs nothing else to be found, worked out once."""
    return _reversed(name, get_script_prefix())


def customer_address(customer_id: str) -> str:
    """The address of a customer's page, as `reverse` gives it: a page of lists has fifty."""
    return _before_number(get_script_prefix()) + quote(customer_id, safe=_UNQUOTED)


@cache
def _reversed(name: str, _prefix: str) -> str:
    return reverse(name)


@cache
def _before_number(_prefix: str) -> str:
    return reverse("customer", args=["0"])[:-1]
