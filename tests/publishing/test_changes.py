"""What a release changes in the one of the same snapshot that it replaces."""

import csv
from datetime import date
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from goldmine.cli.output import show_campaigns
from goldmine.core.errors import ReleaseError
from goldmine.core.workspace import Workspace
from goldmine.publishing.changes import changes_between, replaced_release, write_changes
from goldmine.publishing.listing import ReleaseMetadata
from goldmine.publishing.release_store import Release, read_release, release_once
from tests.publishing.literal import AS_OF, fill, publish_literal

RELEASE = ReleaseMetadata("tiny", AS_OF, "new", "zh")


def offers(folder: Path, *rows: tuple[str, str, str, str]) -> Path:
    """A release with offers of one campaign: customer, branch, manager, channel; the last of them is control."""
    names = ("customer_id", "branch_id", "manager_id", "channel")
    records = [dict(zip(names, row, strict=True)) for row in rows]
    same = {"campaign_id": "tail", "use_case": "longtail", "offer": "deposit", "valid_until": date(2024, 8, 29)}
    place = folder / "campaigns" / "tail"
    place.mkdir(parents=True)
    for name, some in (("offers", records[:-1]), ("control", records[-1:])):
        pq.write_table(pa.Table.from_pylist([same | row for row in some]), place / f"{name}.parquet")
    return folder


@pytest.fixture
def releases(tmp_path) -> tuple[Path, Path]:
    before = offers(
        tmp_path / "before",
        *(("gone", "B1", "S1", "call"), ("stays", "B1", "S1", "call"), ("moves", "B1", "S1", "call")),
        *(("other", "B1", "S1", "call"), ("secret", "B1", "S1", "call")),
    )
    after = offers(
        tmp_path / "after",
        *(("stays", "B1", "S1", "call"), ("moves", "B2", "S2", "call"), ("other", "B1", "S3", "sms")),
        *(("comes", "B2", "S2", "call"), ("secret", "B2", "S1", "call")),
    )
    return before, after


def test_withdrawn_new_and_changed_customers_are_listed(releases):
    rows = changes_between(*releases).to_pylist()
    names = ("change", "customer_id", "branch_id", "manager_id", "changed_columns")
    assert [tuple(row[name] for name in names) for row in rows] == [
        ("changed", "other", "B1", "S3", "channel, manager_id"),
        ("new", "comes", "B2", "S2", None),
        ("new", "moves", "B2", "S2", None),
        ("withdrawn", "gone", "B1", "S1", None),
        ("withdrawn", "moves", "B1", "S1", None),
    ]
    assert {(row["use_case"], row["campaign_id"]) for row in rows} == {(None, "tail")}


def test_same_release_changes_nothing(releases):
    assert changes_between(releases[0], releases[0]).num_rows == 0


def test_head_office_gets_all_rows_and_branches_their_own(releases):
    before, after = releases
    replaced = write_changes(after, before, RELEASE)
    assert (replaced.release_id, replaced.head_office.model_dump()) == (
        "before",
        {"withdrawn": 2, "new": 2, "changed": 1},
    )
    assert {name: counts.model_dump() for name, counts in replaced.branches.items()} == {
        "B1": {"withdrawn": 2, "new": 0, "changed": 1},
        "B2": {"withdrawn": 0, "new": 2, "changed": 0},
    }
    assert {file.path: file.rows for file in replaced.files} == {
        "changes/changes.parquet": 5,
        "changes/head_office.csv": 5,
        "changes/head_office.xlsx": 5,
        "changes/branches/B1.csv": 3,
        "changes/branches/B1.xlsx": 3,
        "changes/branches/B2.csv": 2,
        "changes/branches/B2.xlsx": 2,
    }
    with (after / "changes" / "branches" / "B1.csv").open(encoding="utf-8-sig", newline="") as stream:
        lines = list(csv.reader(stream))
    assert lines[:2] == [
        ["变动", "营销场景", "营销活动", "客户号", "所属支行", "客户经理", "变动内容"],
        ["有变动", "", "tail", "other", "B1", "S3", "触达渠道、客户经理"],
    ]
    sheet = openpyxl.load_workbook(after / "changes" / "head_office.xlsx").worksheets[0]
    assert [row[3].value for row in sheet.iter_rows()] == ["客户号", "other", "comes", "moves", "gone", "moves"]
    assert [row[0].value for row in sheet.iter_rows()][-1] == "撤下：请勿联系"


def test_release_names_the_one_it_replaces(tmp_path, capsys):
    work = Workspace(tmp_path)
    first = publish_literal(work, "old", rows=3)
    release = ReleaseMetadata("tiny", AS_OF, "new", "en")
    assert replaced_release(work, ReleaseMetadata("tiny", date(2024, 5, 31), "new", "en")) is None
    assert replaced_release(work, ReleaseMetadata("tiny", AS_OF, "old", "en")) is None
    assert first.manifest.replaces is None

    def again(folder: Path):
        manifest = fill(folder, "new", 2, AS_OF)
        return manifest.model_copy(update={"replaces": write_changes(folder, replaced_release(work, release), release)})

    second: Release = release_once(work, AS_OF, "new", again)
    assert second.manifest.replaces.release_id == "old"
    assert second.manifest.replaces.head_office.model_dump() == {"withdrawn": 1, "new": 0, "changed": 0}
    show_campaigns(work)
    shown = capsys.readouterr().out.split("\n")
    assert [" ".join(line.split()) for line in shown[1:5]] == [
        "Replaces release old of the same snapshot:",
        "Rows of lists and offers withdrawn new changed",
        "head office 1 0 0",
        "B1 1 0 0",
    ]
    (second.folder / "changes" / "changes.parquet").unlink()
    with pytest.raises(ReleaseError, match=r"changes/changes\.parquet is missing"):
        read_release(second.folder)
    assert replaced_release(work, ReleaseMetadata("tiny", AS_OF, "third", "en")) is None
