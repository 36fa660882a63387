"""``tables.json`` in the work folder: which files are the bank's canonical tables, and their fingerprints."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from goldmine.contract.bank import Bank, CanonicalTable, TableFile, file_state, is_as_it_was
from goldmine.contract.reconciliation import TableIntake
from goldmine.core.errors import DiskError, WorkFolderError
from goldmine.core.files import read_json, write_json
from goldmine.core.fingerprint import of_file
from goldmine.core.i18n import _
from goldmine.core.workspace import Workspace

_FORMAT = 1


@dataclass
class Hashes:
    """SHA-256 of files, computed once for each path, size and times of change.

    The change time of the inode counts too, which no program can set, so an edit that restores the rest is noticed.

    Parameters
    ----------
    known : dict
        What an earlier run computed.
    """

    known: dict[str, Any]
    used: dict[str, Any] = field(default_factory=dict)

    def of(self, path: Path) -> str:
        """SHA-256 of a file's content; a file that has not changed since it was last hashed is not read."""
        state = file_state(path)
        entry = self.known.get(str(path))
        if entry is None or entry[:-1] != state:
            entry = [*state, of_file(path)]
        self.known[str(path)] = self.used[str(path)] = entry
        return str(entry[-1])

    def of_all(self, paths: Iterable[Path]) -> list[str]:
        """SHA-256 of each file."""
        return [self.of(path) for path in paths]

    def is_unchanged(self, path: Path) -> bool:
        """Whether a file has not been written since it was hashed."""
        entry = self.used.get(str(path))
        return entry is not None and is_as_it_was(path, entry[:-1], str(entry[-1]))

    def table_file(self, path: Path, rows: int, month: str) -> TableFile:
        """A file of a table, with its content and its state."""
        fingerprint = self.of(path)
        return TableFile(path, fingerprint, rows, month, self.used[str(path)][:-1])


@dataclass(frozen=True)
class IntakeRecord:
    """What an intake counted of each table, and the files below the bank's folder that nothing reads."""

    tables: list[TableIntake]
    unused: list[str]


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
    work: Workspace, bank: Bank, made_from: dict[str, str], hashes: Hashes, record: IntakeRecord | None = None
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
    """
    counted = {table.table: table.as_dict() for table in record.tables} if record else {}
    tables = {
        name: {
            "columns": list(table.columns),
            "made_from": made_from.get(name, ""),
            "files": [_file_entry(file, work) for file in table.files],
            "intake": counted.get(name),
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
