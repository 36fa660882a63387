from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from goldmine.core.errors import ParameterError
from goldmine.core.workspace import Workspace
from goldmine.features import families
from goldmine.features.catalogue import tried_folders, try_folder
from goldmine.pipeline.lab import Session, try_family, univariate_summary

KNOWN = pd.DataFrame(
    {
        "telling": [1.0, 2.0, 3.0, 4.0],
        "silent": [5.0, 5.0, 5.0, 5.0],
        "half": [np.nan, 1.0, np.nan, 0.0],
        "village": ["east", "west", "east", "west"],
        "outcome": [0, 0, 1, 1],
    }
)


def test_univariate_summary_lists_strongest_features_first():
    summary = univariate_summary(KNOWN)
    assert summary.index.tolist() == ["telling", "half", "silent"]
    assert summary.loc["telling"].to_dict() == {"known": 1.0, "without": 1.5, "with": 3.5, "auc": 1.0}
    assert summary.loc["half", ["known", "auc"]].tolist() == [0.5, 0.0]
    assert summary.loc["silent", "auc"] == 0.5


def test_univariate_summary_covers_only_named_features():
    assert univariate_summary(KNOWN, ["silent"]).index.tolist() == ["silent"]


def test_univariate_summary_refuses_cutoff_without_outcome():
    with pytest.raises(ParameterError, match="the outcome of this cutoff is not complete yet"):
        univariate_summary(KNOWN.drop(columns="outcome"))


@pytest.fixture
def session(tmp_path):
    (tmp_path / "activity").mkdir()
    yield Session(SimpleNamespace(name="tiny"), Workspace(tmp_path), None)
    try_folder(None)


def test_try_family_uses_its_own_folder_and_reloads_changed_file(session, tmp_path):
    family = tmp_path / "moon.py"
    family.write_text("def moon(v):\n    return ['first']\n")
    trial = try_family(session, str(family))
    assert trial.work.root == tmp_path / "lab" / "moon"
    assert trial.family == str(family)
    assert (trial.work.activity.resolve(), tried_folders()) == (tmp_path / "activity", [trial.work.root / "families"])
    assert _columns("moon") == ["first"]
    family.write_text("def moon(v):\n    return ['another']\n")
    try_family(session, str(family))
    assert _columns("moon") == ["another"]


def _columns(name: str) -> list[str]:
    from importlib import import_module

    return getattr(import_module(f"{families.__name__}.{name}"), name)(None)


def test_try_family_refuses_missing_file(session):
    with pytest.raises(ParameterError, match=r"nowhere\.py: is not a Python file of features"):
        try_family(session, "nowhere.py")
