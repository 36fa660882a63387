from datetime import date

import pandas as pd
import pytest

from goldmine.activity import build_activity
from goldmine.core.errors import HistoryError, ReleaseError
from goldmine.core.files import write_json
from goldmine.core.workspace import Workspace
from goldmine.measurement.campaign_results import (
    Campaign,
    campaigns,
    complete_campaign,
    group_titles,
    read_results,
)
from goldmine.measurement.effect import Cut, cuts
from goldmine.measurement.money import money
from goldmine.measurement.predicted_observed import compliance
from goldmine.models.uplift.effect import NotMeasurable
from goldmine.plots import style
from goldmine.plots.measurement import effects_table
from tests.measurement.literal import customers, together
from tests.tiny import balance, make_bank, transaction

AS_OF, COMPLETE = date(2024, 2, 29), date(2024, 6, 13)


def publish(
    work: Workspace,
    as_of: date = AS_OF,
    campaign: str = "spring",
    use_case: str = "wealth",
    *,
    release: str = "r1",
    contact: str = "ab",
):
    """A campaign as a release holds it: by default a and b are to be contacted; c and d are control."""
    plain = {
        "campaign_id": campaign,
        "use_case": use_case,
        "offer": "first_wealth",
        "channel": "call",
        "probability": 0.2,
        "decile": 1,
        "uplift": None,
        "branch_id": "B001",
        "stratum": "s",
        "as_of": as_of,
        "valid_until": date(2024, 5, 29),
        "model_version": "1",
        "release_id": release,
    }
    folder = work.releases / str(as_of) / release / "campaigns" / campaign
    folder.mkdir(parents=True)
    for name, group, who in (("offers", "contact", list(contact)), ("control", "control", ["c", "d"])):
        pd.DataFrame({"customer_id": who, **plain, "group": group}).to_parquet(folder / f"{name}.parquet")
    return folder


def bought(customer: str, day: str, product_class: str = "wealth") -> dict:
    return {
        "event_id": f"{customer}{day}",
        "customer_id": customer,
        "happened_on": date.fromisoformat(day),
        "event": "bought",
        "product_class": product_class,
    }


def contact(customer: str, day: str, channel: str = "call", campaign: str = "spring", answer: str = "yes") -> dict:
    return {
        "campaign_id": campaign,
        "customer_id": customer,
        "contacted_on": date.fromisoformat(day),
        "channel": channel,
        "answer": answer,
    }


@pytest.fixture
def work(tmp_path):
    return Workspace(tmp_path / "work")


@pytest.fixture
def results(tmp_path, work):
    """Read the results of the campaign from some tables."""

    def read(use_case: str = "wealth", without: str = "", **tables):
        folder = publish(work, use_case=use_case)
        for path in folder.glob("*.parquet") if without else ():
            pd.read_parquet(path).drop(columns=without).to_parquet(path)
        plain = {
            "customers": [{"customer_id": who} for who in "abcd"],
            "transactions": [transaction(n, "a", f"2024-{n:02d}-15 10:00:00") for n in range(1, 7)],
        }
        bank = make_bank(tmp_path / "bank", plain | tables)
        build_activity(bank, work)
        found = read_results(bank, work, Campaign(folder, "spring", AS_OF, COMPLETE, ("wealth",)), date(2024, 6, 30))
        return found.set_index("customer_id")

    return read


def test_aim_is_counted_within_the_horizon(results):
    events = [
        bought("a", "2024-03-16"),
        bought("b", "2024-03-15"),
        bought("c", "2024-06-13"),
        bought("d", "2024-06-14"),
    ]
    found = results(product_events=events)
    assert found["aim"].to_dict() == {"a": 1, "b": 0, "c": 1, "d": 0}
    assert found["outcome"].to_dict() == found["aim"].to_dict()
    assert found["group"].to_dict() == {"a": "contact", "b": "contact", "c": "control", "d": "control"}


def test_actions_under_a_merged_number_count_for_the_survivor(results):
    merged = {"merged_into": "new", "merged_on": date(2024, 4, 1)}
    customers = [{"customer_id": "a"} | merged, *({"customer_id": who} for who in ("b", "c", "d", "new"))]
    held = [("a", "2024-02-29", "1000.00"), ("new", "2024-02-29", "50.00"), ("new", "2024-05-31", "1300.00")]
    found = results(
        customers=customers,
        contacts=[contact("new", "2024-04-05"), contact("a", "2024-03-05", "visit")],
        product_events=[bought("new", "2024-05-01")],
        balances=[balance(who, day, "demand", yuan) for who, day, yuan in held],
    )
    assert found["aim"].to_dict() == {"a": 1, "b": 0, "c": 0, "d": 0}
    assert (found.loc["a", "contacted_by"], found.loc["a", "aum_change"]) == ("visit", 250.0)


