"""From scores to offers: the funnel in its fixed order, for all campaigns that are live."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import pandas as pd

from goldmine.campaigns.arbitration import arbitrate
from goldmine.campaigns.assignment import assign, serving
from goldmine.campaigns.candidates import Candidates, Scores, candidates
from goldmine.campaigns.channels import contactable, history
from goldmine.campaigns.control import count_control, split
from goldmine.campaigns.limits import check_places
from goldmine.campaigns.load import campaign_texts
from goldmine.campaigns.masking import time_bands
from goldmine.campaigns.power import smallest_effect
from goldmine.campaigns.ranking import ranked
from goldmine.campaigns.record import CampaignRecord, Limit, Power, Ranking
from goldmine.campaigns.spec import Campaign
from goldmine.campaigns.suitability import Risk, risks_of, suit
from goldmine.contactability.apply_rules import judge
from goldmine.contactability.counts import Tally
from goldmine.contactability.holdout import held_out, in_force
from goldmine.contactability.past_offers import offers_of, releases_before
from goldmine.contactability.policy import Policy
from goldmine.contactability.rules import CONTACT_RULES
from goldmine.contactability.tables import Books
from goldmine.core.fingerprint import of_value
from goldmine.core.workspace import Workspace

_AGAIN = ("refused or suppressed since the lists were made", "名单生成后新增拒绝或禁止营销")


@dataclass(frozen=True)
class Planned:
    """One campaign as it is to be published.

    Parameters
    ----------
    campaign : Campaign
        Its settings.
    rows : pandas.DataFrame
        Those contacted and the control, by `group`, best first.
    refusals : pandas.DataFrame
        Every offer that suitability refused: `customer_id`, `offer`, `product_id`, `rule`.
    record : CampaignRecord
        What the release keeps of it.
    """

    campaign: Campaign
    rows: pd.DataFrame
    refusals: pd.DataFrame
    record: CampaignRecord


@dataclass(frozen=True)
class Plan:
    """All campaigns of a release.

    Parameters
    ----------
    planned : tuple of Planned
        Those that are carried out.
    off : dict of str to str
        Campaigns that this bank cannot carry, and what is missing.
    held_back : frozenset of str
        Customers who may be on no list: the control, and everyone held out.
    """

    planned: tuple[Planned, ...] = ()
    off: Mapping[str, str] | None = None
    held_back: frozenset[str] = frozenset()


@dataclass(frozen=True)
class _Asked:
    """A campaign on its way through the funnel."""

    campaign: Campaign
    found: Candidates
    ranking: Ranking
    refusals: pd.DataFrame
    scores: list[Scores]


@dataclass(frozen=True)
class _Ground:
    """What all campaigns of a release share: books, salt, who is held out, offers that are out, the limits."""

    books: Books
    salt: str
    out: frozenset[str]
    before: pd.DataFrame
    limits: Sequence[Limit]


def plan_campaigns(
    books: Books, work: Workspace, campaigns: Sequence[Campaign], policy: Policy, scores: Sequence[Scores]
) -> Plan:
    """Decide who gets which offer, in the fixed order of the funnel.

    Population and eligibility, consent and suppression, suitability, fatigue, arbitration, capacity, control; every
    step counts who left. Refusals and suppressions are looked at once more when everybody has been chosen.

    Parameters
    ----------
    books : Books
        The bank's tables at the snapshot.
    work : Workspace
        Features, and releases that are out.
    campaigns : sequence of Campaign
        Those that are live.
    policy : Policy
        What holds for all of them.
    scores : sequence of Scores
        What is published.
    """
    check_places(books, campaigns, policy)
    out = held_out(books.connection, [one.path for one in scores], in_force(policy.holdout, books.as_of))
    before = offers_of(releases_before(work, books.as_of))
    said = history(books, before, policy.fatigue)
    asked, rows, off = [], [], {}
    for campaign in campaigns:
        mine = [one for one in scores if one.use_case.name in campaign.use_cases]
        risks = _risks(books, campaign, mine)
        if isinstance(risks, str):
            off[campaign.campaign_id] = risks
            continue
        found = candidates(books, work, campaign, mine)
        valued, ranking = ranked(found.rows, campaign, work, books.as_of)
        suited = suit(valued, campaign, risks, found.tally)
        rows.append(contactable(suited.rows, campaign, said, policy.fatigue, found.tally))
        asked.append(_Asked(campaign, found, ranking, suited.refusals, mine))
    if not asked:
        return Plan(off=off, held_back=out)
    live = [one.campaign for one in asked]
    tallies = {one.campaign.campaign_id: one.found.tally for one in asked}
    assigned = assign(arbitrate(rows, live, tallies), serving(books), live, policy, tallies)
    chosen = _checked_again(books, assigned.rows, tallies)
    salt = policy.holdout.salt if policy.holdout else books.bank.name
    ground = _Ground(books, salt, out, before, assigned.limits)
    planned = tuple(_planned(ground, one, chosen) for one in asked)
    control = [row for one in planned for row in one.rows.loc[one.rows["group"] == "control", "customer_id"]]
    return Plan(planned, off, out | frozenset(control))


def _risks(books: Books, campaign: Campaign, scores: Sequence[Scores]) -> dict[str, Risk] | str:
    if not scores:
        return f"scores of {', '.join(campaign.use_cases)}"
    return risks_of(books, campaign, any(one.use_case.wealth_product for one in scores))


def _checked_again(books: Books, rows: pd.DataFrame, tallies: Mapping[str, Tally]) -> pd.DataFrame:
    """Those of the chosen whom ledger, opt-outs and the field's answers still allow, read anew."""
    anew = replace(books, _read={})
    rules = [rule for rule in CONTACT_RULES if not rule.missing(anew)]
    chosen = books.some(list(rows["customer_id"]))
    judged = judge(anew, chosen, rules)
    allowed = set(judged.filter(judged.step.isnull()).to_pyarrow().to_pandas()["customer_id"])
    kept = rows[rows["customer_id"].isin(allowed)].reset_index(drop=True)
    before, after = rows["campaign_id"].value_counts(), kept["campaign_id"].value_counts()
    for name, tally in tallies.items():
        tally.leave("checked_again", _AGAIN, int(before.get(name, 0) - after.get(name, 0)), "publishing")
    return kept


