"""Limits of the governance gates: ``pipelines/governance.yaml``, typed; unknown keys are refused."""

from pydantic import Field

from goldmine.core.settings import SettingsModel, read_yaml, typed
from goldmine.core.workspace import home

_FILE = "governance.yaml"


class Limits(SettingsModel):
    """The limits that a model must stay within.

    Parameters
    ----------
    single_feature_auc : float
        A feature whose univariate AUC exceeds this counts as a leak.
    out_of_range_share : float
        Share of a later cutoff's rows whose value of a feature may lie outside the range of the cutoffs before it.
    calibration_warning, calibration_stop : float
        Calibration error above its noise floor that gives a warning, and that stops a promotion.
    group_loss : float
        Share of a protected group's outcomes caught by the champion's list that the challenger's may lose.
    min_group_outcomes : int
        Groups with fewer outcomes caught by the champion's list are merged.
    """

    single_feature_auc: float = Field(default=0.95, gt=0.5, le=1)
    out_of_range_share: float = Field(default=0.5, gt=0, le=1)
    calibration_warning: float = Field(default=0.02, ge=0, le=1)
    calibration_stop: float = Field(default=0.05, ge=0, le=1)
    group_loss: float = Field(default=0.2, ge=0, le=1)
    min_group_outcomes: int = Field(default=20, ge=1)


class _File(Limits):
    banks: dict[str, dict[str, float]] = {}


def read_limits(bank: str = "") -> Limits:
    """Read the project's limits; a limit that the file does not name has its default.

    Parameters
    ----------
    bank : str
        Name of the bank whose limits, under ``banks``, override the common ones.

    Raises
    ------
    SettingsError
        If the file is no YAML, or has an unknown key or a value out of range.
    """
    raw = read_yaml(home() / "pipelines" / _FILE)
    own = typed(_File, raw, _FILE).banks.get(bank, {})
    return typed(Limits, {key: value for key, value in raw.items() if key != "banks"} | own, _FILE)
