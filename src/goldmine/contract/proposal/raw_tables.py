"""The tables in a folder or database as they lie there: files that belong together, sheets, tables of databases."""

import glob
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from goldmine.contract.bank_files import any_case
from goldmine.contract.csv_file import named
from goldmine.contract.proposal.csv_format import csv_format
from goldmine.contract.proposal.databases import database_tables, postgres_tables
from goldmine.contract.proposal.file_groups import RawFile, common_suffix, file_groups, starred
from goldmine.contract.sources import KINDS, PostgresSource, Source, expand
from goldmine.contract.xlsx_file import sheet_names, sheet_rows
from goldmine.core.errors import ContractError
from goldmine.core.sql import quoted

_CSV = (".csv", ".txt", ".asc", ".dat", ".tsv", ".del", ".unl")
_HEADER_ROWS = 10
_MONTH_COLUMNS = 3


@dataclass(frozen=True)
class RawTable:
    """One table as a bank keeps it.

    Parameters
    ----------
    source_name : str
        Name of its source in bank.yaml.
    source : dict
        The source as bank.yaml would have it, its path relative to the bank's folder.
    titles : tuple of str
        Names that may say what it holds: of its file, folders, sheet or table.
    columns : tuple of str
        Its columns.
    table, schema : str
        Name of the table inside of a database, empty for files; its schema where it has to be named.
    files : tuple of str
        Its files, relative to the bank's folder.
    unfinished : tuple of str
        CSV files among them whose last line does not end.
    """

    source_name: str
    source: dict[str, Any]
    titles: tuple[str, ...]
    columns: tuple[str, ...]
    table: str = ""
    schema: str = ""
    files: tuple[str, ...] = ()
    unfinished: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """Kind of its source, such as ``csv``."""
        return next(kind for kind in KINDS if kind in self.source)

    @property
    def month_columns(self) -> list[str]:
        """Columns that are named after months, of a table with one column a month."""
        named = [name for name in self.columns if re.search(r"(?<!\d)20\d\d\D?(0[1-9]|1[0-2])(?!\d)", name)]
        return named if len(named) >= _MONTH_COLUMNS else []

    @property
    def headless(self) -> bool:
        """Whether no row names its columns."""
        return self.source.get("header") is False

    @property
    def where(self) -> str:
        """What a person calls it: a path, with the sheet or table."""
        inside = f"{self.schema}.{self.table}" if self.schema else self.table or self.source.get("sheet", "")
        return f"{self.source[self.kind]}{f' ({inside})' if inside else ''}"

    @property
    def family(self) -> str:
        """Equal for files, sheets and tables whose names differ in digits only."""
        place = str(self.source[self.kind]) if self.table else starred(str(Path(self.files[0]).with_suffix("")))
        inside = re.sub(r"\d+", "*", self.table or self.source.get("sheet", ""))
        return f"{place} {self.schema} {inside}"

    def opened(self, folder: Path) -> Source:
        """The source with its path absolute; a last line without an end is accepted, since only a proposal is made."""
        if self.kind == "postgres":
            return PostgresSource(postgres=expand(self.source["postgres"], "--postgres"))
        path = os.path.join(glob.escape(str(folder)), self.source[self.kind])  # noqa: PTH118 - a glob
        more = {"final_newline": False} if self.kind == "csv" else {}
        source: Source = KINDS[self.kind](**{**self.source, self.kind: path, **more})
        return source

    @property
    def relation(self) -> str:
        """The table in the SELECT of bank.yaml."""
        if not self.table:
            return self.source_name
        if self.kind == "duckdb":
            return f"{self.source_name}.{quoted(self.table)}"
        return f"{quoted(self.schema)}.{quoted(self.table)}" if self.schema else quoted(self.table)


def server_tables(variable: str) -> list[RawTable]:
    """Find the tables of a PostgreSQL server.

    Parameters
    ----------
    variable : str
        The environment variable that holds its address, which may have a password and is not written down.
    """
    address = f"${{{variable}}}"
    found = postgres_tables(PostgresSource(postgres=expand(address, "--postgres")))
    tables = [
        RawTable(variable, {"postgres": address}, (name, schema), columns, name, schema)
        for schema, name, columns in found
    ]
    return _with_own_names(tables)


