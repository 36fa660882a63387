"""A release becomes rows of the database in one transaction; then one row names it as the current one."""

from collections.abc import Iterator
from datetime import date
from itertools import chain
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
from django.db import models, transaction
from django.utils import timezone

from goldmine.contract.manifest import load_bank
from goldmine.core import fingerprint
from goldmine.core.errors import ReleaseError
from goldmine.core.workspace import Workspace
from goldmine.portal import numbers
from goldmine.portal.current_release import offer_to_show
from goldmine.portal.databases import refresh_statistics
from goldmine.portal.journal import record
from goldmine.portal.loading.insert import insert
from goldmine.portal.loading.release_rows import ReleaseRows
from goldmine.portal.loading.retention import drop_old_releases
from goldmine.portal.loading.services import add_services, can_add_services
from goldmine.portal.models import Customer, ListRow, MergedNumber, Release, User
from goldmine.publishing import read_latest
from goldmine.publishing.release_store import Release as ReleaseFiles


class Loaded(NamedTuple):
    """A release that was loaded, and whether it is shown."""

    release: Release
    is_shown: bool


def load_release(work: Workspace, asked_by: User | None = None, *, services: bool = False) -> Loaded:
    """Load the current release of a work folder, and show it; one that is loaded already is only shown.

    Every file is compared with its checksum first. The rows come in one transaction, and readers see the release before
    until the last step, which changes one row. Old releases are then dropped, as the portal's policy says. Where
    releases need approval, the release waits for a second person's yes.

    Parameters
    ----------
    asked_by : User, optional
        The portal's user who loads, and who is not the one who approves.
    services : bool
        Add service contacts of the daily queue even if the month's reports were not made, whose figures they need and
        which are then computed first.

    Raises
    ------
    ReleaseError
        If nothing was published, the release is not whole, or it names a customer of its control; the release before
        stays.
    WorkFolderError
        If the bank's tables changed since they were taken in, or another run holds the work folder.
    """
    try:
        with work.lock():
            return _load(work, asked_by, services)
    except ReleaseError as error:
        record(asked_by, "release_refused", why=str(error))
        raise


def _load(work: Workspace, asked_by: User | None, services: bool) -> Loaded:
    files = read_latest(work)
    release = Release.objects.filter(release_id=files.manifest.release_id).first()
    wants_services = release is not None and can_add_services(release, work, make_figures=services)
    if release is None or wants_services or not numbers.holds(release):
        rows = ReleaseRows(files, load_bank(work), work)
        release = release or _store(files, rows)
        if can_add_services(release, work, make_figures=services):
            add_services(release, rows)
        numbers.store(release, _people(release, rows))
    with transaction.atomic():
        is_shown = offer_to_show(release, asked_by)
        logged = {"sha256": release.manifest_sha256, "shown": is_shown}
        record(asked_by, "release_loaded", f"release:{release.release_id}", **logged)
    drop_old_releases()
    numbers.erase_ended()
    return Loaded(release, is_shown)


def _store(files: ReleaseFiles, rows: ReleaseRows) -> Release:
    _refuse_control(files)
    customers, listed = _begun(rows.customers()), _begun(rows.listed())
    manifest = files.manifest
    with transaction.atomic():
        release = Release.objects.create(
            release_id=manifest.release_id,
            as_of=manifest.as_of,
            bank=manifest.bank,
            created_at=manifest.created_at,
            loaded_at=timezone.now(),
            manifest_sha256=fingerprint.of_file(files.folder / "manifest.json"),
            manifest=manifest.model_dump(mode="json"),
        )
        insert(Customer, customers, release_id=release.pk)
        insert(ListRow, listed, release_id=release.pk, status="open")
        insert(MergedNumber, rows.merged(), release_id=release.pk)
        refresh_statistics(Customer, ListRow)
    return release


def _people(release: Release, rows: ReleaseRows) -> Iterator[tuple[str, numbers.Person, date]]:
    """The people of a release's rows that somebody calls or visits, each with the last day of their lists."""
    called = ListRow.objects.filter(release=release, channel__in=numbers.CALLED_BY)
    until = dict(called.values_list("customer_id").annotate(models.Max("valid_until")))
    for number, (name, phone) in rows.called(until).items():
        yield number, numbers.Person(name, phone), until[number] or date.max


def _begun(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The same batches, the first already there: what is computed before it is computed outside of the transaction."""
    first = next(batches, None)
    return iter(()) if first is None else chain([first], batches)


def _refuse_control(files: ReleaseFiles) -> None:
    """Refuse a release that would show a customer of a control group, to whom nothing may be offered.

    Raises
    ------
    ReleaseError
        If there is one.
    """

    def numbers(pattern: str) -> set[str]:
        paths = sorted(files.folder.glob(pattern))
        return {number for path in paths for number in pq.read_table(path, columns=["customer_id"])[0].to_pylist()}

    control = numbers("campaigns/*/control.parquet")
    for what, pattern in (("offers", "campaigns/*/offers.parquet"), ("lists", "lists/*.parquet")):
        if shown := len(control & numbers(pattern)):
            raise ReleaseError(
                f"{files.folder}: {what} hold {shown} customers of a control group, who are offered nothing.",
                "Publish again: `goldmine publish`; the release before stays shown.",
            )
