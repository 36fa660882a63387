"""Lists beside the releases: nobody who may not be contacted, and workbooks that people can read."""

from datetime import date

import openpyxl
import pandas as pd

from goldmine.publishing.on_request_list import write_on_request_lists
from tests.tiny import make_bank, workspace

DAY = date(2024, 6, 30)


def test_on_request_list_leaves_out_and_counts_who_may_not_be_contacted(tmp_path):
    people = [
        {"customer_id": "001", "marketing_consent": True, "birth_date": date(1980, 1, 1)},
        {"customer_id": "002", "marketing_consent": False, "birth_date": date(1980, 1, 1)},
        {"customer_id": "003", "marketing_consent": True, "birth_date": date(2010, 1, 1)},
    ]
    bank = make_bank(tmp_path / "bank", {"customers": people})
    rows = pd.DataFrame(
        {
            "customer_id": ["002", "001", "003"],
            "direction": "up",
            "step": 1e4,
            "outflow_type": "cash",
            "probability": 0.5,
        }
    )
    listed = write_on_request_lists(bank, workspace(tmp_path), DAY, {"near_threshold": rows}, "zh")["near_threshold"]
    assert (listed.rows, listed.left_out["opted_out"], listed.left_out["minor"]) == (1, 1, 1)
    assert pd.read_parquet(listed.path.with_suffix(".parquet")).customer_id.tolist() == ["001"]
    book = openpyxl.load_workbook(listed.path)
    about = {row[0].value: row[1].value for row in book["说明"].rows}
    assert (about["名单客户数"], about["剔除：已拒绝自动化营销（个保法第24条）"]) == (1, 1)
    sheet = book["名单"]
    assert [[cell.value for cell in row] for row in sheet.rows] == [
        ["客户号", "方向", "临界线（元）", "去向类型", "预测概率"],
        ["001", "有望提级", 10_000, "现金支取", 0.5],
    ]


def test_groups_stand_on_a_sheet_of_their_own(tmp_path):
    bank = make_bank(tmp_path / "bank", {"customers": [{"customer_id": "a", "marketing_consent": True}]})
    rows = pd.DataFrame({"customer_id": ["a"], "level": [2]})
    groups = pd.DataFrame({"kind": ["salary"], "customers": [40], "expected_rate": [0.25]})
    listed = write_on_request_lists(bank, workspace(tmp_path), DAY, {"screening": rows}, "zh", groups=groups)
    sheets = pd.read_excel(listed["screening"].path, sheet_name=None)
    assert sheets["分组"].to_dict("list") == {"主要交易类型": ["代发工资"], "客户数": [40], "预计转化率": [0.25]}
    assert sheets["名单"].to_dict("list") == {"客户号": ["a"], "资产等级": ["5万–20万"]}
