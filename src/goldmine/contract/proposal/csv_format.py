"""How a CSV file is written: encoding, delimiter, heading and last line, found from the file itself."""

import codecs
import csv
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_ENCODINGS = ("utf-8", "gb18030", "cp1252")
_DELIMITERS = (",", ";", "\t", "|", "\x01", "^", "~", "!")
_CHUNK = 1 << 20
_LINES = 200


@dataclass(frozen=True)
class CsvFormat:
    """What was found of one file.

    Parameters
    ----------
    settings : dict
        Keys of a CSV source in bank.yaml that differ from its defaults.
    columns : tuple of str
        Headings; ``column_1`` and so on where there are none.
    ends : bool
        Whether its last line ends with a newline.
    """

    settings: dict[str, Any]
    columns: tuple[str, ...]
    ends: bool


def csv_format(path: Path) -> CsvFormat | None:
    """Find how a CSV file is written; None where it is empty or no encoding fits all its bytes."""
    encoding = _encoding(path)
    if encoding is None:
        return None
    with path.open(encoding="utf-8-sig" if encoding == "utf-8" else encoding, newline="") as stream:
        lines = [line for _, line in zip(range(_LINES), stream, strict=False)]
    if not lines:
        return None
    delimiter = _delimiter(lines)
    rows = list(csv.reader(lines, delimiter=delimiter))
    settings: dict[str, Any] = {}
    if delimiter != ",":
        settings["delimiter"] = delimiter
    if encoding != "utf-8":
        settings["encoding"] = encoding
    columns = tuple(rows[0])
    if not _is_heading(rows[0]):
        columns = tuple(f"column_{place}" for place in range(1, len(rows[0]) + 1))
        settings |= {"header": False, "columns": list(columns)}
    return CsvFormat(settings, columns, _ends(path))


def _encoding(path: Path) -> str | None:
    with path.open("rb") as stream:
        start = stream.read(2)
    if start in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return "utf-16"
    return next((encoding for encoding in _ENCODINGS if _decodes(path, encoding)), None)


def _decodes(path: Path, encoding: str) -> bool:
    """Whether all bytes of a file are in an encoding."""
    decoder = codecs.getincrementaldecoder(encoding)(errors="strict")
    with path.open("rb") as stream:
        try:
            while chunk := stream.read(_CHUNK):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def _delimiter(lines: list[str]) -> str:
    """The delimiter by which most lines have the same number of fields, more than one; of equals the most."""

    def fit(delimiter: str) -> tuple[float, int]:
        counts = Counter(len(row) for row in csv.reader(lines, delimiter=delimiter))
        fields, same = counts.most_common(1)[0]
        return (same / sum(counts.values()), fields) if fields > 1 else (0.0, 0)

    return max(_DELIMITERS, key=fit)


def _is_heading(row: list[str]) -> bool:
    """Whether a first row names the columns: most of its fields begin with a letter and none holds a number alone."""
    cells = [cell.strip() for cell in row if cell.strip()]
    numbers = [cell for cell in cells if cell.lstrip("+-").replace(".", "").replace("-", "").isdigit()]
    return bool(cells) and not numbers


def _ends(path: Path) -> bool:
    with path.open("rb") as stream:
        stream.seek(-min(path.stat().st_size, 4), 2)
        return stream.read().rstrip(b"\x00").endswith((b"\n", b"\r"))
