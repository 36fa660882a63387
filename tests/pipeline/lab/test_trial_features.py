"""A file of features that is tried: its own features alone are made, and the tables are those of a whole build."""

import shutil
from datetime import date

import duckdb
import pyarrow.parquet as pq
import pytest

from goldmine.activity import build_activity
from goldmine.contract.intake import open_bank
from goldmine.core.workspace import Workspace, home
from goldmine.features import build_features, catalogue
from goldmine.features.catalogue import try_folder, without_trial
from goldmine.pipeline.lab import Session, try_family
from goldmine.pipeline.lab.exploration import make_features
from goldmine.sample import write_bank

CUTOFF = date(2024, 5, 31)


@pytest.fixture(scope="module")
def standing(tmp_path_factory):
    folder = tmp_path_factory.mktemp("standing")
    write_bank(folder / "bank", customers=400, months=14, seed=5, end=CUTOFF)
    work = Workspace(folder / "work")
    bank = open_bank(folder / "bank", work)
    build_activity(bank, work)
    build_features(bank, work, [CUTOFF])
    return Session(bank, work, CUTOFF)


@pytest.fixture(autouse=True)
def _no_trial():
    yield
    try_folder(None)


def idea(tmp_path, divisor):
    path = tmp_path / "idea.py"
    text = (home() / "examples" / "families" / "spending.py").read_text("utf-8")
    path.write_text(text.replace("def spending(", "def idea(").replace('"spent_share_', '"idea_share_'), "utf-8")
    path.write_text(path.read_text("utf-8") + f"\nDIVISOR = {divisor}\n", "utf-8")
    return str(path)


def rows(work):
    return duckdb.sql(f"FROM '{work.features(CUTOFF)}'").fetchall()


def test_joined_features_are_those_of_a_whole_build(standing, tmp_path):
    made_before = standing.work.features(CUTOFF).stat().st_mtime_ns
    trial = try_family(standing, idea(tmp_path, 1))
    make_features(trial, [CUTOFF])
    names = pq.read_schema(trial.work.features(CUTOFF)).names
    assert len(names) > len(pq.read_schema(standing.work.features(CUTOFF)).names)
    whole = Workspace(tmp_path / "whole")
    shutil.copytree(standing.work.activity, whole.activity)
    build_features(standing.bank, whole, [CUTOFF])
    assert names == pq.read_schema(whole.features(CUTOFF)).names
    assert rows(trial.work) == rows(whole)
    assert standing.work.features(CUTOFF).stat().st_mtime_ns == made_before


def test_a_changed_file_is_made_again_and_an_unchanged_one_is_kept(standing, tmp_path):
    def made(divisor):
        trial = try_family(standing, idea(tmp_path, divisor))
        make_features(trial, [CUTOFF])
        return trial.work.features(CUTOFF).stat().st_mtime_ns

    first = made(1)
    assert made(1) == first
    assert made(2) != first


def test_features_of_the_job_that_are_not_there_are_made_first_and_without_the_file(standing, tmp_path):
    standing.work.features(CUTOFF).with_suffix(".json").unlink()
    trial = try_family(standing, idea(tmp_path, 1))
    make_features(trial, [CUTOFF])
    assert "idea_share_90d" in pq.read_schema(trial.work.features(CUTOFF)).names
    assert "idea_share_90d" not in pq.read_schema(standing.work.features(CUTOFF)).names
    assert "idea_share_90d" in {feature.name for feature in catalogue()}
    with without_trial():
        assert "idea_share_90d" not in {feature.name for feature in catalogue()}
