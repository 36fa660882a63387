"""Offers of the releases so far: to which customers, when and by which channel."""

from collections.abc import Collection
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from goldmine.core.files import read_json, read_record
from goldmine.core.fingerprint import of_file
from goldmine.core.i18n import LocalizedText, stored_text
from goldmine.core.workspace import Workspace

OFFER_COLUMNS = ("campaign_id", "customer_id", "use_case", "channel", "group", "as_of", "valid_until")
"""Columns that are read of each past offer."""


def releases_out(work: Workspace) -> list[Path]:
    """Folders of all releases, by snapshot, then by time of creation."""
    releases = [(path.parent.parent.name, _manifest(path)["created_at"], path.parent) for path in _manifests(work)]
    return [folder for *_, folder in sorted(releases)]


def handed_out(work: Workspace) -> list[Path]:
    """Folders of the releases that were current when they were made, by time of creation.

    A release made when a later snapshot had one already is a backfill: nobody works it, and it binds nobody.
    """
    releases = sorted(
        (_manifest(path)["created_at"], path.parent.parent.name, path.parent) for path in _manifests(work)
    )
    latest, current = "", []
    for _created_at, snapshot, folder in releases:
        if snapshot >= latest:
            latest = snapshot
            current.append(folder)
    return current


def newest_releases(work: Workspace, before: date | None = None) -> list[Path]:
    """The release that is worked of each snapshot (before a day, if given), backfills left out.

    The newest replaces the snapshot's earlier ones; so does an older one that was published again and is current.
    """
    newest = {folder.parent.name: folder for folder in handed_out(work)}
    current = read_json(work.releases / "latest.json", {})
    if current.get("as_of") in newest:
        newest[current["as_of"]] = work.releases / current["path"]
    return [folder for day, folder in sorted(newest.items()) if before is None or day < str(before)]


def offers_of(folders: list[Path]) -> pd.DataFrame:
    """The offers of some releases' campaigns: of each release in turn the control, then the contacts.

    Returns
    -------
    pandas.DataFrame
        `OFFER_COLUMNS`, one row per offer.
    """
    tables = [pq.read_table(path, columns=list(OFFER_COLUMNS)) for folder in folders for path in _files(folder)]
    if not tables:
        return pd.DataFrame({name: pd.Series(dtype="object") for name in OFFER_COLUMNS})
    return pa.concat_tables(tables).to_pandas()


def campaign_names(folders: list[Path], campaigns: Collection[str]) -> dict[str, str]:
    """Codes of some campaigns by what people call them, in lower case: their codes, and titles in any language.

    A title that two campaigns share names neither.
    """
    names: dict[str, str] = {}
    shared = set()
    for folder in folders:
        for code, record in (_manifest(folder / "manifest.json").get("campaigns") or {}).items():
            for title in record["title"].values():
                if names.setdefault(title.lower(), code) != code:
                    shared.add(title.lower())
    return {name: code for name, code in names.items() if name not in shared} | {code: code for code in campaigns}


def campaign_titles(folders: list[Path]) -> dict[str, LocalizedText]:
    """Titles of the campaigns of some releases by their codes; of two releases of a campaign the later one's."""
    titles = {}
    for folder in folders:
        for code, record in (_manifest(folder / "manifest.json").get("campaigns") or {}).items():
            titles[code] = stored_text(record["title"])
    return titles


def releases_fingerprint(folders: list[Path]) -> list[str]:
    """Fingerprints of some releases' campaigns."""
    return [of_file(path) for folder in folders for path in _files(folder)]


def _manifest(path: Path) -> dict[str, Any]:
    """The manifest of a release; without it nobody knows whom the release binds, so a damaged one is refused."""
    manifest: dict[str, Any] = read_record(
        path, {}, "Restore the release from a backup; or move its folder away, and its offers no longer count."
    )
    return manifest


def _manifests(work: Workspace) -> list[Path]:
    return [path for path in work.releases.glob("*/*/manifest.json") if not path.parent.name.startswith(".")]


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("campaigns/*/control.parquet")) + sorted(folder.glob("campaigns/*/offers.parquet"))
