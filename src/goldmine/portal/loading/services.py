"""Service contacts as rows of the shown release: overdue, new in someone's care, near a level, or with money lost."""

from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa
from django.db import models, transaction

from goldmine.campaigns.queue_settings import load_queue_settings
from goldmine.core.workspace import Workspace
from goldmine.portal.clock import today
from goldmine.portal.loading.insert import insert
from goldmine.portal.loading.release_rows import ReleaseRows
from goldmine.portal.models import Customer, ListRow, Release
from goldmine.portal.work import apply_results
from goldmine.reporting.bank_services import bank_services
from goldmine.reporting.metrics import figures_path
from goldmine.reporting.prepare import opened

_COLUMNS = (
    *("release_id", "kind", "status", "list_name", "rank", "customer_id", "branch_id", "manager_id", "channel"),
    *("time_band", "expected_value", "reasons_zh", "reasons_en", "say_zh", "say_en", "name", "phone", "phone_end"),
    *("grid_id", "initials", "use_case", "segment", "offer", "offer_zh", "offer_en", "product_id", "expires_with"),
    "model_version",
)
_EMPTY = 8
_AT_ONCE = 500


def can_add_services(release: Release, work: Workspace, *, make_figures: bool = False) -> bool:
    """Whether the release's service contacts were not added yet, and the month's figures are there or may be made."""
    services = ListRow.objects.filter(release=release, kind="service")
    return (make_figures or figures_path(work, release.as_of).exists()) and not services.exists()


def add_services(release: Release, source: ReleaseRows) -> None:
    """Add the release's service contacts, from the figures that the reports are made from, in one transaction.

    Figures that are not there are made first. Results that came before count for the rows that are added.
    """
    rows = bank_services(opened(source.bank, source.work, release.as_of), today(), load_queue_settings())
    records = rows.astype("object").where(rows.notna(), "").to_dict("records")
    letters = source.letters(pa.array([row["customer_id"] for row in records], pa.string()))
    with transaction.atomic():
        # One batch, as a connection that copies into a table answers no queries meanwhile.
        columns = [pa.array(values) for values in zip(*_rows(release, records, letters), strict=True)]
        insert(ListRow, [pa.record_batch(columns, _COLUMNS)] if columns else [])
        apply_results(release)


def _rows(release: Release, records: list[dict[str, Any]], letters: Mapping[str, str]) -> Iterator[tuple[Any, ...]]:
    ranks: dict[str, int] = {}
    for start in range(0, len(records), _AT_ONCE):
        some = records[start : start + _AT_ONCE]
        people = _people(release, [row["customer_id"] for row in some])
        for row in some:
            kind, (name, phone, grid) = row["kind_of_contact"], people.get(row["customer_id"], ("", "", ""))
            ranks[kind] = ranks.get(kind, 0) + 1
            end = phone[-4:] if phone[-4:].isdigit() else ""
            fixed = (release.pk, "service", "open", kind, ranks[kind], row["customer_id"])
            owner = (row["branch_id"], row["manager_id"], row["channel"], row["time_band"], row["expected_value"])
            texts = (row["reasons_zh"], row["reasons_en"], row["say_zh"], row["say_en"])
            yield (*fixed, *owner, *texts, name, phone, end, grid, letters.get(row["customer_id"], ""), *[""] * _EMPTY)


def _people(release: Release, numbers: list[str]) -> dict[str, tuple[str, str, str]]:
    rows: models.QuerySet[Customer] = Customer.objects.filter(release=release, customer_id__in=numbers)
    return {number: shown for number, *shown in rows.values_list("customer_id", "name", "phone", "grid_id")}
