"""A release becomes rows of the database in one transaction; then one row names it as the current one."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
from django.db import transaction
from django.utils import timezone

from goldmine.core import fingerprint
from goldmine.core.workspace import Workspace
from goldmine.portal.models import CurrentRelease, Customer, ListRow, Release
from goldmine.publishing import read_latest
from goldmine.publishing.release_store import Release as ReleaseFiles

_BATCH = 2000


def load_release(work: Workspace) -> Release:
    """Load the current release of a work folder, and show it; one that is loaded already is shown again.

    Every file is compared with its checksum first; readers see the release before until the last step.

    Raises
    ------
    ReleaseError
        If nothing was published, or the release is not whole; the release before stays.
    """
    files = read_latest(work)
    release = Release.objects.filter(release_id=files.manifest.release_id).first()
    with transaction.atomic():
        if release is None:
            release = _store(files)
        CurrentRelease.objects.update_or_create(id=1, defaults={"release": release})
    return release


def _store(files: ReleaseFiles) -> Release:
    manifest = files.manifest
    release = Release.objects.create(
        release_id=manifest.release_id,
        as_of=manifest.as_of,
        bank=manifest.bank,
        created_at=manifest.created_at,
        loaded_at=timezone.now(),
        manifest_sha256=fingerprint.of_file(files.folder / "manifest.json"),
        manifest=manifest.model_dump(mode="json"),
    )
    if manifest.customers:
        customers = _frame(files.folder / manifest.customers.path)
        Customer.objects.bulk_create(
            [_customer(release, row) for row in customers.to_dict("records")], batch_size=_BATCH
        )
    for path in sorted(files.folder.glob("lists/*.parquet")):
        rows = _frame(path)
        ListRow.objects.bulk_create(
            [_listed(release, path.stem, manifest.language, row) for row in rows.to_dict("records")], batch_size=_BATCH
        )
    for path in sorted(files.folder.glob("campaigns/*/offers.parquet")):
        rows = _frame(path).sort_values(["expected_value", "customer_id"], ascending=[False, True], ignore_index=True)
        ListRow.objects.bulk_create(
            [_offer(release, rank, row) for rank, row in enumerate(rows.to_dict("records"), start=1)], batch_size=_BATCH
        )
    return release


def _frame(path: Path) -> pd.DataFrame:
    frame = pq.read_table(path).to_pandas()
    return frame.astype("object").where(frame.notna(), None)


def _customer(release: Release, row: dict[str, Any]) -> Customer:
    tags = {name: value for name, value in row.items() if name.startswith("tag_") and value not in (None, False)}
    return Customer(
        release=release,
        customer_id=row["customer_id"],
        branch_id=row["branch_id"] or "",
        manager_id=row["manager_id"] or "",
        layer=row["layer"] or "",
        level=row["level"],
        previous_level=row["previous_level"],
        aum_avg=row["aum_avg"],
        tags=json.dumps(tags, ensure_ascii=False, default=str),
        months="[]",
        products="{}",
    )


def _shared(row: dict[str, Any]) -> dict[str, Any]:
    names = ("probability", "decile", "biggest_move", "biggest_move_months", "valid_until", "use_case")
    texts = ("customer_id", "branch_id", "manager_id", "expires_with", "model_version")
    return {name: row[name] for name in names} | {name: row[name] or "" for name in texts}


def _listed(release: Release, name: str, language: str, row: dict[str, Any]) -> ListRow:
    reasons = "\n".join(row[f"reason_{place}"] for place in (1, 2, 3) if row[f"reason_{place}"])
    return ListRow(
        release=release,
        kind="list",
        list_name=name,
        rank=row["rank"],
        segment=row["segment"] or "",
        reasons_zh=reasons if language == "zh" else "",
        reasons_en=reasons if language == "en" else "",
        **_shared(row),
    )


def _offer(release: Release, rank: int, row: dict[str, Any]) -> ListRow:
    phone = row["phone"] or ""
    return ListRow(
        release=release,
        kind="campaign",
        list_name=row["campaign_id"],
        rank=rank,
        expected_value=row["expected_value"],
        offer=row["offer"],
        offer_zh=row["offer_zh"] or "",
        offer_en=row["offer_en"] or "",
        product_id=row["product_id"] or "",
        channel=row["channel"],
        time_band=row["time_band"] or "",
        say_zh=row["say_zh"] or "",
        say_en=row["say_en"] or "",
        reasons_zh=row["reason_zh"] or "",
        reasons_en=row["reason_en"] or "",
        name=row["name"] or "",
        phone=phone,
        phone_end=phone[-4:],
        **_shared(row),
    )
