"""Lists beside the releases: nobody who may not be contacted, and workbooks that people can read."""

from datetime import date

import openpyxl
import pandas as pd

from goldmine.publishing import on_request_list as worklist
from goldmine.publishing.on_request_list import write_worklist
from tests.tiny import make_bank, workspace

DAY = date(2024, 6, 30)


def test_who_may_not_be_contacted_is_left_out_and_counted(tmp_path):
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
    found = write_worklist(bank, workspace(tmp_path), DAY, {"near_threshold": rows}, "zh")["near_threshold"]
    assert (found.rows, found.left_out["opted_out"], found.left_out["minor"]) == (1, 1, 1)
    assert pd.read_parquet(found.path.with_suffix(".parquet")).customer_id.tolist() == ["001"]
    book = openpyxl.load_workbook(found.path)
    about = {row[0].value: row[1].value for row in book["说明"].rows}
    assert (about["名单客户数"], about["剔除:已拒绝自动化营销(个保法第24条)"]) == (1, 1)
    sheet = book["名单"]
    assert [[cell.value for cell in row] for row in sheet.rows] == [
        ["客户号", "方向", "临界线(元)", "去向类型", "概率"],
        ["001", "有望提级", 10_000, "现金支取", 0.5],
    ]


def test_the_groups_stand_on_a_sheet_of_their_own(tmp_path):
    path = tmp_path / "list.xlsx"
    rows = pd.DataFrame({"customer_id": ["a"]})
    worklist._write_workbook(path, rows, [("Bank", "B")], "zh", pd.DataFrame({"客户数": [40], "预计转化率": [0.25]}))
    assert pd.read_excel(path, sheet_name="分组").values.tolist() == [[40, 0.25]]