def test_numbers_of_both_groups_that_were_merged_are_one_person_in_control(results):
    customers = [{"customer_id": "a", "merged_into": "c", "merged_on": date(2024, 4, 1)}]
    customers += [{"customer_id": who} for who in "bcd"]
    bought_once = [bought("c", "2024-05-01")]
    found = results(customers=customers, contacts=[contact("a", "2024-03-05")], product_events=bought_once)
    assert found["group"].to_dict() == {"b": "contact", "c": "control", "d": "control"}
    assert found["aim"].to_dict() == {"b": 0, "c": 1, "d": 0}
    assert (money(found, {"call": 6.0}).cost, compliance(found).contaminated) == (6.0, 1)


def test_control_counts_where_the_contact_s_number_survives(results):
    customers = [{"customer_id": "c", "merged_into": "a", "merged_on": date(2024, 4, 1)}]
    customers += [{"customer_id": who} for who in "abd"]
    found = results(customers=customers, product_events=[bought("a", "2024-05-01")])
    assert found["group"].to_dict() == {"b": "contact", "c": "control", "d": "control"}
    assert found["aim"].to_dict() == {"b": 0, "c": 1, "d": 0}


def test_numbers_of_one_group_that_were_merged_count_once_as_the_survivor(results):
    customers = [{"customer_id": "a", "merged_into": "b", "merged_on": date(2024, 4, 1)}]
    customers += [{"customer_id": who} for who in "bcd"]
    found = results(customers=customers, product_events=[bought("b", "2024-05-01")])
    assert found["aim"].to_dict() == {"b": 1, "c": 0, "d": 0}


def test_customer_of_an_earlier_release_of_the_campaign_was_drawn_before(results, work):
    """By the surviving number; another campaign, and a release of the same snapshot, draw nobody before."""
    publish(work, date(2023, 11, 30), contact="o")
    publish(work, date(2023, 11, 30), "winter", contact="b", release="r2")
    publish(work, AS_OF, release="again", contact="b")
    customers = [{"customer_id": "o", "merged_into": "a", "merged_on": date(2024, 1, 5)}]
    customers += [{"customer_id": who} for who in "abcd"]
    found = results(customers=customers, product_events=[bought("a", "2024-04-01")])
    assert found["drawn_before"].to_dict() == {"a": True, "b": False, "c": True, "d": True}


def test_aim_is_opposite_of_outcome_to_prevent(results):
    found = results("dormancy")
    assert found["aim"].to_dict() == {"a": 1, "b": 0, "c": 0, "d": 0}
    assert found["outcome"].to_dict() == {"a": 0, "b": 1, "c": 1, "d": 1}


def test_first_contact_of_the_release_counts(results):
    contacts = [
        contact("a", "2024-03-08"),
        contact("a", "2024-03-05", "visit"),
        contact("b", "2024-02-28"),
        contact("c", "2024-03-05", campaign="autumn"),
        contact("d", "2024-06-14"),
    ]
    found = results(contacts=contacts, product_events=[bought("a", "2024-04-01")])
    assert found["contacted_on"].notna().to_dict() == {"a": True, "b": False, "c": False, "d": False}
    assert found.loc["a", "contacted_by"] == "visit"


def test_each_contact_costs_and_any_of_them_may_reach(results):
    """The first says on which day and through which channel; who is called again and visited costs all three."""
    contacts = [
        contact("a", "2024-03-12", "visit"),
        contact("a", "2024-03-05", answer="not_reached"),
        contact("a", "2024-03-05", answer="not_reached"),  # an equal row is the same contact
        contact("a", "2024-03-08", answer="not_reached"),
        contact("a", "2024-06-14", "visit"),
        contact("b", "2024-03-05"),
    ]
    found = results(contacts=contacts, product_events=[bought("a", "2024-04-01")])
    assert found["contact_channels"].to_dict() == {"a": ("call", "call", "visit"), "b": ("call",), "c": (), "d": ()}
    assert found.loc["a", ["contacted_on", "contacted_by"]].tolist() == [date(2024, 3, 5), "call"]
    counted = compliance(found)
    assert (counted.worked, counted.reached, counted.elsewhere) == (2, 2, 0)
    assert money(found, {"call": 6.0, "visit": 40.0}).cost == 58.0


def test_aum_change_ends_in_last_full_month_of_horizon(results):
    balances = [
        balance("a", "2024-02-29", "demand", "1000.00"),
        balance("a", "2024-05-31", "demand", "1500.00"),
        balance("a", "2024-05-31", "wealth", "700.50"),
        balance("a", "2024-06-30", "demand", "9000.00"),
        balance("b", "2024-02-29", "demand", "400.00"),
        balance("b", "2024-05-31", "loan", "5000.00"),
    ]
    found = results(balances=balances, product_events=[bought("a", "2024-04-01")])
    assert found["aum_change"].to_dict() == {"a": 1200.5, "b": -400.0, "c": 0.0, "d": 0.0}


