"""Results come back from the field: good rows kept, bad rows returned with the reason."""

import csv
import json
import os
import re
import zipfile
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from goldmine.campaigns.results import Imported, import_outcomes
from goldmine.cli.campaigns import import_file
from goldmine.contract.intake import open_bank
from goldmine.core.errors import ContractError, ReleaseError
from goldmine.core.workspace import Workspace
from goldmine.reporting.queue_pages import SHOWN
from goldmine.reporting.queue_workbook import write_queue
from tests.campaigns.made import release

TODAY = date(2024, 8, 1)
HEAD = "campaign,customer,contacted on,channel,answer,note"


@pytest.fixture
def work(tmp_path):
    work = Workspace(tmp_path / "work")
    offers = [{"customer_id": name, "group": "contact"} for name in ("0012", "A", "B")]
    release(work, [*offers, {"customer_id": "C", "group": "control"}], as_of="2024-06-30")
    return work


def take(work: Workspace, *lines: str, head: str = HEAD) -> Imported:
    path = work.root.parent / "results.csv"
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join([head, *lines]) + "\n", "utf-8")
    return import_outcomes(path, work, today=TODAY)


def stored(work: Workspace) -> list[dict]:
    return pq.read_table(work.returned).to_pylist()


def test_good_rows_are_stored_in_contract_codes(work):
    imported = take(work, "tail,0012,2024-07-05,call,not reached,", "tail,A,2024/7/6,电话,有意向,asked for a form")
    assert (imported.new, imported.known, imported.bad_file) == (2, 0, None)
    assert stored(work) == [
        {
            "campaign_id": "tail",
            "customer_id": "0012",
            "contacted_on": date(2024, 7, 5),
            "channel": "call",
            "answer": "not_reached",
            "outcome": "open",
            "note": None,
            "certain": True,
            "amount": None,
            "product": None,
        },
        {
            "campaign_id": "tail",
            "customer_id": "A",
            "contacted_on": date(2024, 7, 6),
            "channel": "call",
            "answer": "yes",
            "outcome": "open",
            "note": "asked for a form",
            "certain": True,
            "amount": None,
            "product": None,
        },
    ]


def test_an_answer_says_what_came_of_the_contact(work):
    answers = {"bought": "已办理5万定期", "no": "不需要", "opt_out": "请勿再联系", "yes": "有意向", "later": "改天再说"}
    take(work, *(f"tail,A,2024-07-{day:02d},call,{said}," for day, said in enumerate(answers.values(), 1)))
    assert {row["answer"]: row["outcome"] for row in stored(work)} == {
        "bought": "converted",
        "no": "not_converted",
        "opt_out": "not_converted",
        "yes": "open",
        "later": "open",
    }


def test_a_purchase_stored_as_open_before_is_known_and_mended_with_the_next_result(work):
    bought = "tail,A,2024-07-05,call,bought,"
    take(work, bought)
    rows = pa.Table.from_pylist([row | {"outcome": "open"} for row in stored(work)])
    pq.write_table(rows, work.returned)
    imported = take(work, bought, "tail,B,2024-07-06,call,later,")
    assert (imported.new, imported.known, imported.bad_file) == (1, 1, None)
    assert [row["outcome"] for row in stored(work)] == ["converted", "open"]


def test_importing_a_file_twice_changes_nothing(work):
    take(work, "tail,A,2024-07-05,call,yes,")
    before = (work.returned.read_bytes(), work.returned.stat().st_mtime_ns)
    imported = take(work, "tail,A,2024-07-05,call,yes,", "tail,A,2024-07-05,call,yes,")
    assert (imported.new, imported.known) == (0, 1)
    assert (work.returned.read_bytes(), work.returned.stat().st_mtime_ns) == before


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("nobody,A,2024-07-05,call,yes,", "no_campaign"),
        ("tail,,2024-07-05,call,yes,", "no_customer"),
        ("tail,12,2024-07-05,call,yes,", "never_listed"),
        ("tail,A,2024-06-30,call,yes,", "before"),
        ("tail,A,2024-08-02,call,yes,", "future"),
        ("tail,A,,call,yes,", "no_date"),
        ("tail,A,2024-02-30,call,yes,", "no_date"),
        ("tail,A,2024-07-05,pigeon,yes,", "channel"),
        ("tail,A,2024-07-05,call,,", "answer"),
    ],
)
def test_bad_row_is_returned_with_its_reason(work, line, reason):
    imported = take(work, line, "tail,B,2024-07-05,call,no,")
    assert (imported.new, dict(imported.bad)) == (1, {reason: 1})
    with imported.bad_file.open(encoding="utf-8-sig", newline="") as stream:
        head, row = csv.reader(stream)
    assert head == [*HEAD.split(","), "Why the row goes back"]
    assert row[:6] == line.split(",")
    assert row[6]