def raw_tables(folder: Path, paths: list[Path]) -> tuple[list[RawTable], dict[str, str]]:
    """Find the tables in files.

    Parameters
    ----------
    folder : Path
        The bank's folder.
    paths : list of Path
        Files below it.

    Returns
    -------
    list of RawTable, dict of str to str
        The tables; for each file that holds none the reason.
    """
    found: list[RawFile] = []
    others: list[RawTable] = []
    unused = {}
    for path in paths:
        name = path.relative_to(folder).as_posix()
        unused[name] = "holds no table that can be read"
        try:
            for one in _look(path, name):
                unused.pop(name, None)
                if isinstance(one, RawFile):
                    found.append(one)
                else:
                    others.append(one)
        except ContractError as error:
            unused[name] = error.what
    tables = [_joined(pattern, members) for pattern, members in file_groups(found)]
    return _with_own_names([*tables, *others]), unused


def _look(path: Path, name: str) -> Iterator[RawFile | RawTable]:
    suffix = path.suffix.lower()
    start = path.open("rb").read(16) if path.stat().st_size else b""
    if start.startswith(b"PAR1"):
        yield RawFile(name, "parquet", tuple(pq.read_schema(path).names))
    elif start.startswith(b"SQLite format 3") or start[8:12] == b"DUCK":
        kind = "duckdb" if start[8:12] == b"DUCK" else "sqlite"
        for table, columns in database_tables(path, kind):
            yield RawTable(path.stem, {kind: glob.escape(name)}, (table,), columns, table, files=(name,))
    elif suffix in (".xlsx", ".xlsm"):
        sheets = sheet_names(path)
        for sheet in sheets:
            row, columns = _header(path, sheet)
            if columns:
                settings = ({"sheet": sheet} if len(sheets) > 1 else {}) | ({"header_row": row} if row > 1 else {})
                yield RawFile(name, "xlsx", columns, settings)
    elif suffix in _CSV:
        form = csv_format(path)
        if form:
            yield RawFile(name, "csv", form.columns, form.settings, form.ends)


def _header(path: Path, sheet: str) -> tuple[int, tuple[str, ...]]:
    """The row of a sheet that names its columns: among the first the one with most texts, the earliest of equals."""
    rows = [row for _, row in zip(range(_HEADER_ROWS), sheet_rows(path, sheet), strict=False)]
    if not rows:
        return 1, ()
    filled = [sum(cell is not None for cell in row) for row in rows]
    place = filled.index(max(filled))
    if max(filled) < 2:
        return 1, ()
    if place and filled[0] == max(filled) - 1 and rows[0][0] is None:  # an index column has no heading
        place = 0
    return place + 1, tuple(named(rows[place]))


def _joined(pattern: str, members: list[RawFile]) -> RawTable:
    if len(members) > 1 and pattern.endswith("]"):
        pattern = pattern.removesuffix(any_case(Path(members[0].path).suffix.lower())) + common_suffix(members)
    first = members[-1]
    unfinished = tuple(one.path for one in members if not one.ends)
    settings = dict(first.settings)
    if len(unfinished) == len(members) and first.kind == "csv":
        settings["final_newline"] = False
        unfinished = ()
    parts = [Path(first.path).stem, *Path(first.path).parent.parts, first.settings.get("sheet", "")]
    titles = tuple(part for part in parts if part and re.sub(r"[\d_=-]", "", part))
    return RawTable(
        _identifier(titles[0] if titles else first.path),
        {first.kind: pattern, **settings},
        titles,
        tuple(named(first.columns)),
        files=tuple(one.path for one in members),
        unfinished=unfinished,
    )


def _identifier(title: str) -> str:
    """A name in SQL: letters, digits and _ of a title; ``source`` where nothing is left."""
    name = re.sub(r"[^A-Za-z0-9]+", "_", re.sub(r"[\d-]+$", "", title)).strip("_").lower()
    return name if name and name[0].isalpha() else f"source_{name}".rstrip("_")


def _with_own_names(tables: list[RawTable]) -> list[RawTable]:
    """Give every source a name of its own; tables of one database share theirs."""
    names: dict[str, str] = {}
    result = []
    for table in tables:
        location = repr(table.source)
        name = _identifier(table.source_name)
        if location not in names:
            number = 2
            while name in names.values():
                name, number = f"{_identifier(table.source_name)}_{number}", number + 1
            names[location] = name
        result.append(RawTable(**{**table.__dict__, "source_name": names[location]}))
    return result
