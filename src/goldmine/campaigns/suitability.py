"""Suitability: which offers of a campaign suit which customers. No setting turns off the legal rules."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import ibis
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from goldmine.campaigns.claims import load_claims
from goldmine.campaigns.conditions import conditions_met
from goldmine.campaigns.spec import Campaign, Offer
from goldmine.contactability.funnel import FunnelCounter
from goldmine.contactability.tables import ContactTables
from goldmine.core.errors import SettingsError
from goldmine.core.expression import read_condition
from goldmine.core.i18n import LocalizedText, _
from goldmine.core.membership import is_among
from goldmine.core.workspace import Workspace
from goldmine.credit.exclusions import refused_customers
from goldmine.credit.limits import people_on_books
from goldmine.credit.rules import load_credit_rules
from goldmine.labels.eligibility import segments_of
from goldmine.labels.use_case import UseCase

RULES = {
    "age_unknown": _("age not known"),
    "not_assessed": _("no risk assessment"),
    "assessment_old": _("risk assessment not in date (12 months)"),
    "unsuited": _("risk grade below every product's"),
    "credit_refused": _("refused credit by the bank's rules, whatever the amount"),
    "age_outside": _("outside the ages of every offer"),
    "held": _("holds the product of every offer already"),
    "not_meant": _("no offer is meant for them: conditions of offers not met"),
}
"""Why an offer may not be made, in the order of checking."""


@dataclass(frozen=True)
class Risk:
    """What the rules ask of an offer: whether it is a wealth product, its risk grade, 1 to 5, whether it is credit."""

    wealth: bool
    grade: int
    credit: bool = False


def risks_of(tables: ContactTables, campaign: Campaign, wealth_use_case: bool) -> dict[str, Risk] | LocalizedText:
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
        return _("products: {names}", names=", ".join(unknown))
    return {offer.offer: _risk(campaign, offer, products, wealth_use_case) for offer in campaign.offers}


def _risk(campaign: Campaign, offer: Offer, products: pd.DataFrame, wealth_use_case: bool) -> Risk:
    where = f"{campaign.campaign_id}: the offer {offer.offer}"
    if not offer.product_id:
        if wealth_use_case:
            raise SettingsError(
                _("{where} names no product, and its scores are about wealth products.", where=where),
                _("Name the product_id, so that its risk grade is known."),
            )
        return Risk(wealth=False, grade=0)
    kind, grade = products.loc[offer.product_id, ["product_class", "risk_grade"]]
    graded = isinstance(grade, str)
    if not graded and (kind == "wealth" or wealth_use_case):
        raise SettingsError(
            _(
                "{where}: its product {product_id} has no risk grade R1 to R5.",
                where=where,
                product_id=offer.product_id,
            ),
            _("Give it one in the table of products; without it the product may be offered to nobody."),
        )
    wealth = bool(graded and (kind == "wealth" or wealth_use_case))
    return Risk(wealth, grade=int(grade[1:]) if graded else 0, credit=kind == "loan")


@dataclass(frozen=True)
class Suited:
    """Customers with a suitable offer: their rows with `offer` (its index in the campaign), and every refusal."""

    rows: pd.DataFrame
    refusals: pd.DataFrame


def meant_for(
    tables: ContactTables, work: Workspace, campaign: Campaign, use_cases: Sequence[UseCase], rows: pd.DataFrame
) -> pd.DataFrame:
    """The candidates with `segment`, and ``held_<n>`` and ``meant_<n>`` for the nth offer, counted from 0.

    Parameters
    ----------
    use_cases : sequence of UseCase
        The campaign's; they divide its customers into segments. An offer is meant for the customers of its segment of
        whom all its claims are true and its own condition holds.
    rows : pandas.DataFrame
        From `candidates`.

    Returns
    -------
    pandas.DataFrame
        `segment`: of the customer's use case, empty if no offer asks for one; `held_<n>`: whether the customer holds
        the offer's product; `meant_<n>`: whether the offer is meant for them.
    """
    rows = rows.reset_index(drop=True)
    customers = rows["customer_id"].to_list()
    segment = pd.Series("", rows.index, dtype="object")
    for use_case in use_cases if any(offer.segment for offer in campaign.offers) else ():
        own = rows["use_case"] == use_case.name
        segment[own] = segments_of(
            tables.connection, work, use_case, tables.as_of, rows.loc[own, "customer_id"].to_list()
        )
    claims = load_claims()
    conditions = {f"when {offer.when}": read_condition(offer.when) for offer in campaign.offers if offer.when}
    named = {name for offer in campaign.offers for name in offer.claims}
    conditions |= {f"claim {name}": claims.by_name[name].condition for name in sorted(named)}
    met = conditions_met(tables.connection, work, tables.as_of, customers, conditions).reset_index(drop=True)
    holders = _holders(tables, {offer.product_id for offer in campaign.offers if offer.product_id})
    flags = {}
    for index, offer in enumerate(campaign.offers):
        asked = [f"claim {name}" for name in offer.claims] + ([f"when {offer.when}"] if offer.when else [])
        in_segment = (segment == offer.segment) | (not offer.segment)
        flags[f"meant_{index}"] = (met[asked].all(axis=1) & in_segment).to_numpy(dtype=bool)
        flags[f"held_{index}"] = is_among(rows["customer_id"], holders.get(offer.product_id, set()))
    return rows.assign(segment=segment, **flags)


def _holders(tables: ContactTables, products: set[str]) -> dict[str, set[str]]:
    """By product, the customers who bought it more often than they redeemed it, as far as the books say."""
    if not products or not tables.has("product_events", "product_id"):
        return {}
    events = tables.table("product_events")
    events = events.filter(events.happened_on <= tables.as_of, events.product_id.isin(sorted(products)))
    events = tables.under_survivors(events.select("customer_id", "product_id", "event"))
    step = ibis.cases((events.event == "bought", 1), (events.event == "redeemed", -1), else_=0)
    held = events.group_by("customer_id", "product_id").agg(held=step.sum())
    rows = held.filter(held.held > 0).to_pyarrow().to_pandas()
    return {str(product): set(some["customer_id"]) for product, some in rows.groupby("product_id")}


def with_credit_refusals(tables: ContactTables, rows: pd.DataFrame, risks: Mapping[str, Risk]) -> pd.DataFrame:
    """The candidates with `credit_refused` where an offer is credit: nobody is asked whom the rules refuse anyway.

    The exclusions of ``pipelines/credit.yaml`` decide: arrears, litigation, own staff, age, months with the bank. Where
    the bank's tables cannot answer one of them that the file does not excuse, everybody is refused.
    """
    if not any(risk.credit for risk in risks.values()):
        return rows
    refused = refused_customers(tables, load_credit_rules(), people_on_books(tables)).to_pyarrow()
    return rows.assign(credit_refused=rows["customer_id"].isin(set(refused["customer_id"].to_pylist())))


def suit(rows: pd.DataFrame, campaign: Campaign, risks: Mapping[str, Risk], counter: FunnelCounter) -> Suited:
    """Give every candidate the suitable offer with the highest value; of equal ones the first.

    Parameters
    ----------
    rows : pandas.DataFrame
        From `candidates`, with the flags of `meant_for`, and of `with_credit_refusals` where an offer is credit.
    counter : FunnelCounter
        Counts the customers without a suitable offer, by rule.

    Returns
    -------
    Suited
        Its refusals have one row per customer and refused offer: `customer_id`, `offer`, `product_id`, `rule`.
    """
    broken = np.stack(
        [_broken(rows, index, offer, risks[offer.offer]) for index, offer in enumerate(campaign.offers)], axis=1
    )
    allowed = broken == len(RULES)
    unsuited = ~allowed.any(axis=1)
    first = broken.min(axis=1)
    for index, (name, text) in enumerate(RULES.items()):
        counter.leave(name, text, int((unsuited & (first == index)).sum()), "suitability")
    value = np.where(allowed, [offer.value for offer in campaign.offers], -np.inf)
    best = rows.assign(offer=value.argmax(axis=1))[~unsuited].reset_index(drop=True)
    flags = [f"{flag}_{index}" for flag in ("held", "meant") for index in range(len(campaign.offers))]
    return Suited(best.drop(columns=flags), _refusals(rows, campaign, broken))


def _broken(rows: pd.DataFrame, index: int, offer: Offer, risk: Risk) -> NDArray:
    """Index of the first rule that an offer breaks, per customer; the number of rules if it breaks none."""
    age, unknown = rows["age"], rows["age"].isna()
    bounded = (offer.age_from, offer.age_to) != (18, 120)
    outside = (age < offer.age_from) | (age > offer.age_to) | (unknown & bounded)
    conditions = [
        risk.wealth & unknown,
        risk.wealth & (rows["grade"] == 0),
        risk.wealth & ~rows["assessed"].astype(bool),
        risk.wealth & (rows["grade"] < risk.grade),
        rows["credit_refused"] if risk.credit else unknown & False,
        outside,
        rows[f"held_{index}"],
        ~rows[f"meant_{index}"],
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
