"""How long what the workbench made is kept: ``pipelines/retention.yaml``, the one place that says so."""

from functools import cache

from pydantic import Field

from goldmine.core.audit.retention import MIN_MONTHS
from goldmine.core.settings import SettingsModel, read_yaml, typed
from goldmine.core.workspace import home

_FILE = "retention.yaml"


class Retention(SettingsModel):
    """The bank's periods.

    Parameters
    ----------
    releases_months, scores_months, notebooks_months : int
        Months of snapshots before the newest one; releases stay for 13 or more, as limits on contacts look back a year.
    run_reports_days : int
        Reports of runs, and runs in Dagster's store.
    mlflow_runs_months : int
        Runs in the tracking store without a registered model.
    errors_days : int
        Texts of unknown errors.
    portal_releases : int
        Releases that stay in the portal's database beside the current one.
    portal_work_months : int
        Results that went back to the work folder, look-ups, downloads and decided approvals.
    audit_log_months : int
        Whole months before the current one that the audit log stays at hand, 6 or more.
    """

    releases_months: int = Field(default=36, ge=13)
    scores_months: int = Field(default=24, ge=4)
    notebooks_months: int = Field(default=12, ge=1)
    run_reports_days: int = Field(default=400, ge=31)
    mlflow_runs_months: int = Field(default=24, ge=6)
    errors_days: int = Field(default=90, ge=1)
    portal_releases: int = Field(default=3, ge=0)
    portal_work_months: int = Field(default=24, ge=MIN_MONTHS)
    audit_log_months: int = Field(default=24, ge=MIN_MONTHS)


@cache
def retention() -> Retention:
    """Read the settings, once a process; without the file the defaults hold.

    Raises
    ------
    SettingsError
        If the file has an unknown key, or a period below its least.
    """
    return typed(Retention, read_yaml(home() / "pipelines" / _FILE), _FILE)