def test_contact_long_after_the_offer_ended_goes_back_and_its_refusal_counts(work):
    """The offers of June end on 2024-06-30, those of July, which list B once more, on 2024-07-31."""
    release(work, [{"customer_id": "B", "group": "contact"}], as_of="2024-07-31", name="r1")
    rows = ["tail,A,2024-09-28,call,yes,", "tail,B,2024-10-29,call,yes,"]
    path = work.root.parent / "late.csv"
    lines = [
        HEAD,
        *rows,
        "tail,A,2024-09-29,call,yes,",
        "tail,B,2026-07-05,call,yes,",
        "tail,0012,2026-07-05,call,退订,",
    ]
    path.write_text("\n".join(lines), "utf-8")
    imported = import_outcomes(path, work, today=date(2026, 8, 1))
    assert (imported.new, imported.refused, dict(imported.bad)) == (3, 1, {"late": 3})
    assert "more than 90 days after the offer ended (is the year right?)" in imported.bad_file.read_text("utf-8-sig")
    assert [(row["customer_id"], row["contacted_on"]) for row in stored(work)] == [
        ("0012", date(2026, 8, 1)),
        ("A", date(2024, 9, 28)),
        ("B", date(2024, 10, 29)),
    ]


def _saved(path: Path, day: str) -> Path:
    moment = datetime.fromisoformat(f"{day}T12:00+08:00").timestamp()
    os.utime(path, (moment, moment))
    return path


@pytest.mark.parametrize(
    ("saved", "day"),
    [("2024-07-10", date(2024, 7, 9)), ("2024-08-05", date(2024, 7, 31)), ("2024-06-30", date(2024, 7, 31))],
    ids=["before the import", "after the import", "not after the release"],
)
def test_yesterday_is_counted_from_when_the_file_was_saved(work, saved, day):
    path = work.root.parent / "results.csv"
    path.write_text(f"{HEAD}\ntail,A,昨天,call,yes,\n", "utf-8")
    import_outcomes(_saved(path, saved), work, today=TODAY)
    assert stored(work)[0]["contacted_on"] == day


@pytest.mark.parametrize(("changed", "day"), [(True, date(2024, 7, 7)), (False, date(2024, 7, 19))])
def test_a_workbook_says_itself_when_it_was_saved_unless_nobody_did(work, changed, day):
    path = work.root.parent / "results.xlsx"
    book = openpyxl.Workbook()
    book.active.append(HEAD.split(","))
    book.active.append(["tail", "A", "yesterday", "call", "yes", ""])
    book.properties.created = datetime(2024, 7, 1, 12)
    book.save(path)
    _edit_properties(path, modified="2024-07-08T12:00:00Z" if changed else "2024-07-01T12:00:00Z")
    import_outcomes(_saved(path, "2024-07-20"), work, today=TODAY)
    assert stored(work)[0]["contacted_on"] == day


def _edit_properties(path: Path, modified: str) -> None:
    """Set when a workbook says it was last saved; openpyxl writes the moment of its own saving."""
    with zipfile.ZipFile(path) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    tag = rb"(<dcterms:modified[^>]*>)[^<]*"
    parts["docProps/core.xml"] = re.sub(tag, rb"\g<1>" + modified.encode(), parts["docProps/core.xml"])
    with zipfile.ZipFile(path, "w") as packed:
        for name, content in parts.items():
            packed.writestr(name, content)


def test_conflicting_results_are_returned_and_stored_one_stays(work):
    imported = take(work, "tail,A,2024-07-05,call,yes,", "tail,A,2024-07-05,call,no,", "tail,B,2024-07-05,call,no,")
    assert (imported.new, dict(imported.bad)) == (1, {"twice": 2})
    imported = take(work, "tail,B,2024-07-05,call,yes,")
    assert dict(imported.bad) == {"other": 1}
    assert stored(work)[0]["answer"] == "no"


