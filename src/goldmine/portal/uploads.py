"""Results that come back as a file: read, checked and sorted by the code of `goldmine outcomes import`.

A row of a customer out of the user's scope is a bad row with the reason that an unknown customer has.
"""

import re
import secrets
import time
import zipfile
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import models, transaction

from goldmine.campaigns.results.parse_sheet import read_sheet
from goldmine.campaigns.results.rejected_rows import write_rejected
from goldmine.campaigns.results.result_check import Known, Listing, customer_number
from goldmine.campaigns.results.sort_rows import Key, Row, SortedRows, outcome_of, refuses, sort_rows
from goldmine.contract.tables import RELATIONSHIP
from goldmine.core import fingerprint
from goldmine.core.errors import ContractError
from goldmine.core.file_names import file_name
from goldmine.core.i18n import _
from goldmine.core.sheet import Sheet
from goldmine.portal.clock import today
from goldmine.portal.journal import record, together
from goldmine.portal.models import Customer, Release, Result, User
from goldmine.portal.persons import numbers_of, survivors
from goldmine.portal.policy import portal_policy
from goldmine.portal.scope import visible, worked
from goldmine.portal.words import SERVICE_ROWS
from goldmine.portal.work import Contact, WorkError, record_result

_MEGABYTE = 1_000_000
_AT_ONCE = 100
"""Results of one transaction, so that nobody who writes waits long."""
_IN_A_QUERY = 500
_MOST_RESULTS = 5000
_KEPT_SECONDS = 86_400
_REASONS = {
    "not_there": "never_listed",
    "before": "before",
    "late": "late",
    "future": "future",
    "channel": "channel",
    "key": "other",
}
"""Reasons of bad rows, by what `goldmine.portal.work` refuses a result for; any other is a value it cannot store."""


@dataclass(frozen=True)
class Uploaded:
    """What became of a file's rows.

    Parameters
    ----------
    new, known, idle, refused : int
        Newly stored, stored before, not worked yet; and newly stored refusals.
    bad : Counter of str
        Rejected rows by reason.
    bad_file : str
        Name of the file of rejected rows, for `rejected_file`; empty: there are none.
    """

    new: int
    known: int
    idle: int
    refused: int
    bad: Counter[str]
    bad_file: str


def import_file(user: User, upload: UploadedFile) -> Uploaded:
    """Store the results of a file; the same file again changes nothing.

    Raises
    ------
    ContractError
        If the file is too large, cannot be read or lacks a column; nothing is stored then.
    """
    folder = _folder(user)
    path = folder / f"{secrets.token_hex(8)}-{_name(upload)}"
    try:
        _keep(upload, path)
        sheet = read_sheet(path)
        record(user, "upload", "page:results", rows=len(sheet.rows), sha256=fingerprint.of_file(path))
        stored = _stored(user, sheet)
        rows = sort_rows(sheet, _known(user, sheet), stored)
        new = {key: row for key, row in rows.good.items() if stored.get(key) != row}
        if len(new) > _MOST_RESULTS:
            raise ContractError(
                _("The file has {n} results; one file holds {most} at most.", n=len(new), most=_MOST_RESULTS),
                _("Split the file."),
            )
        bad = rows.bad | _record(user, new, rows)
        bad_file = write_rejected(path, sheet, bad, rows.heard).name if bad else ""
    finally:
        path.unlink(missing_ok=True)
    done = {key: row for key, row in new.items() if not any(place in bad for place in rows.places.get(key, ()))}
    refusals = sum(refuses(row) for row in done.values())
    return Uploaded(len(done), len(rows.good) - len(new), rows.idle, refusals, Counter(bad.values()), bad_file)


def rejected_file(user: User, name: str) -> Path | None:
    """A user's file of rejected rows; None if it is not theirs, or gone after a day."""
    return next((path for path in _folder(user).iterdir() if path.name == name and ".bad." in name), None)


def _keep(upload: UploadedFile, path: Path) -> None:
    limits = portal_policy().uploads
    if (upload.size or 0) > limits.megabytes * _MEGABYTE:
        raise ContractError(
            _("The file has more than {most} megabytes.", most=limits.megabytes), _("Send the rows with results alone.")
        )
    with path.open("xb") as stream:
        for chunk in upload.chunks():
            stream.write(chunk)
    if path.suffix.lower() == ".xlsx":
        _refuse_bomb(path, limits.unpacked_megabytes)


def _refuse_bomb(path: Path, most: int) -> None:
    """Refuse a workbook by the size that it says it unpacks to; what unpacks to more is cut off there when read."""
    try:
        with zipfile.ZipFile(path) as packed:
            size = sum(entry.file_size for entry in packed.infolist())
    except (zipfile.BadZipFile, OSError):
        raise ContractError(_("The file is no workbook."), _("Save it as .xlsx again.")) from None
    if size > most * _MEGABYTE:
        raise ContractError(
            _("The workbook unpacks to more than {most} megabytes.", most=most),
            _("Delete pictures and sheets that hold no results."),
        )


