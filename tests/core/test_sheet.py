"""A returned file has limits, which are said before or while it is read."""

import os
import time
import zipfile
from datetime import UTC, date, datetime

import openpyxl
import pytest
from openpyxl.packaging.core import DocumentProperties

from goldmine.core import sheet
from goldmine.core.columns import columns
from goldmine.core.errors import ContractError
from goldmine.core.sheet import Wanted, read_returned

WANTED = Wanted(columns(("customer_id", "answer")), ("customer_id",))


@pytest.fixture
def three_rows(monkeypatch):
    monkeypatch.setattr(sheet, "MOST_ROWS", 3)


@pytest.fixture(params=["Asia/Shanghai", "UTC", "America/Los_Angeles"])
def zone(request):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", request.param)
        time.tzset()
        yield
    time.tzset()


def write(path, rows):
    if path.suffix == ".csv":
        path.write_text("".join(f"{number},yes\n" if number else "customer_id,answer\n" for number in range(rows + 1)))
    else:
        book = openpyxl.Workbook()
        for number in range(rows + 1):
            book.active.append([str(number), "yes"] if number else ["customer_id", "answer"])
        book.save(path)
    return path


@pytest.mark.parametrize("name", ["results.csv", "results.xlsx"])
def test_as_many_rows_as_the_limit_are_read_and_one_more_is_refused(three_rows, tmp_path, name):
    assert len(read_returned(write(tmp_path / name, 3), WANTED).rows) == 3
    with pytest.raises(ContractError, match=rf"{name}: has more than 3 rows\.") as refused:
        read_returned(write(tmp_path / name, 4), WANTED)
    assert refused.value.do.startswith("Split it into files of at most 200,000 rows")


def test_a_file_of_193_megabytes_is_refused_unread(tmp_path):
    path = tmp_path / "results.csv"
    with path.open("wb") as stream:
        stream.truncate(193_000_000)
    with pytest.raises(ContractError, match=r"results\.csv: has 193 MB, and at most 64 are read\."):
        read_returned(path, WANTED)


@pytest.mark.parametrize("heading", ["审批金额（元）", "审批金额(元)"])
def test_brackets_of_a_heading_count_as_equal_in_both_widths(tmp_path, heading):
    path = tmp_path / "decisions.csv"
    path.write_text(f"客户号,{heading}\n1,500\n", "utf-8")
    wanted = Wanted(columns(("customer_id", "decided_amount")), ("customer_id", "decided_amount"))
    assert read_returned(path, wanted).columns == {"customer_id": 0, "decided_amount": 1}


@pytest.mark.parametrize("cut", range(1, 12))
def test_a_row_whose_tag_is_cut_between_two_pieces_counts_once(tmp_path, cut):
    path = tmp_path / "results.xlsx"
    with zipfile.ZipFile(path, "w") as book:
        lead = (1 << 20) - cut
        book.writestr("xl/worksheets/sheet1.xml", b"x" * (lead - 9) + b'<x:row r="1"/><row><c/></row>' + b"<row/>")
    assert sheet._rows_at_most(path, 100) == 3


@pytest.mark.parametrize(
    ("moment", "day"), [("2024-07-03T15:59", date(2024, 7, 3)), ("2024-07-03T23:30", date(2024, 7, 4))]
)
def test_a_file_was_saved_on_the_banks_day_wherever_the_machine_stands(zone, tmp_path, moment, day):
    saved = datetime.fromisoformat(moment)
    seconds = saved.replace(tzinfo=UTC).timestamp()
    path = write(tmp_path / "results.csv", 1)
    os.utime(path, (seconds, seconds))
    assert read_returned(path, WANTED).saved_on == day
    assert sheet._said_saved(DocumentProperties(created=datetime(2024, 7, 1), modified=saved)) == day
