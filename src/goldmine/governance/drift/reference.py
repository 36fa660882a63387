"""The reference distribution of a training, stored with its run so that later snapshots can be compared."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from goldmine.core.errors import ModelError
from goldmine.core.i18n import _
from goldmine.governance.drift.performance_estimation import Performance, estimate, realised
from goldmine.governance.drift.stability import Profile, compare_profiles, profiles_of, psi_between
from goldmine.models.model import Fitted
from goldmine.models.tracking import run_dict
from goldmine.models.training_set import TrainingSet

SCORE = "score"
"""Name of the model's own probability among the compared columns."""
ARTIFACT = "drift/reference.json"
_ROWS_A_CUTOFF = 2_500


@dataclass(frozen=True)
class Window:
    """One month end compared with the training data.

    Parameters
    ----------
    cutoff : str
        The month end.
    rows : int
        Rows compared.
    psi, limit : dict of str to float
        By feature, and for the score: the PSI, and its limit by tolerance and chance.
    """

    cutoff: str
    rows: int
    psi: dict[str, float]
    limit: dict[str, float]

    @property
    def drifted(self) -> list[str]:
        """Features beyond their limit, furthest first."""
        beyond = [name for name, psi in self.psi.items() if psi > self.limit[name]]
        return sorted(beyond, key=lambda name: (-self.psi[name], name))


@dataclass(frozen=True)
class Reference:
    """The reference distribution of a training.

    Parameters
    ----------
    profiles : dict of str to Profile
        The features over the training cutoffs, and the score over a later cutoff that the trees were not trained on.
    usual : dict of str to float
        By feature, the largest PSI of a single training cutoff against all of them: the usual variation between months.
    weight : dict of str to float
        By feature, its share of the trees' gain.
    windows : tuple of Window
        The calibration cutoff, if there is one, and the test cutoff.
    tested : dict of str to Performance
        At the test cutoff: ``estimated`` as if its outcomes were unknown, and ``realised``.
    """

    profiles: dict[str, Profile]
    usual: dict[str, float]
    weight: dict[str, float]
    windows: tuple[Window, ...]
    tested: dict[str, Performance]

    def frame(self) -> pd.DataFrame:
        """Drift of the last window: feature, psi, limit, weight and state (``drifted`` or ``stable``)."""
        last = self.windows[-1]
        rows = pd.DataFrame({"psi": last.psi, "limit": last.limit}).rename_axis("feature").reset_index()
        rows["weight"] = rows.feature.map(self.weight)
        rows["state"] = np.where(rows.feature.isin(last.drifted), "drifted", "stable")
        return rows.sort_values(["psi", "feature"], ascending=[False, True], ignore_index=True)

    def stored(self) -> dict[str, Any]:
        """The form stored as JSON: bins and counts, no rows."""
        return asdict(self)


def learn_reference(fitted: Fitted, rows: TrainingSet, predicted: np.ndarray, list_size: int) -> Reference:
    """Compare a training's calibration and test cutoffs with its training data.

    Parameters
    ----------
    fitted : Fitted
        The fitted model.
    rows : TrainingSet
        The rows that it was trained, calibrated and tested on.
    predicted : numpy.ndarray
        The model's probabilities of the test rows.
    list_size : int
        Rows on the list.
    """
    model, spans = fitted.model, rows.spans()
    names = model.encoding.features
    # An external table has no calibration rows, so the scores of its test rows are the reference.
    later = model.calibrator.apply(fitted.held_out) if rows.calibrate is not None else predicted
    profiles = profiles_of(rows.train, names) | score_profile(later)
    tested = {
        "estimated": estimate(predicted, list_size).middle,
        "realised": realised(rows.test["outcome"].to_numpy(), predicted, list_size),
    }
    usual = _between_cutoffs(profiles, rows)
    windows = [compare_window((profiles, usual), rows.test, predicted, spans["test"])]
    if rows.calibrate is not None:
        windows.insert(0, compare_window((profiles, usual), rows.calibrate, None, spans["calibrate"]))
    gain = model.booster.feature_importance("gain")
    weight = dict(zip(names, (gain / (gain.sum() or 1.0)).tolist(), strict=True))
    return Reference(profiles, usual, weight, tuple(windows), tested)


def _between_cutoffs(profiles: dict[str, Profile], rows: TrainingSet) -> dict[str, float]:
    """The largest PSI of each feature between one training cutoff and all of them."""
    furthest = dict.fromkeys(profiles, 0.0)
    if "cutoff" not in rows.train.column_names:
        return furthest
    for cutoff in pc.unique(rows.train["cutoff"]).to_pylist():
        part = rows.train.filter(pc.equal(rows.train["cutoff"], cutoff))
        for name, profile in profiles_of(part, list(profiles), profiles, max_rows=_ROWS_A_CUTOFF).items():
            furthest[name] = max(furthest[name], psi_between(profiles[name], profile))
    return furthest


def score_profile(probability: np.ndarray, like: dict[str, Profile] | None = None) -> dict[str, Profile]:
    """The probabilities as a further column to compare."""
    return profiles_of(pa.table({SCORE: probability}), [SCORE], like)


def compare_window(
    learnt: tuple[dict[str, Profile], dict[str, float]], rows: pa.Table, probability: np.ndarray | None, cutoff: str
) -> Window:
    """Compare rows, and their probabilities if given, with the profiles of a training.

    A feature's limit is the larger of the limit by tolerance and chance and the usual variation between months.
    """
    profiles, usual = learnt
    window_profiles = profiles_of(rows, list(profiles), profiles)
    window_profiles |= score_profile(probability, profiles) if probability is not None else {}
    compared = compare_profiles(profiles, window_profiles).set_index("feature")
    limit = {name: max(limit, usual[name]) for name, limit in compared.limit.items()}
    return Window(cutoff, rows.num_rows, compared.psi.to_dict(), limit)


def read_reference(run_id: str) -> Reference:
    """The reference stored with a training run; the tracking store must be in use.

    Raises
    ------
    ModelError
        If the run has none.
    """
    import mlflow

    try:
        stored = run_dict(run_id, ARTIFACT)
    except (mlflow.MlflowException, OSError) as error:
        raise ModelError(
            _("run {run_id}: has no drift reference, so nothing can be compared with its training.", run_id=run_id),
            _("Train the use case again."),
        ) from error
    profiles = {
        name: Profile(tuple(profile["edges"]), tuple(profile["categories"]), tuple(profile["counts"]))
        for name, profile in stored["profiles"].items()
    }
    windows = tuple(Window(**window) for window in stored["windows"])
    tested = {name: Performance(**figures) for name, figures in stored["tested"].items()}
    return Reference(profiles, stored["usual"], stored["weight"], windows, tested)


def log_reference(reference: Reference) -> None:
    """Log a reference to the active MLflow run."""
    import mlflow

    mlflow.log_dict(reference.stored(), ARTIFACT)
