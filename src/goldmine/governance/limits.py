"""The limits that models are held to: ``pipelines/governance.yaml``, typed, with unknown keys refused."""

import pydantic
import yaml
from pydantic import BaseModel, ConfigDict, Field

from goldmine.core.errors import SettingsError
from goldmine.core.project import home

_FILE = "governance.yaml"


class Limits(BaseModel):
    """What a model may not exceed.

    Parameters
    ----------
    single_feature_auc : float
        AUC of one feature alone above which it is taken for a leak.
    beyond_past_share : float
        Share of a later cutoff's rows that may lie beyond all that the cutoffs before it held of a feature.
    calibration_warning, calibration_stop : float
        Calibration error above its noise floor that is said, and that keeps a model from being promoted.
    group_loss : float
        Share of a guarded group's outcomes caught by the champion's list that the challenger's may lose.
    group_least_caught : int
        Groups in which the champion's list caught fewer outcomes are looked at together.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    single_feature_auc: float = Field(default=0.95, gt=0.5, le=1)
    beyond_past_share: float = Field(default=0.5, gt=0, le=1)
    calibration_warning: float = Field(default=0.02, ge=0, le=1)
    calibration_stop: float = Field(default=0.05, ge=0, le=1)
    group_loss: float = Field(default=0.2, ge=0, le=1)
    group_least_caught: int = Field(default=20, ge=1)


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
    path = home() / "pipelines" / _FILE
    try:
        said = yaml.safe_load(path.read_text("utf-8")) or {} if path.exists() else {}
        own = _File.model_validate(said).banks.get(bank, {})
        return Limits.model_validate({**{key: said[key] for key in said if key != "banks"}, **own})
    except yaml.YAMLError as error:
        raise SettingsError(f"{_FILE}: is not YAML.", "Mend the indentation or the quotes there.") from error
    except pydantic.ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise SettingsError(
            f"{_FILE}: {'.'.join(map(str, first['loc'])) or 'the file'}: {first['msg']}.",
            f"Mend the key; those allowed are {', '.join(Limits.model_fields)}.",
        ) from error
