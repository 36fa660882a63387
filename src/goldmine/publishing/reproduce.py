"""A release made again from what its work folder holds, and compared with itself file by file."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from goldmine.contactability.past_offers import releases_out
from goldmine.contract.intake import load_bank
from goldmine.core.errors import ReleaseError
from goldmine.core.i18n import _
from goldmine.core.workspace import Workspace
from goldmine.publishing.manifest import Manifest
from goldmine.publishing.publish import publish
from goldmine.publishing.release_inputs import read_scored, release_marks
from goldmine.publishing.release_store import Release, read_release

_OWN = ("releases", "validation", "data_docs", "notebooks", "runs", "steps", "dagster", "portal", "reports", "errors")
"""What publishing writes, or does not read; everything else of the work folder is read where it lies."""


@dataclass(frozen=True)
class Reproduction:
    """A release beside the one that the same inputs make today.

    Parameters
    ----------
    release : Release
        The published one.
    made_id : str
        Id of the one made again.
    files : dict of str to str
        Each file of either: ``same``, ``differs``, ``missing`` (not made again) or ``new``.
    inputs : tuple of str
        Inputs that are no longer what the release was made of; empty too for a release that does not record them.
    """

    release: Release
    made_id: str
    files: dict[str, str]
    inputs: tuple[str, ...]

    @property
    def same(self) -> bool:
        """Whether every byte of every file is the same."""
        return set(self.files.values()) <= {"same"}


def find_release(work: Workspace, name: str) -> Release:
    """A release by its id or the beginning of it.

    Raises
    ------
    ReleaseError
        If there is none or more than one, or it is not whole.
    """
    found = [path.parent for path in work.releases.glob("*/*/manifest.json") if path.parent.name.startswith(name)]
    found = [folder for folder in found if name and not folder.name.startswith(".")]
    if len(found) != 1:
        raise ReleaseError(
            _(
                "{releases}: {n} releases have an id that begins with {name}.",
                releases=work.releases,
                n=len(found),
                name=repr(name),
            ),
            _("Give an id of `goldmine lists`, or of a folder below releases."),
        )
    return read_release(found[0])


def reproduce(work: Workspace, release: Release) -> Reproduction:
    """Make a release again beside the work folder, by the code that published it, and compare.

    The work folder is read and not changed. The tables, features, scores and settings that are there now are taken, the
    champions of the tracking store, and the releases that came before.

    Raises
    ------
    GoldmineError
        If it cannot be made again: scores or a model are gone, or a suite refuses.
    """
    manifest = release.manifest
    use_cases = sorted({file.use_case for file in manifest.files})
    with _copy(work, release) as shadow:
        bank = load_bank(shadow)
        scored = [read_scored(shadow, name, manifest.as_of) for name in use_cases]
        marks = release_marks(bank, shadow, scored, manifest.as_of, manifest.language)
        made = publish(bank, shadow, use_cases, manifest.as_of, language=manifest.language)
        files = _compared(_hashes(manifest), _hashes(made.manifest))
    changed = [name for name in sorted({*marks, *manifest.inputs}) if marks.get(name) != manifest.inputs.get(name)]
    return Reproduction(release, made.manifest.release_id, files, tuple(changed) if manifest.inputs else ())


@contextmanager
def _copy(work: Workspace, release: Release) -> Iterator[Workspace]:
    """A work folder that reads this one's inputs, and holds the releases that came before; it is removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="goldmine-reproduce-") as folder:
        shadow = Workspace(Path(folder) / "work")
        shadow.releases.mkdir(parents=True)
        for path in work.root.iterdir():
            if path.name in _OWN or path.name.startswith("."):
                continue
            if path.is_dir():
                (shadow.root / path.name).symlink_to(path.resolve())
            else:
                shutil.copy2(path, shadow.root / path.name)
        for earlier in releases_out(work):
            if earlier != release.folder and _made_before(earlier, release):
                place = shadow.releases / earlier.parent.name
                place.mkdir(exist_ok=True)
                (place / earlier.name).symlink_to(earlier.resolve())
        yield shadow


def _made_before(folder: Path, release: Release) -> bool:
    return read_release(folder).manifest.created_at < release.manifest.created_at


def _hashes(manifest: Manifest) -> dict[str, str]:
    return {file.path: file.sha256 for file in manifest.all_files}


def _compared(published: dict[str, str], made: dict[str, str]) -> dict[str, str]:
    def state(path: str) -> str:
        if path not in made:
            return "missing"
        if path not in published:
            return "new"
        return "same" if made[path] == published[path] else "differs"

    return {path: state(path) for path in sorted({*published, *made})}
