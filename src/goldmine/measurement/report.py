"""One campaign measured: every figure that the notebook shows and the models' runs keep."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pandas as pd

from goldmine.core.i18n import all_languages
from goldmine.core.workspace import Workspace
from goldmine.measurement.campaign_results import Campaign
from goldmine.measurement.effect import Cut, cut, cuts
from goldmine.measurement.kept_figures import KeptFigures, keep_figures
from goldmine.measurement.list_order import has_order, qini, qini_curve, uplift_by_score
from goldmine.measurement.money import Money, money
from goldmine.measurement.predicted_observed import OBSERVED, Compliance, compliance, predicted_observed
from goldmine.measurement.sample_ratio import sample_ratio
from goldmine.models.tracking import registered_name, use_tracking
from goldmine.models.uplift.effect import Estimate, NotMeasurable

CUTS = {"use_case": "use_case", "decile": "decile", "branch": "branch_id", "channel": "channel", "offer": "offer"}


@dataclass(frozen=True)
class Measured:
    """Measured effects of a campaign.

    Parameters
    ----------
    whole : Cut
        All of its customers.
    by : dict of str to tuple of Cut
        By use case, decile, branch, channel and offer.
    score : str
        Order of the list: ``uplift`` where all of the campaign's customers have one, else ``probability``.
    by_score : tuple of Cut
        Fifths by it, 1 the highest; none where all customers have the same.
    curve : DataFrame
        See `qini_curve`.
    qini : Estimate or NotMeasurable
        Gain of the list's order over chance.
    money : Money
        Cost and gain.
    predicted : DataFrame
        See `predicted_observed`; without observed shares where the groups are not as they were drawn.
    compliance : Compliance
        Whether staff contacted whom they were asked to contact, those drawn before included.
    drawn_before : int
        Customers of whom an earlier release of the campaign decided; no other figure is about them.
    """

    whole: Cut
    by: dict[str, tuple[Cut, ...]]
    score: str
    by_score: tuple[Cut, ...]
    curve: pd.DataFrame
    qini: Estimate | NotMeasurable
    money: Money
    predicted: pd.DataFrame
    compliance: Compliance
    drawn_before: int


def measure(rows: pd.DataFrame, costs: Mapping[str, float], control_share: float | None = None) -> Measured:
    """Measure a campaign from its results; one whose groups are not as they were drawn gets a reason and no number.

    A release measures whom it drew. Who was drawn by an earlier release and is still there was selected by what the
    contact did in between: whoever it moved has left the list, while the control stayed.

    Parameters
    ----------
    rows : DataFrame
        From `goldmine.measurement.campaign_results.read_results`.
    costs : mapping of str to float
        Yuan a contact, by channel.
    control_share : float, optional
        From `goldmine.measurement.sample_ratio.expected_control`.
    """
    complied, before = compliance(rows), int(rows["drawn_before"].sum())
    rows = rows[~rows["drawn_before"]]
    score = "uplift" if rows["uplift"].notna().all() else "probability"
    measured = Measured(
        cut(rows, "all"),
        {name: cuts(rows, column) for name, column in CUTS.items()},
        score,
        cuts(rows.assign(fifth=uplift_by_score(rows, score)), "fifth") if has_order(rows, score) else (),
        qini_curve(rows, score),
        qini(rows, score),
        money(rows, costs),
        predicted_observed(rows),
        complied,
        before,
    )
    not_as_drawn = sample_ratio(rows, control_share)
    return measured if not_as_drawn is None else _stopped(measured, not_as_drawn)


def _stopped(measured: Measured, why: NotMeasurable) -> Measured:
    """A campaign without outcomes; what was predicted, the cost and the counts stay."""

    def without(groups: tuple[Cut, ...]) -> tuple[Cut, ...]:
        return tuple(replace(group, contact_mean=None, control_mean=None, effect=why) for group in groups)

    return replace(
        measured,
        whole=without((measured.whole,))[0],
        by={name: without(groups) for name, groups in measured.by.items()},
        by_score=without(measured.by_score),
        curve=measured.curve.iloc[:0],
        qini=why,
        money=replace(measured.money, moved=why, converted=why),
        predicted=measured.predicted.assign(**dict.fromkeys(OBSERVED, float("nan"))),
    )


def figures(measured: Measured) -> dict[str, float]:
    """The figures by name, as a run stores them, without those that are not measurable."""
    values: dict[str, float] = {
        "contact": measured.whole.contact,
        "control": measured.whole.control,
        "cost": measured.money.cost,
        "drawn_before": measured.drawn_before,
    }
    estimates = {
        "effect": measured.whole.effect,
        "qini": measured.qini,
        "aum_moved": measured.money.moved,
        "extra_customers": measured.money.converted,
    }
    for name, estimate in estimates.items():
        if isinstance(estimate, Estimate):
            values |= {name: estimate.value, f"{name}_low": estimate.low, f"{name}_high": estimate.high}
    compliance = measured.compliance
    shares = {
        "worked_share": compliance.worked / compliance.contact if compliance.contact else None,
        "contaminated_share": compliance.contaminated / compliance.control if compliance.control else None,
        "cost_per_extra_yuan": measured.money.per_yuan,
        "cost_per_extra_customer": measured.money.per_customer,
    }
    return {name: float(value) for name, value in (values | shares).items() if value is not None}


def compliance_table(compliance: Compliance) -> pd.DataFrame:
    """Counts of compliance, a row a figure: what (a code), customers, of."""
    lines = [
        ("worked", compliance.worked, compliance.contact),
        ("reached", compliance.reached, compliance.worked),
        ("not_worked", compliance.contact - compliance.worked, compliance.contact),
        ("late", compliance.late, compliance.worked),
        ("other_channel", compliance.elsewhere, compliance.by_known_channel),
        ("contaminated", compliance.contaminated, compliance.control),
    ]
    return pd.DataFrame(lines, columns=["what", "customers", "of"])


def model_runs(bank_name: str, rows: pd.DataFrame) -> dict[str, str]:
    """The MLflow run that trained each model behind a campaign; none for a deleted model.

    Parameters
    ----------
    rows : DataFrame
        use_case and model_version of the campaign's customers.

    Returns
    -------
    dict of str to str
        Run ids by use case and version (``longtail 3``).
    """
    use_tracking(bank_name)
    import mlflow

    client = mlflow.MlflowClient()
    runs: dict[str, str] = {}
    for use_case, version in rows[["use_case", "model_version"]].drop_duplicates().itertuples(index=False):
        try:
            version_info = client.get_model_version(registered_name(bank_name, use_case), str(version))
        except mlflow.MlflowException:
            continue
        if version_info.run_id:
            runs[f"{use_case} {version}"] = version_info.run_id
    return dict(sorted(runs.items()))


def keep(work: Workspace, bank_name: str, campaign: Campaign, rows: pd.DataFrame, measured: Measured) -> list[str]:
    """Write a campaign's figures to the work folder, and to the run of each model that chose its customers.

    Parameters
    ----------
    measured : Measured
        From `measure`.

    Returns
    -------
    list of str
        The models whose runs have them, as use case and version.
    """
    kept, effect = figures(measured), measured.whole.effect
    why = all_languages(effect.why) if isinstance(effect, NotMeasurable) else {}
    keep_figures(work, KeptFigures(campaign.name, str(campaign.as_of), str(campaign.complete_on), kept, why))
    runs = model_runs(bank_name, rows)
    import mlflow

    client = mlflow.MlflowClient()
    name = f"campaign/{campaign.name}/{campaign.as_of}"
    for run_id in runs.values():
        for figure, value in kept.items():
            client.log_metric(run_id, f"{name}/{figure}", value)
        client.log_dict(run_id, kept, f"{name}.json")
    return list(runs)