def test_aum_change_is_empty_without_balances(results):
    assert results(product_events=[bought("a", "2024-04-01")])["aum_change"].isna().all()


def test_campaign_is_complete_when_its_horizon_has_ended(work):
    publish(work)
    (found,) = campaigns(work)
    assert (found.name, found.as_of, found.complete_on) == ("spring", AS_OF, COMPLETE)


def test_last_completed_campaign_is_measured_by_default(work):
    publish(work, date(2024, 1, 31), "winter")
    publish(work)
    assert complete_campaign(work, date(2024, 6, 30)).name == "spring"
    assert complete_campaign(work, date(2024, 6, 30), "winter").name == "winter"
    assert complete_campaign(work, date(2024, 5, 31)).name == "winter"


def test_campaign_of_an_earlier_release_is_measured_on_request(work):
    publish(work, date(2024, 1, 31))
    publish(work)
    assert complete_campaign(work, date(2024, 6, 30), "spring").as_of == AS_OF
    assert complete_campaign(work, date(2024, 6, 30), "spring", "2024-01-31").as_of == date(2024, 1, 31)
    with pytest.raises(ReleaseError, match="no campaign 'spring' has been published for 2023-12-31"):
        complete_campaign(work, date(2024, 6, 30), "spring", "2023-12-31")


def test_incomplete_campaign_is_refused(work):
    publish(work)
    with pytest.raises(HistoryError, match="spring: its horizon ends on 2024-06-13, after the snapshot 2024-05-31"):
        complete_campaign(work, date(2024, 5, 31))


def test_unpublished_campaign_is_refused(work):
    with pytest.raises(ReleaseError, match="no campaign 'summer' has been published"):
        complete_campaign(work, date(2024, 6, 30), "summer")


def test_release_without_uplift_column_is_measured(results):
    found = results(without="uplift", product_events=[bought("a", "2024-04-01")])
    assert found["uplift"].isna().all()
    assert found.index.tolist() == ["a", "b", "c", "d"]


def test_release_without_required_column_is_refused(results):
    with pytest.raises(ReleaseError, match=r"offers\.parquet of spring: has no column 'stratum', so this campaign"):
        results(without="stratum")


def test_month_made_up_later_is_not_measured(work):
    made = [
        (date(2024, 2, 29), "r1", "2024-03-01"),
        (date(2024, 3, 31), "r2", "2024-04-01"),
        (date(2024, 1, 31), "backfill", "2024-04-02"),
        (date(2024, 2, 29), "too_late", "2024-04-03"),
        (date(2024, 3, 31), "correction", "2024-04-04"),
    ]
    for as_of, release, created_at in made:
        folder = publish(work, as_of, release=release).parents[1]
        (folder / "manifest.json").write_text(f'{{"created_at": "{created_at}"}}')
    assert [found.folder.parents[1].name for found in campaigns(work)] == ["r1", "correction"]


def test_groups_are_called_by_title_and_word_in_the_language_of_the_figures(tmp_path):
    work = Workspace(tmp_path)
    folder = publish(work)
    offers = [{"offer": "first_wealth", "title": {"en": "First fund", "zh": "首笔理财"}}]
    manifest = {"created_at": "2024-03-01T00:00:00Z", "campaigns": {"spring": {"offers": offers}}}
    write_json(folder.parents[1] / "manifest.json", manifest)
    (campaign,) = campaigns(work)
    groups = tuple(
        Cut(name, 9, 9, None, None, NotMeasurable("too few")) for name in ("wealth", "call", "first_wealth", "B1")
    )
    style.use_language("zh")
    try:
        shown = effects_table(groups, group_titles(campaign)).iloc[:, 0].tolist()
    finally:
        style.use_language("en")
    assert shown == ["理财产品购买倾向", "电话", "首笔理财", "B1"]


def test_customers_of_no_branch_are_a_group_that_is_said_to_be_unknown():
    rows = together(
        *(customers(60, group, 0, branch_id=name) for name in ("B1", None) for group in ("contact", "control"))
    )
    found = cuts(rows, "branch_id")
    assert [(group.name, group.contact) for group in found] == [("B1", 60), ("", 60)]
    assert effects_table(found)["group"].tolist() == ["B1", "not known"]


def test_campaign_of_a_use_case_that_was_removed_keeps_no_other_from_being_measured(work):
    publish(work, campaign="retired", use_case="taken_out_since")
    publish(work, campaign="spring", use_case="wealth")
    assert [campaign.name for campaign in campaigns(work)] == ["spring"]
