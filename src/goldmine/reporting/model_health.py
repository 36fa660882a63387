"""Health of the models and results of the campaigns, for the head office."""

from datetime import date

import pandas as pd

from goldmine.contactability.past_offers import campaign_titles, releases_out
from goldmine.contract.tables import RELATIONSHIP
from goldmine.core.dates import month_end
from goldmine.core.engine import connect
from goldmine.core.errors import HistoryError, ReleaseError, UseCaseError
from goldmine.core.i18n import in_language
from goldmine.coverage import BankSnapshot
from goldmine.labels.use_case import readable_use_cases
from goldmine.measurement.campaign_results import campaigns as published
from goldmine.measurement.campaign_results import read_results
from goldmine.measurement.report import measure
from goldmine.measurement.sample_ratio import expected_control
from goldmine.models.registry import AS_OF
from goldmine.models.tracking import CHAMPION, registered_name, use_tracking
from goldmine.models.uplift.effect import Estimate
from goldmine.reporting.customer_mart import SETTLED
from goldmine.reporting.prepare import ReportData

MODEL_COLUMNS = ("use_case", "model_version", "trained_at", "age_months", "auc", "baseline_auc", "lift", "calibration")


def model_health(bank_name: str, as_of: date, language: str) -> pd.DataFrame:
    """A row a use case: its champion in the registry, its age, and its out-of-time evaluation.

    Parameters
    ----------
    bank_name : str
        Whose models.
    as_of : date
        The month end that the age is counted to.
    language : str
        ``en`` or ``zh``, of the use cases' titles.

    Returns
    -------
    pandas.DataFrame
        `MODEL_COLUMNS`: AUC and lift of the list on the test cutoff, AUC of the baseline there, and the mean
        gap between predicted and observed (calibration). A use case without a champion has no figures; one without
        a model has no row.
    """
    use_tracking(bank_name)
    import mlflow

    client = mlflow.MlflowClient()
    rows: list[tuple[object, ...]] = []
    for name, case in readable_use_cases().items():
        if not case.has_model:
            continue
        title = in_language(case.title, language)
        try:
            champion = client.get_model_version_by_alias(registered_name(bank_name, name), CHAMPION)
        except mlflow.MlflowException:
            rows.append((title, "", "", None, None, None, None, None))
            continue
        trained = date.fromisoformat(champion.tags[AS_OF])
        age = (as_of.year - trained.year) * 12 + as_of.month - trained.month
        metrics = client.get_run(str(champion.run_id)).data.metrics
        evaluation = [metrics.get(key) for key in ("auc", "baseline_auc", "lift_list", "calibration_error")]
        rows.append((title, str(champion.version), str(trained), age, *evaluation))
    return pd.DataFrame(rows, columns=list(MODEL_COLUMNS))


def campaigns(data: ReportData, language: str, months: int = 12) -> pd.DataFrame:
    """A row a campaign of the last months: contacts, answered, settled, converted, conversion.

    Settled are the contacts that were answered and of which it is known what came of them. Conversion is of these;
    empty while there are none. A campaign of a release is called by its title, another by its code. Campaigns with
    fewer than five contacts are left out, and so are contacts that no campaign asked for.
    """
    if not data.bank.has("contacts"):
        names = ["campaign_id", "started_on", "contacts", "answered", "settled", "converted", "conversion"]
        return pd.DataFrame(columns=names)
    rows = BankSnapshot(connect(), data.bank, data.work, data.as_of).contacts()
    lasting = (rows.contacted_on <= data.as_of) & (rows.contacted_on > month_end(data.as_of, -months))
    rows = rows.filter(lasting, rows.campaign_id != RELATIONSHIP)
    answered = rows.answer.notnull() & (rows.answer != "not_reached")
    campaigns = rows.group_by("campaign_id").agg(
        started_on=rows.contacted_on.min(),
        contacts=rows.count(),
        answered=answered.sum(),
        settled=(answered & rows.outcome.isin(SETTLED)).sum(),
        converted=(answered & (rows.outcome == "converted")).sum(),
    )
    frame = campaigns.to_pandas().sort_values(["started_on", "campaign_id"], ignore_index=True)
    counts = ["answered", "settled", "converted"]
    frame = frame[frame["contacts"] >= 5].fillna(dict.fromkeys(counts, 0)).astype(dict.fromkeys(counts, "int64"))
    return frame.assign(
        campaign_id=_titled(data, frame["campaign_id"], language),
        conversion=frame["converted"] / frame["settled"].where(frame["settled"] > 0),
    )


def measured_effects(data: ReportData, language: str, months: int = 12) -> pd.DataFrame:
    """A row a release of a campaign with a control group that was completed in the last months: what contacts added.

    Of each release those whom it drew are compared, by what was known at the month end of its completion, as
    `goldmine measure` does.

    Returns
    -------
    pandas.DataFrame
        campaign_id (its title), as_of (the release's snapshot), contact_group (drawn for contact), control, effect, low
        and high (95% interval, in shares of customers who did what the campaign wanted); the last three empty where the
        groups are too small to measure, or not as they were drawn, all five where the outcome cannot be counted.
    """
    since = month_end(data.as_of, -months)
    rows: list[tuple[object, ...]] = []
    for campaign in published(data.work):
        if since < campaign.complete_on <= data.as_of:
            try:
                results = read_results(data.bank, data.work, campaign, month_end(campaign.complete_on))
            except (HistoryError, ReleaseError, UseCaseError):  # `goldmine measure` says what is missing
                rows.append((campaign.name, campaign.as_of, *[None] * 5))
                continue
            whole = measure(results, {}, expected_control(data.work, campaign)).whole
            effect = whole.effect
            interval = (effect.value, effect.low, effect.high) if isinstance(effect, Estimate) else (None, None, None)
            rows.append((campaign.name, campaign.as_of, whole.contact, whole.control, *interval))
    frame = pd.DataFrame(rows, columns=["campaign_id", "as_of", "contact_group", "control", "effect", "low", "high"])
    return frame.assign(campaign_id=_titled(data, frame["campaign_id"], language))


def _titled(data: ReportData, codes: pd.Series, language: str) -> list[str]:
    """Campaigns by the title of their last release; those of none by their code."""
    titles = campaign_titles(releases_out(data.work))
    return [str(in_language(titles.get(code, code), language)) for code in codes]
