from datetime import date

import openpyxl
import pandas as pd

from goldmine.reporting.queue_pages import SHOWN
from goldmine.reporting.queue_workbook import write_queue


def contact(who, day, say="您好"):
    cells = dict.fromkeys(SHOWN, "") | {"customer_id": who, "on_day": day, "channel": "call", "say": say, "level": 1}
    return cells | {"aum_avg": 12_000.0, "expected_value": 9.5, "valid_until": date(2024, 8, 29)}


def test_workbook_has_a_sheet_a_week_in_words(tmp_path):
    days = (date(2024, 7, 5), date(2024, 7, 8), date(2024, 7, 9))
    queue = pd.DataFrame([contact(who, day) for who, day in zip("ABC", days, strict=True)])
    write_queue(tmp_path / "m1.xlsx", queue, date(2024, 6, 30), "zh")
    book = openpyxl.load_workbook(tmp_path / "m1.xlsx")
    assert book.sheetnames == ["2024-07-01当周", "2024-07-08当周"]
    rows = list(book["2024-07-08当周"].iter_rows(values_only=True))
    place = {heading: position for position, heading in enumerate(rows[0])}
    assert [[row[place[name]] for name in ("客户号", "触达渠道", "资产等级")] for row in rows[1:]] == [
        ["B", "电话", "1万–5万"],
        ["C", "电话", "1万–5万"],
    ]


def test_long_sentence_gets_a_row_that_holds_it(tmp_path):
    queue = pd.DataFrame([contact("A", date(2024, 7, 1), "字" * 60), contact("B", date(2024, 7, 1))])
    write_queue(tmp_path / "m1.xlsx", queue, date(2024, 6, 30), "zh")
    sheet = openpyxl.load_workbook(tmp_path / "m1.xlsx").active
    assert [sheet.row_dimensions[line].height for line in (2, 3)] == [60.75, 17.25]


def test_empty_queue_is_a_workbook_without_rows(tmp_path):
    write_queue(tmp_path / "m1.xlsx", pd.DataFrame(columns=list(SHOWN)), date(2024, 6, 30), "en")
    assert openpyxl.load_workbook(tmp_path / "m1.xlsx").sheetnames == ["Week of 2024-07-01"]
