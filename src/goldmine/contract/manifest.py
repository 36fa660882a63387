"""``tables.json`` in the work folder: which files are the bank's canonical tables, and their fingerprints."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from ibis.backends.sql import SQLBackend

from goldmine.contract.bank import Bank, CanonicalTable, TableFile, file_state, is_as_it_was
from goldmine.contract.reconciliation import TableIntake
from goldmine.core.engine import DUCKDB, Engine
from goldmine.core.errors import ContractError, DiskError, WorkFolderError
from goldmine.core.files import read_json, reading, write_json
from goldmine.core.fingerprint import of_file
from goldmine.core.i18n import _
from goldmine.core.seals import file_sha256, is_verified
from goldmine.core.tasks import task_results
from goldmine.core.workspace import Workspace

_FORMAT = 1
_TASK_BYTES = 256 << 20
"""What a task hashes at least, in a second or less: fewer bytes are not worth a task."""


@dataclass
class Hashes:
    """SHA-256 of files, computed once for each path, size and times of change.

    The change time of the inode counts too, which no program can set, so an edit that restores the rest is noticed.

    Parameters
    ----------
    known : dict
        What an earlier run computed.
    engine : Engine
        Where new files are read by `of_all`.
    """

    known: dict[str, Any]
    used: dict[str, Any] = field(default_factory=dict)
    engine: Engine = DUCKDB

    def of(self, path: Path) -> str:
        """SHA-256 of a file's content; a file that has not changed since it was last hashed is not read."""
        state = file_state(path)
        entry = self.known.get(str(path))
        if entry is None or entry[:-1] != state:
            entry = [*state, of_file(path)]
        self.known[str(path)] = self.used[str(path)] = entry
        return str(entry[-1])

    def of_all(self, paths: Iterable[Path]) -> list[str]:
        """SHA-256 of each file; with Spark tasks read new ones of some size."""
        files = list(paths)
        if self.engine.name == "spark":
            self._read_in_tasks(files)
        return [self.of(path) for path in files]

    def _read_in_tasks(self, files: list[Path]) -> None:
        states = {path: file_state(path) for path in files}
        new = {path: state for path, state in states.items() if self.known.get(str(path), [])[:-1] != state}
        groups: dict[int, list[Path]] = {}
        size = 0
        for path, state in new.items():
            groups.setdefault(size // _TASK_BYTES, []).append(path)
            size += state[0]
        if size < _TASK_BYTES:
            return
        for group, contents in task_results(self.engine, list(groups.values()), "hashing files", _hash_files, rows=0):
            self.known |= {str(path): [*new[path], content] for path, content in zip(group, contents, strict=True)}

    def move(self, path: Path, target: Path, content: str) -> None:
        """Move a file whose content is known; it is read again only if its size or time is another afterwards."""
        before = file_state(path)
        path.replace(target)
        after = file_state(target)
        if after[:2] == before[:2]:  # moving changes the inode's time
            self.known[str(target)] = [*after, content]

    def is_unchanged(self, path: Path) -> bool:
        """Whether a file has not been written since it was hashed."""
        entry = self.used.get(str(path))
        return entry is not None and is_as_it_was(path, entry[:-1], str(entry[-1]))

    def table_file(self, path: Path, rows: int, month: str) -> TableFile:
        """A file of a table, with its content and its state."""
        fingerprint = self.of(path)
        return TableFile(path, fingerprint, rows, month, self.used[str(path)][:-1])


def _hash_files(_connection: SQLBackend, paths: list[Path]) -> list[str]:
    contents = []
    for path in paths:
        with reading(path, ContractError):
            contents.append(of_file(path))
    return contents


@dataclass(frozen=True)
class IntakeRecord:
    """What an intake counted of each table, and the files below the bank's folder that nothing reads."""

    tables: list[TableIntake]
    unused: list[str]


def known_contents(work: Workspace) -> Callable[[Path], str]:
    """SHA-256 of a work folder's files, which are read only where neither intake nor seal knows them as they are."""
    hashes = Hashes({} if is_verified() else read_manifest(work).get("hashes", {}))
    return lambda path: hashes.of(path) if path.is_relative_to(work.tables) else file_sha256(path)


def read_intake(work: Workspace) -> tuple[list[TableIntake], list[str]]:
    """What the last intake counted of each table, and which files of the bank's folder nothing reads."""
    saved = read_manifest(work)
    counted = [entry["intake"] for entry in saved.get("tables", {}).values() if entry.get("intake")]
    return [TableIntake.model_validate(entry) for entry in counted], saved.get("unused", [])


def load_bank(work: Workspace) -> Bank:
    """The bank whose tables `goldmine validate` found in order last.

    Raises
    ------
    WorkFolderError
        If there is none, or a file has changed since.
    """
    with suppress(WorkFolderError, DiskError, OSError):
        # Locking looks after damaged tables; a run at work has done so, and who may only read cannot.
        if work.root.exists() and work.is_free():
            with work.lock():
                pass
    saved = read_manifest(work)
    if not saved:
        raise WorkFolderError(
            _("{root}: holds no bank's tables yet.", root=work.root),
            _("Run `goldmine validate --bank DIR --work {root}` first.", root=work.root),
        )
    tables = {name: _table(name, entry, work) for name, entry in saved["tables"].items()}
    return Bank(saved["name"], date.fromisoformat(saved["data_until"]), tables)


def read_manifest(work: Workspace) -> dict[str, Any]:
    """The last intake's manifest; empty if there is none, or one of another format."""
    saved = read_json(work.root / "tables.json", {})
    return saved if saved.get("format") == _FORMAT else {}


def write_manifest(
    work: Workspace,
    bank: Bank,
    made_from: dict[str, str],
    hashes: Hashes,
    record: IntakeRecord | None = None,
    *,
    months: dict[str, Any] | None = None,
) -> None:
    """Write ``tables.json``. Paths inside the work folder are kept relative to it, so that it can be moved.

    Parameters
    ----------
    work, bank : Workspace, Bank
        The work folder and the bank whose tables stand ready.
    made_from : dict of str to str
        For each table that was written into the work folder, the fingerprint of what it was made from.
    hashes : Hashes
        Fingerprints of all files that were looked at.
    record : IntakeRecord, optional
        What the intake counted.
    months : dict, optional
        For each table of Spark's that is taken in by month, what it counted of its files and months.
    """
    counted = {table.table: table.as_dict() for table in record.tables} if record else {}
    tables = {
        name: {
            "columns": list(table.columns),
            "made_from": made_from.get(name, ""),
            "files": [_file_entry(file, work) for file in table.files],
            "intake": counted.get(name),
            **({"months": months[name]} if months and name in months else {}),
        }
        for name, table in bank.tables.items()
    }
    content = {
        "format": _FORMAT,
        "name": bank.name,
        "data_until": bank.data_until,
        "tables": tables,
        "hashes": hashes.used,
        "unused": record.unused if record else [],
    }
    write_json(work.root / "tables.json", content)


def saved_files(entry: dict[str, Any], work: Workspace) -> tuple[TableFile, ...] | None:
    """A table's files as the last intake left them, or None if one has changed or is gone."""
    files = []
    for file in entry["files"]:
        path = work.root / file["path"]
        state = file_state(path) if path.is_file() else None
        if state is None or (state != file["state"] and of_file(path) != file["fingerprint"]):
            return None
        files.append(TableFile(path, file["fingerprint"], file["rows"], file["month"], state))
    return tuple(files)


def _table(name: str, entry: dict[str, Any], work: Workspace) -> CanonicalTable:
    files = saved_files(entry, work)
    if files is None:
        raise WorkFolderError(
            _("{name}: a file of the table changed or went since it was taken in.", name=name),
            _("Run `goldmine validate --bank DIR --work {root}` again.", root=work.root),
        )
    return CanonicalTable(name, files, tuple(entry["columns"]))


def _file_entry(file: TableFile, work: Workspace) -> dict[str, Any]:
    inside = file.path.is_relative_to(work.tables)
    return {
        "path": str(file.path.relative_to(work.root) if inside else file.path.resolve()),
        "fingerprint": file.fingerprint,
        "rows": file.rows,
        "month": file.month,
        "state": file.state or file_state(file.path),
    }
