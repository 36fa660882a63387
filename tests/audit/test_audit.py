"""The short part: a small bank, made by the project's own steps, is recomputed from its raw tables."""

import ast
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from goldmine.activity import build_activity
from goldmine.contract.intake import open_bank
from goldmine.core.workspace import Workspace
from goldmine.features import build_features
from goldmine.sample import write_bank
from tests.audit.books import Books
from tests.audit.compare import compare
from tests.audit.features import recompute_features

AS_OF = date(2024, 6, 30)
CUTOFFS = [date(2023, 6, 30), date(2024, 2, 29), AS_OF]
RUNNERS = ("test_audit.py", "__main__.py")
"""Modules that make a bank and have it worked on; all others recompute and compare."""


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    """A bank of 900 customers, and its feature tables of three month ends."""
    folder = tmp_path_factory.mktemp("audited")
    write_bank(folder / "bank", customers=900, months=18, seed=77, end=AS_OF)
    work = Workspace(folder / "work")
    bank = open_bank(folder / "bank", work)
    build_activity(bank, work)
    build_features(bank, work, CUTOFFS)
    return folder / "work"


@pytest.fixture(scope="module")
def books(work):
    return Books(work.parent / "bank")


def disagreements(written: pd.DataFrame, recomputed: pd.DataFrame) -> list[str]:
    """The columns that differ, and in how many cells."""
    return [str(column) for column in compare(written, recomputed) if not column.whole]


def test_auditor_imports_nothing_of_the_project():
    modules = [path for path in Path(__file__).parent.glob("*.py") if path.name not in RUNNERS]
    assert len(modules) >= 4
    for path in modules:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            assert not [name for name in names if name.startswith(("goldmine", "importlib"))], path.name


def test_a_cell_that_differs_is_counted():
    written = pd.DataFrame({"a": [1.0, 2.0], "b": ["x", None]}, index=["A", "B"])
    recomputed = pd.DataFrame({"a": [1.0, 2.1], "b": ["x", None]}, index=["A", "B"])
    assert [(column.column, column.agreed) for column in compare(written, recomputed)] == [("a", 1), ("b", 2)]
    assert [column.agreed for column in compare(written, recomputed.drop(index="B"))] == [1, 1]
    assert [column.agreed for column in compare(written, recomputed[["b"]])] == [0, 2]


def test_every_feature_of_every_customer_is_as_documented(work, books):
    for cutoff in CUTOFFS:
        written = pd.read_parquet(work / "features" / f"{cutoff}.parquet").drop(columns="cutoff")
        recomputed = recompute_features(books, pd.Timestamp(cutoff))
        assert len(recomputed) > 800
        assert disagreements(written.set_index("customer_id"), recomputed) == [], cutoff
