"""One customer: level, products, a year of assets, tags, offers with reasons, and what came of contacts."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_GET

from goldmine.core.columns import column
from goldmine.core.errors import GoldmineError
from goldmine.core.i18n import LocalizedText
from goldmine.core.workspace import Workspace
from goldmine.customers.ladder import LAYER_TITLES, level_title
from goldmine.customers.tags import Catalogue, load_catalogue
from goldmine.features.families.holdings import CLASS_TITLES
from goldmine.portal.access import page
from goldmine.portal.credit_answers import credit_answers
from goldmine.portal.earlier_contacts import EarlierContact, earlier_contacts
from goldmine.portal.journal import record
from goldmine.portal.models import CallBack, Customer, ListRow, OptOut, Release, Result
from goldmine.portal.month_picture import HEIGHT, WIDTH, month_bars
from goldmine.portal.persons import numbers_of
from goldmine.portal.returning import campaigns_out, contact_of
from goldmine.portal.scope import visible
from goldmine.portal.templating import language
from goldmine.portal.words import answer_words, in_words, list_titles, names_of

_SHOWN = 50


@dataclass(frozen=True)
class Tag:
    """A tag that the customer has, with what it answers, and since when."""

    question: LocalizedText
    title: LocalizedText
    since: str


@dataclass(frozen=True)
class Contacted:
    """One contact, in words; `by` is empty where the bank's own tables hold it."""

    day: date
    list_title: str
    channel: str
    answer: str
    note: str
    by: str


@require_GET
@page("customer")
def customer(request: HttpRequest, customer_id: str) -> HttpResponse:
    """The page of one customer, by any of their numbers; one out of the user's scope is one who is not there.

    What htmx asks for is the panel beside a list, with the parts that a call needs.
    """
    user: Any = request.user
    numbers = numbers_of(customer_id.replace("\x00", ""))
    rows = visible(user, Customer).filter(customer_id=numbers[0])
    found = rows.select_related("release").first()
    answers = credit_answers(user, found.customer_id, found.release.as_of) if found else []
    told = {"credit": len(answers)} if answers else {}
    record(request, "view_customer", f"customer:{found.customer_id}" if found else "", known=found is not None, **told)
    if found is None:
        raise Http404
    release, own = found.release, {"customer_id": found.customer_id}
    offers = visible(user, ListRow).filter(**own).order_by("kind", "list_name")
    results = visible(user, Result).filter(**own).select_related("user").order_by("-contacted_on", "-at")[:_SHOWN]
    earlier = earlier_contacts(numbers, _SHOWN)
    due = visible(user, CallBack).filter(**own, done_at=None).order_by("on_day")
    names = names_of(release.release_id)
    context = {
        "customer": found,
        "release": release,
        "layer": LAYER_TITLES.get(found.layer, found.layer),
        "levels": [None if level is None else level_title(level) for level in (found.level, found.previous_level)],
        "branch": names.beside("branch_id", [found.branch_id], language())[0],
        "manager": names.beside("manager_id", [found.manager_id], language())[0],
        "bars": month_bars(json.loads(found.months), release.as_of),
        "picture": (WIDTH, HEIGHT),
        "products": _products(json.loads(found.products)),
        "tags": tags_in_words(json.loads(found.tags)),
        "offers": in_words(offers, release, language()),
        "history": _history(list(results), earlier or [], release),
        "tables_away": earlier is None,
        "due": list(due),
        "credit": answers,
        "opted_out": OptOut.objects.filter(**own).exists(),
    }
    htmx: Any = request.htmx
    part = "customer_panel" if htmx and not htmx.history_restore_request else "customer"
    answer = render(request, f"portal/{part}.html.jinja", context)
    patch_vary_headers(answer, ["HX-Request"])
    return answer


def tags_in_words(held: Mapping[str, Any]) -> list[Tag]:
    """A customer's tags by the catalogue's titles; those that it does not know any more are left out.

    Parameters
    ----------
    held : mapping
        By column of the customers table, as `Customer.tags` has them.
    """
    tags = []
    for tag_set in _catalogue().sets:
        for tag in tag_set.tags:
            name = tag_set.column(tag)
            if held.get(name) == (tag.name if tag_set.exclusive else True):
                tags.append(Tag(tag_set.title, tag.title, str(held.get(f"{name}_since") or "")))
    return tags


@cache
def _catalogue() -> Catalogue:
    """Read once a process: a page has no time for its file."""
    return load_catalogue()


def _products(balances: Mapping[str, float]) -> list[tuple[LocalizedText | str, float]]:
    titles = {name: title for name, (title, _inner) in CLASS_TITLES.items()}
    return [(titles.get(name, name), amount) for name, amount in balances.items()]


def _history(results: list[Result], earlier: list[EarlierContact], release: Release) -> list[Contacted]:
    """Results of the portal, and contacts of the bank's tables that are not among them, the newest first."""
    here = _contacts_of(results) if earlier else set()
    rows: list[tuple[Result | EarlierContact, str, str]] = [
        (result, result.note, result.user.get_full_name() or result.user.username) for result in results
    ]
    rows += [(contact, "", "") for contact in earlier if (contact.list_name, contact.contacted_on) not in here]
    titles, answers = list_titles(release, language()), answer_words(language())
    channels = column("channel").in_words([row.channel for row, _note, _by in rows], language())
    history = [
        Contacted(
            day=row.contacted_on,
            list_title=titles.get(row.list_name, row.list_name),
            channel=channel,
            answer=answers.get(row.answer, row.answer),
            note=note,
            by=by,
        )
        for (row, note, by), channel in zip(rows, channels, strict=True)
    ]
    return sorted(history, key=lambda contact: contact.day, reverse=True)[:_SHOWN]


def _contacts_of(results: list[Result]) -> set[tuple[str, date]]:
    """Names and days under which the bank's tables may hold results: by their list, and as they were returned."""
    try:
        campaigns = campaigns_out(Workspace(settings.GOLDMINE_WORK))
    except GoldmineError:  # a damaged release is told where results go back, and leaves the page there
        campaigns = frozenset()
    returned = {(contact_of(result, campaigns)[0], result.contacted_on) for result in results}
    return returned | {(result.list_name, result.contacted_on) for result in results}
