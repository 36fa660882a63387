"""Derived files of a work folder: those that may name a person, and how the person is taken out of each kind."""

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from goldmine.core.customer_rows import Person, take_out
from goldmine.core.files import remove, whole_file
from goldmine.core.fingerprint import of_file
from goldmine.core.seals import seal, sealed_table
from goldmine.core.workspace import Workspace

_OF_OTHERS = ("tables", "releases")
"""Folders that `forget_in_tables` and `redact` see to."""
_DATABASES = (".db", ".sqlite", ".sqlite3", ".sqlite3-wal", ".sqlite3-shm", ".db-wal", ".db-shm", ".db-journal")
_REWRITTEN = (".parquet", ".ipynb")
"""What keeps its other rows; a workbook, page or text of one snapshot goes whole and is made again."""
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Removal:
    """What became of a file.

    Parameters
    ----------
    name : str
        Its path.
    outcome : {"changed", "removed", "kept"}
        Written without the person, removed whole, or left since it is a database or state that cannot be made again.
    before, after : str
        SHA-256 of a changed file.
    """

    name: str
    outcome: str
    before: str = ""
    after: str = ""


def derived_files(work: Workspace) -> Iterator[Path]:
    """The files of a work folder but canonical tables, releases, and the bank's own folder if it lies in there.

    The portal's databases are left out too: the portal itself sees to them.
    """
    source, portal = work.source(), work.root / "portal"
    own = source.resolve() if source else None
    for place, folders, names in os.walk(work.root):
        here = Path(place)
        skipped = _OF_OTHERS if here == work.root else ()
        folders[:] = sorted(name for name in folders if name not in skipped and (here / name).resolve() != own)
        for name in sorted(names):
            path = here / name
            if (
                path.is_file()
                and not path.is_symlink()
                and not (here == portal and path.suffix in (*_DATABASES, ".key"))
            ):
                yield path


def remove_person(path: Path, person: Person) -> Removal:
    """Take a person out of a derived file, or remove it whole where it cannot be without them."""
    if path.suffix in _DATABASES or path.name in ("bank.json", "tables.json", "holdout.json"):
        return Removal(str(path), "kept")
    if path.suffix in _REWRITTEN:
        before, sealed, clean = of_file(path), sealed_table(path), False
        with whole_file(path) as temporary:
            # Named as its kind is told by the ending.
            written = temporary.with_name(f"{temporary.name}{path.suffix}")
            clean = take_out(path, written, person)
            written.replace(temporary)
        if clean:
            if sealed:
                seal(sealed)
            return Removal(str(path), "changed", before, of_file(path))
    remove(path)
    return Removal(str(path), "removed")


def update_checksums(work: Workspace, removals: Iterable[Removal]) -> None:
    """Put the checksums of the changed files in place of the old ones, in the state that names them.

    Fingerprints that were made of several checksums stay, so that the next run makes again what depends on them.
    """
    now = {removal.before: removal.after for removal in removals if removal.outcome == "changed"}
    if not now:
        return
    for path in derived_files(work):
        if path.suffix != ".json" or not _named_by(path, now):
            continue
        text = _SHA256.sub(lambda found: now.get(found[0], found[0]), path.read_text("utf-8"))
        with whole_file(path) as temporary:
            temporary.write_text(text, "utf-8")


def _named_by(path: Path, checksums: dict[str, str]) -> bool:
    try:
        return not checksums.keys().isdisjoint(_SHA256.findall(path.read_text("utf-8")))
    except UnicodeDecodeError:
        return False
