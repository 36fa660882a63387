"""Every page of every role in a browser: it opens, fits the screen, has no fault, and a screen reader can use it."""

import pytest

from goldmine.portal.models import ListRow
from tests.portal.conftest import list_row

ROLES = ("head", "branch1", "s1", "counter1", "operator", "auditor")
SERIOUS = ("serious", "critical")


def addresses(page):
    """Addresses of the menu."""
    return page.eval_on_selector_all("header nav a", "links => links.map(link => link.getAttribute('href'))")


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("name", ROLES)
def test_every_page_of_the_menu_opens_without_a_fault(open_as, release, pictures, name, language):
    page = open_as(name, language=language)
    found = addresses(page)
    for number, address in enumerate(found):
        answer = page.goto(address)
        page.screenshot(path=pictures / f"{name}_{language}_{number}.png", full_page=True)
        assert (address, answer.status, page.faults) == (address, 200, [])
    assert found


@pytest.mark.parametrize("name", ROLES)
def test_no_page_is_wider_than_a_telephone(open_as, release, pictures, name):
    page = open_as(name, width=375, height=740)
    for number, address in enumerate(addresses(page)):
        page.goto(address)
        page.screenshot(path=pictures / f"{name}_phone_{number}.png", full_page=True)
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if not address.startswith("/users"):  # Django's own pages, for the operator at a desk
            assert (address, wide) == (address, 0)


@pytest.mark.parametrize("name", ROLES)
def test_axe_finds_no_serious_fault(open_as, release, name):
    from axe_playwright_python.sync_playwright import Axe

    page = open_as(name)
    for address in ["/sign-in", *addresses(page)]:
        if address.startswith("/users"):
            continue
        page.goto(address)
        found = Axe().run(page).response["violations"]
        assert [
            (address, fault["id"], node["html"])
            for fault in found
            if fault["impact"] in SERIOUS
            for node in fault["nodes"]
        ] == []


def test_a_screen_shows_twenty_rows_of_a_list_however_long_their_reasons_are(open_as, release):
    for number in range(40):
        row = list_row(release, "C1", kind="list", list_name=f"l{number:02}", reasons_zh="近三个月进账增加；" * 20)
        ListRow.objects.filter(pk=row.pk).update(customer_id=f"X{number:02}")
    page = open_as("branch1", width=1440)
    page.goto("/lists")
    rows = [row.bounding_box() for row in page.locator("#rows tbody tr").all()]
    assert len([row for row in rows if row["y"] + row["height"] <= 900]) >= 20
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0


def test_a_line_moves_while_rows_are_fetched(open_as, release):
    page = open_as("branch1", language="en")
    page.goto("/lists")
    held = []
    page.route("**/lists?**", lambda route: held.extend([route]))
    page.select_option("#f-status", "done")
    page.locator("#asking").wait_for(state="visible")
    assert page.inner_text("#asking") == "Searching…"
    held[0].continue_()
    page.locator("#asking").wait_for(state="hidden")
    assert page.inner_text(".chips").startswith("Status: contacted")


def test_the_keyboard_goes_down_a_list_and_shows_customers_beside_it(open_as, release, journal):
    page = open_as("branch1", language="en", width=1440)
    page.goto("/lists")
    for key in ("j", "j", "Enter"):
        page.keyboard.press(key)
    page.locator("#panel h2", has_text="C2").wait_for()
    assert page.locator("tr[aria-current]").inner_text().startswith("2")
    page.keyboard.press("j")
    page.locator("#panel h2", has_text="C3").wait_for()
    page.keyboard.press("k")
    page.keyboard.press("k")  # at once: C2 is passed over and not looked at
    page.locator("#panel h2", has_text="C1").wait_for()
    viewed = [line.subject for line in journal.newest_first() if line.action == "view_customer"]
    assert viewed == ["customer:C1", "customer:C3", "customer:C2"]
    page.keyboard.press("Escape")
    assert page.is_hidden("#panel")
    assert page.evaluate("document.activeElement.textContent") == "C1"
    page.keyboard.press("Enter")
    page.locator("#panel h2", has_text="C1").wait_for()
    page.keyboard.press("Enter")
    page.wait_for_url("**/customers/C1")
    assert page.faults == []


