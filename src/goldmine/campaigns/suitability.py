"""Suitability: which offers of a campaign suit which customers. No setting turns off the legal rules."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from goldmine.campaigns.spec import Campaign, Offer
from goldmine.contactability.funnel import FunnelCounter
from goldmine.contactability.tables import ContactTables
from goldmine.core.errors import SettingsError
from goldmine.core.i18n import _

RULES = {
    "age_unknown": _("age not known"),
    "not_assessed": _("no risk assessment"),
    "assessment_old": _("risk assessment not in date (12 months)"),
    "unsuited": _("risk grade below every product's"),
    "age_outside": _("outside the ages of every offer"),
}
"""Why an offer may not be made, in the order of checking."""


@dataclass(frozen=True)
class Risk:
    """Legal properties of an offer: whether it is a wealth product, and its risk grade, 1 to 5."""

    wealth: bool
    grade: int


def risks_of(tables: ContactTables, campaign: Campaign, wealth_use_case: bool) -> dict[str, Risk] | str:
    """The risk of each of a campaign's offers, by the offer's name; or why the campaign is off.

    Parameters
    ----------
    wealth_use_case : bool
        Whether a use case of the campaign is about wealth products.

    Raises
    ------
    SettingsError
        If a wealth product has no risk grade, or a campaign about wealth products makes an offer without a product.
    """
    rows = tables.table("products").select("product_id", "product_class", "risk_grade").to_pyarrow().to_pandas()
    products = rows.drop_duplicates("product_id").set_index("product_id")
    named = [offer.product_id for offer in campaign.offers if offer.product_id]
    unknown = [name for name in named if name not in products.index]
    if unknown:
        return f"products: {', '.join(unknown)}"
    return {offer.offer: _risk(campaign, offer, products, wealth_use_case) for offer in campaign.offers}


def _risk(campaign: Campaign, offer: Offer, products: pd.DataFrame, wealth_use_case: bool) -> Risk:
    where = f"{campaign.campaign_id}: the offer {offer.offer}"
    if not offer.product_id:
        if wealth_use_case:
            raise SettingsError(
                f"{where} names no product, and its scores are about wealth products.",
                "Name the product_id, so that its risk grade is known.",
            )
        return Risk(wealth=False, grade=0)
    kind, grade = products.loc[offer.product_id, ["product_class", "risk_grade"]]
    graded = isinstance(grade, str)
    if not graded and (kind == "wealth" or wealth_use_case):
        raise SettingsError(
            f"{where}: its product {offer.product_id} has no risk grade R1 to R5.",
            "Give it one in the table of products; without it the product may be offered to nobody.",
        )
    return Risk(wealth=bool(graded and (kind == "wealth" or wealth_use_case)), grade=int(grade[1:]) if graded else 0)


@dataclass(frozen=True)
class Suited:
    """Customers with a suitable offer: their rows with `offer` (its index in the campaign), and every refusal."""

    rows: pd.DataFrame
    refusals: pd.DataFrame


def suit(rows: pd.DataFrame, campaign: Campaign, risks: Mapping[str, Risk], counter: FunnelCounter) -> Suited:
    """Give every candidate the suitable offer with the highest value; of equal ones the first.

    Parameters
    ----------
    rows : pandas.DataFrame
        From `candidates`.
    counter : FunnelCounter
        Counts the customers without a suitable offer, by rule.

    Returns
    -------
    Suited
        Its refusals have one row per customer and refused offer: `customer_id`, `offer`, `product_id`, `rule`.
    """
    broken = np.stack([_broken(rows, offer, risks[offer.offer]) for offer in campaign.offers], axis=1)
    allowed = broken == len(RULES)
    unsuited = ~allowed.any(axis=1)
    first = broken.min(axis=1)
    for index, (name, text) in enumerate(RULES.items()):
        counter.leave(name, text, int((unsuited & (first == index)).sum()), "suitability")
    value = np.where(allowed, [offer.value for offer in campaign.offers], -np.inf)
    best = rows.assign(offer=value.argmax(axis=1))[~unsuited].reset_index(drop=True)
    return Suited(best, _refusals(rows, campaign, broken))


def _broken(rows: pd.DataFrame, offer: Offer, risk: Risk) -> NDArray:
    """Index of the first rule that an offer breaks, per customer; the number of rules if it breaks none."""
    age, unknown = rows["age"], rows["age"].isna()
    bounded = (offer.age_from, offer.age_to) != (18, 120)
    outside = (age < offer.age_from) | (age > offer.age_to) | (unknown & bounded)
    conditions = [
        risk.wealth & unknown,
        risk.wealth & (rows["grade"] == 0),
        risk.wealth & ~rows["assessed"].astype(bool),
        risk.wealth & (rows["grade"] < risk.grade),
        outside,
    ]
    return np.select([np.asarray(c, dtype=bool) for c in conditions], range(len(RULES)), len(RULES))


def _refusals(rows: pd.DataFrame, campaign: Campaign, broken: NDArray) -> pd.DataFrame:
    rows_at, offers_at = np.nonzero(broken < len(RULES))
    names = np.array(list(RULES))
    return pd.DataFrame(
        {
            "customer_id": rows["customer_id"].to_numpy()[rows_at],
            "offer": np.array([offer.offer for offer in campaign.offers])[offers_at],
            "product_id": np.array([offer.product_id for offer in campaign.offers])[offers_at],
            "rule": names[broken[rows_at, offers_at]],
        }
    )
