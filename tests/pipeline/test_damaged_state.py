"""Whatever a run left in the work folder and was damaged since is made again, or named with what to restore."""

import os
import shutil
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from pyarrow import csv

from goldmine.activity.build import build_activity
from goldmine.contactability.holdout import keep_holdout, salted
from goldmine.contactability.policy import HoldOut
from goldmine.contract.intake import load_bank, open_bank
from goldmine.core.errors import GoldmineError
from goldmine.core.workspace import Workspace
from goldmine.customers.table import build_customers
from goldmine.features import build_features
from goldmine.reporting.prepare import prepare
from tests.reporting.conftest import JUNE, tables
from tests.tiny import make_bank

HOLDOUT = HoldOut(share=0.1, start_date=date(2024, 1, 1), end_date=date(2024, 12, 31))
NOT_MADE_AGAIN = {
    "bank.json": "Restore it from a backup",
    "holdout.json": "Restore it from a backup",
    "holdout.salt": "Restore it from a backup",
}
"""State that nothing else tells."""


def run(project) -> Workspace:
    """What a job does before models, as its steps do it: intake, activity, features, customers, figures, hold-out."""
    work = Workspace(project / "work")
    bank = open_bank(project / "bank", work)
    build_activity(bank, work)
    build_features(bank, work, [JUNE])
    build_customers(bank, work, [JUNE])
    prepare(bank, work, JUNE)
    keep_holdout(work, salted(work, HOLDOUT), JUNE)
    return work


def contents(work):
    """All tables and state by path, without what a seal says of times."""
    files = [path for path in work.root.rglob("*") if path.is_file() and not path.name.startswith(".")]
    own = str(work.root.parent).encode()
    read = {path.relative_to(work.root).as_posix(): path.read_bytes().replace(own, b"") for path in files}
    read.pop("tables.json", None)  # it holds times of files
    return read


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A project after a run on a bank of CSV files, so that the work folder holds canonical tables of its own."""
    project = tmp_path_factory.mktemp("whole")
    make_bank(project / "parquet", tables())
    (project / "bank").mkdir()
    for table in (project / "parquet").iterdir():
        csv.write_csv(pq.read_table(table), project / "bank" / f"{table.name}.csv")
    (project / "bank" / "bank.yaml").write_text("name: tiny\ndata_until: 2024-06-30\n", "utf-8")
    run(project)
    return project


@pytest.fixture
def project(whole, tmp_path):
    """A copy of its own."""
    shutil.copytree(whole, tmp_path / "project", copy_function=shutil.copy2)
    return tmp_path / "project"


def changed_rows(path):
    """The same rows with other numbers: wrong, but in order for every reader."""
    rows = pq.read_table(path)
    for position, column in enumerate(rows.schema):
        if pa.types.is_floating(column.type) or pa.types.is_decimal(column.type):
            zeros = pc.multiply(rows[column.name], pa.scalar(0)).cast(column.type)
            rows = rows.set_column(position, column, zeros)
    pq.write_table(rows, path)


DAMAGES = (
    changed_rows,
    lambda path: pq.write_table(pq.read_table(path).slice(0, 1), path),
    lambda path: os.truncate(path, path.stat().st_size // 2),
    lambda path: os.truncate(path, 0),
)
"""Other numbers, fewer rows, half a file, no byte."""


def test_every_damaged_table_is_made_again_as_it_was(whole, project, capsys):
    """All tables at once, each by one of the damages; their modification times are put back."""
    before = contents(Workspace(whole / "work"))
    work = Workspace(project / "work")
    tables = sorted(path for path in work.root.rglob("*.parquet") if path.is_file())
    rooms = {path.relative_to(work.root).parts[0] for path in tables}
    assert rooms >= {"tables", "activity", "features", "customers", "reporting", "coverage"}
    damaged = {path: DAMAGES[position % len(DAMAGES)] for position, path in enumerate(tables)}
    for path, damage in damaged.items():
        status = path.stat()
        damage(path)
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    damaged = [path for path in tables if path.read_bytes() != before[path.relative_to(work.root).as_posix()]]
    assert len(damaged) > len(tables) - 3  # a table of one row stays as it is when cut to one
    run(project)
    assert contents(work) == before
    said = capsys.readouterr().err
    unsaid = [path for path in damaged if f"!!! {path.relative_to(work.root)}: is not as it was written" not in said]
    assert {path.relative_to(work.root).parts[0] for path in unsaid} == {"tables"}


def test_no_table_is_read_that_was_cut_after_the_intake(project):
    """A command that opens the bank as it stands refuses or repairs; it never reads a part."""
    work = Workspace(project / "work")
    (part, *_others) = sorted(work.activity.rglob("*.parquet"))
    pq.write_table(pq.read_table(part).slice(0, 1), part)
    load_bank(work)
    assert not part.exists()


def state_files(work):
    """Every file of a run that is not a table: JSON, salt and whatever else is added."""
    files = [path for path in work.root.rglob("*") if path.is_file() and path.suffix not in (".parquet", ".lock")]
    return sorted(path.relative_to(work.root).as_posix() for path in files if path.name != ".lock")


def test_every_state_file_that_is_emptied_is_made_again_or_named(whole, project, capsys):
    work = Workspace(project / "work")
    before = contents(Workspace(whole / "work"))
    names = state_files(work)
    assert len(names) > 20
    named = {}
    for name in names:
        content = (work.root / name).read_bytes()
        (work.root / name).write_bytes(b"")
        try:
            run(project)
        except GoldmineError as error:
            named[name] = error
            (work.root / name).write_bytes(content)
        assert "Traceback" not in capsys.readouterr().err
    assert set(named) == set(NOT_MADE_AGAIN)
    for name, error in named.items():
        assert len(str(error).splitlines()) == 2, name
        assert NOT_MADE_AGAIN[name] in error.do, name
        assert name in error.what, name
    assert contents(work) == before
