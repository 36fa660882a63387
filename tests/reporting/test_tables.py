from datetime import date
from types import SimpleNamespace

import pandas as pd

from goldmine.core.files import write_json
from goldmine.reporting.model_health import campaigns
from goldmine.reporting.tables import as_page, campaign_table
from tests.reporting.conftest import JUNE, put, tables


def test_campaign_table_shows_start_as_a_day():
    found = pd.DataFrame({"campaign_id": ["M1"], "started_on": [pd.Timestamp("2024-06-03")], "conversion": [0.205]})
    assert campaign_table(found, "en").values.tolist() == [["M1", date(2024, 6, 3), "20.5%"]]


def test_empty_table_is_shown_as_dashes():
    page = as_page(pd.DataFrame(columns=["figure", "missing"]))
    assert page.data.values.tolist() == [["—", "—"]]


def campaign(folder, *came):
    """The one campaign's answered, converted and conversion, of an answer and an outcome a customer."""
    rows = [
        {"campaign_id": "M", "customer_id": f"a{n}", "contacted_on": date(2024, 5, 2), "answer": said, "outcome": what}
        for n, (said, what) in enumerate(came)
    ]
    bank, work = put(folder, tables(contacts=rows))
    found = campaigns(SimpleNamespace(bank=bank, work=work, as_of=JUNE), "en")
    return found[["answered", "converted", "conversion"]].astype(object).where(found.notna(), None).values.tolist()


def test_conversion_counts_those_who_answered_and_of_whom_it_is_known_what_came(tmp_path):
    came = [
        ("yes", "converted"),
        ("no", "not_converted"),
        ("later", "open"),
        ("yes", None),
        ("not_reached", "converted"),
        (None, "converted"),
    ]
    assert campaign(tmp_path, *came) == [[4, 1, 0.5]]


def test_contacts_that_were_delivered_twice_count_once(tmp_path):
    row = {"campaign_id": "M", "contacted_on": date(2024, 5, 2), "answer": "yes", "outcome": "converted"}
    rows = [row | {"customer_id": f"a{n}"} for n in (1, 2, 3, 4, 5, 5, 5)]
    bank, work = put(tmp_path, tables(contacts=rows))
    found = campaigns(SimpleNamespace(bank=bank, work=work, as_of=JUNE), "en")
    assert found[["contacts", "answered", "converted"]].values.tolist() == [[5, 5, 5]]


def test_contacts_that_no_campaign_asked_for_are_no_campaign(tmp_path):
    row = {"campaign_id": "relationship", "contacted_on": date(2024, 5, 2), "answer": "yes"}
    bank, work = put(tmp_path, tables(contacts=[row | {"customer_id": f"a{n}"} for n in range(6)]))
    assert campaigns(SimpleNamespace(bank=bank, work=work, as_of=JUNE), "en").empty


def test_campaign_of_which_all_is_open_has_no_conversion(tmp_path):
    assert campaign(tmp_path, *[("yes", "open")] * 5) == [[5, 0, None]]


def test_campaign_of_a_release_is_called_by_its_title_and_another_by_its_code(tmp_path):
    answers = [
        {"campaign_id": campaign, "customer_id": f"a{n}", "contacted_on": date(2024, 5, 2), "answer": "yes"}
        for campaign in ("spring_2024", "own")
        for n in range(5)
    ]
    bank, work = put(tmp_path, tables(contacts=answers))
    folder = work.releases / "2024-03-31" / "r1"
    folder.mkdir(parents=True)
    titles = {"title": {"en": "Spring 2024", "zh": "2024年春季营销"}}
    write_json(folder / "manifest.json", {"created_at": "2024-04-01", "campaigns": {"spring_2024": titles}})
    data = SimpleNamespace(bank=bank, work=work, as_of=JUNE)
    assert campaigns(data, "zh")["campaign_id"].tolist() == ["own", "2024年春季营销"]


def test_campaign_before_the_last_twelve_months_is_left_out_in_a_leap_year_too(tmp_path):
    rows = [
        {"campaign_id": "M", "customer_id": f"a{n}", "contacted_on": date(2024, 2, 29), "answer": "yes"}
        for n in range(5)
    ]
    bank, work = put(tmp_path, tables(contacts=rows))
    assert campaigns(SimpleNamespace(bank=bank, work=work, as_of=date(2025, 2, 28)), "en").empty
