"""Measuring campaigns: every complete one that is not measured yet, at the month end of its completion."""

from collections.abc import Mapping
from dataclasses import replace

from goldmine.core.dates import month_end
from goldmine.core.errors import GoldmineError
from goldmine.core.files import read_json
from goldmine.core.fingerprint import of_value
from goldmine.core.i18n import LocalizedText, _, stored_text
from goldmine.measurement.campaign_results import Campaign, campaigns, complete_campaign
from goldmine.measurement.kept_figures import kept_figures
from goldmine.pipeline import inputs
from goldmine.pipeline.snapshot import Snapshot
from goldmine.pipeline.step import Step, run_step, step_ledger


def measure_campaigns(step: Step, run: Snapshot) -> dict[str, int]:
    """Measure what is complete and not measured; name what is not complete, with its day.

    Each campaign is measured at the month end of its completion, so that its figures do not depend on how often the
    step runs. A campaign that was measured at an earlier month end is left alone while its published files are the
    same; one that was completed within the snapshot's month is measured again if anything it reads has changed. A
    campaign that cannot be measured does not keep the others from it.

    Returns
    -------
    dict of str to int
        Campaigns that were due, that had been measured before, and that are not complete.

    Raises
    ------
    GoldmineError
        The first error, once every other campaign is measured; or if a campaign asked for by name cannot be measured.
    """
    published = [campaign for campaign in campaigns(run.work) if campaign.as_of <= run.as_of]
    if "campaign" in run.parameters or "published" in run.parameters:
        published = _asked_for(published, run)
    due: list[Snapshot] = []
    counts = {"due": 0, "measured_before": 0, "not_complete": 0}
    for campaign in published:
        own = replace(run, campaign=campaign, as_of=month_end(campaign.complete_on))
        if campaign.complete_on > run.as_of:
            counts["not_complete"] += 1
            days = {"published": campaign.as_of, "complete": campaign.complete_on, "first": own.as_of}
            text = _("of {published}: not complete before {complete}, measured from {first} on", **days)
            run.tell(campaign.name, text)
        elif own.as_of < run.as_of and _is_measured(step, own):
            counts["measured_before"] += 1
        else:
            counts["due"] += 1
            due.append(own)
    if not due:
        run.tell(step.name, _("no campaign to measure; {n} measured before", n=counts["measured_before"]))
    _measure_each(step, due)
    return counts


def _asked_for(published: list[Campaign], run: Snapshot) -> list[Campaign]:
    """The campaigns of the name and release that the command's parameters ask for."""
    asked: Mapping[str, str] = run.parameters
    name, as_of = asked.get("campaign", ""), asked.get("published", "")
    complete_campaign(run.work, run.as_of, name, as_of)  # raises where there is none
    return [campaign for campaign in published if name in ("", campaign.name) and as_of in ("", str(campaign.as_of))]


def _measure_each(step: Step, due: list[Snapshot]) -> None:
    failed: list[GoldmineError] = []
    for own in due:
        try:
            run_step(step, own)
            _tell_effect(own)
        except GoldmineError as error:
            failed.append(error)
    if failed:
        raise failed[0]


def _tell_effect(own: Snapshot) -> None:
    """Print what a measured campaign changed."""
    campaign = own.campaign
    if campaign is None:
        return
    by_release = {(kept.campaign, kept.as_of): kept for kept in kept_figures(own.work)}
    kept = by_release.get((campaign.name, str(campaign.as_of)))
    if kept is None:
        return
    figures = kept.figures
    if "effect" in figures:
        text = _(
            "of {published}: effect {effect:+.1%} ({effect_low:+.1%} to {effect_high:+.1%}); "
            "{contact:,.0f} contacts, {control:,.0f} in control{before}",
            **{name: figures[name] for name in ("effect", "effect_low", "effect_high", "contact", "control")},
            published=campaign.as_of,
            before=_drawn_before(figures),
        )
    else:
        text = _(
            "of {published}: effect not measurable{why}; {contact:,.0f} contacts, {control:,.0f} in control{before}",
            published=campaign.as_of,
            why=_(": {why}", why=stored_text(kept.why)) if kept.why else "",
            before=_drawn_before(figures),
            contact=figures["contact"],
            control=figures["control"],
        )
    own.tell(campaign.name, text)


def _drawn_before(figures: Mapping[str, float]) -> LocalizedText | str:
    """How many customers of the campaign earlier releases drew, if they did."""
    before = figures.get("drawn_before", 0)
    return _("; {before:,.0f} more were drawn by earlier releases", before=before) if before else ""


def _is_measured(step: Step, own: Snapshot) -> bool:
    """Whether a campaign was measured at its month end, from the published files that are there now."""
    entry = read_json(step_ledger(step, own).ledger, {})
    return bool(entry) and entry["inputs"].get("campaign") == of_value(inputs.campaign(own))
