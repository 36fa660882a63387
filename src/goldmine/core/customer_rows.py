"""Rows of one person in files that Goldmine writes: counted, and taken out.

Parquet, CSV and workbooks are searched in the columns that hold customer numbers, so that a rank or a branch of the
same digits is no customer. Every other file is searched as text for the number as a word of its own.
"""

import csv
import io
import json
import re
import shutil
import zipfile
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from goldmine.core.columns import column
from goldmine.core.formula import unescape_formula
from goldmine.core.i18n import LANGUAGES

_OWN = ("customer_id", "related_id", "merged_id", "survivor_id", "id_l", "id_r", "person_id")
"""Columns of a row's own customer, beside every column that ends with ``customer_id``: the row goes."""
_NAMED = ("household_id", "merged_into")
"""Columns that may name the person in a row of somebody else: the number is replaced."""
_HEADINGS = ("customer_id", "other_customer_id")
_TOP = 10
"""Rows in which a sheet's headings are searched: a title may come before them."""
_ENCODINGS = ("utf-8", "gb18030")
_MARK = "\ufeff"
_ROWS_AT_ONCE = 200_000


@dataclass(frozen=True)
class Person:
    """One person by all their customer numbers.

    Parameters
    ----------
    numbers : frozenset of str
        Every number, surviving or merged away.
    pseudonym : str
        What stands in place of a number in a row of somebody else.
    """

    numbers: frozenset[str]
    pseudonym: str

    @cached_property
    def pattern(self) -> re.Pattern[bytes]:
        """A number as a word of its own, in UTF-8."""
        texts = "|".join(re.escape(number) for number in sorted(self.numbers))
        return re.compile(rf"(?<![0-9A-Za-z_])(?:{texts})(?![0-9A-Za-z_])".encode())


def count_rows(path: Path, person: Person) -> int:
    """Rows of a person in a file; of a file without rows, the places that name them."""
    if path.suffix == ".parquet":
        return _in_parquet(path, person)
    if path.suffix == ".csv":
        return sum(_is_of(cells, place, person) for _text, cells, place in _records(path))
    if path.suffix == ".xlsx":
        return _in_workbook(path, None, person)
    if path.suffix in (".zip", ".gz"):
        return _in_archive(path, person)
    return len(person.pattern.findall(path.read_bytes()))


def take_out(path: Path, target: Path, person: Person) -> bool:
    """Write a file without the rows of a person.

    In a workbook the cells of the row are emptied, so that the rows below stay where people know them; of an executed
    notebook the results of the cells that name the person go.

    Returns
    -------
    bool
        Whether the target was written; else the file holds no rows, and is to be removed whole.
    """
    if path.suffix == ".parquet":
        _parquet_without(path, target, person)
    elif path.suffix == ".csv":
        _csv_without(path, target, person)
    elif path.suffix == ".xlsx":
        _in_workbook(path, target, person)
    elif path.suffix == ".ipynb":
        _notebook_without(path, target, person)
    else:
        return False
    return not count_rows(target, person)


def _in_parquet(path: Path, person: Person) -> int:
    file = pq.ParquetFile(path)
    names = [name for name in file.schema_arrow.names if _is_own(name) or name in _NAMED]
    if not names:
        return 0
    found = 0
    for batch in file.iter_batches(_ROWS_AT_ONCE, columns=names):
        masks = [_is_in(batch[name], person) for name in names]
        found += (
            sum(any(row) for row in zip(*(mask.to_pylist() for mask in masks), strict=True))
            if any(pc.any(mask).as_py() for mask in masks)
            else 0
        )
    return found


def _parquet_without(path: Path, target: Path, person: Person) -> None:
    file = pq.ParquetFile(path)
    schema = file.schema_arrow
    own = [name for name in schema.names if _is_own(name)]
    named = [name for name in schema.names if name in _NAMED]
    with pq.ParquetWriter(target, schema, compression="zstd") as writer:
        for batch in file.iter_batches(_ROWS_AT_ONCE):
            rows = pa.Table.from_batches([batch], schema)
            for name in own:
                rows = rows.filter(pc.invert(_is_in(rows[name], person)))
            for name in named:
                values = pc.if_else(
                    _is_in(rows[name], person), pa.scalar(person.pseudonym), rows[name].cast(pa.string())
                )
                rows = rows.set_column(
                    schema.names.index(name), schema.field(name), values.cast(schema.field(name).type)
                )
            writer.write_table(rows)


