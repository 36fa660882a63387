"""Whole tables in odd files: taken in row by row as Python's own readers find them, or refused in two lines."""

import os
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goldmine.contract.canonical_parquet import canonical_footers
from goldmine.contract.canonical_writer import StagedTable, write_canonical
from goldmine.contract.mapping import Mapping, TableMapping
from goldmine.contract.reconciliation import reconciled
from goldmine.contract.schema import TableSpec
from goldmine.contract.source_totals import SourceTotals
from goldmine.contract.sources import ParquetSource
from goldmine.contract.stage import connect, raw_view, stage
from goldmine.contract.tables import TABLES
from goldmine.core.errors import ContractError
from goldmine.core.sql import quoted
from tests.fuzz import values
from tests.fuzz.files import File, tables
from tests.fuzz.independent import Forms, read
from tests.fuzz.postgres import SERVER
from tests.fuzz.test_values import FUZZ

FILES = int(os.environ.get("GOLDMINE_FUZZ_FILES", "12"))
"""Files a table; `make fuzz` gives 10,000."""
Row = tuple[Any, ...]


@pytest.fixture
def folder() -> Iterator[Path]:
    memory = Path("/dev/shm")
    path = Path(tempfile.mkdtemp(dir=memory if memory.is_dir() else None))
    yield path
    shutil.rmtree(path)


@pytest.fixture
def connection(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """One for all files of a table, since opening one takes as long as taking in a file."""
    with connect(folder) as connection:
        connection.execute("SET threads = 1")
        # It knows a file by its name and the tick of its writing, and here many have one name within a tick.
        connection.execute("SET enable_external_file_cache = false")
        yield connection


@pytest.mark.parametrize("table", TABLES)
def test_a_table_is_taken_in_as_it_stands_or_refused(
    connection: duckdb.DuckDBPyConnection, folder: Path, table: str
) -> None:
    spec, tried = TABLES[table], Counter[str]()

    @settings(FUZZ, max_examples=FILES)
    @given(data=st.data(), forms=values.forms)
    def check(data: st.DataObject, forms: Forms) -> None:
        file = data.draw(tables(spec, folder, forms))
        expected, kind = _expected(spec, file, forms), next(iter(file.source.model_dump()))
        try:
            names, taken = _taken(connection, spec, file, forms, folder)
        except ContractError as error:
            assert error.what.count("\n") == error.do.count("\n") == 0
            assert error.what and error.do
            assert file.refusable or expected is None, f"refused without cause: {error}"
            tried[f"{kind} refused"] += 1
            return
        assert expected is not None, "taken in although the independent reader finds faults"
        assert names == list(expected[0])
        assert Counter(taken) == Counter(expected[1])
        tried[f"{kind} taken in"] += 1

    check()
    counts = ", ".join(f"{count:,} {what}" for what, count in sorted(tried.items()))
    left_out = "" if SERVER else "; no table of PostgreSQL, since GOLDMINE_TEST_POSTGRES names no server"
    sys.stdout.write(f"{table}: {tried.total():,} files: {counts}{left_out}\n")
    assert tried.total() >= FILES


def _taken(
    connection: duckdb.DuckDBPyConnection, spec: TableSpec, file: File, forms: Forms, folder: Path
) -> tuple[list[str], list[Row]]:
    """Names of the columns and the rows that goldmine takes in; its sums must be those of its rows."""
    keys = TableMapping.model_validate({"source": ["s"], "select": file.select, **forms.as_yaml()})
    if isinstance(file.source, ParquetSource) and forms == Forms():
        footers = canonical_footers(file.source.files(), spec)
        if footers is not None:
            return _rows([footer.path for footer in footers], spec)
    scratch = folder / "intake" / spec.name
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    _forget_views(connection)
    mapping = Mapping("village", date(2024, 6, 30), {"s": file.source}, {spec.name: keys})
    staged = stage(connection, spec, mapping, scratch)
    written, counts = write_canonical(connection, StagedTable(spec, keys, staged))
    names, rows = _rows([part.path for part in written], spec)
    record = reconciled(spec, SourceTotals(), counts, (len(rows), sum(part.rows for part in written)))
    assert record.written == len(rows)
    for amount in record.amounts:
        place = names.index(amount.column) if rows else 0
        assert amount.written == sum((row[place] or Decimal(0) for row in rows), Decimal(0))
        assert amount.unexplained == 0
    return names, rows


def _forget_views(connection: duckdb.DuckDBPyConnection) -> None:
    for name in ("s", raw_view("s")):
        connection.execute(f"DROP VIEW IF EXISTS {quoted(name)}")


def _rows(paths: list[Path], spec: TableSpec) -> tuple[list[str], list[Row]]:
    read_tables = [pq.ParquetFile(path).read() for path in paths]
    names = [c.name for c in spec.columns if read_tables and c.name in read_tables[0].column_names]
    for name in (c.name for c in spec.columns if c.kind == "whole" and c.name in names):
        assert {t.schema.field(name).type for t in read_tables} == {pa.int64()}
    return names, [row for t in read_tables for row in zip(*(t[name].to_pylist() for name in names), strict=True)]


def _expected(spec: TableSpec, file: File, forms: Forms) -> tuple[list[str], list[Row]] | None:
    """What the independent reader finds by the contract's rules; None where the table has to be refused."""
    names = [c.name for c in spec.columns if c.name in file.columns]
    if not {c.name for c in spec.columns if c.required} <= set(names):
        return None
    found = {name: [read(spec.name, spec.column(name), v, forms) for v in file.columns[name]] for name in names}
    for name, cells in found.items():
        column, states = spec.column(name), [state for state, _ in cells]
        given_count = len(states) - states.count("empty")
        if column.required and (states.count("empty") or states.count("placeholder")):
            return None
        strict = column.required or column.fail_closed
        if (
            states.count("infinite")
            or states.count("imprecise")
            or states.count("unreadable") > (0 if strict else 0.01 * given_count)
        ):
            return None
    rows = list(zip(*([value for _, value in found[name]] for name in names), strict=True))
    return (names if rows else []), rows
