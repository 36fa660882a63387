"""Work folders of every layout so far open, and one of a newer Goldmine is refused."""

import json
import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from goldmine.contactability.holdout import salt_of
from goldmine.contactability.past_offers import handed_out, offers_of
from goldmine.contract.manifest import load_bank
from goldmine.core.errors import WorkFolderError
from goldmine.core.seals import is_sealed
from goldmine.core.work_layout import LAYOUT, MIGRATIONS
from goldmine.core.workspace import Workspace
from goldmine.measurement.kept_figures import kept_figures
from goldmine.publishing import read_latest
from tests.portal.made import AS_OF

KEPT = Path(__file__).with_name("layouts")


def stated(work: Workspace) -> dict:
    return json.loads((work.root / "bank.json").read_text("utf-8"))


def state(root: Path, **changes: object) -> None:
    path = root / "bank.json"
    owner = json.loads(path.read_text("utf-8")) | changes
    path.write_text(json.dumps({key: value for key, value in owner.items() if value is not None}), "utf-8")


@pytest.fixture
def copy(tmp_path):
    """Makes a copy of the kept folder of a layout."""

    def made(layout: int) -> Path:
        return Path(shutil.copytree(KEPT / str(layout), tmp_path / "work"))

    return made


def test_a_folder_of_every_layout_is_kept():
    assert sorted(int(path.name) for path in KEPT.iterdir()) == list(range(1, LAYOUT + 1))
    assert len(MIGRATIONS) == LAYOUT


@pytest.mark.parametrize("layout", range(1, LAYOUT + 1))
def test_a_folder_of_each_layout_opens_with_all_that_it_held(copy, layout):
    work = Workspace(copy(layout))
    with work.lock():
        assert stated(work)["layout"] == LAYOUT
    assert work.bank_name() == "tiny"
    bank = load_bank(work)
    assert {name: table.rows for name, table in bank.tables.items()} == {"customers": 5, "transactions": 1}
    assert read_latest(work).manifest.release_id == "r1"
    offers = offers_of(handed_out(work))
    assert list(zip(offers["customer_id"], offers["group"], strict=True)) == [
        ("C5", "control"),
        ("C1", "contact"),
        ("C2", "contact"),
    ]
    scores = work.scores(AS_OF, "longtail")
    assert is_sealed(scores)
    assert pq.read_table(scores)["rank"].to_pylist() == [1, 2]
    assert pq.read_table(work.returned)["answer"].to_pylist() == ["opt_out"]
    assert salt_of(work, None) == "of a fixture"
    assert [figures.campaign for figures in kept_figures(work)] == ["longtail_2024"]


def test_a_folder_of_before_layouts_were_stated_is_brought_up_to_date(copy):
    root = copy(1)
    state(root, layout=None)
    work = Workspace(root)
    with work.lock():
        assert stated(work)["layout"] == LAYOUT
    assert read_latest(work).manifest.release_id == "r1"


@pytest.mark.parametrize("layout", [LAYOUT + 1, "two", -1])
def test_a_folder_of_a_newer_layout_is_refused_in_words(copy, layout):
    root = copy(1)
    state(root, layout=layout)
    before = (root / "bank.json").read_bytes()
    with pytest.raises(WorkFolderError, match=f"is in layout {layout} of a newer Goldmine; this one knows .* up to 1"):
        Workspace(root)
    assert (root / "bank.json").read_bytes() == before


def test_a_new_folder_states_its_layout(tmp_path):
    work = Workspace(tmp_path / "new")
    work.claim("tiny")
    assert stated(work) == {"bank": "tiny", "layout": LAYOUT}
