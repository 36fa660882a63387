"""Downloads of list rows: a daily allowance for each person, a second person's approval beyond it, a record of each."""

from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path
from typing import Any

from django.db import models, transaction
from django.utils import timezone

from goldmine.campaigns.gateways import write_gateway
from goldmine.core import fingerprint
from goldmine.core.file_names import file_name
from goldmine.core.i18n import _
from goldmine.portal.approvals import ask
from goldmine.portal.channel_files import DownloadError, gateway_of, rows_of
from goldmine.portal.filters import RowFilter
from goldmine.portal.journal import record
from goldmine.portal.models import Download, User
from goldmine.portal.policy import portal_policy
from goldmine.portal.row_files import FORMATS, About, FileFormat, rows_as_table, write_rows
from goldmine.portal.scope import current_release

_LONGEST_REASON = 500


@dataclass(frozen=True)
class Made:
    """A file that was made, and its name for the person who takes it."""

    path: Path
    name: str
    download: Download


def allowance_left(user: User) -> int:
    """Rows that a user may still take today without asking anybody."""
    begin = timezone.make_aware(datetime.combine(timezone.localdate(), time()))
    taken = Download.objects.filter(user=user, approval=None, at__gte=begin).aggregate(n=models.Sum("rows"))["n"] or 0
    return max(portal_policy().downloads.rows_a_day - taken, 0)


def reserve(user: User, wanted: RowFilter, kind: FileFormat) -> Download:
    """Take the rows of a filter from a user's allowance; of several requests at once, none gets what another took.

    Raises
    ------
    DownloadError
        If there are no rows, too many for one file, or more than the allowance has left.
    """
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        rows, left = _rows(user, wanted, kind), allowance_left(user)
        if rows > left:
            what = _("{rows} rows are more than the {left} that you may still take today.", rows=rows, left=left)
            raise DownloadError(what, _("Narrow the filter, or ask a second person."), needs_approval=rows)
        return Download.objects.create(user=user, filter=_stored(wanted), format=kind, rows=rows)


def count_pulled(user: User, wanted: RowFilter, kind: str, rows: int, sha256: str) -> None:
    """Count rows that a person's token pulled in the day's allowance; systems, which pull whole lists, have none.

    Parameters
    ----------
    kind : str
        Format of the answer.

    Raises
    ------
    DownloadError
        If they are more than the allowance has left.
    """
    if user.role == "system" or not rows:
        return
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        left = allowance_left(user)
        if rows > left:
            what = _("{rows} rows are more than the {left} that you may still take today.", rows=rows, left=left)
            raise DownloadError(what, _("Narrow the filter, or ask a second person."), needs_approval=rows)
        Download.objects.create(user=user, filter=_stored(wanted), format=kind, rows=rows, sha256=sha256)


def ask_for(user: User, wanted: RowFilter, kind: FileFormat, why: str) -> Download:
    """Ask a second person to approve a download that the allowance does not cover.

    Raises
    ------
    DownloadError
        If there are no rows, too many for one file, or no reason is given.
    """
    why = why.replace("\x00", "").strip()[:_LONGEST_REASON]
    if not why:
        raise DownloadError(_("A reason is missing."), _("Write what the file is for."))
    rows = _rows(user, wanted, kind)
    with transaction.atomic():
        download = Download.objects.create(user=user, filter=_stored(wanted), format=kind, rows=rows)
        download.approval = ask(user, "download", str(download.pk), why)
        download.save(update_fields=["approval"])
    return download


def approved(user: User, number: int) -> Download:
    """A user's download that was approved and not taken yet.

    Raises
    ------
    DownloadError
        If there is none, or what it would hold now is not what was approved.
    """
    waiting = Download.objects.filter(user=user, sha256="", approval__approved=True)
    download = waiting.filter(pk=number).first()
    if download is None:
        raise DownloadError(_("There is no approved download of this number."), _("Ask for it again."))
    same = download.filter.get("release") == _release_id()
    if not same or _rows(user, _filter_of(download), _kind(download)) > download.rows:
        raise DownloadError(_("The lists have changed since the download was approved."), _("Ask for it again."))
    return download


def make_file(download: Download, folder: Path, language: str) -> Made:
    """Make a download's file, and record its rows and its checksum; if it fails, the allowance gets its rows back."""
    user, at = download.user, timezone.localtime()
    wanted = _filter_of(download)
    release = current_release()
    assert release is not None  # rows of it were reserved
    kind = _kind(download)
    suffix = f"{wanted.channel}.csv" if kind == "channel" else kind
    name = file_name("-".join([wanted.list_name or "lists", user.username, f"{at:%Y%m%d-%H%M%S}"]))
    try:
        table = rows_as_table(rows_of(user, wanted, kind)[: download.rows], release, language)
        path = folder / f"rows.{suffix}"
        if kind == "channel":
            write_gateway(path, table, gateway_of(wanted))
        else:
            write_rows(path, table, About(user, at, release, wanted.given()), language)
        download.rows, download.sha256 = table.num_rows, fingerprint.of_file(path)
        logged = {"filter": wanted.given(), "rows": download.rows, "sha256": download.sha256}
        record(user, "channel_file" if kind == "channel" else "download", f"download:{download.pk}", **logged)
    except BaseException:
        Download.objects.filter(pk=download.pk, approval=None).delete()
        raise
    download.save(update_fields=["rows", "sha256"])
    return Made(path, f"{name}.{suffix}", download)


def of_user(user: User) -> "models.QuerySet[Download]":
    """A user's downloads, the newest first."""
    return Download.objects.filter(user=user).select_related("approval__decided_by").order_by("-at", "-pk")


def _rows(user: User, wanted: RowFilter, kind: FileFormat) -> int:
    most = portal_policy().downloads.rows_at_most
    rows: int = rows_of(user, wanted, kind).order_by().values("pk")[: most + 1].count()
    if rows == 0:
        raise DownloadError(_("No row fits this filter."), _("Change the filter."))
    if rows > most:
        raise DownloadError(_("One file holds {most} rows at most.", most=most), _("Narrow the filter."))
    return rows


def _stored(wanted: RowFilter) -> dict[str, Any]:
    return {"release": _release_id(), "rows_of": wanted.given()}


def _filter_of(download: Download) -> RowFilter:
    return RowFilter.model_validate(download.filter["rows_of"])


def _kind(download: Download) -> FileFormat:
    return next(kind for kind in FORMATS if kind == download.format)


def _release_id() -> str:
    release = current_release()
    return release.release_id if release else ""
