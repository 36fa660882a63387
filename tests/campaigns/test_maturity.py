"""What the campaign of deposits and wealth products that end offers to whom."""

from datetime import date

import pandas as pd

from goldmine.campaigns.load import load_campaigns
from goldmine.campaigns.suitability import risks_of, suit
from goldmine.contactability import ContactTables
from goldmine.contactability.funnel import FunnelCounter
from tests.tiny import make_bank, workspace

AS_OF = date(2024, 6, 30)
WEALTH, DEPOSIT = "follow_on_wealth", "follow_on_deposit"


def offered(tmp_path, **columns):
    """The offer to each customer: of age 50, graded C1 within the year, with a wealth product that ends."""
    campaign = next(one for one in load_campaigns(AS_OF) if one.campaign_id == "maturity_2024")
    product = {"product_id": "W-R1", "product_class": "wealth", "risk_grade": "R1"}
    bank = make_bank(tmp_path, {"customers": [{"customer_id": "A"}], "products": [product]})
    risks = risks_of(ContactTables.open(bank, workspace(tmp_path / "work"), AS_OF), campaign, False)
    assert [offer.offer for offer in campaign.offers] == [WEALTH, DEPOSIT]
    size = len(next(iter(columns.values())))
    row = {
        "age": 50.0,
        "grade": 1,
        "assessed": True,
        "held_0": False,
        "meant_0": True,
        "held_1": False,
        "meant_1": True,
    }
    rows = pd.DataFrame({"customer_id": [f"C{n}" for n in range(size)]}).assign(**(row | columns))
    suited = suit(rows, campaign, risks, FunnelCounter(size))
    return [campaign.offers[index].offer for index in suited.rows["offer"]], dict(
        suited.refusals["rule"].value_counts()
    )


def test_a_wealth_product_goes_to_whom_it_suits_and_a_deposit_to_everybody_else(tmp_path):
    assert offered(tmp_path, grade=[1, 0, 3], assessed=[True, True, False]) == (
        [WEALTH, DEPOSIT, DEPOSIT],
        {"not_assessed": 1, "assessment_old": 1},
    )


def test_who_is_of_unknown_age_has_no_wealth_product_that_ends_or_holds_it_still_hears_of_a_deposit(tmp_path):
    columns = {"age": [float("nan"), 50, 50], "meant_0": [True, False, True], "held_0": [False, False, True]}
    offers, rules = offered(tmp_path, **columns)
    assert offers == [DEPOSIT, DEPOSIT, DEPOSIT]
    assert rules == {"age_unknown": 1, "not_meant": 1, "held": 1}
