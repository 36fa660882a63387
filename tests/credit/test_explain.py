"""The steps of a limit in words, from which anyone works out the amount again."""

from goldmine.credit.explain import explain
from goldmine.credit.rules import CreditProduct

HOMES = {"product_id": "L-CITIZEN", "title": "Homes", "base": "property", "cap": 90_000_000, "rate_bp": 480}


def test_a_share_and_a_multiple_are_said_in_full():
    """400,000 x 123.4567 = 49,382,680, and an eighth of it 6,172,835; 12% of it would be 5,925,921."""
    product = CreditProduct(**HOMES, multiple=123.4567, risk_bands=[{"max_probability": 0.1, "share": 0.125}])
    row = {"base_amount": 400_000, "calculated": 49_382_680, "owed_product": 0, "owed": 0, "bound_by": "risk"}
    row |= {"limit_amount": 6_172_000, "default_probability": 0.05, "risk_reasons": None}
    assert str(explain(row, product, 90_000_000)) == (
        "400,000.00 (value of property) x 123.4567 = 49,382,680.00; chance of default 5.0%: 12.5% of it; "
        "limit 6,172,000"
    )
    assert "by risk 12.5% of it" in str(explain(row, product, 90_000_000, chance=False))
