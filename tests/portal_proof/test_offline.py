"""My day in real Chromium without a signal."""

import pytest

from tests.portal.served import PASSWORD, prepared, served
from tests.portal.test_under_stress import stored_keys


@pytest.fixture
def day(chromium, tmp_path):
    """The day's page of S1 on a phone, with eight customers and two more; the page is kept by its service worker."""
    prepared(tmp_path, 8)
    with served(tmp_path) as portal:
        context = chromium.new_context(viewport={"width": 375, "height": 700})
        page = context.new_page()
        page.goto(f"{portal.address}/sign-in")
        page.fill("[name=username]", "s1")
        page.fill("[name=password]", PASSWORD)
        page.click("button.main")
        page.wait_for_url("**/day")
        until(page, "navigator.serviceWorker.controller !== null")
        page.reload()
        until(page, "caches.keys().then((names) => names.length > 0)")
        yield page
        context.close()


def until(page, expression):
    """Wait until an expression holds; the page's policy lets no script evaluate one, so that Playwright cannot wait."""
    for _ in range(300):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(100)
    raise AssertionError(expression)


def answer(page, value):
    """Tap an answer on the open card; the number of the customer."""
    card = page.locator("details.contact[open]:visible")
    customer = card.get_attribute("data-customer")
    card.locator(f"button[value={value}]").first.click()
    page.locator(f"details.contact[data-customer={customer}][open]").wait_for(state="detached")
    return customer


def test_results_without_a_signal_are_kept_and_sent_later_once_each(day, tmp_path):
    day.context.set_offline(True)
    worked = [answer(day, value) for value in ("no", "yes", "not_reached")]
    assert len(set(worked)) == 3
    day.reload()
    assert day.locator("#kept").inner_text() == "Kept on this device, sent when there is a signal: 3"
    assert not any(day.locator(f"details.contact[data-customer={name}]").is_visible() for name in worked)
    day.context.set_offline(False)
    until(day, "!document.querySelector('#kept').textContent")
    assert sorted(stored_keys(tmp_path).values()) == [1, 1, 1]


def test_an_answer_that_is_cut_off_is_asked_for_again_and_stored_once(day, tmp_path):
    seen = []

    def cut(route):
        seen.append(route)
        if len(seen) == 1:
            route.fetch()  # the portal has it, the page does not learn of it
            route.abort()
        elif len(seen) == 2:
            route.abort()
        else:
            route.continue_()

    day.context.route("**/day/result", cut)
    answer(day, "no")
    assert day.locator("#kept").inner_text().endswith(": 1")
    for _ in range(2):
        day.evaluate("window.dispatchEvent(new Event('online'))")
        day.wait_for_timeout(1500)
    assert len(seen) == 3
    assert list(stored_keys(tmp_path).values()) == [1]
    assert not day.locator("#kept").is_visible()


def test_whoever_signs_out_leaves_nothing_behind_and_nothing_unsent(day):
    leave = "form[action='/sign-out'] button"
    day.context.set_offline(True)
    answer(day, "no")
    day.click(leave)
    until(day, "document.querySelector('#said')?.textContent.includes('not sent yet')")
    day.context.set_offline(False)
    day.click(leave)
    day.wait_for_url("**/sign-in")
    left = day.evaluate("caches.keys().then((names) => [...names, ...Object.keys(localStorage)])")
    assert left == []


def test_without_javascript_a_result_is_saved_by_its_form(chromium, tmp_path):
    prepared(tmp_path, 2)
    with served(tmp_path, workers=1) as portal:
        context = chromium.new_context(java_script_enabled=False, viewport={"width": 360, "height": 640})
        page = context.new_page()
        page.goto(f"{portal.address}/sign-in")
        page.fill("[name=username]", "s1")
        page.fill("[name=password]", PASSWORD)
        page.click("button.main")
        page.locator("details.contact[open] button[value=no]").click()
        assert "Saved." in page.inner_text("main")
        context.close()
    assert list(stored_keys(tmp_path).values()) == [1]