def test_contacted_control_customer_is_stored_and_counted(work):
    imported = take(work, "tail,C,2024-07-05,call,yes,")
    assert (imported.new, imported.control) == (1, 1)


@pytest.mark.parametrize(
    ("line", "reason", "day", "channel"),
    [
        ("tail,A,2024-07-05,call,opt_out,", None, date(2024, 7, 5), "call"),
        ("tail,A,2024-07-05,pigeon,要求不再联系。,", "channel", date(2024, 7, 5), None),
        ("tail,A,,call,Opt out,", "no_date", TODAY, "call"),
        ("tail,A,2024-09-02,call,退订,", "future", TODAY, "call"),
        ("tail,A,2024-06-30,call,never contact again,", "before", TODAY, "call"),
        ("tale,A,2024-07-05,call,opt_out,", "no_campaign", date(2024, 7, 5), "call"),
    ],
)
def test_refusal_in_a_bad_row_counts(work, line, reason, day, channel):
    imported = take(work, line)
    assert (imported.new, imported.refused, dict(imported.bad)) == (1, 1, {reason: 1} if reason else {})
    row = stored(work)[0]
    row_values = (row["customer_id"], row["contacted_on"], row["channel"], row["answer"])
    assert row_values == ("A", day, channel, "opt_out")
    if reason:
        assert imported.bad_file.read_text("utf-8-sig").count("; the refusal counts all the same") == 1
        before = work.returned.read_bytes()
        again = import_outcomes(work.root.parent / "results.csv", work, today=date(2024, 8, 9))
        assert (again.new, work.returned.read_bytes()) == (0, before)


def test_refusal_counts_without_its_formula_note(work):
    path = work.root.parent / "results.xlsx"
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, HEAD.split(","))
    sheet.write_row(1, 0, ["tail", "A", "2024-07-05", "call", "opt_out"])
    sheet.write_formula(1, 5, '=HYPERLINK("x")')
    book.close()
    imported = import_outcomes(path, work, today=TODAY)
    assert (imported.refused, dict(imported.bad)) == (1, {"formula": 1})
    assert [(row["answer"], row["note"]) for row in stored(work)] == [("opt_out", None)]
    back = openpyxl.load_workbook(imported.bad_file).active
    assert back["G2"].value == "a cell holds a formula; the refusal counts all the same"


def test_refusal_replaces_another_result_of_the_contact(work):
    lines = ["tail,A,2024-07-05,call,yes,", "tail,A,2024-07-05,call,opt_out,"]
    imported = take(work, *lines)
    assert (imported.refused, dict(imported.bad), stored(work)[0]["answer"]) == (1, {"twice": 2}, "opt_out")
    take(work, "tail,B,2024-07-05,call,yes,a form")
    imported = take(work, "tail,B,2024-07-05,call,opt_out,")
    assert (imported.new, imported.refused, imported.bad_file) == (1, 1, None)
    assert [row["answer"] for row in stored(work)] == ["opt_out", "opt_out"]
    imported = take(work, "tail,B,2024-07-05,call,yes,a form")
    assert (dict(imported.bad), stored(work)[1]["answer"]) == ({"other": 1}, "opt_out")


def test_ordinary_words_are_understood(work):
    imported = take(
        work,
        "tail,A,7月3日,电话,不感兴趣，别再打了,",
        "tail,B,昨天,电话,没接电话,",
        "tail,0012,7/20,上门,已办理5万定期,",
    )
    assert (imported.new, imported.refused, imported.bad_file) == (3, 1, None)
    values = ("customer_id", "contacted_on", "answer", "amount", "product")
    assert [tuple(row[name] for name in values) for row in stored(work)] == [
        ("0012", date(2024, 7, 20), "bought", Decimal(50_000), "定期"),
        ("A", date(2024, 7, 3), "opt_out", None, None),
        ("B", date(2024, 7, 31), "not_reached", None, None),
    ]


def test_refusal_in_the_note_counts(work):
    imported = take(work, "tail,A,2024-07-05,call,later,asked us not to call again")
    assert (imported.refused, stored(work)[0]["answer"]) == (1, "opt_out")


