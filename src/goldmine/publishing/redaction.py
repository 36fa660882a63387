"""A person taken out of the releases: each gets a new manifest that states it, so that every checksum holds again."""

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from goldmine.contactability.past_offers import releases_out
from goldmine.core.customer_rows import Person, count_rows, take_out
from goldmine.core.fingerprint import of_file
from goldmine.core.workspace import Workspace
from goldmine.publishing.manifest import Manifest, Redaction
from goldmine.publishing.release_store import Release, read_release, replace_release


def rows_in_releases(work: Workspace, person: Person) -> Iterator[tuple[Release, dict[str, int]]]:
    """Each release that names a person, with the rows by file.

    Raises
    ------
    ReleaseError
        If a release is not whole.
    """
    for folder in releases_out(work):
        release = read_release(folder)
        counts = {file.path: count_rows(folder / file.path, person) for file in release.manifest.all_files}
        found = {path: count for path, count in counts.items() if count}
        if found:
            yield release, found


def redact(work: Workspace, release: Release, person: Person, files: dict[str, int]) -> Release:
    """Take a person out of some files of a release; the release keeps its id, and its manifest says what changed.

    Parameters
    ----------
    work : Workspace
        The work folder; its lock must be held.
    files : dict of str to int
        The files that name the person.
    """

    def fill(folder: Path) -> Manifest:
        for file in release.manifest.all_files:
            target = folder / file.path
            target.parent.mkdir(parents=True, exist_ok=True)
            if file.path in files:
                take_out(release.folder / file.path, target, person)
            else:
                _share(release.folder / file.path, target)
        return _stated(release, folder, person, files)

    return replace_release(work, release, fill)


def _share(source: Path, target: Path) -> None:
    """The same file under another name, without a copy where the disk can."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def _stated(release: Release, folder: Path, person: Person, files: dict[str, int]) -> Manifest:
    manifest = release.manifest
    before = {file.path: file.sha256 for file in manifest.all_files if file.path in files}

    def now(file: Any) -> Any:
        if file is None or file.path not in files:
            return file
        path = folder / file.path
        rows = pq.read_metadata(path).num_rows if path.suffix == ".parquet" else file.rows - files[file.path]
        return file.model_copy(update={"sha256": of_file(path), "rows": rows})

    replaced = manifest.replaces
    return manifest.model_copy(
        update={
            "files": tuple(map(now, manifest.files)),
            "campaign_files": tuple(map(now, manifest.campaign_files)),
            "customers": now(manifest.customers),
            "replaces": replaced and replaced.model_copy(update={"files": tuple(map(now, replaced.files))}),
            "redactions": (
                *manifest.redactions,
                Redaction(
                    at=datetime.now(UTC),
                    person=person.pseudonym,
                    files=before,
                    manifest_sha256=of_file(release.folder / "manifest.json"),
                ),
            ),
        }
    )
