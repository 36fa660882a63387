"""Results that come back as a file."""

import io
import zipfile
from datetime import date
from uuid import uuid4

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from goldmine.portal.models import Customer, ListRow, OptOut, Result
from goldmine.portal.work import Contact, record_result
from tests.portal.conftest import list_row

HEAD = "Campaign,Customer,Contacted on,Channel,Answer,Note\n"
LISTED = "longtail_2024"


@pytest.fixture
def send(browser, release, settings, tmp_path):
    """Send a file: ``send("s1", text)`` gives the page."""
    settings.GOLDMINE_WORK = tmp_path

    def post(name, content, file="results.csv"):
        content = content.encode() if isinstance(content, str) else content
        return browser(name).post("/results", {"file": SimpleUploadedFile(file, content)})

    return post


def _rows(*rows):
    return HEAD + "\n".join(rows)


def _bad_file(answer, client):
    address = answer.content.decode().partition("/results/rejected/")[2].partition('"')[0]
    return b"".join(client.get(f"/results/rejected/{address}").streaming_content).decode("utf-8-sig")


def test_good_rows_are_stored_and_change_the_lists(send):
    answer = send("s1", _rows(f"{LISTED},C1,2024-07-05,phone call,yes,likes mornings", f"{LISTED},C2,,,,"))
    page = answer.content.decode()
    assert "1 result was stored." in page
    assert "1 row is not worked yet." in page
    stored = Result.objects.get()
    assert (stored.customer_id, stored.answer, stored.note, stored.source) == ("C1", "yes", "likes mornings", "upload")
    assert (stored.contacted_on, stored.channel, stored.branch_id) == (date(2024, 7, 5), "call", "B1")
    assert ListRow.objects.get(customer_id="C1").status == "done"


def test_campaigns_go_by_their_titles_too(send):
    send("s1", _rows("Long tail,C1,2024-07-05,phone call,no,"))
    assert Result.objects.get().list_name == LISTED


def test_the_same_file_again_changes_nothing(send):
    text = _rows(f"{LISTED},C1,2024-07-05,phone call,yes,", f"{LISTED},C2,2024-07-06,phone call,has bought,")
    send("s1", text)
    page = send("s1", text).content.decode()
    assert "0 results were stored." in page
    assert "2 results were there before." in page
    assert Result.objects.count() == 2


@pytest.mark.parametrize("day", ["2024-07-05", "2024-06-30", "5 July"])
def test_results_of_another_branch_are_bad_rows_like_those_of_unknown_customers(send, browser, day):
    rows = (f"{LISTED},C4,{day},phone call,yes,", f"{LISTED},C9,{day},phone call,yes,")
    answer = send("s1", _rows(f"{LISTED},C1,2024-07-05,phone call,yes,", *rows))
    lines = _bad_file(answer, browser("s1")).splitlines()
    assert [line.split(",")[1] for line in lines[1:]] == ['"C4"', '"C9"']
    assert len({line.rpartition(",")[2] for line in lines[1:]}) == 1
    assert "customer was never on a list of this campaign" in lines[1]
    assert list(Result.objects.values_list("customer_id", flat=True)) == ["C1"]


def test_the_refusal_of_another_branchs_customer_is_not_stored(send):
    send("s1", _rows(f"{LISTED},C4,2024-07-05,phone call,never contact again,"))
    assert not OptOut.objects.exists()


def test_a_refusal_counts_whatever_else_is_wrong_with_its_row(send):
    answer = send("s1", _rows(f"{LISTED},C1,no day,phone call,never contact again,"))
    assert "1 row could not be taken" in answer.content.decode()
    assert list(OptOut.objects.values_list("customer_id", "certain")) == [("C1", True)]


def test_an_answer_that_is_not_understood_counts_as_a_refusal_until_it_is_corrected(send):
    send("s1", _rows(f"{LISTED},C1,2024-07-05,phone call,hm hm,"))
    assert list(OptOut.objects.values_list("customer_id", "certain")) == [("C1", False)]
    send("s1", _rows(f"{LISTED},C1,2024-07-05,phone call,yes,"))
    assert not OptOut.objects.exists()
    assert set(Result.objects.values_list("answer", flat=True)) == {"opt_out", "yes"}


def test_another_result_of_the_same_contact_goes_back(send, browser):
    send("s1", _rows(f"{LISTED},C1,2024-07-05,phone call,yes,"))
    answer = send("s1", _rows(f"{LISTED},C1,2024-07-05,phone call,no,"))
    assert "another result of this contact was imported before" in _bad_file(answer, browser("s1"))
    assert Result.objects.get().answer == "yes"


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (f"{LISTED},C1,2024-06-30,phone call,yes,", "contacted before the release"),
        (f"{LISTED},C1,2024-07-09,phone call,yes,", "contacted in the future"),
        (f"{LISTED},C1,2024-07-05,letter,yes,", "channel is not known"),
        ("spring,C1,2024-07-05,phone call,yes,", "no such campaign in any release"),
        (f"{LISTED},C1,2024-07-05,phone call,yes," + "x" * 2001, "a text is too long"),
    ],
)
def test_a_bad_row_goes_back_with_its_reason(send, browser, settings, row, reason):
    settings.GOLDMINE_DAY = date(2024, 7, 8)
    answer = send("s1", _rows(row))
    assert reason in _bad_file(answer, browser("s1"))
    assert not Result.objects.exists()


