"""Atomic writing: whole or not at all."""

import errno
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from goldmine.core.errors import DiskError

_FULL = ("No space left on device", "disk is full")


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn a full or read-only disk into an error that says so."""
    try:
        yield
    except Exception as error:
        why = _disk_fault(error)
        if not why:
            raise
        raise DiskError(
            f"{path}: could not write ({why}).",
            "Free some space or permit writing there, then run again; finished steps are kept.",
        ) from error


def _disk_fault(error: Exception) -> str:
    """What the disk refused; empty if the error is not the disk's. Databases report it in their own words."""
    if isinstance(error, OSError):
        refused = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.ENOTDIR, errno.EEXIST)
        return os.strerror(error.errno) if error.errno in refused else ""
    return os.strerror(errno.ENOSPC) if any(words in str(error) for words in _FULL) else ""


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give a temporary path beside `path`; it takes the name only when the block ends well."""
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
        try:
            yield temporary
            if path.is_dir():
                remove(path)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Give a temporary folder; it replaces `path` only when the block ends well."""
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent))
        try:
            yield temporary
            temporary.chmod(0o755)
            remove(path)
            temporary.replace(path)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)


def remove(path: Path) -> None:
    """Remove a file, or a folder with all that is in it, if it is there."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def write_json(path: Path, value: Any) -> None:
    """Write JSON whole or not at all; dates become text, Chinese stays readable."""
    with whole_file(path) as temporary:
        temporary.write_text(json.dumps(value, indent=2, default=str, ensure_ascii=False) + "\n", "utf-8")


def read_json(path: Path, default: Any = None) -> Any:
    """Read JSON, or return `default` if there is no file."""
    return json.loads(path.read_text("utf-8")) if path.exists() else default