def test_keys_are_named_on_a_sheet_and_can_be_switched_off(open_as, release):
    page = open_as("branch1", language="en")
    page.goto("/lists")
    page.keyboard.press("?")
    assert "next and previous customer" in page.inner_text("#keys")
    page.uncheck("#keys-on")
    page.get_by_role("button", name="Close").click()
    page.reload()
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.tagName") == "BODY"
    page.click("#keys-open")
    page.check("#keys-on")
    page.get_by_role("button", name="Close").click()
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "f-search"
    page.keyboard.type("jk?")
    assert page.input_value("#f-search") == "jk?"


def test_axe_finds_no_serious_fault_in_a_customers_panel_and_the_sheet_of_keys(open_as, release):
    from axe_playwright_python.sync_playwright import Axe

    page = open_as("branch1", width=1440)
    page.goto("/lists")
    page.click("#rows a.id >> nth=0")
    page.locator("#panel h2").wait_for()
    for opened in ("#panel", "#keys[open]"):
        assert page.is_visible(opened)
        faults = Axe().run(page).response["violations"]
        assert [(opened, fault["id"]) for fault in faults if fault["impact"] in SERIOUS] == []
        page.keyboard.press("?")


def test_on_a_telephone_a_customer_opens_as_a_page(open_as, release):
    page = open_as("branch1", width=375, height=740)
    page.goto("/lists")
    page.click("#rows a.id >> nth=0")
    page.wait_for_url("**/customers/C1")


def test_a_waiting_contact_of_the_day_is_a_line_on_a_desk_and_goes_by_keys(open_as, release):
    page = open_as("s1", language="en")
    page.goto("/day")
    summaries = page.locator("details.contact > summary")
    assert [box["height"] < 36 for box in (one.bounding_box() for one in summaries.all())] == [True, True]
    for key in ("j", "j", "Enter"):
        page.keyboard.press(key)
    assert page.locator("details.contact[open]").get_attribute("data-customer") == "C2"
    assert page.get_attribute("progress", "max") == "2"


def test_nobody_is_sent_to_sign_in_first(open_as, release):
    page = open_as()
    page.goto("/lists")
    assert page.url.endswith("/sign-in?next=/lists")


def test_the_main_path_works_without_javascript(open_as, release):
    page = open_as("s1", javascript=False, language="en")
    page.goto("/lists?search=C2")
    assert "C2" in page.inner_text("main")
    assert "C1" not in page.inner_text("main")


def test_the_page_is_worked_by_the_keyboard_alone(open_as, people, release):
    page = open_as()
    page.goto("/sign-in")
    page.focus("input[name=username]")
    page.keyboard.type("s1")
    page.keyboard.press("Tab")
    page.keyboard.type("Correct-Horse-7")
    page.keyboard.press("Enter")
    page.wait_for_url("**/day")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.url.endswith("#main")


def test_rows_that_cannot_be_fetched_are_said_to_be_old_and_come_back(open_as, release):
    page = open_as("branch1", language="en")
    page.goto("/lists")
    page.route("**/lists?**", lambda route: route.abort())
    page.select_option("#f-status", "done")
    page.wait_for_selector("#trouble", state="visible")
    page.unroute("**/lists?**")
    page.select_option("#f-status", "open")
    page.wait_for_selector(".chips")
    assert page.is_hidden("#trouble")
    assert page.inner_text(".chips").startswith("Status: to contact")


def test_a_filter_after_the_session_ended_leads_to_the_sign_in_page(open_as, release):
    page = open_as("branch1", language="en")
    page.goto("/lists")
    page.context.clear_cookies()
    page.select_option("#f-status", "done")
    page.wait_for_url("**/sign-in?next=**")
