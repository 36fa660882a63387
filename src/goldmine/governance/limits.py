"""Limits of the governance gates: ``pipelines/governance.yaml``, typed; unknown keys are refused."""

from pydantic import Field

from goldmine.core.settings import SettingsModel, read_yaml, typed
from goldmine.core.signed import SignedEntry
from goldmine.core.workspace import home

_FILE = "governance.yaml"


class Limits(SettingsModel):
    """The limits that a model must stay within.

    Parameters
    ----------
    single_feature_auc : float
        A feature whose univariate AUC exceeds this counts as a leak.
    univariate_lead : float
        A best feature whose univariate AUC exceeds the second best by more than this is a warning.
    univariate_change : float
        So is one whose univariate AUC at the test cutoff differs from that at the training cutoffs by more, beyond
        chance.
    out_of_range_share : float
        Share of a later cutoff's rows whose value of a feature may lie outside the range of the cutoffs before it.
    calibration_warning, calibration_stop : float
        Calibration error above its noise floor that gives a warning, and that stops a promotion.
    rate_change : float
        Share by which the observed rate of outcomes may differ from the predicted one, beyond chance, without a
        warning.
    group_loss : float
        Share of a protected group's outcomes caught by the champion's list that the challenger's may lose.
    min_group_outcomes : int
        Groups with fewer outcomes caught by the champion's list are merged.
    """

    single_feature_auc: float = Field(default=0.95, gt=0.5, le=1)
    univariate_lead: float = Field(default=0.1, gt=0, le=0.5)
    univariate_change: float = Field(default=0.15, gt=0, le=0.5)
    out_of_range_share: float = Field(default=0.5, gt=0, le=1)
    calibration_warning: float = Field(default=0.02, ge=0, le=1)
    calibration_stop: float = Field(default=0.05, ge=0, le=1)
    rate_change: float = Field(default=0.1, gt=0, le=1)
    group_loss: float = Field(default=0.2, ge=0, le=1)
    min_group_outcomes: int = Field(default=20, ge=1)


class Signature(SignedEntry):
    """A person's word that a warning of the leakage gate is no leak.

    Parameters
    ----------
    feature, use_case : str
        What the warning named.
    """

    feature: str = Field(min_length=1)
    use_case: str = Field(min_length=1)


class _File(Limits):
    banks: dict[str, dict[str, float]] = {}
    signed: list[Signature] = []


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
    file = _read()
    own = file.banks.get(bank, {})
    return typed(Limits, file.model_dump(include=set(Limits.model_fields)) | own, _FILE)


def read_signatures() -> tuple[Signature, ...]:
    """Read who signed for which warning of the leakage gate.

    Raises
    ------
    SettingsError
        If the file is no YAML, or an entry lacks a key.
    """
    return tuple(_read().signed)


def _read() -> _File:
    return typed(_File, read_yaml(home() / "pipelines" / _FILE), _FILE)
