"""A day's work in a browser: results and call-backs by taps, a download that opens, a customer looked up."""

from datetime import timedelta

import openpyxl
import pytest

from goldmine.portal.clock import today
from goldmine.portal.models import CallBack, Exposure, OptOut, Result


def card(page, customer_id):
    """A contact's card, opened."""
    found = page.locator(f"details.contact[data-customer={customer_id}]")
    if found.get_attribute("open") is None:
        found.locator("summary").first.click()
    return found


@pytest.mark.parametrize("javascript", [True, False])
def test_a_manager_reports_an_answer_and_meets_the_next_customer(open_as, release, javascript):
    page = open_as("s1", width=375, height=740, javascript=javascript, language="en")
    card(page, "C1").get_by_role("button", name="Not interested").click()
    page.get_by_text("Saved.").first.wait_for()
    assert page.locator("details.contact[open]").get_attribute("data-customer") == "C2"
    assert [(row.customer_id, row.answer) for row in Result.objects.all()] == [("C1", "no")]


def test_a_call_back_is_agreed_in_three_taps(open_as, release):
    page = open_as("s1", width=375, height=740, language="en")
    shown = card(page, "C1")
    shown.get_by_text("Call back on a day").click()
    shown.get_by_role("button", name="in 3 days").click()
    page.get_by_text("Saved.").first.wait_for()
    agreed = CallBack.objects.get()
    assert (agreed.customer_id, agreed.on_day) == ("C1", today() + timedelta(days=3))


def test_who_wants_no_more_contact_leaves_the_lists_of_colleagues_at_once(open_as, release):
    page, colleague = open_as("s1", language="en"), open_as("branch1", language="en")
    shown = card(page, "C1")
    shown.get_by_text("Wants no more contact").click()
    shown.get_by_role("button", name="Never contact again").click()
    page.get_by_text("Saved.").first.wait_for()
    colleague.goto("/lists")
    assert "C1" not in colleague.inner_text("main")
    assert OptOut.objects.filter(customer_id="C1").exists()


def test_a_branch_filters_downloads_and_opens_the_workbook(open_as, release, tmp_path):
    page = open_as("branch1", language="zh")
    page.goto("/lists")
    page.select_option("select[name=manager_id]", "S1")
    page.locator("tbody tr", has_text="C3").wait_for(state="detached")
    with page.expect_download() as waiting:
        page.locator("button[name=format][value=xlsx]").click()
    path = tmp_path / waiting.value.suggested_filename
    waiting.value.save_as(path)
    book = openpyxl.load_workbook(path)
    cells = {str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None}
    assert {"C1", "C2"} <= cells
    assert "C3" not in cells
    assert "branch1" in path.name
    assert any("branch1" in text for text in cells)


def test_the_counter_looks_a_customer_up_by_number_and_enter(open_as, release):
    page = open_as("counter1", language="en")
    page.goto("/counter")
    page.keyboard.type("C4")
    page.keyboard.press("Enter")
    page.locator("section[role=status] h2", has_text="C4").wait_for()
    drawn = Exposure.objects.get().drawn
    assert ("At a monthly average of 10,000 yuan" in page.inner_text("main")) is drawn


def test_the_language_is_changed_on_the_page(open_as, release):
    page = open_as("branch1", language="zh")
    page.goto("/lists")
    page.get_by_role("button", name="English").click()
    page.locator("html[lang=en]").wait_for()
    assert (page.inner_text("h1").split()[0], page.get_attribute("html", "lang")) == ("Lists", "en")
