"""Files of sealed lines: each line carries the seal of the line before it, so that any change shows."""

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from goldmine.core.files import disk_errors
from goldmine.core.fingerprint import of_bytes, of_value

_BLOCK = 8192


class BrokenSealError(Exception):
    """A line that is not as it was written, or does not follow the line before it.

    Parameters
    ----------
    path : Path
        Its file.
    line : int
        Its place in the file, from 1.
    """

    def __init__(self, path: Path, line: int) -> None:
        super().__init__(f"{path.name}: line {line} is not as it was written.")
        self.path, self.line = path, line


class SealedFile:
    """A file of JSON lines; each holds its ``number``, the seal ``before`` it, and its own ``seal`` over all of it.

    One process at a time may append; the caller holds a lock. A last line without a line break is what a crash left of
    an unfinished line: reading ignores it and the next line replaces it.

    Parameters
    ----------
    path : Path
        The file; the first line creates it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, fields: Mapping[str, Any], *, sync: bool = True) -> dict[str, Any]:
        """Seal a line and append it.

        Parameters
        ----------
        fields : mapping
            The line without its seal; ``number`` and ``before`` continue the last line's.
        sync : bool
            Wait until the disk holds it; else the caller calls `sync`.
        """
        line = {**fields, "seal": of_value(fields)}
        with disk_errors(self.path), self._opened() as stream:
            _last, end = _tail(stream)
            try:
                stream.truncate(end)
                stream.seek(end)
                stream.write(_encoded(line) + b"\n")
                stream.flush()
                if sync:
                    os.fsync(stream.fileno())
            except OSError:
                os.ftruncate(stream.fileno(), end)
                raise
            if not end:
                sync_folder(self.path.parent)
        return line

    def sync(self) -> None:
        """Wait until the disk holds every line that was appended so far."""
        with disk_errors(self.path), self.path.open("rb") as stream:
            os.fsync(stream.fileno())

    def take_back(self, line: Mapping[str, Any]) -> None:
        """Remove a line that was just appended, where what belongs to it failed; the caller still holds the lock."""
        with disk_errors(self.path), self.path.open("r+b") as stream:
            last, end = _tail(stream)
            if last == _encoded(line):
                stream.truncate(end - len(last) - 1)
                os.fsync(stream.fileno())

    def cut_unfinished(self) -> None:
        """Remove what a crash left of an unfinished line; the caller holds the lock."""
        with disk_errors(self.path), self.path.open("r+b") as stream:
            stream.truncate(_tail(stream)[1])
            os.fsync(stream.fileno())

    def unfinished(self) -> bool:
        """Whether the file ends without a line break."""
        with self.path.open("rb") as stream:
            return _tail(stream)[1] != stream.seek(0, os.SEEK_END)

    def last(self) -> dict[str, Any] | None:
        """The last whole line, checked against its own seal; None where there is none."""
        if not self.path.exists():
            return None
        with self.path.open("rb") as stream:
            text, _end = _tail(stream)
        if text is None:
            return None
        line = _decoded(text)
        if line is None:
            raise BrokenSealError(self.path, self.count())
        return line

    def lines(self, number: int = 1, before: str = "") -> Iterator[dict[str, Any]]:
        """All whole lines, oldest first, each checked against its seal and the line before it.

        Parameters
        ----------
        number, before : int and str
            Number of the first line, and the seal before it.

        Raises
        ------
        BrokenSealError
            At the first line that was changed, or that another should precede.
        """
        if not self.path.exists():
            return
        with self.path.open("rb") as stream:
            for place, text in enumerate(stream, start=1):
                if not text.endswith(b"\n"):
                    return
                line = _decoded(text[:-1])
                if line is None or line.get("number") != number or line.get("before") != before:
                    raise BrokenSealError(self.path, place)
                yield line
                number, before = number + 1, line["seal"]

    def newest_first(self) -> Iterator[dict[str, Any]]:
        """All whole lines, newest first, each checked against its own seal; only as much is read as is asked for."""
        if not self.path.exists():
            return
        with self.path.open("rb") as stream:
            start, rest = _tail(stream)[1], b""
            while start > 0 or rest:
                size = min(_BLOCK, start)
                start -= size
                stream.seek(start)
                first, *whole = (stream.read(size) + rest).split(b"\n")
                rest = first
                if start == 0:
                    whole, rest = [first, *whole], b""
                for text in reversed(whole):
                    line = _decoded(text) if text else {}
                    if line is None:
                        raise BrokenSealError(self.path, self._place(text))
                    if line:
                        yield line

    def first(self) -> dict[str, Any] | None:
        """The first line, checked against its own seal; None where there is none."""
        if not self.path.exists():
            return None
        with self.path.open("rb") as stream:
            text = stream.readline()
        if not text.endswith(b"\n"):
            return None
        line = _decoded(text[:-1])
        if line is None:
            raise BrokenSealError(self.path, 1)
        return line

    def _opened(self) -> BinaryIO:
        return os.fdopen(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o666), "r+b")

    def count(self) -> int:
        """How many whole lines there are."""
        with self.path.open("rb") as stream:
            return sum(text.endswith(b"\n") for text in stream)

    def _place(self, text: bytes) -> int:
        with self.path.open("rb") as stream:
            return next(place for place, line in enumerate(stream, start=1) if line == text + b"\n")


def sync_folder(folder: Path) -> None:
    """Make the disk hold a folder's names, so that a new file is there after a power failure."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _tail(stream: BinaryIO) -> tuple[bytes | None, int]:
    """The last whole line without its line break (None where there is none), and where the whole lines end."""
    size = stream.seek(0, os.SEEK_END)
    block = _BLOCK
    while True:
        start = max(0, size - block)
        stream.seek(start)
        content = stream.read(size - start)
        end = content.rfind(b"\n")
        before = content.rfind(b"\n", 0, max(end, 0))
        if start == 0 or (end >= 0 and before >= 0):
            return (content[before + 1 : end], start + end + 1) if end >= 0 else (None, 0)
        block *= 4


def _encoded(line: Mapping[str, Any]) -> bytes:
    return json.dumps(line, ensure_ascii=False, sort_keys=True, default=str).encode()


def _decoded(text: bytes) -> dict[str, Any] | None:
    """A line of the file; None where it differs by a byte from what was sealed.

    The seal is over the bytes without it, and its place among the sorted names is fixed, so nothing is encoded again.
    """
    try:
        line = json.loads(text)
        if not isinstance(line, dict) or list(line) != sorted(line):
            return None
        seal = str(line.get("seal"))
        sealed = text.replace(f', "seal": "{seal}"'.encode(), b"", 1)
        return line if of_bytes(sealed) == seal else None
    except ValueError:
        return None