def test_possible_refusal_counts_until_the_row_is_corrected(work):
    imported = take(work, "tail,A,7月5日,电话,直接挂断,")
    assert (imported.new, imported.refused, dict(imported.bad)) == (1, 1, {"unclear": 1})
    assert [(row["answer"], row["certain"]) for row in stored(work)] == [("opt_out", False)]
    imported = take(work, "tail,A,2024-07-06,电话,以后再说,")
    assert (imported.new, imported.bad_file) == (1, None)
    assert [(row["answer"], row["certain"]) for row in stored(work)] == [("later", True)]


def test_refusal_of_unknown_customer_is_returned(work):
    imported = take(work, "tail,12,2024-07-05,call,opt_out,")
    assert (imported.new, dict(imported.bad)) == (0, {"never_listed": 1})
    assert not work.returned.exists()


def test_rows_not_worked_are_ignored(work):
    assert take(work, "tail,A,,,,").not_worked == 1
    assert not work.returned.exists()


def test_chinese_headings_in_gb18030_are_read(work):
    path = work.root.parent / "结果.csv"
    path.write_bytes(
        "活动代码,客户号,触达日期,触达渠道,客户答复,备注\ntail,A,2024年7月5日,上门走访,要求不再联系,嗯\ntail,B,x,电话,无意向,\n".encode(
            "gb18030"
        )
    )
    imported = import_outcomes(path, work, today=TODAY)
    assert [stored(work)[0][name] for name in ("channel", "answer", "note")] == ["visit", "opt_out", "嗯"]
    assert "触达日期缺失或无法识别" in imported.bad_file.read_text("utf-8-sig")


def test_synonyms_of_channels_and_answers_are_read(work):
    take(
        work,
        "tail,A,2024-07-05,微信,感兴趣,",
        "tail,A,2024-07-06,上门,不需要,",
        "tail,B,2024-07-05,打电话,以后再说。,",
        "tail,B,2024-07-06,电话,无人接听,",
    )
    assert [(row["channel"], row["answer"]) for row in stored(work)] == [
        ("wechat", "yes"),
        ("visit", "no"),
        ("call", "later"),
        ("call", "not_reached"),
    ]


def test_merged_headings_and_serial_dates_are_read(work):
    path = work.root.parent / "支行.xlsx"
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet()
    sheet.merge_range("A1:F1", "某支行二季度营销结果")
    for place, heading in enumerate(["活动代码", "客户号"]):
        sheet.merge_range(1, place, 2, place, heading)
    sheet.merge_range("C2:F2", "触达结果")
    sheet.write_row(2, 2, ["触达日期", "触达渠道", "客户答复", "备注"])
    sheet.write_row(3, 0, ["tail", "A", 45478, "电话", "有意向", "好"])
    sheet.write_row(4, 0, ["tail", "B", "2024/7/6 10:30", "电话", "未接通"])
    sheet.write_row(5, 0, ["tail", "0012", "七月六日", "电话", "未接通"])
    book.close()
    imported = import_outcomes(path, work, today=TODAY)
    assert dict(imported.bad) == {"no_date": 1}
    assert [(row["customer_id"], row["contacted_on"].day, row["answer"], row["note"]) for row in stored(work)] == [
        ("A", 5, "yes", "好"),
        ("B", 6, "not_reached", None),
    ]
    back = openpyxl.load_workbook(imported.bad_file).active
    assert [cell.value for cell in back[1]][:6] == ["活动代码", "客户号", "触达日期", "触达渠道", "客户答复", "备注"]


def test_utf16_text_of_a_spreadsheet_is_read(work):
    path = work.root.parent / "results.csv"
    head = HEAD.replace(",", "\t")
    path.write_bytes(f"Results of B1\n{head}\ntail\tA\t2024-07-05\tcall\tyes\t\n".encode("utf-16"))
    assert import_outcomes(path, work, today=TODAY).new == 1


def test_truncated_file_keeps_its_complete_rows(work):
    imported = take(work, "tail,A,2024-07-05,call,yes,", "tail,B,2024-07-05,ca")
    assert (imported.new, dict(imported.bad)) == (1, {"channel": 1})


HOSTILE = ["=1+1", "@x", "'=1", "-1", "名😀", "0012", "长" * 5000, "http://x.y", "a\nb"]


