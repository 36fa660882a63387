"""Text that is SQL, a formula or a script stays text: in every field that is shown, and in every field that is sent."""

import csv
import io
from uuid import uuid4

import openpyxl
import pytest

from goldmine.portal.models import Customer, ListRow, Result
from goldmine.portal.tokens import make_token

SCRIPT = "<script>alert(1)</script>"
FORMULA = "=HYPERLINK(1)"
SQL = "x' OR 1=1 --"
TEXTS = (
    *("offer", "offer_zh", "offer_en", "say_zh", "say_en", "reasons_zh", "reasons_en", "segment", "name", "phone"),
    *("product_id", "grid_id", "model_version"),
)
PAGES = ("/lists", "/day", "/hand-over", "/approvals", "/downloads", "/results", "/customers/C1", "/head-office", "/")
WHO = {"/day": "s1", "/hand-over": "branch1", "/head-office": "head"}


@pytest.fixture
def hostile(release):
    """Every text of a row of C1 is a script, and of C2 a formula; the customers' too."""
    for number, text in (("C1", SCRIPT), ("C2", FORMULA)):
        lengths = {name: ListRow._meta.get_field(name).max_length for name in TEXTS}
        ListRow.objects.filter(customer_id=number).update(**{name: text[: lengths[name]] for name in TEXTS})
        Customer.objects.filter(customer_id=number).update(name=text, phone=text[:32], grid_id=text)
    return release


@pytest.mark.parametrize("path", PAGES)
def test_no_page_holds_a_script_of_a_row(browser, hostile, path):
    said = browser(WHO.get(path, "s1")).get(path).content.decode()
    assert "<script>alert" not in said
    if path == "/lists":
        assert "&lt;script&gt;alert" in said


@pytest.mark.parametrize("text", [SCRIPT, FORMULA, SQL, "%00", "'", '"><img src=x>', "😀" * 40, "\u202e"])
@pytest.mark.parametrize("name", ["search", "branch_id", "manager_id", "list_name", "sort", "cursor", "valid_until"])
def test_a_filter_is_text_or_is_refused_in_words(browser, hostile, name, text):
    answer = browser("branch1").get("/lists", {name: text})
    said = answer.content.decode()
    assert answer.status_code in (200, 400)
    assert ("/customers/C3" in said, "<script>alert" in said, "<img src=x>" in said) == (False, False, False)


def test_formulas_of_rows_are_text_in_downloads(browser, hostile):
    client = browser("branch1")
    taken = {kind: client.post("/lists/download", {"format": kind}).getvalue() for kind in ("csv", "xlsx")}
    cells = [cell for row in csv.reader(io.StringIO(taken["csv"].decode("utf-8-sig"))) for cell in row]
    assert [cell for cell in cells if cell.startswith("=")] == []
    book = openpyxl.load_workbook(io.BytesIO(taken["xlsx"]))
    types = [cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row]
    assert "f" not in types
    assert any("HYPERLINK" in cell for cell in cells)


@pytest.mark.parametrize("text", [SCRIPT, FORMULA, SQL])
def test_a_note_comes_back_as_it_was_written_and_runs_nowhere(browser, release, text):
    client = browser("s1")
    sent = {"key": str(uuid4()), "customer_id": "C1", "list_name": "longtail_2024", "answer": "later"}
    client.post("/day/result", {**sent, "note": text, "promised": text})
    assert Result.objects.get().note == text
    for path in ("/day", "/customers/C1", "/lists"):
        assert "<script>alert" not in client.get(path).content.decode()


def test_the_api_gives_texts_as_they_are(client, users, hostile):
    headers = {"Authorization": f"Bearer {make_token('branch1', ['lists'], 1)}"}
    answer = client.get("/api/v1/rows", headers=headers)
    assert answer["Content-Type"].startswith("application/json")
    assert answer.json()["rows"][0]["say_en"] == SCRIPT
    lines = client.get("/api/v1/rows?format=csv", headers=headers).getvalue().decode("utf-8-sig")
    cells = [cell for row in csv.reader(io.StringIO(lines)) for cell in row]
    assert [cell for cell in cells if cell.startswith("=")] == []
