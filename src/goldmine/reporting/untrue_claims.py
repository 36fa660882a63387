"""What is not said to a customer: what an offer's sentences claim of others and is not true of them."""

from datetime import date

import pandas as pd

from goldmine.campaigns.claims import Claim, load_claims
from goldmine.campaigns.conditions import conditions_met
from goldmine.campaigns.load import load_campaigns
from goldmine.core.i18n import in_language
from goldmine.reporting.prepare import ReportData


def avoided(data: ReportData, rows: pd.DataFrame, language: str) -> list[list[str]]:
    """The claims that the sentences of each row's offer make and that do not hold for its customer, in words.

    Parameters
    ----------
    data : ReportData
        Report data of the bank.
    rows : pandas.DataFrame
        `customer_id`, `campaign_id` and `offer`; a row without an offer has nothing to avoid.
    language : str
        ``en`` or ``zh``.
    """
    made = _claims_by_offer(data.as_of)
    of_row = [made.get(key, []) for key in zip(rows["campaign_id"], rows["offer"], strict=True)]
    conditions = {claim.name: claim.condition for claims in of_row for claim in claims}
    if not conditions:
        return [[] for _row in of_row]
    customers = list(dict.fromkeys(rows["customer_id"]))
    true = conditions_met(data.contact_tables.connection, data.work, data.as_of, customers, conditions)
    return [
        [str(in_language(claim.title, language)) for claim in claims if not true.loc[customer, claim.name]]
        for customer, claims in zip(rows["customer_id"], of_row, strict=True)
    ]


def _claims_by_offer(as_of: date) -> dict[tuple[str, str], list[Claim]]:
    """The claims of all sentences of each offer, by campaign and offer."""
    by_name = load_claims().by_name
    return {
        (campaign.campaign_id, offer.offer): [
            by_name[name] for name in dict.fromkeys(name for sentence in offer.sentences for name in sentence.claims)
        ]
        for campaign in load_campaigns(as_of)
        for offer in campaign.offers
    }
