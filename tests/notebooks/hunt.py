"""Customers' values hunted in every file of a folder: zips, Parquet, pictures and texts within notebooks are opened."""

import base64
import gzip
import re
import sqlite3
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

ROWS = ("tables", "activity", "features", "customers", "scores", "returned", "uplift", "segments", "releases")
"""Folders of a work folder that may hold rows of customers, under their numbers."""

_NUMBER = re.compile(r"(?<![0-9A-Za-z_])C\d{5,}(?![0-9A-Za-z_])")
_PHONE = re.compile(r"(?<!\d)1\d{10}(?!\d)")
_AMOUNT = re.compile(r"(?<![\d.,])\d{1,3}(?:,?\d{3})*\.\d{2}(?!\d)")
_PICTURE = re.compile(rb'"image/png":\s*"([A-Za-z0-9+/=\\n]+)"|data:image/png;base64,([A-Za-z0-9+/=]+)')


@dataclass(frozen=True)
class Planted:
    """Values of a bank's customers.

    Parameters
    ----------
    numbers, phones, amounts : frozenset of str
        Customer numbers, telephones, and amounts of single rows such as ``123456.78``.
    texts : tuple of str
        Names, addresses and notes that nothing else holds.
    """

    numbers: frozenset[str]
    phones: frozenset[str]
    amounts: frozenset[str]
    texts: tuple[str, ...]

    def found(self, text: str) -> dict[str, set[str]]:
        """The kinds of value that a text holds, each with the values."""
        kinds = {
            "number": self.numbers.intersection(_NUMBER.findall(text)),
            "phone": self.phones.intersection(_PHONE.findall(text)),
            "amount": self.amounts.intersection(amount.replace(",", "") for amount in _AMOUNT.findall(text)),
            "text": {value for value in self.texts if value in text},
        }
        return {kind: values for kind, values in kinds.items() if values}


def hunt(root: Path, planted: Planted) -> dict[str, set[str]]:
    """By file below a folder, the kinds of value in it; files without any are left out."""
    found: dict[str, set[str]] = {}
    for path in sorted(root.rglob("*")):
        if path.is_file() and not path.is_symlink():
            kinds = {kind for text in texts_of(path) for kind in planted.found(text)}
            if kinds:
                found[str(path.relative_to(root))] = kinds
    return found


def texts_of(path: Path) -> Iterator[str]:
    """Everything in a file that can be read as text; of Parquet the texts and the footer, since figures name nobody."""
    content = path.read_bytes()
    if path.suffix == ".parquet":
        file = pq.ParquetFile(path)
        yield str(file.schema_arrow.metadata)
        yield str(file.metadata.to_dict())
        texts = [field.name for field in file.schema_arrow if not pa.types.is_primitive(field.type)]
        for batch in file.iter_batches(columns=texts):
            for column in batch.columns:
                yield "\n".join(map(str, column.to_pylist()))
    elif zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            yield "\n".join(archive.namelist()) + archive.comment.decode("utf-8", "replace")
            yield from (archive.read(name).decode("utf-8", "replace") for name in archive.namelist())
    elif content.startswith(b"\x1f\x8b"):
        yield gzip.decompress(content).decode("utf-8", "replace")
    elif content.startswith(b"\x89PNG"):
        yield picture_texts(content)
    elif content.startswith(b"SQLite format 3"):
        yield content.decode("utf-8", "replace")  # deleted rows too
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
            yield "\n".join(connection.iterdump())
    else:
        yield content.decode("utf-8", "replace")
        yield content.decode("gb18030", "replace") if path.suffix == ".csv" else ""
        for parts in _PICTURE.findall(content):
            yield picture_texts(base64.b64decode((parts[0] or parts[1]).replace(b"\\n", b"")))


def picture_texts(content: bytes) -> str:
    """The text chunks of a PNG."""
    place, texts = 8, []
    while place + 8 <= len(content):
        size, kind = struct.unpack(">I4s", content[place : place + 8])
        chunk = content[place + 8 : place + 8 + size]
        if kind == b"zTXt":
            name, _, packed = chunk.partition(b"\0")
            chunk = name + b"\n" + zlib.decompress(packed[1:])
        if kind in (b"tEXt", b"zTXt", b"iTXt", b"eXIf"):
            texts.append(chunk.decode("utf-8", "replace"))
        place += 12 + size
    return "\n".join(texts)
