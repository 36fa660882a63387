"""The limits that models are held to: ``pipelines/governance.yaml``, typed, with unknown keys refused."""

from pydantic import Field

from goldmine.core.settings import SettingsModel, read_yaml, typed
from goldmine.core.workspace import home

_FILE = "governance.yaml"


class Limits(SettingsModel):
    """What a model may not exceed.

    Parameters
    ----------
    single_feature_auc : float
        AUC of one feature alone above which it is taken for a leak.
    out_of_range_share : float
        Share of a later cutoff's rows whose value of a feature may lie outside the range of the cutoffs before it.
    calibration_warning, calibration_stop : float
        Calibration error above its noise floor that is said, and that keeps a model from being promoted.
    group_loss : float
        Share of a protected group's outcomes caught by the champion's list that the challenger's may lose.
    min_group_outcomes : int
        Groups in which the champion's list caught fewer outcomes are merged.
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
    """Read the project's limits; those that the file does not name have their defaults.

    Parameters
    ----------
    bank : str
        Name of the bank whose own limits, below ``banks``, go before those of all.

    Raises
    ------
    SettingsError
        If the file is no YAML, or has an unknown key or a value out of range.
    """
    raw = read_yaml(home() / "pipelines" / _FILE)
    own = typed(_File, raw, _FILE).banks.get(bank, {})
    return typed(Limits, {key: value for key, value in raw.items() if key != "banks"} | own, _FILE)
