"""Downloads of list rows, their allowance, and a second person's approval."""

import csv
import io
from datetime import date

import openpyxl
import pytest

from goldmine.campaigns.results.parse_sheet import COMPULSORY, read_sheet
from goldmine.core import fingerprint
from goldmine.portal import downloads
from goldmine.portal.models import Approval, CurrentRelease, Download, ListRow
from goldmine.portal.policy import Downloads, PortalPolicy
from tests.portal.conftest import list_row, make_release


@pytest.fixture
def allowance(monkeypatch):
    """Set the allowance: ``allowance(rows_a_day=2)``."""

    def limit(**values):
        policy = PortalPolicy(downloads=Downloads(**values))
        monkeypatch.setattr(downloads, "portal_policy", lambda: policy)

    return limit


@pytest.fixture
def take(browser, release):
    """Post the download form: ``take("s1", format="csv")``."""
    return lambda name, **values: browser(name).post("/lists/download", values)


def _content(answer):
    return b"".join(answer.streaming_content)


def _csv(answer):
    return list(csv.DictReader(io.StringIO(_content(answer).decode("utf-8-sig"))))


def _sheets(answer):
    return openpyxl.load_workbook(io.BytesIO(_content(answer)))


def test_a_csv_file_holds_what_the_filter_shows(take):
    rows = _csv(take("branch1", format="csv", manager_id="S1"))
    assert [row["Customer"] for row in rows] == ["C1", "C2"]
    first = rows[0]
    assert (first["Telephone"], first["Campaign"], first["Channel"]) == ("138****0001", "longtail_2024", "phone call")
    assert (first["Reason"], first["Release"], first["As of"]) == ("more came in over three months", "r1", "2024-06-30")
    assert (first["Contacted on"], first["Answer"], first["Note"]) == ("", "", "")


def test_a_file_in_chinese_has_chinese_headings_and_texts(take, users):
    users["s1"].language = "zh"
    users["s1"].save()
    first = _csv(take("s1", format="csv"))[0]
    assert (first["客户号"], first["触达渠道"], first["入选理由"]) == ("C1", "电话", "近三个月进账增加")


def test_a_workbook_holds_the_rows_and_who_took_them(take, users):
    book = _sheets(take("s1", format="xlsx", list_name="longtail_2024"))
    rows = list(book.worksheets[0].values)
    assert [row[rows[0].index("Customer")] for row in rows[1:]] == ["C1", "C2"]
    about = {row[0]: row[1] for row in book.worksheets[1].values if row[0]}
    assert (about["Downloaded by"], about["Role"], about["Rows"]) == ("s1", "customer manager", "2")
    assert about["Filter"] == "List or campaign: Long tail"
    assert about["Downloaded at"][:2] == "20"


def test_the_file_name_and_the_record_name_the_user_and_the_rows(take, users):
    answer = take("s1", format="csv", status="open")
    name = answer["Content-Disposition"]
    content = _content(answer)
    taken = Download.objects.get()
    assert 'filename="lists-s1-20' in name
    assert (taken.user, taken.rows, taken.format) == (users["s1"], 2, "csv")
    assert taken.filter == {"release": "r1", "rows_of": {"status": "open"}}
    assert taken.sha256 == fingerprint.of_bytes(content)


def test_a_file_can_be_returned_with_results(take, tmp_path):
    path = tmp_path / "back.csv"
    path.write_bytes(_content(take("s1", format="csv")))
    sheet = read_sheet(path)
    assert set(COMPULSORY) <= set(sheet.columns)
    assert [row[sheet.columns["customer_id"]] for row in sheet.rows] == ["C1", "C2"]
    assert [row[sheet.columns["campaign_id"]] for row in sheet.rows] == ["longtail_2024"] * 2


