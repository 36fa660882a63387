"""Releases on disk: complete and immutable, or absent."""

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pydantic

from goldmine.core import fingerprint
from goldmine.core.errors import ReleaseError
from goldmine.core.file_modes import folder_mode, released_mode
from goldmine.core.files import disk_errors, remove, sync
from goldmine.core.i18n import _
from goldmine.core.workspace import Workspace
from goldmine.publishing.manifest import Latest, Manifest
from goldmine.publishing.signature import sign, signature_fault

_PART = ".part"
_REPLACEMENT, _REPLACED = ".replacement", ".replaced"
"""Ends of the hidden names of a whole folder that takes a release's place, and of the one that it replaces."""


@dataclass(frozen=True)
class Release:
    """One published set of lists.

    Parameters
    ----------
    folder : Path
        Folder of the release.
    manifest : Manifest
        Its manifest.
    """

    folder: Path
    manifest: Manifest


def read_latest(work: Workspace) -> Release:
    """The current release, after comparing every file with its checksum.

    Raises
    ------
    ReleaseError
        If nothing was published yet, or the release is not whole.
    """
    path = _latest(work)
    if not path.exists():
        raise ReleaseError(
            _("{releases}: nothing has been published yet.", releases=work.releases), _("Run `goldmine run` first.")
        )
    latest = _latest_of(path)
    folder = _folder(work, latest.as_of, latest.release_id)
    release = read_release(folder)
    if fingerprint.of_file(folder / "manifest.json") != latest.manifest_sha256:
        raise _not_whole(folder, _("manifest.json is not the one that was published"))
    return release


def release_once(work: Workspace, as_of: date, release_id: str, fill: Callable[[Path], Manifest]) -> Release:
    """Write a release unless it exists, and let ``latest.json`` name it.

    It is built in a hidden folder that gets the release's name when all of it is on disk; ``latest.json`` changes last.
    A snapshot older than the current release's does not become current: backfilling an old month must not replace a
    newer release.

    Parameters
    ----------
    work : Workspace
        The work folder; its lock must be held.
    as_of : date
        Snapshot date.
    release_id : str
        Its id.
    fill : callable
        Writes the release's files into a folder and returns the manifest. If it raises, nothing is left behind.

    Raises
    ------
    DiskError
        If the disk is full or cannot be written; existing releases stay as they are.
    """
    folder = _folder(work, as_of, release_id)
    with disk_errors(work.releases):
        finish_replacements(work)
        _sweep(work)
        try:
            release = read_release(folder)
        except ReleaseError:
            release = _build(folder, fill)
        _make_current(work, release)
    return release


def replace_release(work: Workspace, release: Release, fill: Callable[[Path], Manifest]) -> Release:
    """Put another folder in the place of a release, under the same id; ``latest.json`` follows.

    If the process is killed, the old release stands, or `finish_replacements` ends the exchange.

    Parameters
    ----------
    work : Workspace
        The work folder; its lock must be held.
    fill : callable
        Writes the files into a folder and returns the manifest.
    """
    folder = release.folder
    temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", suffix=_PART, dir=folder.parent))
    try:
        with disk_errors(work.releases):
            _write_manifest(temporary, fill(temporary))
            temporary.rename(folder.with_name(f".{folder.name}{_REPLACEMENT}"))
            sync(folder.parent)
            finish_replacements(work)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return read_release(folder)


def finish_replacements(work: Workspace) -> None:
    """End the exchanges that `replace_release` began: the new folder, then ``latest.json``, then the old one goes."""
    for made in sorted(work.releases.glob(f"*/.*{_REPLACEMENT}")):
        folder = made.with_name(made.name[1 : -len(_REPLACEMENT)])
        if folder.exists():
            folder.rename(folder.with_name(f".{folder.name}{_REPLACED}"))
        made.rename(folder)
        sync(folder.parent)
    for old in sorted(work.releases.glob(f"*/.*{_REPLACED}")):
        release = read_release(old.with_name(old.name[1 : -len(_REPLACED)]))
        if _latest(work).exists() and _latest_of(_latest(work)).release_id == release.manifest.release_id:
            _write_latest(work, _entry(release))
        shutil.rmtree(old)


