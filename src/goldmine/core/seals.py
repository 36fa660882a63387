"""Seals of derived tables: what was written is what is read, or the table is made again.

A hidden file beside a table (``.2024-06-30.parquet.seal``) holds the SHA-256 of each of its files and the state that
the file system gave it. It is made where the table is written, in a task of Spark too. Reading compares the state
alone, which takes microseconds; only where it differs the content is hashed. The state includes the time of the last
change of the inode, which no program can set: an edit that restores a file's size and modification time is noticed all
the same. A copied or restored work folder is hashed once.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from goldmine.core.files import disk_errors, read_json, remove, whole_file, whole_folder, write_json
from goldmine.core.fingerprint import of_file, of_value
from goldmine.core.notice import shout
from goldmine.core.parquet import parquet_files

_SUFFIX = ".seal"
_NOT_DERIVED = ("dagster", "data_docs", "notebooks", "portal", "releases", "reports", "steps")
"""Folders of a work folder without sealed tables, which are not walked."""


@contextmanager
def sealed_file(path: Path) -> Iterator[Path]:
    """Like `whole_file`, and the file gets a seal."""
    _unseal(path)
    with whole_file(path) as temporary:
        yield temporary
    seal(path)


@contextmanager
def sealed_folder(path: Path) -> Iterator[Path]:
    """Like `whole_folder` for a table in parts, and the table gets a seal.

    A part that a task wrote as a `sealed_file` is not read again: its own seal is taken up in the table's.
    """
    _unseal(path)
    with whole_folder(path) as temporary:
        yield temporary
        contents = _contents(temporary)
        for part in parquet_files(temporary):
            _unseal(part)
    write_json(_seal_path(path), contents)


def write_sealed_json(path: Path, value: Any) -> None:
    """Like `write_json`, and the file gets a seal: for what belongs to a derived table."""
    _unseal(path)
    write_json(path, value)
    seal(path)


def seal(table: Path) -> None:
    """Record what a table holds now."""
    write_json(_seal_path(table), _contents(table))


def _contents(table: Path) -> list[list[Any]]:
    """Name, state and content of each file of a table."""
    return [[file.name, *_state(file), file_sha256(file)] for file in parquet_files(table)]


def file_sha256(file: Path) -> str:
    """SHA-256 of a file's content; it is read only where it belongs to no seal or is not as it was written.

    What a task has written on another machine is thus not read again by the driver.
    """
    table = None if is_verified() else sealed_table(file)
    for name, *state, sha256 in _stored(table) if table else []:
        if name == file.name and state == _state(file):
            return str(sha256)
    return of_file(file)


def is_verified() -> bool:
    """Whether every content is to be hashed, whatever the file system says of it: ``GOLDMINE_VERIFY=1``."""
    return os.environ.get("GOLDMINE_VERIFY") == "1"


def sealed_table(file: Path) -> Path | None:
    """The sealed table that a file is, or is a part of; None where it belongs to none."""
    return next((table for table in (file, file.parent) if _seal_path(table).is_file()), None)


def is_sealed(table: Path) -> bool:
    """Whether a table is there, has a seal, and is as it was written."""
    stored = _stored(table)
    return bool(stored) and not _difference(table, stored)


def sealed_content(table: Path) -> str:
    """Fingerprint of a table's content; it is read only where it has no seal or is not as it was written."""
    stored = _stored(table)
    known = stored and not _difference(table, stored)
    return of_value([entry[-1] for entry in stored] if known else [of_file(file) for file in parquet_files(table)])


def fault(table: Path) -> str:
    """How a table differs from its seal; empty where it does not, or has none.

    With ``GOLDMINE_VERIFY=1`` in the environment every content is hashed, whatever the file system says of it.
    """
    stored = _stored(table)
    return _difference(table, stored) if stored else ""


def _stored(table: Path) -> list[list[Any]]:
    """What a table's seal says of each file; nothing where there is none."""
    stored: list[list[Any]] = read_json(_seal_path(table), [])
    return stored


def _difference(table: Path, stored: list[list[Any]]) -> str:
    if not table.exists():
        return "is gone"
    files = {file.name: file for file in parquet_files(table)}
    if sorted(files) != sorted(entry[0] for entry in stored):
        return "has other parts than were written"
    moved = False
    for name, *state, sha256 in stored:
        same = state == _state(files[name])
        if same and not is_verified():
            continue
        if state[0] != files[name].stat().st_size or of_file(files[name]) != sha256:
            return "is not as it was written"
        moved |= not same
    if moved:  # copied or restored: the next reading need not hash it again
        seal(table)
    return ""


def remove_sealed(table: Path) -> None:
    """Remove a table with its seal, if it is there."""
    remove(table)
    _unseal(table)


def discard_damaged(folder: Path) -> list[Path]:
    """Remove derived tables that differ from their seals, and say so; what needs them makes them again."""
    damaged = []
    for table in _sealed_tables(folder):
        found = fault(table)
        if found:
            damaged.append(table)
            remove_sealed(table)
            shout(f"{table.relative_to(folder)}: {found}; it is removed, and made again by the step that writes it.")
    return damaged


def _sealed_tables(folder: Path) -> list[Path]:
    tables = []
    for place, folders, names in os.walk(folder):
        if Path(place) == folder:
            folders[:] = [name for name in folders if name not in _NOT_DERIVED]
        seals = (name for name in names if name.startswith(".") and name.endswith(_SUFFIX))
        tables += [Path(place, name[1 : -len(_SUFFIX)]) for name in seals]
    return sorted(tables)


def _unseal(table: Path) -> None:
    with disk_errors(table):
        _seal_path(table).unlink(missing_ok=True)


def _seal_path(table: Path) -> Path:
    return table.with_name(f".{table.name}{_SUFFIX}")


def _state(file: Path) -> list[int]:
    status = file.stat()
    return [status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino]