def test_workbook_texts_survive_a_round_trip(work):
    path = work.root.parent / "results.xlsx"
    book = xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False})
    sheet = book.add_worksheet()
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    for place, text in enumerate(HEAD.split(",")):
        sheet.write_string(0, place, text)
    for line, note in enumerate(HOSTILE, start=1):
        for place, text in ((0, "tail"), (1, "0012"), (3, "call"), (4, "later"), (5, note)):
            sheet.write_string(line, place, text)
        sheet.write_datetime(line, 2, date(2024, 7, line), day)
    sheet.write_string(10, 0, "tail")
    sheet.write_string(10, 1, "nobody")
    sheet.write_datetime(10, 2, date(2024, 7, 5), day)
    sheet.write_string(10, 4, "=2+2")
    sheet.write_formula(11, 5, "=1+1")
    sheet.write_string(11, 4, "yes")
    book.close()
    imported = import_outcomes(path, work, today=TODAY)
    assert [row["note"] for row in stored(work)] == HOSTILE
    assert dict(imported.bad) == {"never_listed": 1, "formula": 1}
    back = openpyxl.load_workbook(imported.bad_file).active
    assert (back["E2"].value, back["E2"].data_type) == ("=2+2", "s")
    assert (back["F3"].value, back["F3"].data_type) == ("=1+1", "s")


def test_csv_texts_survive_a_round_trip(work):
    path = work.root.parent / "results.csv"
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(HEAD.split(","))
        writer.writerows(
            [
                ["tail", "0012", f"2024-07-0{n + 1}", "call", "no", note]
                for n, note in enumerate(HOSTILE)
                if note != "'=1"
            ]
        )
    import_outcomes(path, work, today=TODAY)
    assert [row["note"] for row in stored(work)] == [note for note in HOSTILE if note != "'=1"]


def test_unusable_file_is_refused(work, tmp_path):
    with pytest.raises(ContractError, match="columns are missing: answer"):
        take(work, "tail,A,2024-07-05,call", head="campaign,customer,contacted on,channel")
    with pytest.raises(ContractError, match="the column note stands twice"):
        take(work, head=f"{HEAD},备注")
    with pytest.raises(ContractError, match="there is no such file"):
        import_outcomes(tmp_path / "none.csv", work)
    broken = tmp_path / "broken.xlsx"
    broken.write_bytes(b"PK")
    with pytest.raises(ContractError, match=r"broken\.xlsx: cannot be read as a workbook"):
        import_outcomes(broken, work)
    with pytest.raises(ReleaseError, match="no campaign has been released"):
        take(Workspace(tmp_path / "empty" / "work"), "tail,A,2024-07-05,call,yes,")


def bank_of(folder: Path, contacts: str = "") -> Path:
    folder.mkdir()
    (folder / "bank.yaml").write_text("name: little\ndata_until: 2024-07-31\n")
    (folder / "customers.csv").write_text("customer_id\nA\nB\n")
    (folder / "transactions.csv").write_text("transaction_id,customer_id,time,amount,direction\nt,A,2024-07-05,1,in\n")
    if contacts:
        (folder / "contacts.csv").write_text("campaign_id,customer_id,contacted_on,answer\n" + contacts)
    return folder


def test_intake_adds_results_once_the_books_cover_them(work, tmp_path):
    import ibis

    take(work, "tail,A,2024-07-05,call,yes,", "tail,B,2024-07-06,call,no,", "tail,B,2024-08-01,call,no,")
    bank = open_bank(bank_of(tmp_path / "bank", "tail,B,2024-07-06,later\nold,B,2024-01-01,no\n"), work)
    rows = bank.read(ibis.duckdb.connect(), "contacts").to_pyarrow().to_pylist()
    assert [(row["campaign_id"], row["customer_id"], str(row["contacted_on"]), row["answer"]) for row in rows] == [
        ("old", "B", "2024-01-01", "no"),
        ("tail", "A", "2024-07-05", "yes"),
        ("tail", "B", "2024-07-06", "later"),
    ]
    take(work, "tail,B,2024-07-06,call,opt_out,")
    refused = open_bank(tmp_path / "bank", work).read(ibis.duckdb.connect(), "contacts").to_pyarrow().to_pylist()
    assert [row["answer"] for row in refused] == ["no", "yes", "opt_out"]
    bank = open_bank(tmp_path / "bank", work)
    again = open_bank(tmp_path / "bank", work)
    assert again.tables["contacts"] == bank.tables["contacts"]


