from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from goldmine.core.errors import ParameterError
from goldmine.core.workspace import Workspace
from goldmine.features import families
from goldmine.features.catalogue import tried_folders, try_folder
from goldmine.pipeline.lab import Desk, look, try_family

KNOWN = pd.DataFrame(
    {
        "telling": [1.0, 2.0, 3.0, 4.0],
        "silent": [5.0, 5.0, 5.0, 5.0],
        "half": [np.nan, 1.0, np.nan, 0.0],
        "village": ["east", "west", "east", "west"],
        "outcome": [0, 0, 1, 1],
    }
)


def test_a_look_tells_what_each_number_says_by_itself_the_most_telling_first():
    found = look(KNOWN)
    assert found.index.tolist() == ["telling", "half", "silent"]
    assert found.loc["telling"].to_dict() == {"known": 1.0, "without": 1.5, "with": 3.5, "auc": 1.0}
    assert found.loc["half", ["known", "auc"]].tolist() == [0.5, 0.0]
    assert found.loc["silent", "auc"] == 0.5


def test_a_look_at_some_features_only():
    assert look(KNOWN, ["silent"]).index.tolist() == ["silent"]


def test_without_an_outcome_there_is_nothing_to_look_at():
    with pytest.raises(ParameterError, match="the outcome of this cutoff is not complete yet"):
        look(KNOWN.drop(columns="outcome"))


@pytest.fixture
def desk(tmp_path):
    (tmp_path / "activity").mkdir()
    yield Desk(SimpleNamespace(name="tiny"), Workspace(tmp_path), None)
    try_folder(None)


def test_a_family_is_tried_in_a_folder_of_its_own_and_a_change_is_taken_up(desk, tmp_path):
    family = tmp_path / "moon.py"
    family.write_text("def moon(v):\n    return ['first']\n")
    trial = try_family(desk, str(family))
    assert trial.work.root == tmp_path / "lab" / "moon"
    assert trial.family == str(family)
    assert (trial.work.activity.resolve(), tried_folders()) == (tmp_path / "activity", [trial.work.root / "families"])
    assert _made("moon") == ["first"]
    family.write_text("def moon(v):\n    return ['another']\n")
    try_family(desk, str(family))
    assert _made("moon") == ["another"]


def _made(name: str) -> list[str]:
    from importlib import import_module

    return getattr(import_module(f"{families.__name__}.{name}"), name)(None)


def test_what_is_no_file_of_features_is_said(desk):
    with pytest.raises(ParameterError, match=r"nowhere\.py: is not a Python file of features"):
        try_family(desk, "nowhere.py")
