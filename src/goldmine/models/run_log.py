"""Log a training to the active MLflow run: settings, metrics, plots and the model."""

import subprocess
import tempfile
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from goldmine.contract.bank import Bank
from goldmine.core.code_fingerprint import copy_code
from goldmine.core.figure_png import png
from goldmine.core.workspace import home
from goldmine.labels.use_case import UseCase
from goldmine.models.evaluation import Evaluation
from goldmine.models.external.ensemble import Blended
from goldmine.models.model import Fitted, Model
from goldmine.models.registry import AS_OF, CODE, COMMIT, EVALUATED, FINGERPRINT, MODEL, RUN_NAME, USE_CASE
from goldmine.models.score import ScoreReport
from goldmine.models.training_set import TrainingSet, training_code_fingerprint

SCORED_AT = "goldmine.scored_at"
"""Tag of a scoring run: its snapshot. A training run has `AS_OF` and a fingerprint instead."""

_PACKAGES = ("lightgbm", "mlflow", "numpy", "pandas", "pyarrow", "scikit-learn", "scipy")
"""What a loaded model needs; its code travels with it."""
_LOADER = "goldmine.models.model"


@dataclass(frozen=True)
class TrainingRecord:
    """One training, ready to be logged.

    Parameters
    ----------
    bank : Bank
        The bank.
    use_case : UseCase
        The use case.
    as_of : str
        The snapshot, ``YYYY-MM-DD``.
    fingerprint : str
        From `goldmine.models.training_set.training_fingerprint`.
    rows : TrainingSet
        The training, calibration and test rows.
    fitted : Fitted
        The trained model.
    evaluation : Evaluation
        Its figures on the test rows.
    """

    bank: Bank
    use_case: UseCase
    as_of: str
    fingerprint: str
    rows: TrainingSet
    fitted: Fitted
    evaluation: Evaluation


def log_training(training: TrainingRecord, figures: Mapping[str, Figure]) -> str:
    """Log a training to the active run; the model comes last, so that a run with a model is complete.

    Parameters
    ----------
    figures : mapping of str to Figure
        Plots by file name without ending.

    Returns
    -------
    str
        Id of the logged model.
    """
    import mlflow

    case, fitted = training.use_case, training.fitted
    mlflow.set_tags(
        {
            FINGERPRINT: training.fingerprint,
            USE_CASE: case.name,
            AS_OF: training.as_of,
            CODE: training_code_fingerprint(),
            COMMIT: _commit() or "unknown",
        }
    )
    mlflow.log_params(_settings(training))
    mlflow.log_metrics({**training.evaluation.metrics(), "trees": float(fitted.best_iteration)})
    mlflow.log_dict(case.model_dump(mode="json"), "use_case.json")
    mlflow.log_dict(training.rows.counts(), "rows.json")
    mlflow.log_dict({"features": list(fitted.model.encoding.features)}, "features.json")
    if isinstance(fitted, Blended) and fitted.refit_of:
        mlflow.set_tag(EVALUATED, fitted.refit_of)
    _log_figures(figures)
    return log_model(fitted.model)


def log_scoring(report: ScoreReport, probability: pd.Series, figures: Mapping[str, Figure]) -> None:
    """Log a scoring to the active run: the model version, the number of rows and the mean probability."""
    import mlflow

    scored_by = f"{report.model_name} scored by version {report.model_version}, {report.as_of}"
    mlflow.set_tags({USE_CASE: report.use_case, SCORED_AT: str(report.as_of), RUN_NAME: scored_by})
    mlflow.log_params({"model_name": report.model_name, "model_version": report.model_version})
    mlflow.log_metrics({"scored_rows": float(report.rows), "mean_probability": float(probability.mean())})
    _log_figures(figures)


def log_model(model: Model) -> str:
    """Log a model with its signature to the active run, as data and not as a pickle; returns its id.

    The modules that read it travel with it, so that it loads where only MLflow and the named packages are.
    Requirements are named rather than inferred: inference starts another process and takes eight seconds.
    """
    import mlflow

    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        path = Path(folder) / "model.json"
        model.save(path)
        # An input example would hold customers' rows; the signature is tested instead.
        warnings.filterwarnings("ignore", message=".*An input example was not provided")
        mlflow.set_tag(MODEL, model.fingerprint)
        logged = mlflow.pyfunc.log_model(
            name="model",
            loader_module=_LOADER,
            data_path=str(path),
            code_paths=[str(copy_code(Path(folder) / "code", _LOADER))],
            signature=_signature(model),
            pip_requirements=[f"{package}=={version(package)}" for package in _PACKAGES],
        )
    return str(logged.model_id)


def _log_figures(figures: Mapping[str, Figure]) -> None:
    import mlflow

    with tempfile.TemporaryDirectory() as folder:
        for name, figure in figures.items():
            (Path(folder) / f"{name}.png").write_bytes(png(figure))
        mlflow.log_artifacts(folder, "figures")


def _signature(model: Model) -> Any:
    """Numbers as double, which holds every float32 exactly; text as any type, which accepts categoricals."""
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, DataType, Schema
    from mlflow.types.schema import AnyType

    columns: list[Any] = [
        ColSpec(AnyType() if name in model.encoding.text else DataType.double, name, required=False)
        for name in model.encoding.features
    ]
    return ModelSignature(Schema(columns), Schema([ColSpec(DataType.double)]))


def _settings(training: TrainingRecord) -> dict[str, str]:
    return {
        **{f"lightgbm.{name}": str(value) for name, value in training.fitted.settings.items()},
        "use_case": training.use_case.name,
        "as_of": training.as_of,
        "gap_days": str(training.use_case.gap_days),
        "horizon_days": str(training.use_case.horizon_days),
        **{f"cutoffs.{part}": span for part, span in training.rows.spans().items()},
        "calibrator.slope": repr(training.fitted.model.calibrator.slope),
        "calibrator.offset": repr(training.fitted.model.calibrator.offset),
    }


def _commit() -> str | None:
    """The project's git commit; None where it is no checkout or git is not installed."""
    try:
        completed = subprocess.run(
            ["git", "-C", str(home()), "rev-parse", "HEAD"], capture_output=True, text=True, timeout=10, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return completed.stdout.strip() if completed.returncode == 0 else None
