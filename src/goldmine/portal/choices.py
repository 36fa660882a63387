"""What each filter of the lists can be set to: the values that the user's own rows have."""

from dataclasses import dataclass
from typing import Any

from django.core.cache import cache

from goldmine.core import fingerprint
from goldmine.core.columns import column
from goldmine.portal.models import ListRow, Release, User
from goldmine.portal.scope import scope_key, visible
from goldmine.portal.words import list_titles, names_of

_COLUMNS = ("list_name", "branch_id", "manager_id", "product_id", "channel", "valid_until")
_MOST = 200
"""A column with more values has a field to write in."""
_SECONDS = 3600


@dataclass(frozen=True)
class Choice:
    """A value of a filter, and how it is shown."""

    value: str
    text: str


def choices(user: User, release: Release, language: str) -> dict[str, list[Choice]]:
    """The values of each filter within a user's scope, by column; of a column with many values, none."""
    values = _values(user, release)
    names, titles = names_of(release.release_id), list_titles(release, language)
    shown = {
        "list_name": [Choice(value, titles.get(value, value)) for value in values["list_name"]],
        "channel": _pairs(values["channel"], column("channel").in_words(values["channel"], language)),
        "branch_id": _pairs(values["branch_id"], names.beside("branch_id", values["branch_id"], language)),
        "manager_id": _pairs(values["manager_id"], names.beside("manager_id", values["manager_id"], language)),
        "status": [Choice(code, word) for code, word in _words("status", language) if code != "refused"],
        "decile": [Choice(str(number), str(number)) for number in range(1, 11)],
    }
    return {name: _pairs(own, own) for name, own in values.items()} | shown


def _values(user: User, release: Release) -> dict[str, list[str]]:
    """Kept for an hour: rows of a release do not change in these columns, but for services, added all at once."""
    services = visible(user, ListRow).filter(kind="service").exists()
    key = f"choices:{release.pk}:{services}:{fingerprint.of_value(scope_key(user))}"
    kept: dict[str, list[str]] | None = cache.get(key)
    if kept is None:
        kept = {name: _distinct(visible(user, ListRow), name) for name in _COLUMNS}
        cache.set(key, kept, _SECONDS)
    return kept


def _distinct(rows: Any, name: str) -> list[str]:
    found = rows.order_by(name).values_list(name, flat=True).distinct()[: _MOST + 1]
    values = [str(value) for value in found if value not in (None, "")]
    return values if len(values) <= _MOST else []


def _pairs(values: list[str], texts: list[str]) -> list[Choice]:
    return [Choice(value, text) for value, text in zip(values, texts, strict=True)]


def _words(name: str, language: str) -> list[tuple[str, str]]:
    codes = list(column(name).words)
    return list(zip(codes, column(name).in_words(codes, language), strict=True))
