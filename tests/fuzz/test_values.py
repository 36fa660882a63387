"""Odd values of every column: the casting SQL reads each as the independent reader does, and counts the rest."""

import os
from decimal import Decimal
from random import Random
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from goldmine.contract.casting import ColumnCast, casted_rows, counts_of
from goldmine.contract.schema import Column
from goldmine.contract.tables import TABLES
from goldmine.contract.value_forms import ValueForms
from tests.fuzz import values
from tests.fuzz.independent import Forms, read

CASES = int(os.environ.get("GOLDMINE_FUZZ_CASES", "300"))
"""Values a table; `make fuzz` gives 10,000."""
SEEDS = st.integers(0, 2**32 - 1)
EACH = 50
FUZZ = settings(
    deadline=None,
    derandomize=CASES <= 300,
    database=None,
    suppress_health_check=list(HealthCheck),
    report_multiple_bugs=False,
    phases=(Phase.generate,),
)


@pytest.fixture(scope="module")
def connection() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(config={"threads": 1})


@pytest.mark.parametrize("table", TABLES)
def test_values_are_read_as_the_independent_reader_reads_them(
    connection: duckdb.DuckDBPyConnection, table: str
) -> None:
    columns = TABLES[table].columns

    tried = 0

    @settings(FUZZ, max_examples=-(-CASES // EACH))
    @given(data=st.data(), forms=values.forms, seed=SEEDS)
    def check(data: st.DataObject, forms: Forms, seed: int) -> None:
        nonlocal tried
        column, random = data.draw(st.sampled_from(columns)), Random(seed)
        odd = data.draw(st.lists(values.odd_of(table, column, forms), min_size=EACH - 10, max_size=EACH - 10))
        texts = [*odd, *(values.right(table, column, forms, random) for _ in range(EACH - len(odd)))]
        _agree(connection, table, column, texts, forms)
        tried += len(texts)

    check()
    assert tried >= CASES


def _agree(connection: duckdb.DuckDBPyConnection, table: str, column: Column, texts: list[str], forms: Forms) -> None:
    connection.register("texts", pa.table({column.name: pa.array(texts, pa.string())}))
    cast = ColumnCast(table, column, "VARCHAR", ValueForms.model_validate(forms.as_yaml()))
    casted = casted_rows([cast], "SELECT * FROM texts")
    found = [read(table, column, text, forms) for text in texts]
    rows = connection.execute(f'SELECT "{column.name}" FROM ({casted})').fetchall()
    for text, (state, value), (taken,) in zip(texts, found, rows, strict=True):
        assert taken == value, f"{text!r} under {forms} is {state} {value!r}, and read as {taken!r}"
    counters = counts_of(cast)
    counted = dict(
        zip(
            counters,
            connection.execute(f"SELECT {', '.join(counters.values())} FROM ({casted})").fetchall()[0],
            strict=True,
        )
    )
    states = [state for state, _ in found]
    assert counted["empty"] == states.count("empty")
    assert counted["placeholders"] == states.count("placeholder") + _since_ever(column, found, texts)
    assert counted["unreadable"] == states.count("unreadable") + states.count("infinite")
    assert counted["infinite"] == states.count("infinite")
    if column.kind == "money":
        assert (counted["yuan"] or Decimal(0)) == sum((value for _, value in found if value), Decimal(0))


def _since_ever(column: Column, found: list[Any], texts: list[str]) -> int:
    return sum(str(value) == "1900-01-01" for _, value in found) if column.since_ever else 0
