"""A person in the portal's databases: found, and erased so that the files do not hold them either."""

from collections.abc import Iterator

from django.apps import apps
from django.db import connections, models, transaction
from django.db.models.functions import Cast

from goldmine.core.customer_rows import Person
from goldmine.core.fingerprint import of_file
from goldmine.core.workspace import Workspace
from goldmine.portal.models import Approval, Download, ListRow, Release, SavedFilter
from goldmine.portal.row_security import system_task
from goldmine.publishing.release_store import read_release

_NUMBERS = ("customer_id", "listed_as", "merged_id", "survivor_id")
_TYPED = (
    *((Download, "filter"), (Approval, "subject_id"), (Approval, "why"), (Approval, "note")),
    *((SavedFilter, "name"), (SavedFilter, "filter")),
)
"""What a user typed, where a number may stand among other words."""


@system_task()
def rows_in_portal(person: Person) -> dict[str, int]:
    """By table of the portal, the rows that name a person."""
    counts = {model._meta.model_name: _of(model, person).count() for model in _models()}
    for model, field in _TYPED:
        name = model._meta.model_name
        counts[name] = counts.get(name, 0) + len(list(_typed(model, field, person)))
    return {str(name): count for name, count in counts.items() if count}


@system_task()
def forget_in_portal(work: Workspace, person: Person) -> dict[str, int]:
    """Erase a person from the portal's databases, and let them keep nothing of what was erased.

    Refusals, results and look-ups of the person go too: the register of forgotten customers, not they, keeps the person
    off every later list. Manifests that a redaction changed are read again.

    Returns
    -------
    dict of str to int
        Rows erased by table.
    """
    counts = rows_in_portal(person)
    with transaction.atomic():
        for model in _models():
            _of(model, person).delete()
        for typed, field in _TYPED:
            for row in _typed(typed, field, person):
                text = person.pattern.sub(b"***", str(getattr(row, field)).encode()).decode()
                setattr(row, field, {} if field == "filter" else text)
                row.save(update_fields=[field])
        for release in Release.objects.all():
            _read_manifest_again(work, release)
    for alias in ("default", "numbers"):
        _compact(alias)
    return counts


def _models() -> Iterator[type[models.Model]]:
    """The portal's tables with customer numbers; those that another points to come last."""
    named = [
        model
        for model in apps.get_app_config("portal").get_models()
        if any(field.name in _NUMBERS for field in model._meta.get_fields())
    ]
    return iter(sorted(named, key=lambda model: (model is ListRow, model._meta.label)))


def _of(model: type[models.Model], person: Person) -> models.QuerySet[models.Model]:
    fields = {field.name for field in model._meta.get_fields()} & set(_NUMBERS)
    wanted = models.Q()
    for name in fields:
        wanted |= models.Q(**{f"{name}__in": sorted(person.numbers)})
    return model._default_manager.filter(wanted)


def _typed(model: type[models.Model], field: str, person: Person) -> Iterator[models.Model]:
    rows = model._default_manager.annotate(text=Cast(field, models.TextField()))
    for number in sorted(person.numbers):
        for row in rows.filter(text__contains=number):
            if person.pattern.search(str(getattr(row, field)).encode()):
                yield row


def _read_manifest_again(work: Workspace, release: Release) -> None:
    folder = work.releases / str(release.as_of) / release.release_id
    if not (folder / "manifest.json").exists():
        return
    checksum = of_file(folder / "manifest.json")
    if checksum != release.manifest_sha256:
        release.manifest_sha256 = checksum
        release.manifest = read_release(folder).manifest.model_dump(mode="json")
        release.save(update_fields=["manifest", "manifest_sha256"])


def _compact(alias: str) -> None:
    """Write a database anew: a deleted row stays readable in the file until its place is taken by another.

    PostgreSQL's statistics quote values of columns, so they are made anew too.
    """
    connection = connections[alias]
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE)" if connection.vendor == "postgresql" else "VACUUM")
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