def _planned(ground: _Ground, asked: _Asked, chosen: pd.DataFrame) -> Planned:
    campaign, tally, books = asked.campaign, asked.found.tally, ground.books
    mine = chosen[chosen["campaign_id"] == campaign.campaign_id].reset_index(drop=True)
    offer = [campaign.offers[int(place)] for place in mine["offer"]]
    mine = mine.assign(offer=[one.offer for one in offer], product_id=[one.product_id or None for one in offer])
    earlier = ground.before[ground.before["campaign_id"] == campaign.campaign_id]
    mine = split(mine, campaign, ground.salt, ground.out, earlier)
    count_control(mine, tally)
    until = min(books.as_of + timedelta(days=campaign.valid_days), campaign.to_on)
    bands = time_bands(books, list(mine["customer_id"]), books.as_of)
    rows = mine.assign(
        time_band=[bands.get(customer, campaign.time_band) for customer in mine["customer_id"]],
        as_of=books.as_of,
        valid_until=until,
    )
    return Planned(campaign, rows, asked.refusals, _record(asked, rows, ground.limits, until))


def _record(asked: _Asked, rows: pd.DataFrame, limits: Sequence[Limit], until: object) -> CampaignRecord:
    campaign = asked.campaign
    contact = rows[rows["group"] == "contact"]
    rate = float(rows["probability"].mean()) if len(rows) else 0.0
    control = len(rows) - len(contact)
    return CampaignRecord.model_validate(
        {
            "en": campaign.en,
            "zh": campaign.zh,
            "from_on": campaign.from_on,
            "to_on": campaign.to_on,
            "valid_until": until,
            "models": {one.use_case.name: one.model_version for one in asked.scores},
            "ranking": asked.ranking,
            "funnel": asked.found.tally.funnel(asked.found.off),
            "limits": [one for one in limits if one.campaign_id in ("", campaign.campaign_id)],
            "power": Power(
                contact=len(contact),
                control=control,
                held_out=int(rows["held_out"].sum()),
                base_rate=rate,
                smallest_effect=smallest_effect(rate, len(contact), control),
                useful=campaign.control.useful,
            ),
            "expected_value": round(float(contact["expected_value"].sum()), 2),
            "settings": of_value(campaign_texts()),
        }
    )
