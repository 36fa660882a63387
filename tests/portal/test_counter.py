"""The counter's look-up: the best offers of one customer, or none, and who must not be told apart."""

import re
from datetime import date

import pandas as pd
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from goldmine.contactability.holdout import chance
from goldmine.core.workspace import Workspace
from goldmine.measurement.lobby import EXPOSURE_COLUMNS, exposures_path
from goldmine.portal import lobby
from goldmine.portal.exposures import write_exposures
from goldmine.portal.models import Exposure, ListRow, OptOut
from goldmine.portal.policy import Lobby, PortalPolicy
from tests.portal.conftest import list_row

NONE = "No offer. Serve the customer as usual."
UNKNOWN = "There is no customer of this number."
SAY = "At a monthly average of 10,000 yuan a better rate is open to you."


@pytest.fixture
def counter(browser, release):
    """Look a number up and give the page."""
    client = browser("counter1")

    def look(number):
        answer = client.post("/counter", {"number": number})
        assert answer.status_code == 200
        return answer.content.decode()

    return look


@pytest.fixture
def drawn(monkeypatch):
    """Draw from a day on: `drawn(share, start_date)`."""

    def begin(share, start_date=date(2020, 1, 1)):
        policy = PortalPolicy(lobby=Lobby(share=share, salt="s", start_date=start_date))
        monkeypatch.setattr(lobby, "portal_policy", lambda: policy)

    return begin


def test_an_offer_is_shown_with_what_to_say(counter):
    page = counter("C1")
    assert "Step-up deposit" in page
    assert SAY in page
    assert "Valid until 2099-12-31" in page


def test_a_customer_of_any_branch_is_looked_up(counter):
    assert SAY in counter("C4")


def test_full_width_digits_and_blanks_are_read_as_a_scanner_or_a_chinese_keyboard_sends_them(counter):
    assert SAY in counter(" C\uff11 ")


@pytest.mark.parametrize("number", ["C", "C11", "c1", "%", "C1' OR 1=1 --", "<script>alert(1)</script>"])
def test_only_the_exact_number_finds_a_customer(counter, number):
    page = counter(number)
    assert UNKNOWN in page
    assert "<script>alert" not in page


def test_the_best_three_offers_are_shown_best_first(counter, release):
    for value in (1, 2, 3, 900):
        list_row(release, "C1", list_name=f"l{value}", offer_en=f"Offer {value}", expected_value=value)
    assert re.findall("<h3>(.*)</h3>", counter("C1")) == ["Offer 900", "Step-up deposit", "Offer 3"]


@pytest.mark.parametrize(
    "change",
    [
        {"valid_until": date(2020, 1, 1)},
        {"status": "done"},
        {"status": "refused"},
        {"kind": "list"},
        {"kind": "service"},
    ],
)
def test_an_offer_that_is_over_worked_or_no_campaign_s_is_not_made(counter, change):
    ListRow.objects.filter(customer_id="C1").update(**change)
    assert NONE in counter("C1")


def test_nobody_can_tell_who_is_withheld_from(counter, users, drawn):
    """C5 has no offer (a control customer's case), C1 opted out, the draw leaves C2 out: one page, the same queries."""
    OptOut.objects.create(customer_id="C1", at=timezone.now(), user=users["s1"])
    drawn(0.0)
    pages, queries = [], []
    counter("C3")  # sessions and caches are warm
    for number in ("C5", "C1", "C2"):
        with CaptureQueriesContext(connection) as asked:
            pages.append(re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", counter(number)).replace(number, "C"))
        queries.append([re.sub(r"'[^']*'|_x\d+", "", query["sql"])[:60] for query in asked.captured_queries])
    assert NONE in pages[0]
    assert pages[0] == pages[1] == pages[2]
    assert queries[0] == queries[1] == queries[2]


def test_the_draw_follows_the_salted_hash_and_begins_on_its_day(drawn, db):
    drawn(0.5)
    numbers = [f"C{i}" for i in range(200)]
    assert [lobby.draw(number) for number in numbers] == [
        (chance("s", "lobby", number) < 0.5, 0.5) for number in numbers
    ]
    drawn(0.0, date(2099, 1, 1))
    assert lobby.draw("C1") == (True, 1.0)


def _exposures():
    fields = ("customer_id", "list_name", "offer", "drawn", "chance", "branch_id", "place", "release")
    return list(Exposure.objects.order_by("id").values_list(*fields))


def test_each_look_up_is_an_exposure_with_its_chance(counter, drawn):
    drawn(1.0)
    counter("C1")
    counter("C5")
    drawn(0.0)
    counter("C2")
    assert _exposures() == [
        ("C1", "longtail_2024", "step_up_deposit", True, 1.0, "B1", "counter", "r1"),
        ("C5", "", "", True, 1.0, "B1", "counter", "r1"),
        ("C2", "longtail_2024", "", False, 0.0, "B1", "counter", "r1"),
    ]


def test_a_number_that_nobody_has_is_no_exposure(counter):
    counter("C99")
    assert _exposures() == []


@pytest.mark.parametrize("name", ["head", "branch1", "s1", "operator", "auditor", "system1"])
def test_other_roles_have_no_look_up(browser, release, name):
    assert browser(name).get("/counter").status_code == 404


def test_without_a_release_the_page_says_so(browser, users):
    assert "No release is loaded yet" in browser("counter1").post("/counter", {"number": "C1"}).content.decode()


def test_exposures_are_given_to_the_work_folder_as_they_were_recorded(counter, drawn, tmp_path):
    drawn(0.0)
    counter("C2")
    counter("C5")
    work = Workspace(tmp_path)
    assert write_exposures(work) == 2
    rows = pd.read_parquet(exposures_path(work))
    assert tuple(rows.columns) == EXPOSURE_COLUMNS
    assert rows[["customer_id", "list_name", "offer", "drawn", "chance"]].to_numpy().tolist() == [
        ["C2", "longtail_2024", "", False, 0.0],
        ["C5", "", "", False, 0.0],
    ]


def test_look_ups_are_dated_by_the_bank_s_day(counter, settings):
    settings.GOLDMINE_DAY = date(2024, 10, 8)
    counter("C1")
    assert timezone.localtime(Exposure.objects.get().at).date() == date(2024, 10, 8)