def _is_own(name: str) -> bool:
    return name in _OWN or name.endswith("customer_id")


def _is_in(values: Any, person: Person) -> Any:
    texts = values.cast(pa.string())
    return pc.fill_null(pc.is_in(texts, value_set=pa.array(sorted(person.numbers), pa.string())), False)


def _records(path: Path) -> Iterator[tuple[str, list[str], list[int]]]:
    """Records of a CSV file as they stand in it, their cells, and the cells that hold customer numbers."""
    text, place = _text(path), list[int]()
    separator = "\t" if text.partition("\n")[0].count("\t") else None
    for number, record in enumerate(_lines(text)):
        cells = _cells(record, separator or max(",;|", key=text.partition("\n")[0].count))
        if number == 0:
            place = _places(cells)
        yield record, cells, place


def _csv_without(path: Path, target: Path, person: Person) -> None:
    kept = "".join(text for text, cells, place in _records(path) if not _is_of(cells, place, person))
    target.write_bytes(kept.encode(_encoding(path)))


def _text(path: Path) -> str:
    return path.read_bytes().decode(_encoding(path))


def _encoding(path: Path) -> str:
    """The encoding of a file that Goldmine wrote; a byte order mark stays part of its first cell."""
    try:
        path.read_bytes().decode(_ENCODINGS[0])
    except UnicodeDecodeError:
        return _ENCODINGS[1]
    return _ENCODINGS[0]


def _lines(text: str) -> Iterator[str]:
    """Records with their ends; a line break within quotes ends none."""
    record = ""
    for line in text.splitlines(keepends=True):
        record += line
        if record.count('"') % 2 == 0:
            yield record
            record = ""
    if record:
        yield record


def _cells(record: str, separator: str) -> list[str]:
    rows = list(csv.reader(io.StringIO(record.lstrip(_MARK)), delimiter=separator))
    return rows[0] if rows else []


def _places(headings: Collection[Any]) -> list[int]:
    """The cells of customer numbers by a row of headings; none where the row is none."""
    known = {*_OWN, *_NAMED, *(column(name).heading(language) for name in _HEADINGS for language in LANGUAGES)}
    return [place for place, text in enumerate(headings) if str(text) in known or str(text).endswith("customer_id")]


def _is_of(cells: list[Any], place: list[int], person: Person) -> bool:
    """Whether a row names a person: in the cells of customer numbers, or in any cell where the sheet does not say."""
    values = [cells[index] for index in place if index < len(cells)] if place else cells
    return any(isinstance(value, str) and unescape_formula(value.strip()) in person.numbers for value in values)


def _in_workbook(path: Path, target: Path | None, person: Person) -> int:
    """Count the rows of a person in a workbook; with a target, write it with their cells emptied."""
    with zipfile.ZipFile(path) as book:
        if not any(person.pattern.search(book.read(name)) for name in book.namelist() if name.endswith(".xml")):
            if target:
                shutil.copyfile(path, target)
            return 0
    import openpyxl

    book = openpyxl.load_workbook(path)
    found = 0
    for sheet in book.worksheets:
        place: list[int] = []
        for number, row in enumerate(sheet.iter_rows()):
            cells = [cell.value for cell in row]
            place = place or (_places(cells) if number < _TOP else [])
            if _is_of(cells, place, person):
                found += 1
                for cell in row:
                    cell.value = None
    if target:
        book.save(target)
    return found


def _in_archive(path: Path, person: Person) -> int:
    if not zipfile.is_zipfile(path):
        return len(person.pattern.findall(path.read_bytes()))
    with zipfile.ZipFile(path) as archive:
        return sum(len(person.pattern.findall(archive.read(name))) for name in archive.namelist())


def _notebook_without(path: Path, target: Path, person: Person) -> None:
    notebook = json.loads(path.read_text("utf-8"))
    for cell in notebook.get("cells", []):
        if person.pattern.search(json.dumps(cell.get("outputs", []), ensure_ascii=False).encode()):
            cell["outputs"] = []
            cell.setdefault("metadata", {})["goldmine"] = "results removed: they named a forgotten customer"
    target.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", "utf-8")