def _known(user: User, sheet: Sheet) -> Known:
    """The campaigns and the customers of the sheet that the user may see; others are as unknown as any number."""
    listed: dict[tuple[str, str], Listing] = {}
    customers: set[str] = set()
    for given in _batches(_customers(sheet)):
        merged = survivors(given)
        numbers = sorted({*given, *merged.values()})
        rows = worked(user).filter(customer_id__in=numbers)
        offers = rows.order_by().values_list("list_name", "customer_id")
        spans = offers.annotate(models.Min("release__as_of"), models.Max("valid_until"))
        of_lists = {(name, number): Listing(first, until) for name, number, first, until in spans}
        found = visible(user, Customer).filter(customer_id__in=numbers)
        customers |= set(found.values_list("customer_id", flat=True))
        customers |= {old for old, kept in merged.items() if kept in customers}
        listed |= {
            (name, old): listing for (name, kept), listing in of_lists.items() for old in merged if merged[old] == kept
        }
        listed |= of_lists
    customers |= {number for _name, number in listed}
    return Known(listed, _campaigns({name for name, _number in listed}), today(), customers, sheet.saved_on)


def _campaigns(listed: set[str]) -> dict[str, str]:
    """Campaigns of all loaded releases and lists of the user's rows: by code, and by titles that name one alone."""
    titles: dict[str, set[str]] = {}
    for manifest in Release.objects.values_list("manifest", flat=True):
        for code, campaign in (manifest.get("campaigns") or {}).items():
            for title in (code, *campaign["title"].values()):
                titles.setdefault(title.lower(), set()).add(code)
    return {title: codes.pop() for title, codes in titles.items() if len(codes) == 1} | {name: name for name in listed}


def _stored(user: User, sheet: Sheet) -> dict[Key, Row]:
    """Results of the sheet's customers that the portal has, as the import has them; of one contact the last."""
    stored: dict[Key, Row] = {}
    for numbers in _batches(_customers(sheet)):
        own = models.Q(customer_id__in=numbers) | models.Q(listed_as__in=numbers)
        for result in visible(user, Result).filter(own).order_by("at", "pk"):
            number = result.listed_as or result.customer_id
            campaign = RELATIONSHIP if result.list_name in SERVICE_ROWS else result.list_name
            stored[(campaign, number, result.contacted_on)] = {
                "campaign_id": campaign,
                "customer_id": number,
                "contacted_on": result.contacted_on,
                "channel": result.channel,
                "answer": result.answer,
                "note": result.note or None,
                "certain": result.certain,
                "amount": result.amount,
                "product": result.product_id or None,
                "outcome": outcome_of(result.answer),
            }
    return stored


def _record(user: User, new: dict[Key, Row], rows: SortedRows) -> dict[int, str]:
    """Store new results, some in a transaction; give the reasons of those that could not be stored."""
    bad: dict[int, str] = {}
    for some in _batches(new):
        with transaction.atomic(), together():
            for key in some:
                try:
                    _record_one(user, new[key])
                except WorkError as error:
                    bad |= dict.fromkeys(rows.places.get(key, ()), _REASONS.get(error.reason, "text"))
    return bad


def _record_one(user: User, row: Row) -> None:
    values: Any = row
    contact = Contact(
        customer_id=values["customer_id"],
        list_name=_list_of(user, values["campaign_id"], values["customer_id"]),
        answer=values["answer"],
        contacted_on=values["contacted_on"],
        channel=values["channel"],
        note=values["note"] or "",
        product_id=values["product"] or "",
        amount=values["amount"] if values["answer"] == "bought" else None,
        certain=values["certain"],
    )
    # The row itself is the key: sent twice at once it is stored once, corrected it is another result.
    key = uuid5(NAMESPACE_URL, repr(sorted((name, str(value)) for name, value in row.items())))
    record_result(user, contact, key, source="upload", corrects_refusal=bool(row["certain"]))


def _list_of(user: User, campaign: str, customer_id: str) -> str:
    """The list that a row's contact is of: of customer care the service that the customer is listed for, as in My day.

    Files name no services, since the bank's contacts know customer care alone.
    """
    if campaign != RELATIONSHIP:
        return campaign
    rows = worked(user).filter(customer_id__in=numbers_of(customer_id), kind="service")
    by_value = models.F("expected_value").desc(nulls_last=True)
    return rows.order_by("-release_id", by_value, "list_name").values_list("list_name", flat=True).first() or campaign


def _customers(sheet: Sheet) -> list[str]:
    place = sheet.columns["customer_id"]
    return sorted({customer_number(row[place]).replace("\x00", "") for row in sheet.rows if place < len(row)})


def _batches(values: Iterable[Any]) -> list[list[Any]]:
    listed = list(values)
    size = _IN_A_QUERY if listed and isinstance(listed[0], str) else _AT_ONCE
    return [listed[start : start + size] for start in range(0, len(listed), size)]


def _folder(user: User) -> Path:
    """Where a user's rejected rows wait for a day, readable for the portal alone."""
    folder = Path(settings.GOLDMINE_WORK) / "portal" / "rejected" / str(user.pk)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for path in folder.iterdir():
        if path.stat().st_mtime < time.time() - _KEPT_SECONDS:
            path.unlink(missing_ok=True)
    return folder


def _name(upload: UploadedFile) -> str:
    """A file name for an upload, which keeps the suffix that says how it is read."""
    given = Path(upload.name or "results")
    suffix = given.suffix if re.fullmatch(r"\.[A-Za-z]{1,8}", given.suffix) else ""
    return file_name(given.name.removesuffix(suffix)) + suffix
