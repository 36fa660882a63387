"""Offers of the releases so far: to which customers, when and by which channel."""

from datetime import date
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from goldmine.core.files import read_json
from goldmine.core.fingerprint import of_file
from goldmine.core.workspace import Workspace

OFFER_COLUMNS = ("campaign_id", "customer_id", "channel", "group", "as_of", "valid_until")
"""Columns that are read of each past offer."""


def releases_out(work: Workspace) -> list[Path]:
    """Folders of all releases, by snapshot, then by time of creation."""
    releases = [(path.parent.parent.name, read_json(path)["created_at"], path.parent) for path in _manifests(work)]
    return [folder for *_, folder in sorted(releases)]


def newest_releases(work: Workspace, before: date | None = None) -> list[Path]:
    """The newest release of each snapshot (before a day, if given): it replaces the snapshot's earlier ones."""
    newest = {folder.parent.name: folder for folder in releases_out(work)}
    return [folder for day, folder in sorted(newest.items()) if before is None or day < str(before)]


def offers_of(folders: list[Path]) -> pd.DataFrame:
    """The offers of some releases' campaigns, contact and control.

    Returns
    -------
    pandas.DataFrame
        `OFFER_COLUMNS`, one row per offer.
    """
    tables = [pq.read_table(path, columns=list(OFFER_COLUMNS)) for folder in folders for path in _files(folder)]
    if not tables:
        return pd.DataFrame({name: pd.Series(dtype="object") for name in OFFER_COLUMNS})
    return pa.concat_tables(tables).to_pandas()


def releases_fingerprint(folders: list[Path]) -> list[str]:
    """Fingerprints of some releases' campaigns."""
    return [of_file(path) for folder in folders for path in _files(folder)]


def _manifests(work: Workspace) -> list[Path]:
    return [path for path in work.releases.glob("*/*/manifest.json") if not path.parent.name.startswith(".")]


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("campaigns/*/offers.parquet")) + sorted(folder.glob("campaigns/*/control.parquet"))
