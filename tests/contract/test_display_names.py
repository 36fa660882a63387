"""Names of staff and branches beside their numbers."""

import pandas as pd

from goldmine.contract.display_names import display_names
from tests.tiny import make_bank


def test_names_stand_beside_numbers_and_a_number_without_one_alone(tmp_path):
    staff = [{"staff_id": "S1", "name": "王芳"}, {"staff_id": "S2", "name": " "}, {"staff_id": "S3", "name": None}]
    branches = [{"branch_id": "B1", "name": "柳河支行"}]
    names = display_names(make_bank(tmp_path, {"customers": [], "staff": staff, "branches": branches}))
    rows = pd.DataFrame({"branch_id": ["B1", "B2"], "owner_id": ["S1", None], "customer_id": ["S1", "B1"]})
    shown = names.in_frame(rows, "zh").astype(object)
    assert shown.where(shown.notna(), None).to_numpy().tolist() == [
        ["柳河支行（B1）", "王芳（S1）", "S1"],
        ["B2", None, "B1"],
    ]
    assert names.beside("manager_id", ["S2", "S3"], "zh") == ["S2", "S3"]


def test_bank_without_names_shows_numbers(tmp_path):
    names = display_names(make_bank(tmp_path, {"customers": [], "staff": [{"staff_id": "S1"}]}))
    assert names.beside("staff_id", ["S1"], "en") == ["S1"]
