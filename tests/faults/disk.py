"""A disk that fails at one moment: it runs out of space, or the power goes and takes what was not synced with it."""

import errno
import os
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

POWER_CUT = 137
"""Exit code of a process whose power went."""


class Disk:
    """Counts the moments at which this process gives state to the disk, each a sync or a rename, and fails at one.

    Parameters
    ----------
    folder : Path
        What was changed below it since the disk was made is at stake.
    at : int
        Number of the moment, from 1; 0 for none.
    fail : callable
        What happens at that moment; it is given the disk.
    """

    def __init__(self, folder: Path, at: int, fail: Callable[["Disk"], None]) -> None:
        self.folder, self.at, self.fail = folder, at, fail
        self.moments = 0
        self._synced: dict[int, tuple[int, int]] = {}
        self._renames: list[tuple[str, str, bytes | None]] = []
        self._before = {path.stat().st_ino: _content(path) for path in _files(folder)}
        self._fsync, self._replace, self._rename = os.fsync, os.replace, os.rename

    def __enter__(self) -> "Disk":
        os.fsync = self._sync  # type: ignore[assignment]  # pathlib calls these by their names too
        os.replace = os.rename = self._give_name  # type: ignore[assignment]
        return self

    def __exit__(self, *error: object) -> None:
        os.fsync, os.replace, os.rename = self._fsync, self._replace, self._rename

    def _sync(self, handle: int) -> None:
        self._moment()
        status = os.fstat(handle)
        self._synced[status.st_ino] = (status.st_size, status.st_mtime_ns)
        opened = str(Path(f"/proc/self/fd/{handle}").readlink())
        self._renames = [entry for entry in self._renames if str(Path(entry[1]).parent) != opened]

    def _give_name(self, source: Any, target: Any, **given: Any) -> None:
        self._moment()
        old = Path(target).read_bytes() if Path(target).is_file() else None
        self._replace(source, target, **given)
        self._renames.append((os.fspath(source), os.fspath(target), old))

    def _moment(self) -> None:
        self.moments += 1
        if self.moments == self.at:
            self.fail(self)

    def cut(self, *, names_kept: bool) -> NoReturn:
        """End this process as a power failure does: contents that were not synced are gone.

        Parameters
        ----------
        names_kept : bool
            Whether the disk has the names that were given since their folder was last synced: it may, with nothing in
            the file, or it may not, and the old file is back.
        """
        if not names_kept:
            for source, target, old in reversed(self._renames):
                if not (Path(target).exists() and Path(source).parent.is_dir()):
                    continue  # gone since
                self._replace(target, source)
                if old is not None:
                    Path(target).write_bytes(old)
                    self._synced[Path(target).stat().st_ino] = _content(Path(target))
        for path in _files(self.folder):
            with suppress(FileNotFoundError):  # another thread has given a synced file its name since
                node, content = path.stat().st_ino, _content(path)
                if content not in (self._before.get(node), self._synced.get(node)):
                    os.truncate(path, 0)
        os._exit(POWER_CUT)


def out_of_space(disk: Disk) -> NoReturn:
    """The disk is full, as a file system says it when it is asked to hold what it took."""
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def power_cut_with_names(disk: Disk) -> NoReturn:
    """The power goes; new names are on the disk."""
    disk.cut(names_kept=True)


def power_cut_without_names(disk: Disk) -> NoReturn:
    """The power goes; names given since their folder's sync are not on the disk."""
    disk.cut(names_kept=False)


def in_child(work: Callable[[], object]) -> int:
    """Exit code of a forked process that does something: 0, a `GoldmineError`'s own code, or 1 and a traceback."""
    from goldmine.core.errors import GoldmineError

    process = os.fork()
    if process == 0:
        code = 1
        try:
            work()
            code = 0
        except GoldmineError as error:
            code = error.exit_code
        except Exception:
            traceback.print_exc()
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]


def _content(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_size, status.st_mtime_ns