def _build(folder: Path, fill: Callable[[Path], Manifest]) -> Release:
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", suffix=_PART, dir=folder.parent))
    damaged = temporary.with_suffix(f".damaged{_PART}")
    try:
        manifest = fill(temporary)
        _write_manifest(temporary, manifest)
        if folder.exists():
            # The existing release is damaged; otherwise it would have been used.
            folder.rename(damaged)
        temporary.rename(folder)
        sync(folder.parent, folder.parent.parent)
    finally:
        for left in (temporary, damaged):
            shutil.rmtree(left, ignore_errors=True)
    return Release(folder, manifest)


def _write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write and sign the manifest of a folder that holds its files, and make all of it read-only."""
    (folder / "manifest.json").write_text(manifest.model_dump_json(indent=2) + "\n", "utf-8")
    sign(folder / "manifest.json")
    _seal(folder)


def _make_current(work: Workspace, release: Release) -> None:
    entry, current = _entry(release), _current(work)
    if current is None or (current != entry and current.as_of <= entry.as_of):
        _write_latest(work, entry)


def _entry(release: Release) -> Latest:
    manifest = release.manifest
    return Latest(
        as_of=manifest.as_of,
        release_id=manifest.release_id,
        path=f"{manifest.as_of}/{manifest.release_id}",
        manifest_sha256=fingerprint.of_file(release.folder / "manifest.json"),
    )


def _write_latest(work: Workspace, entry: Latest) -> None:
    path = _latest(work)
    temporary = path.with_name(f".{path.name}{_PART}")
    try:
        temporary.write_text(entry.model_dump_json(indent=2) + "\n", "utf-8")
        sync(temporary)
        if path.is_dir():
            remove(path)
        temporary.replace(path)
        sync(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def _sweep(work: Workspace) -> None:
    """Remove what a killed publish left behind."""
    for left in [*work.releases.glob(f".*{_PART}"), *work.releases.glob(f"*/.*{_PART}")]:
        if left.is_dir():
            shutil.rmtree(left)
        else:
            left.unlink()


def _folder(work: Workspace, as_of: date, release_id: str) -> Path:
    return work.releases / str(as_of) / release_id


def _latest(work: Workspace) -> Path:
    return work.releases / "latest.json"


def _latest_of(path: Path) -> Latest:
    try:
        return Latest.model_validate_json(path.read_bytes())
    except (pydantic.ValidationError, IsADirectoryError) as error:
        raise _not_whole(path, _("it cannot be read")) from error


def _current(work: Workspace) -> Latest | None:
    """The entry of the current release, if that release is complete."""
    try:
        read_latest(work)
    except ReleaseError:
        return None
    return _latest_of(_latest(work))


def read_release(folder: Path) -> Release:
    """A release, after comparing every file with its checksum.

    Raises
    ------
    ReleaseError
        If it is not whole.
    """
    try:
        manifest = Manifest.model_validate_json((folder / "manifest.json").read_bytes())
    except FileNotFoundError as error:
        raise _not_whole(folder, _("manifest.json is missing")) from error
    except (pydantic.ValidationError, IsADirectoryError) as error:
        raise _not_whole(folder, _("manifest.json cannot be read")) from error
    fault = signature_fault(folder / "manifest.json")
    if fault:
        raise _not_whole(folder, fault)
    for file in manifest.all_files:
        path = folder / file.path
        if not path.resolve().is_relative_to(folder.resolve()):
            raise _not_whole(folder, _("manifest.json names a file outside of it"))
        if not path.exists():
            raise _not_whole(folder, _("{file} is missing", file=file.path))
        if fingerprint.of_file(path) != file.sha256:
            raise _not_whole(folder, _("{file} is not the one that was published", file=file.path))
    return Release(folder, manifest)


def _not_whole(folder: Path, why: str) -> ReleaseError:
    return ReleaseError(
        _("{folder}: the release is not whole: {why}.", folder=folder, why=why),
        _("Publish again: `goldmine publish` makes it anew."),
    )


def _seal(folder: Path) -> None:
    """Make every file read-only and sync all of it to the disk."""
    paths = sorted(folder.rglob("*"))
    for path in paths:
        path.chmod(released_mode() if path.is_file() else folder_mode())
    folder.chmod(folder_mode())
    sync(*paths, folder)
