"""State on disk: written whole or not at all, and read with a check of what is there."""

import errno
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from goldmine.core.errors import DiskError, GoldmineError, WorkFolderError
from goldmine.core.file_modes import folder_mode
from goldmine.core.i18n import _
from goldmine.core.notice import shout

_REFUSALS = {
    "No space left on device": errno.ENOSPC,
    "disk is full": errno.ENOSPC,
    "disk I/O error": errno.EIO,
    "readonly database": errno.EACCES,
    "unable to open database file": errno.EACCES,
}
"""What databases and libraries say where a disk refused them, in words of their own."""


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
            _("{path}: could not write ({why}).", path=path, why=why),
            _("Free some space or permit writing there, then run again; finished steps are kept."),
        ) from error


def _disk_fault(error: Exception) -> str:
    """What the disk refused; empty if the error is not the disk's, or says so already."""
    if isinstance(error, OSError):
        refused = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.ENOTDIR, errno.EEXIST)
        return os.strerror(error.errno) if error.errno in refused else ""
    return "" if isinstance(error, GoldmineError) else disk_refusal(str(error))


def disk_fault_behind(error: BaseException) -> DiskError | None:
    """The disk's refusal that an error came from, however it was wrapped on its way; none if it came from elsewhere."""
    behind: BaseException | None = error
    seen = set[int]()
    while behind is not None and id(behind) not in seen:  # errors may name each other as their causes
        seen.add(id(behind))
        number = behind.errno if isinstance(behind, OSError) else None
        refused = number in (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
        why = os.strerror(number) if number and refused else disk_refusal(str(behind))
        if why:
            return DiskError(
                _("A disk could not be written ({why}).", why=why),
                _("Free some space or permit writing there, then run again; finished steps are kept."),
            )
        behind = behind.__cause__ or behind.__context__
    return None


def disk_refusal(said: str) -> str:
    """What the disk refused, by what a database or a library said of it; empty if it said nothing of a disk.

    Examples
    --------
    >>> disk_refusal("(sqlite3.OperationalError) database or disk is full")
    'No space left on device'
    """
    return next((os.strerror(number) for words, number in _REFUSALS.items() if words in said), "")


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give a temporary path beside `path`; it takes the name only when the block ends well and the disk holds it."""
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
        try:
            yield temporary
            sync(temporary)
            if path.is_dir():
                remove(path)
            temporary.replace(path)
            sync(path.parent)
        finally:
            temporary.unlink(missing_ok=True)


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Give a temporary folder; it replaces `path` only when the block ends well and the disk holds it all."""
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent))
        try:
            yield temporary
            temporary.chmod(folder_mode())
            sync(*temporary.rglob("*"), temporary)
            remove(path)
            temporary.replace(path)
            sync(path.parent)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)


_UNFINISHED_FILE = re.compile(r"\..+\.([0-9]+)\.part(-journal|-wal|-shm)?")  # SQLite keeps files of its own beside
_UNFINISHED_FOLDER = re.compile(r"\..+\.[a-z0-9_]+\.part")


def remove_unfinished(folder: Path, besides: Iterable[str] = ()) -> None:
    """Remove what `whole_file` and `whole_folder` were writing when a process was killed or the power went.

    Parameters
    ----------
    folder : Path
        The folder, whose lock the caller holds: what is unfinished below it belongs to nobody who lives. A file that a
        living process of this machine writes stays.
    besides : iterable of str
        Names of folders in it that are left alone.
    """
    for place, folders, names in os.walk(folder):
        if Path(place) == folder:
            folders[:] = [name for name in folders if name not in besides]
        for name in names:
            found = _UNFINISHED_FILE.fullmatch(name)
            if found and not Path(f"/proc/{found[1]}").exists():
                Path(place, name).unlink(missing_ok=True)
        for name in [name for name in folders if _UNFINISHED_FOLDER.fullmatch(name)]:
            shutil.rmtree(Path(place, name), ignore_errors=True)
            folders.remove(name)


def sync(*paths: Path) -> None:
    """Make the disk hold files and folders, so that they are there after a power failure."""
    for path in paths:
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


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
    """Read state that can be made again.

    Returns
    -------
    Any
        What the file holds. `default` where there is no file, or one that is empty, cut short or holds something else
        than the default's type: that is said aloud, and whoever reads makes the state again.
    """
    value, damage = _read(path, default)
    if damage:
        shout(f"{path}: {damage}; it is made again.")
    return value


def read_record(path: Path, default: Any, restore: str) -> Any:
    """Read state that cannot be made again.

    Parameters
    ----------
    restore : str
        What to do where the file is damaged.

    Raises
    ------
    WorkFolderError
        If the file is empty, cut short, or holds something else than the default's type.
    """
    value, damage = _read(path, default)
    if damage:
        raise WorkFolderError(_("{path}: {damage}.", path=path, damage=damage), restore)
    return value


@contextmanager
def reading(path: Path, family: type[GoldmineError]) -> Iterator[None]:
    """Turn the refusal to read a path, or what lies below it, into an error of a family that says so."""
    try:
        yield
    except PermissionError as error:
        raise family(
            _("{path}: may not be read.", path=error.filename or path), _("Permit reading it, or run as its owner.")
        ) from error


def _read(path: Path, default: Any) -> tuple[Any, str]:
    """What a file holds, or the default and what is wrong with the file."""
    value, damage = default, ""
    try:
        with reading(path, WorkFolderError):
            content = path.read_bytes()
        value = json.loads(content)
    except (FileNotFoundError, NotADirectoryError):
        pass
    except IsADirectoryError:
        damage = _("is a folder")
    except (ValueError, RecursionError):
        damage = _("is cut short or changed") if content.strip() else _("is empty")
    if default is not None and not isinstance(value, type(default)):
        damage = f"holds a {type(value).__name__}, not a {type(default).__name__}"
    return (default, damage) if damage else (value, "")