def test_no_text_becomes_a_formula(take):
    ListRow.objects.filter(customer_id="C1").update(name='=HYPERLINK("x")')
    assert _csv(take("s1", format="csv"))[0]["Name"] == '\'=HYPERLINK("x")'
    cells = [cell for row in _sheets(take("s1", format="xlsx")).worksheets[0].iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f"]


def test_rows_of_others_are_in_no_file(take):
    assert [row["Customer"] for row in _csv(take("s3", format="csv"))] == ["C4"]
    answer = take("s3", format="csv", search="C1")
    assert (answer.status_code, "No row fits this filter." in answer.content.decode()) == (422, True)


def test_the_allowance_of_a_day_counts_all_downloads(take, allowance):
    allowance(rows_a_day=3)
    assert take("s1", format="csv").status_code == 200
    answer = take("s1", format="csv")
    assert answer.status_code == 422
    assert "2 rows are more than the 1 that you may still take today." in answer.content.decode()
    assert Download.objects.count() == 1
    assert take("s2", format="csv").status_code == 200


def test_a_download_that_fails_gives_its_rows_back(take, allowance, monkeypatch):
    def fail(*args):
        raise OSError("no space")

    allowance(rows_a_day=2)
    with monkeypatch.context() as patch:
        patch.setattr(downloads, "write_rows", fail)
        with pytest.raises(OSError, match="no space"):
            take("s1", format="csv")
    assert take("s1", format="csv").status_code == 200


def test_more_rows_than_one_file_may_hold_are_refused(take, allowance):
    allowance(rows_at_most=1)
    answer = take("s1", format="csv")
    assert "One file holds 1 rows at most." in answer.content.decode()
    assert "Ask a second person" not in answer.content.decode()


def test_an_unknown_filter_is_refused(take):
    answer = take("s1", format="csv", salary="1")
    assert (answer.status_code, "There is no filter salary." in answer.content.decode()) == (422, True)


@pytest.fixture
def asked(browser, release, allowance):
    """A manager's request for two rows with an allowance of one."""
    allowance(rows_a_day=1)
    answer = browser("s1").post("/lists/download/ask", {"format": "csv", "why": "visits in the village"})
    assert answer["Location"] == "/downloads"
    return Download.objects.get()


def _decide(browser, name, asked, answer="yes"):
    return browser(name).post(f"/approvals/{asked.approval.pk}", {"answer": answer, "note": "fine"}, follow=True)


def test_the_branch_approves_and_the_manager_takes_the_file_once(browser, asked):
    assert "visits in the village" in browser("branch1").get("/approvals").content.decode()
    assert browser("s1").post(f"/downloads/{asked.pk}")["Location"] == "/downloads"
    _decide(browser, "branch1", asked)
    taken = browser("s1").post(f"/downloads/{asked.pk}")
    assert [row["Customer"] for row in _csv(taken)] == ["C1", "C2"]
    assert browser("s1").post(f"/downloads/{asked.pk}")["Location"] == "/downloads"


def test_an_approved_download_leaves_the_allowance_as_it_is(browser, asked, users):
    _decide(browser, "branch1", asked)
    browser("s1").post(f"/downloads/{asked.pk}")
    assert downloads.allowance_left(users["s1"]) == 1


@pytest.mark.parametrize("name", ["s1", "s2", "branch2", "operator", "auditor"])
def test_others_and_whoever_asked_cannot_approve(browser, asked, name):
    _decide(browser, name, asked)
    asked.approval.refresh_from_db()
    assert asked.approval.approved is None


def test_a_branch_does_not_see_what_another_branch_asks_for(browser, asked):
    assert "visits in the village" not in browser("branch2").get("/approvals").content.decode()


def test_head_office_is_approved_by_another_head_office_user_only(browser, release, allowance, users):
    allowance(rows_a_day=1)
    browser("head").post("/lists/download/ask", {"format": "csv", "why": "audit"})
    asked = Download.objects.get()
    for name in ("head", "branch1"):
        _decide(browser, name, asked)
    asked.approval.refresh_from_db()
    assert asked.approval.approved is None
    users["s3"].role, users["s3"].branch_id, users["s3"].staff_id = "head_office", "", ""
    users["s3"].save()
    _decide(browser, "s3", asked)
    assert len(_csv(browser("head").post(f"/downloads/{asked.pk}"))) == 4


def test_what_was_refused_cannot_be_taken_and_is_decided_once(browser, asked):
    _decide(browser, "branch1", asked, "no")
    page = _decide(browser, "head", asked, "yes").content.decode()
    assert "There is nothing of this kind for you to decide on." in page
    assert "There is no approved download" in browser("s1").post(f"/downloads/{asked.pk}", follow=True).content.decode()


def test_nobody_takes_the_download_of_another(browser, asked):
    _decide(browser, "branch1", asked)
    assert browser("s2").post(f"/downloads/{asked.pk}").status_code == 302
    asked.refresh_from_db()
    assert asked.sha256 == ""


def test_an_approval_holds_for_the_rows_that_were_approved(browser, asked, release):
    _decide(browser, "branch1", asked)
    list_row(release, "C1", kind="list", list_name="wealth", rank=1)
    page = browser("s1").post(f"/downloads/{asked.pk}", follow=True).content.decode()
    assert "The lists have changed since the download was approved." in page


def test_an_approval_ends_with_its_release(browser, asked):
    _decide(browser, "branch1", asked)
    CurrentRelease.objects.filter(id=1).update(release=make_release("r2", date(2024, 9, 30)))
    page = browser("s1").post(f"/downloads/{asked.pk}", follow=True).content.decode()
    assert "The lists have changed" in page


def test_a_request_without_a_reason_is_refused(browser, release, allowance):
    allowance(rows_a_day=1)
    answer = browser("s1").post("/lists/download/ask", {"format": "csv", "why": "  "})
    assert "A reason is missing." in answer.content.decode()
    assert not Approval.objects.exists()


def test_what_a_command_asked_for_is_decided_by_head_office(browser, release):
    approval = Approval.objects.create(subject="campaign", subject_id="longtail_2024", why="r1")
    assert "Long tail" in browser("head").get("/approvals").content.decode()
    browser("head").post(f"/approvals/{approval.pk}", {"answer": "yes", "note": ""})
    approval.refresh_from_db()
    assert approval.approved
