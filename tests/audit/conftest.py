"""A small bank, made by the project's own steps, for the auditor to recompute."""

from datetime import date

import pandas as pd
import pyarrow.parquet as pq
import pytest

from goldmine.activity import build_activity
from goldmine.contract.intake import open_bank
from goldmine.core.engine import connect
from goldmine.core.workspace import Workspace
from goldmine.customers.lost import lost
from goldmine.customers.moves import moves
from goldmine.customers.source_tables import SourceTables
from goldmine.customers.table import build_customers
from goldmine.features import build_features
from goldmine.labels.eligibility import labelled
from goldmine.labels.use_case import load_use_case
from goldmine.publishing.on_request_list import write_on_request_lists
from goldmine.sample import write_bank
from tests.audit.books import Books
from tests.audit.compare import compare

AS_OF = date(2024, 6, 30)
CUTOFFS = [date(2023, 6, 30), date(2024, 2, 29), AS_OF]
LOST = ("lost_deposit", "lost_loan")


def disagreements(written: pd.DataFrame, recomputed: pd.DataFrame) -> list[str]:
    """The columns that differ, and in how many cells."""
    return [str(column) for column in compare(written, recomputed) if not column.whole]


@pytest.fixture(scope="package")
def work(tmp_path_factory):
    """A bank of 900 customers, with features, customers tables and labels."""
    folder = tmp_path_factory.mktemp("audited")
    write_bank(folder / "bank", customers=900, months=18, seed=77, end=AS_OF)
    work = Workspace(folder / "work")
    bank = open_bank(folder / "bank", work)
    build_activity(bank, work)
    build_features(bank, work, CUTOFFS)
    build_customers(bank, work, CUTOFFS[1:])
    for name in ("dormancy", "longtail", "wealth", "winback"):
        rows = labelled(bank, work, load_use_case(name), CUTOFFS[1], AS_OF)
        pq.write_table(rows, work.root / f"labels_{name}.parquet")
    sources = SourceTables(connect(), bank, work)
    write_on_request_lists(bank, work, AS_OF, {kind: lost(sources, AS_OF, kind) for kind in LOST}, "en")
    moves(sources, AS_OF).matrix().to_parquet(work.root / "matrix.parquet")
    return folder / "work"


@pytest.fixture(scope="package")
def books(work):
    return Books(work.parent / "bank")
