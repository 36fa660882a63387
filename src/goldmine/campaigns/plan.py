"""From scores to offers: the funnel in its fixed order, for all campaigns in force."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pandas as pd

from goldmine.campaigns.arbitration import arbitrate
from goldmine.campaigns.assignment import assign, serving_managers
from goldmine.campaigns.candidates import Candidates, Scores, candidates
from goldmine.campaigns.channels import contactable, history
from goldmine.campaigns.contact_hours import activity_by_band, best_bands, load_contact_hours
from goldmine.campaigns.control import count_control, power_of, split
from goldmine.campaigns.limits import check_units
from goldmine.campaigns.load import campaign_texts
from goldmine.campaigns.ranking import ranked
from goldmine.campaigns.record import CampaignRecord, Limit, OfferCount, Ranking
from goldmine.campaigns.spec import Campaign, Offer
from goldmine.campaigns.suitability import Risk, meant_for, risks_of, suit, with_credit_refusals
from goldmine.contactability import ContactTables, may_contact
from goldmine.contactability.funnel import FunnelCounter
from goldmine.contactability.holdout import salt_of
from goldmine.contactability.past_offers import handed_out, newest_releases, offers_of
from goldmine.contactability.policy import Policy
from goldmine.contactability.rules import validity
from goldmine.core.fingerprint import of_value
from goldmine.core.i18n import LocalizedText, _, join_texts, pgettext
from goldmine.core.workspace import Workspace
from goldmine.labels.use_case import readable_use_cases

_AGAIN = _("refused or suppressed since the lists were made")


@dataclass(frozen=True)
class Planned:
    """One campaign to be published.

    Parameters
    ----------
    campaign : Campaign
        Its settings.
    rows : pandas.DataFrame
        The customers to contact and the control, by `group`, best first.
    refusals : pandas.DataFrame
        Every offer refused for suitability: `customer_id`, `offer`, `product_id`, `rule`.
    record : CampaignRecord
        What the release stores of it.
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
    off : dict of str to LocalizedText
        Campaigns that this bank's tables do not support, and what is missing.
    held_back : frozenset of str
        Customers who may be on no list: the control and the universal hold-out.
    """

    planned: tuple[Planned, ...] = ()
    off: Mapping[str, LocalizedText] | None = None
    held_back: frozenset[str] = frozenset()


@dataclass(frozen=True)
class _InFunnel:
    """A campaign inside the funnel."""

    campaign: Campaign
    candidates: Candidates
    ranking: Ranking
    risks: Mapping[str, Risk]
    refusals: pd.DataFrame
    scores: list[Scores]


@dataclass(frozen=True)
class _Shared:
    """What all campaigns of a release share: tables, salt, hold-out, groups decided so far and limits.

    `earlier` are the offers of earlier snapshots, `decided` those of this snapshot's earlier releases too.
    """

    tables: ContactTables
    salt: str
    holdout: frozenset[str]
    earlier: pd.DataFrame
    decided: pd.DataFrame
    limits: Sequence[Limit]


def plan_campaigns(
    tables: ContactTables, work: Workspace, campaigns: Sequence[Campaign], policy: Policy, scores: Sequence[Scores]
) -> Plan:
    """Decide which customer gets which offer, in the fixed order of the funnel.

    Population and eligibility, consent and suppression, suitability, fatigue, arbitration, capacity, control; every
    step counts who left. Refusals and suppressions are checked again after the assignment.

    Parameters
    ----------
    tables : ContactTables
        The bank's tables at the snapshot.
    work : Workspace
        Features and earlier releases.
    campaigns : sequence of Campaign
        Campaigns in force.
    policy : Policy
        Policy for all campaigns.
    scores : sequence of Scores
        Published scores.
    """
    check_units(tables, campaigns, policy)
    holdout = _held_out(tables, scores)
    earlier = _under_survivors(tables, newest_releases(work, tables.as_of))
    recent = history(tables, earlier, policy.fatigue)
    in_funnel, rows, off = [], [], {}
    for campaign in campaigns:
        own_scores = [score for score in scores if score.use_case.name in campaign.use_cases]
        risks = _risks(tables, campaign, own_scores)
        if isinstance(risks, LocalizedText):
            off[campaign.campaign_id] = risks
            continue
        candidate_set = candidates(tables, work, campaign, own_scores)
        valued, ranking = ranked(candidate_set.rows, campaign, work, tables.as_of)
        valued = meant_for(tables, work, campaign, [score.use_case for score in own_scores], valued)
        valued = with_credit_refusals(tables, valued, risks)
        suited = suit(valued, campaign, risks, candidate_set.counter)
        rows.append(contactable(suited.rows, campaign, recent, policy.fatigue, candidate_set.counter))
        in_funnel.append(_InFunnel(campaign, candidate_set, ranking, risks, suited.refusals, own_scores))
    if not in_funnel:
        return Plan(off=off, held_back=holdout)
    live = [entry.campaign for entry in in_funnel]
    counters = {entry.campaign.campaign_id: entry.candidates.counter for entry in in_funnel}
    assigned = assign(arbitrate(rows, live, counters), serving_managers(tables), live, policy, counters)
    chosen = _checked_again(tables, assigned.rows, counters)
    decided = _under_survivors(tables, handed_out(work))
    shared = _Shared(tables, salt_of(work, policy.holdout), holdout, earlier, decided, assigned.limits)
    planned = tuple(_planned(shared, entry, chosen) for entry in in_funnel)
    control = [row for entry in planned for row in entry.rows.loc[entry.rows["group"] == "control", "customer_id"]]
    return Plan(planned, off, holdout | frozenset(control))


def _held_out(tables: ContactTables, scores: Sequence[Scores]) -> frozenset[str]:
    """Scored customers in the universal hold-out."""
    if not scores:
        return frozenset()
    scored = tables.connection.read_parquet([str(score.path) for score in scores], union_by_name=True)
    return frozenset(tables.held_out(scored).to_pyarrow()["customer_id"].to_pylist())


def _under_survivors(tables: ContactTables, releases: list[Path]) -> pd.DataFrame:
    offers = offers_of(releases)
    return offers.assign(customer_id=tables.surviving_numbers(offers["customer_id"]))


def _risks(tables: ContactTables, campaign: Campaign, scores: Sequence[Scores]) -> dict[str, Risk] | LocalizedText:
    if not scores:
        known = readable_use_cases()
        comma = pgettext("list", ", ")
        titles = join_texts([known[name].title if name in known else name for name in campaign.use_cases], comma)
        return _("scores of {names}", names=titles)
    return risks_of(tables, campaign, any(score.use_case.wealth_product for score in scores))


def _checked_again(tables: ContactTables, rows: pd.DataFrame, counters: Mapping[str, FunnelCounter]) -> pd.DataFrame:
    """The chosen customers who may still be contacted by the ledger, opt-outs and answers read again."""
    read_again = tables.reread()
    permitted: set[tuple[str, str]] = set()
    for name, own in rows.groupby("campaign_id"):
        may = may_contact(read_again, set(own["customer_id"]), "campaign", campaign_id=str(name))
        permitted |= {(str(name), customer) for customer in may.allowed_customers}
    keys = zip(rows["campaign_id"], rows["customer_id"], strict=True)
    allowed = rows[pd.Series([key in permitted for key in keys], rows.index, dtype="bool")].reset_index(drop=True)
    before, after = rows["campaign_id"].value_counts(), allowed["campaign_id"].value_counts()
    for name, counter in counters.items():
        counter.leave("checked_again", _AGAIN, int(before.get(name, 0) - after.get(name, 0)), "publishing")
    return allowed


def _planned(shared: _Shared, entry: _InFunnel, chosen: pd.DataFrame) -> Planned:
    campaign, counter, tables = entry.campaign, entry.candidates.counter, shared.tables
    selected = chosen[chosen["campaign_id"] == campaign.campaign_id].reset_index(drop=True)
    offers = [campaign.offers[int(index)] for index in selected["offer"]]
    selected = selected.assign(
        offer=[offer.offer for offer in offers], product_id=[offer.product_id or None for offer in offers]
    )
    decided = shared.decided[shared.decided["campaign_id"] == campaign.campaign_id]
    chosen_before = len(selected)
    selected = split(selected, campaign, shared.salt, shared.holdout, decided)
    count_control(chosen_before, selected, counter)
    last_day = min(tables.as_of + timedelta(days=campaign.valid_days), campaign.end_date)
    wealth = selected["offer"].map(lambda name: entry.risks[name].wealth).astype(bool)
    assessed = selected["assessed_until"].where(wealth)
    activity = activity_by_band(tables, list(selected["customer_id"]), tables.as_of)
    rows = selected.assign(
        time_band=best_bands(activity, selected.assign(time_band=campaign.time_band), load_contact_hours()),
        as_of=tables.as_of,
        **validity(last_day, assessed),
    )
    before = shared.earlier.loc[shared.earlier["campaign_id"] == campaign.campaign_id, "customer_id"]
    rows = rows.assign(drawn_before=rows["customer_id"].isin(before))
    return Planned(campaign, rows, entry.refusals, _record(entry, rows, shared.limits, last_day))


def _offer_count(offer: Offer, rows: pd.DataFrame) -> OfferCount:
    """Contacts and control of one offer of a campaign."""
    group = rows.loc[rows["offer"] == offer.offer, "group"]
    contact = int((group == "contact").sum())
    return OfferCount(
        offer=offer.offer, title=offer.title, segment=offer.segment, contact=contact, control=len(group) - contact
    )


def _record(entry: _InFunnel, rows: pd.DataFrame, limits: Sequence[Limit], valid_until: object) -> CampaignRecord:
    campaign, contact = entry.campaign, rows[rows["group"] == "contact"]
    prevented = {score.use_case.name for score in entry.scores if score.use_case.prevents}
    return CampaignRecord.model_validate(
        {
            "title": campaign.title,
            "start_date": campaign.start_date,
            "end_date": campaign.end_date,
            "valid_until": valid_until,
            "models": {score.use_case.name: score.model_version for score in entry.scores},
            "ranking": entry.ranking,
            "funnel": entry.candidates.counter.funnel(entry.candidates.skipped),
            "limits": [limit for limit in limits if limit.campaign_id in ("", campaign.campaign_id)],
            "power": power_of(campaign, rows, prevented),
            "offers": [_offer_count(offer, rows) for offer in campaign.offers],
            "expected_value": round(float(contact["expected_value"].sum()), 2),
            "settings": of_value(campaign_texts()),
        }
    )