def test_bank_without_contacts_gets_imported_ones(work, tmp_path):
    take(work, "tail,A,2024-07-05,call,yes,")
    bank = open_bank(bank_of(tmp_path / "bank"), work)
    assert bank.tables["contacts"].rows == 1


def name_campaign(work: Workspace, **titles: str) -> None:
    """Titles of the campaign `tail`, as a release's manifest has them."""
    (path,) = work.releases.glob("*/*/manifest.json")
    manifest = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps(manifest | {"campaigns": {"tail": {"title": titles}}}), "utf-8")


def test_queue_workbook_comes_back_with_all_its_weeks_and_campaigns(work):
    name_campaign(work, en="Long tail", zh="长尾提级")
    work.returned.parent.mkdir(parents=True, exist_ok=True)
    day, later = date(2024, 7, 5), date(2024, 7, 12)
    rows = [("长尾提级", "A", day), ("客户维护", "B", day), ("长尾提级", "0012", later)]
    queue = pd.DataFrame(
        [
            dict.fromkeys(SHOWN, "") | {"campaign_id": campaign, "customer_id": who, "on_day": on_day}
            for campaign, who, on_day in rows
        ]
    ).assign(channel="call", level=1, aum_avg=1.0, expected_value=1.0, valid_until=later)
    path = work.root.parent / "m1.xlsx"
    write_queue(path, queue, date(2024, 6, 30), "zh")
    book = openpyxl.load_workbook(path)
    assert len(book.sheetnames) == 2
    for sheet in book:
        place = {cell.value: cell.column for cell in sheet[1]}
        for line in range(2, sheet.max_row + 1):
            sheet.cell(line, place["触达日期"], "7月15日")
            sheet.cell(line, place["客户答复"], "有意向")
    book.save(path)
    imported = import_outcomes(path, work, today=TODAY)
    assert (imported.new, dict(imported.bad)) == (3, {})
    assert [(row["campaign_id"], row["customer_id"], row["contacted_on"]) for row in stored(work)] == [
        ("relationship", "B", date(2024, 7, 15)),
        ("tail", "0012", date(2024, 7, 15)),
        ("tail", "A", date(2024, 7, 15)),
    ]


def test_title_of_two_campaigns_names_neither(work):
    name_campaign(work, en="Long tail", zh="长尾提级")
    release(work, [{"customer_id": "A", "group": "contact"}], as_of="2024-03-31", name="r1")
    path = work.releases / "2024-03-31" / "r1" / "manifest.json"
    manifest = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps(manifest | {"campaigns": {"other": {"title": {"en": "Long tail"}}}}), "utf-8")
    imported = take(work, "Long tail,A,2024-07-05,call,yes,", "长尾提级,A,2024-07-05,call,yes,")
    assert (imported.new, dict(imported.bad)) == (1, {"no_campaign": 1})


def test_contact_without_a_campaign_needs_a_customer_of_the_bank(work):
    imported = take(work, "customer care,A,yesterday,visit,never contact again,", "relationship,Z,2024-07-05,call,yes,")
    assert dict(imported.bad) == {"no_such_customer": 1}
    assert [(row["campaign_id"], row["contacted_on"], row["answer"]) for row in stored(work)] == [
        ("relationship", date(2024, 7, 31), "opt_out")
    ]


def test_command_tells_counts_and_reasons_in_the_language_asked_for(work, capsys):
    path = work.root.parent / "results.csv"
    lines = [HEAD, "tail,C,2024-07-05,call,yes,", "tail,A,2026-07-05,call,no,", "tail,B,2024-07-05,call,退订,"]
    path.write_text("\n".join(lines) + "\n", "utf-8")
    import_file(path, work.root, language="zh")
    counts, control, refused, back, reason = capsys.readouterr().out.splitlines()
    assert (counts, control) == ("新增2条，已有0条，尚未触达0条", "新增中有1条是对照组客户，本不应触达")
    assert (refused, back.startswith("1行退回，见")) == ("新增中有1条要求不再联系，今后不再触达", True)
    assert reason.split() == ["1", "触达日期比营销有效期晚了90天以上（年份是否写错？）"]
