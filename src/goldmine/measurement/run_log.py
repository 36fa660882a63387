"""A campaign's figures go back to the runs of the models that chose its customers."""

from collections.abc import Mapping

import pandas as pd

from goldmine.measurement.campaign_results import Campaign
from goldmine.models.tracking import registered_name, use_tracking


def model_runs(bank_name: str, rows: pd.DataFrame) -> dict[str, str]:
    """The MLflow run that trained each model behind a campaign; a model that is no longer kept has none.

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
    found: dict[str, str] = {}
    for use_case, version in rows[["use_case", "model_version"]].drop_duplicates().itertuples(index=False):
        try:
            kept = client.get_model_version(registered_name(bank_name, use_case), str(version))
        except mlflow.MlflowException:
            continue
        if kept.run_id:
            found[f"{use_case} {version}"] = kept.run_id
    return dict(sorted(found.items()))


def keep(bank_name: str, campaign: Campaign, rows: pd.DataFrame, told: Mapping[str, float]) -> list[str]:
    """Write a campaign's figures to the run of each model that chose its customers.

    Parameters
    ----------
    told : mapping of str to float
        From `goldmine.measurement.report.figures`.

    Returns
    -------
    list of str
        The models told, as use case and version.
    """
    runs = model_runs(bank_name, rows)
    import mlflow

    client = mlflow.MlflowClient()
    name = f"campaign/{campaign.name}/{campaign.as_of}"
    for run_id in runs.values():
        for figure, value in told.items():
            client.log_metric(run_id, f"{name}/{figure}", value)
        client.log_dict(run_id, dict(told), f"{name}.json")
    return list(runs)