def test_a_contact_long_after_the_offer_ended_goes_back(send, browser, settings):
    settings.GOLDMINE_DAY = date(2026, 7, 8)
    ListRow.objects.filter(customer_id="C1").update(valid_until=date(2024, 8, 29))
    answer = send("s1", _rows(f"{LISTED},C1,2026-07-05,phone call,yes,"))
    assert "more than 90 days after the offer ended" in _bad_file(answer, browser("s1"))
    assert not Result.objects.exists()


def test_rejected_rows_are_given_to_whoever_sent_them_only(send, browser):
    answer = send("s1", _rows(f"{LISTED},C9,2024-07-05,phone call,yes,"))
    address = answer.content.decode().partition('href="/results/rejected/')[2].partition('"')[0]
    assert browser("s2").get(f"/results/rejected/{address}").status_code == 404
    assert browser("s1").get("/results/rejected/..%2f..%2fsecret.key").status_code == 404
    assert browser("s1").get(f"/results/rejected/{address}").status_code == 200


def _workbook(*rows):
    book, stream = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(stream)
    return stream.getvalue()


def test_a_workbook_is_read_too(send):
    head = HEAD.strip().split(",")
    send("s1", _workbook(head, [LISTED, "C1", date(2024, 7, 5), "phone call", "later", None]), "back.xlsx")
    assert Result.objects.get().answer == "later"


def test_customer_numbers_that_a_spreadsheet_took_for_numbers_are_known(send):
    for model in (ListRow, Customer):
        model.objects.filter(customer_id="C1").update(customer_id="1000234")
    head = HEAD.strip().split(",")
    row = [LISTED, 1000234, date(2024, 7, 5), "phone call", "never contact again", None]
    assert "1 result was stored." in send("s1", _workbook(head, row), "back.xlsx").content.decode()
    assert "1 result was there before." in send("s1", _workbook(head, row), "back.xlsx").content.decode()
    assert OptOut.objects.get().customer_id == "1000234"


def test_a_contact_of_a_service_comes_back_as_customer_care(send, release):
    list_row(release, "C1", kind="service", list_name="overdue", valid_until=None)
    list_row(release, "C1", kind="service", list_name="near_next", rank=2, valid_until=None)
    text = _rows("relationship,C1,2024-07-05,phone call,yes,", "relationship,C2,2024-07-05,phone call,yes,")
    answer = send("s1", text).content.decode()
    assert "1 result was stored." in answer
    assert "customer was never on a list of this campaign" in answer
    assert [(row.list_name, row.customer_id) for row in Result.objects.all()] == [("overdue", "C1")]
    again = send("s1", text).content.decode()
    assert "0 results were stored." in again
    assert "1 result was there before." in again
    assert Result.objects.count() == 1


def test_a_contact_of_a_service_that_came_from_a_page_is_there_before(send, users, release):
    list_row(release, "C1", kind="service", list_name="overdue", valid_until=None)
    record_result(users["s1"], Contact("C1", "overdue", "yes", date(2024, 7, 5)), uuid4())
    page = send("s1", _rows("relationship,C1,2024-07-05,phone call,yes,")).content.decode()
    assert "1 result was there before." in page


def _bomb():
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/worksheets/sheet1.xml", b"0" * 60_000_000)
    return stream.getvalue()


def _wide():
    """A workbook of a few bytes whose only sheet says that it ends in its last possible cell."""
    stream, whole = io.BytesIO(_workbook(["a"])), io.BytesIO()
    with zipfile.ZipFile(stream) as source, zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as target:
        for entry in source.infolist():
            content = source.read(entry)
            if entry.filename == "xl/worksheets/sheet1.xml":
                content = content.replace(b'ref="A1"', b'ref="A1:XFD1048576"')
                rows = b"".join(b'<row r="%d"><c r="XFD%d"><v>1</v></c></row>' % (n, n) for n in range(2, 400))
                content = content.replace(b"</sheetData>", rows + b"</sheetData>")
            target.writestr(entry, content)
    return whole.getvalue()


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("r.csv", b"x" * 5_000_001, "The file has more than 5 megabytes."),
        ("r.xlsx", _bomb(), "The workbook unpacks to more than 50 megabytes."),
        ("r.xlsx", _wide(), "has more than 3,000,000 cells"),
        ("r.xlsx", b"no workbook", "The file is no workbook."),
        ("r.csv", b"\xff\xfe\xff", "is neither UTF-8 nor GB18030"),
        ("r.csv", b"hello", "columns are missing: campaign_id, customer_id"),
        ("r.pdf", b"%PDF", "is neither CSV nor XLSX"),
        ("r.xlsx", _workbook(["a", "b"], [1, 2]), "columns are missing"),
    ],
    ids=["large", "bomb", "wide", "no zip", "encoding", "no table", "kind", "no columns"],
)
def test_a_file_that_cannot_be_read_is_refused_in_words(send, tmp_path, file, content, message):
    answer = send("s1", content, file)
    assert answer.status_code == 422
    assert message in answer.content.decode()
    assert not Result.objects.exists()
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_roles_without_results_are_told_that_there_is_no_such_page(send):
    assert send("counter1", HEAD).status_code == 404
