"""From scores to offers: the funnel in its fixed order, for all campaigns that are live."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import pandas as pd

from goldmine.campaigns.arbitration import arbitrate
from goldmine.campaigns.assignment import assign, serving
from goldmine.campaigns.candidates import Candidates, Scores, candidates
from goldmine.campaigns.channels import contactable, history
from goldmine.campaigns.control import count_control, smallest_effect, split
from goldmine.campaigns.limits import check_places
from goldmine.campaigns.load import campaign_texts
from goldmine.campaigns.masking import time_bands
from goldmine.campaigns.ranking import ranked
from goldmine.campaigns.record import CampaignRecord, Limit, Power, Ranking
from goldmine.campaigns.spec import Campaign
from goldmine.campaigns.suitability import Risk, risks_of, suit
from goldmine.contactability import ContactTables, may_contact
from goldmine.contactability.funnel import FunnelCounter
from goldmine.contactability.holdout import held_out
from goldmine.contactability.past_offers import newest_releases, offers_of
from goldmine.contactability.policy import Policy
from goldmine.core.fingerprint import of_value
from goldmine.core.i18n import _
from goldmine.core.workspace import Workspace

_AGAIN = _("refused or suppressed since the lists were made")


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

    tables: ContactTables
    salt: str
    out: frozenset[str]
    before: pd.DataFrame
    limits: Sequence[Limit]


def plan_campaigns(
    tables: ContactTables, work: Workspace, campaigns: Sequence[Campaign], policy: Policy, scores: Sequence[Scores]
) -> Plan:
    """Decide who gets which offer, in the fixed order of the funnel.

    Population and eligibility, consent and suppression, suitability, fatigue, arbitration, capacity, control; every
    step counts who left. Refusals and suppressions are looked at once more when everybody has been chosen.

    Parameters
    ----------
    books : ContactTables
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
    check_places(tables, campaigns, policy)
    out = _held_out(tables, scores)
    before = offers_of(newest_releases(work, tables.as_of))
    said = history(tables, before, policy.fatigue)
    asked, rows, off = [], [], {}
    for campaign in campaigns:
        mine = [one for one in scores if one.use_case.name in campaign.use_cases]
        risks = _risks(tables, campaign, mine)
        if isinstance(risks, str):
            off[campaign.campaign_id] = risks
            continue
        found = candidates(tables, work, campaign, mine)
        valued, ranking = ranked(found.rows, campaign, work, tables.as_of)
        suited = suit(valued, campaign, risks, found.counter)
        rows.append(contactable(suited.rows, campaign, said, policy.fatigue, found.counter))
        asked.append(_Asked(campaign, found, ranking, suited.refusals, mine))
    if not asked:
        return Plan(off=off, held_back=out)
    live = [one.campaign for one in asked]
    counters = {one.campaign.campaign_id: one.found.counter for one in asked}
    assigned = assign(arbitrate(rows, live, counters), serving(tables), live, policy, counters)
    chosen = _checked_again(tables, assigned.rows, counters)
    salt = policy.holdout.salt if policy.holdout else tables.bank.name
    ground = _Ground(tables, salt, out, before, assigned.limits)
    planned = tuple(_planned(ground, one, chosen) for one in asked)
    control = [row for one in planned for row in one.rows.loc[one.rows["group"] == "control", "customer_id"]]
    return Plan(planned, off, out | frozenset(control))


def _held_out(tables: ContactTables, scores: Sequence[Scores]) -> frozenset[str]:
    """Of everyone scored, those in the universal hold-out."""
    if not scores:
        return frozenset()
    scored = tables.connection.read_parquet([str(one.path) for one in scores], union_by_name=True)
    return frozenset(held_out(scored, tables.held_back.holdout).to_pyarrow()["customer_id"].to_pylist())


def _risks(tables: ContactTables, campaign: Campaign, scores: Sequence[Scores]) -> dict[str, Risk] | str:
    if not scores:
        return f"scores of {', '.join(campaign.use_cases)}"
    return risks_of(tables, campaign, any(one.use_case.wealth_product for one in scores))


def _checked_again(tables: ContactTables, rows: pd.DataFrame, counters: Mapping[str, FunnelCounter]) -> pd.DataFrame:
    """Those of the chosen whom ledger, opt-outs and the field's answers still allow, read anew."""
    permitted = may_contact(tables.reread(), set(rows["customer_id"]), "campaign")
    kept = rows[rows["customer_id"].isin(permitted.allowed_customers)].reset_index(drop=True)
    before, after = rows["campaign_id"].value_counts(), kept["campaign_id"].value_counts()
    for name, counter in counters.items():
        counter.leave("checked_again", _AGAIN, int(before.get(name, 0) - after.get(name, 0)), "publishing")
    return kept


def _planned(ground: _Ground, asked: _Asked, chosen: pd.DataFrame) -> Planned:
    campaign, counter, tables = asked.campaign, asked.found.counter, ground.tables
    mine = chosen[chosen["campaign_id"] == campaign.campaign_id].reset_index(drop=True)
    offer = [campaign.offers[int(place)] for place in mine["offer"]]
    mine = mine.assign(offer=[one.offer for one in offer], product_id=[one.product_id or None for one in offer])
    earlier = ground.before[ground.before["campaign_id"] == campaign.campaign_id]
    mine = split(mine, campaign, ground.salt, ground.out, earlier)
    count_control(mine, counter)
    until = min(tables.as_of + timedelta(days=campaign.valid_days), campaign.end_date)
    bands = time_bands(tables, list(mine["customer_id"]), tables.as_of)
    rows = mine.assign(
        time_band=[bands.get(customer, campaign.time_band) for customer in mine["customer_id"]],
        as_of=tables.as_of,
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
            "title": campaign.title,
            "start_date": campaign.start_date,
            "end_date": campaign.end_date,
            "valid_until": until,
            "models": {one.use_case.name: one.model_version for one in asked.scores},
            "ranking": asked.ranking,
            "funnel": asked.found.counter.funnel(asked.found.skipped),
            "limits": [one for one in limits if one.campaign_id in ("", campaign.campaign_id)],
            "power": Power(
                contact=len(contact),
                control=control,
                held_out=int(rows["held_out"].sum()),
                base_rate=rate,
                smallest_effect=smallest_effect(rate, len(contact), control),
                min_effect_of_interest=campaign.control.min_effect_of_interest,
            ),
            "expected_value": round(float(contact["expected_value"].sum()), 2),
            "settings": of_value(campaign_texts()),
        }
    )
