"""Rows of lists in the words of whoever reads them: titles, names, codes in words, texts in their language."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.conf import settings

from goldmine.campaigns.contact_hours import ContactHours, load_contact_hours
from goldmine.contract.display_names import DisplayNames, display_names
from goldmine.contract.manifest import load_bank
from goldmine.core.columns import column
from goldmine.core.errors import GoldmineError
from goldmine.core.i18n import _, in_language, pgettext
from goldmine.core.workspace import Workspace
from goldmine.portal.models import ListRow, Release
from goldmine.publishing.staff_words import use_case_titles

_OWN_NAMES = {"list_name": _("List or campaign"), "search": _("Search"), "sort": _("Sorted by")}
"""Parts of a filter that are no columns of files."""
SERVICES = {
    "call_back": pgettext("service", "Agreed call-back"),
    "handed_over": pgettext("service", "New in your care"),
    "overdue": pgettext("service", "Contact overdue"),
    "near_next": pgettext("service", "Near the next level"),
    "lost": pgettext("service", "Money flowed out"),
    "on_list": pgettext("service", "On a list"),
}
"""Kinds of service contacts, in words."""
SERVICE_ROWS = ("handed_over", "overdue", "near_next", "lost")
"""Kinds of service contacts that are rows of lists."""


@dataclass(frozen=True)
class RowWords:
    """A row as a page shows it.

    Parameters
    ----------
    row : ListRow
        Its codes and amounts.
    list_title, branch, manager, offer, channel, time_band, say, status : str
        In words, names beside numbers.
    reasons : tuple of str
        The strongest first.
    """

    row: ListRow
    list_title: str
    branch: str
    manager: str
    offer: str
    channel: str
    time_band: str
    say: str
    status: str
    reasons: tuple[str, ...]


def in_words(rows: Iterable[ListRow], release: Release, language: str) -> list[RowWords]:
    """Rows of one release in a language."""
    rows = list(rows)
    titles, names = list_titles(release, language), names_of(release.release_id)
    branches = names.beside("branch_id", [row.branch_id for row in rows], language)
    managers = names.beside("manager_id", [row.manager_id for row in rows], language)
    channels, bands = [row.channel for row in rows], [row.time_band for row in rows]
    times = _contact_hours().in_words(channels, bands, language)
    words = column("channel").in_words(channels, language)
    statuses = column("status").in_words([row.status for row in rows], language)
    return [
        RowWords(
            row=row,
            list_title=titles.get(row.list_name, row.list_name),
            branch=branches[place],
            manager=managers[place],
            offer=getattr(row, f"offer_{language}") or row.offer,
            channel=words[place],
            time_band=times[place],
            say=getattr(row, f"say_{language}"),
            status=statuses[place],
            reasons=reason_parts(getattr(row, f"reasons_{language}")),
        )
        for place, row in enumerate(rows)
    ]


def reason_parts(reasons: str) -> tuple[str, ...]:
    """Reasons one by one: lists store lines, campaigns one line with semicolons.

    Examples
    --------
    >>> reason_parts("Saves; Is near")
    ('Saves', 'Is near')
    """
    lines = reasons.replace("\uff1b", "\n").replace("; ", "\n").splitlines()
    return tuple(line.strip() for line in lines if line.strip())


def answer_words(language: str) -> dict[str, str]:
    """Words of the answers that a contact can have, by code."""
    words = dict(column("answer").words) | {"wrong_number": pgettext("code", "wrong number")}
    return {code: str(in_language(word, language)) for code, word in words.items()}


def list_titles(release: Release, language: str) -> dict[str, str]:
    """Titles of a release's lists by their names: of models' lists those of the use case, of campaigns their own."""
    return _list_titles(release.release_id, release.manifest_sha256, language)


@cache
def _list_titles(release_id: str, manifest_sha256: str, language: str) -> dict[str, str]:
    """Read once a release: manifest and files of use cases are long, and a page has no time for them."""
    manifest: Any = Release.objects.values_list("manifest", flat=True).get(release_id=release_id)
    campaigns = manifest.get("campaigns") or {}
    own = {name: record["title"].get(language) or name for name, record in campaigns.items()}
    services = {name: str(in_language(SERVICES[name], language)) for name in SERVICE_ROWS}
    return use_case_titles(language) | services | own


def in_other_language(release: Release, language: str) -> bool:
    """Whether the reasons of the release's lists, which it holds in one language, are in another one."""
    return _published_in(release.release_id, release.manifest_sha256) not in ("", language)


@cache
def _published_in(release_id: str, manifest_sha256: str) -> str:
    manifest: Any = Release.objects.values_list("manifest", flat=True).get(release_id=release_id)
    return str(manifest.get("language") or "")


@cache
def _contact_hours() -> ContactHours:
    return load_contact_hours()


@cache
def names_of(release_id: str) -> DisplayNames:
    """Names of branches and staff in the work folder's bank; none where it cannot be read. Read once a release."""
    try:
        return display_names(load_bank(Workspace(settings.GOLDMINE_WORK)))
    except GoldmineError:
        return DisplayNames()


def filter_words(given: Mapping[str, str], release: Release, language: str) -> str:
    """A filter as people read it: headings and words of its columns.

    Parameters
    ----------
    given : mapping of str to str
        See `goldmine.portal.filters.RowFilter.given`.
    """
    return "; ".join(filter_parts(given, release, language).values()) or str(in_language(_("all rows"), language))


def filter_parts(given: Mapping[str, str], release: Release, language: str) -> dict[str, str]:
    """The parts of a filter as people read them, by name."""
    titles, names = list_titles(release, language), names_of(release.release_id)
    colon = in_language(pgettext("between a heading and its value", ": "), language)
    parts = {}
    for name, value in given.items():
        if name in ("search", "sort", "list_name"):
            heading, shown = str(in_language(_OWN_NAMES[name], language)), titles.get(value, value)
        else:
            heading = column(name).heading(language)
            shown = names.beside(name, column(name).in_words([value], language), language)[0]
        parts[name] = f"{heading}{colon}{shown}"
    return parts
