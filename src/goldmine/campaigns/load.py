"""Read campaigns from ``pipelines/campaigns``."""

from collections.abc import Collection
from datetime import date, timedelta
from itertools import combinations
from pathlib import Path

from goldmine.campaigns.claims import claims_path, load_claims
from goldmine.campaigns.contact_hours import contact_hours_path
from goldmine.campaigns.gateways import gateways_path
from goldmine.campaigns.queue_settings import queue_settings_path
from goldmine.campaigns.sentences import check_sentences
from goldmine.campaigns.spec import Campaign
from goldmine.campaigns.yearly import in_year
from goldmine.contactability.policy import campaigns_folder
from goldmine.core.errors import SettingsError
from goldmine.core.i18n import _
from goldmine.core.settings import read_yaml, typed
from goldmine.core.workspace import home
from goldmine.credit.rules import credit_rules_path
from goldmine.labels.use_case import readable_use_cases, use_case_names


def load_campaigns(as_of: date) -> list[Campaign]:
    """Every campaign, by name; those that return every year as they are in the year of the day after the snapshot.

    Raises
    ------
    SettingsError
        If a file has an unknown or missing key or a wrong value, a sentence claims what it does not declare, or two
        campaigns make the same offer at the same time.
    """
    campaigns = [read_campaign(path, _first_day(as_of).year) for path in sorted(campaigns_folder().glob("*.yaml"))]
    for first, other in combinations(campaigns, 2):
        _check_overlap(first, other)
    return campaigns


def live(campaigns: list[Campaign], as_of: date) -> list[Campaign]:
    """The campaigns in force on the day after the snapshot."""
    first = _first_day(as_of)
    return [campaign for campaign in campaigns if campaign.start_date <= first <= campaign.end_date]


def carried_out(campaigns: list[Campaign], scored: Collection[str]) -> list[Campaign]:
    """The campaigns of a run: one whose use cases all wait for the quarter is left to the runs that score them.

    Parameters
    ----------
    scored : collection of str
        Use cases that the run lists.
    """
    of_every_run = {*scored, *use_case_names(quarterly=False)}
    return [campaign for campaign in campaigns if not of_every_run.isdisjoint(campaign.use_cases)]


def _first_day(as_of: date) -> date:
    return as_of + timedelta(days=1)


def read_campaign(path: Path, year: int) -> Campaign:
    """Read one campaign, as it is in a year if it returns every year; see `load_campaigns`."""
    settings = read_yaml(path)
    named = settings.get("campaign_id")
    if named is not None and named != path.stem:
        raise SettingsError(
            _("{name}: its campaign_id is {named}.", name=path.name, named=repr(named)),
            _("Give the file and the campaign the same name."),
        )
    campaign = typed(Campaign, in_year(settings, year), path.name)
    unknown = sorted(set(campaign.use_cases) - set(use_case_names()))
    if unknown:
        raise SettingsError(
            _("{name}: use_cases: there is no use case {names}.", name=path.name, names=", ".join(unknown)),
            _("Known: {names}.", names=", ".join(use_case_names())),
        )
    cases = readable_use_cases()
    segments = [{part.name for part in cases[name].segments} for name in campaign.use_cases if name in cases]
    asked = {offer.segment for offer in campaign.offers if offer.segment}
    if asked and set(campaign.use_cases) <= set(cases) and not any(asked <= names for names in segments):
        raise SettingsError(
            _(
                "{name}: offers: no use case of the campaign has the segments {names}.",
                name=path.name,
                names=", ".join(sorted(asked)),
            ),
            _("Known: {names}.", names=", ".join(sorted(set().union(*segments))) or "none"),
        )
    check_sentences(campaign, load_claims(), path.name)
    return campaign


def _check_overlap(first: Campaign, other: Campaign) -> None:
    if (
        first.end_date < other.start_date
        or other.end_date < first.start_date
        or not set(first.use_cases) & set(other.use_cases)
    ):
        return
    shared = _offered(first) & _offered(other)
    if shared:
        raise SettingsError(
            _(
                "{first} and {other} overlap from {start} to {end} and both offer {names} from the same scores.",
                first=first.campaign_id,
                other=other.campaign_id,
                start=max(first.start_date, other.start_date),
                end=min(first.end_date, other.end_date),
                names=", ".join(sorted(shared)),
            ),
            _("Let one end before the other begins, or take the offer out of one: else neither can be measured."),
        )


def _offered(campaign: Campaign) -> set[str]:
    return {offer.product_id or offer.offer for offer in campaign.offers}


def campaign_texts() -> list[str]:
    """The texts of all settings that campaigns go by, for fingerprints; none where there are no campaigns."""
    files = sorted(campaigns_folder().glob("*.yaml"))
    files += [home() / "pipelines" / "offers.yaml", claims_path(), contact_hours_path(), gateways_path()]
    files += [queue_settings_path(), credit_rules_path()]
    return [path.read_text("utf-8") for path in files if path.exists()]
